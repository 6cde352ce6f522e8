/**
 * What a consent page asked, as a fingerprint that its form brings back: an answer counts for the question that was shown.
 *
 * Owns what belongs to the question. A request that waits is proven anew when it is answered (CVE-2026-7571), by the application as
 * it is by then: without this, whoever owns an application could give it a scope while somebody reads the page, and a request
 * that names no scope would be allowed all of them.
 */
import { createHash } from 'node:crypto';
import type { Application } from './application.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { DeviceGrantOpened } from './ports/devices.ts';

/** Who asks, for what, and where the answer leads. 128 bits; the form that carries it is our own page's, proven by its token. */
export function consentQuestion(
  request: Pick<AuthorizationRequest, 'application' | 'redirectUri' | 'consentScope' | 'details' | 'context'>,
): string {
  const { application, redirectUri, consentScope, details, context } = request;
  return fingerprint([...asker(application), redirectUri, consentScope, details, context?.resources ?? []]);
}

/** The same of a device's page (RFC 8628 §3.3): who asks, from where, for what. */
export function deviceQuestion(
  device: Pick<DeviceGrantOpened, 'scope' | 'context' | 'networkAddress' | 'userAgent'> & {
    readonly application: Application;
  },
): string {
  const { application, scope, context, networkAddress, userAgent } = device;
  const asked = [scope, context?.authorizationDetails ?? [], context?.resources ?? []];
  return fingerprint(['device', ...asker(application), networkAddress, userAgent, ...asked]);
}

function asker({ id, name, ownerId }: Application): readonly unknown[] {
  return [id, name, ownerId];
}

function fingerprint(question: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 22);
}
