/**
 * An authorization response that comes as a form from the provider's own page (OAuth 2.0 Form Post Response Mode).
 *
 * Owns the step from that form to the callback's GET. A form of another site comes without our cookies (`SameSite=Lax`), so that
 * neither the attempt nor the session is known yet: the browser is sent to the same address by GET, where both are. What the form
 * said travels sealed and briefly, so that neither the code nor the person's name is in a history or a log.
 */
import type { Kit } from '../core/kit.ts';
import { redirectUri } from '../core/links.ts';
import { redirectTo } from '../core/render.ts';
import type { Visit } from '../core/visit.ts';
import type { Provider } from '../providers/provider.ts';
import type { Form } from '../web/forms.ts';

/** A redirect takes a moment. */
const LIFETIME_MS = 2 * 60 * 1000;
/** The query parameter that carries the response. */
const PARAMETER = 'form_post';
/** The parameters of a response (RFC 6749 §4.1.2, RFC 9207) and Apple's `user`; others are dropped. */
const FIELDS = ['code', 'state', 'iss', 'error', 'user'];

/** POST /accounts/<provider>/login/callback/: to the same by GET. */
export async function receiveFormPost(_visit: Visit, form: Form, kit: Kit, provider: Provider): Promise<Response> {
  const fields = FIELDS.flatMap((name) => (form.fields.has(name) ? [[name, form.value(name)] as const] : []));
  const sealed = kit.sealer.seal('form-post/1', {
    provider: provider.id,
    response: new URLSearchParams(fields.map(([name, value]) => [name, value])).toString(),
    expiresAtMs: kit.now() + LIFETIME_MS,
  });
  return redirectTo(`${redirectUri(provider, kit.settings)}?${new URLSearchParams({ [PARAMETER]: sealed })}`, kit);
}

/** The response of a callback's query: itself, or what the form said. Empty where that is too old or not ours. */
export function authorizationResponse(
  visit: Visit,
  kit: Pick<Kit, 'sealer' | 'now'>,
  provider: Provider,
): URLSearchParams {
  if (provider.responseMode === 'query') return visit.query;
  const sealed = visit.query.get(PARAMETER);
  if (sealed === null) return visit.query;
  // Sealed above, under a purpose that changes with the shape.
  const opened = kit.sealer.open('form-post/1', sealed) as {
    readonly provider: string;
    readonly response: string;
    readonly expiresAtMs: number;
  } | null;
  const isOurs = opened !== null && opened.provider === provider.id && opened.expiresAtMs > kit.now();
  return new URLSearchParams(isOurs ? opened.response : '');
}
