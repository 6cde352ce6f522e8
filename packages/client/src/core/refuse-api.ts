/**
 * The answer to a refused request of code in a browser.
 *
 * Owns its shape, and its line in the log. The codes are in `api-refusal.ts`.
 */
import { jsonResponse } from '../web/responses.ts';
import { API_REFUSALS, type ApiRefusal } from './api-refusal.ts';
import type { Kit } from './kit.ts';

/** Why, for the log: never a token, nor what somebody posted. */
interface Reason {
  readonly detail: string;
  readonly hint?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer `{ "error": "…", "login": "/accounts/login/" }` (`login` with 401 alone), and its line in the log. */
export function refuseApi(code: ApiRefusal, reason: Reason, kit: Pick<Kit, 'settings' | 'log'>): Response {
  const status = API_REFUSALS[code];
  // Pages ask whether somebody is signed in: that nobody is, is no event.
  if (code !== 'signed_out') {
    const { detail, hint } = reason;
    kit.log({
      level: status >= 500 ? 'error' : 'warn',
      event: 'refused',
      code,
      detail,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  const login = status === 401 ? { login: `${kit.settings.paths.accounts}/login/` } : {};
  return jsonResponse({ error: code, ...login }, { status, ...(reason.headers ? { headers: reason.headers } : {}) });
}
