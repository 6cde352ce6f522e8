/** What is checked of answers by more than one property. Owns the checks; each throws when it does not hold. */
import type fc from 'fast-check';
import { type Application, isNative } from '../../packages/server/src/protocol/application.ts';
import type { EndpointResponse } from '../../packages/server/src/protocol/endpoint.ts';
import { matchRedirectUri } from '../../packages/server/src/protocol/redirect-uri.ts';

/** One property, ready to be checked by fast-check. */
export interface NamedProperty {
  readonly name: string;
  readonly property: fc.IAsyncProperty<unknown>;
}

/** @throws unless what is matched is registered, but for the port of a loopback address. */
export function mustBeRegistered(asked: string, application: Application): void {
  const match = matchRedirectUri(asked, application);
  if (match.outcome !== 'matched' || application.redirectUris.includes(asked)) return;
  const withoutPort = (uri: string) =>
    uri.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)):[0-9]{1,5}(?=[/?]|$)/, '$1');
  const isLoopback = application.redirectUris.some((uri) => withoutPort(uri) === withoutPort(asked));
  if (!isNative(application) || !isLoopback) throw new Error(`matched ${asked}`);
}

/** @throws unless everything before the first parameter of the answer is what was registered. */
export function mustLeadToRegistered(location: string, applications: readonly Application[]): void {
  const isRegistered = applications.some((application) =>
    application.redirectUris.some(
      (uri) => location === uri || (/^[?&#]/.test(location.slice(uri.length)) && location.startsWith(uri)),
    ),
  );
  if (isRegistered) return;
  const [target = ''] = location.split(/[?#]/);
  const matching = applications.find((application) => matchRedirectUri(target, application).outcome === 'matched');
  if (matching === undefined) throw new Error(`led to ${location}`);
  mustBeRegistered(target, matching);
}

/** @throws when the server failed. */
export function mustBeAnAnswer({ status }: EndpointResponse): void {
  if (status < 200 || status >= 500) throw new Error(`answered ${status}`);
}
