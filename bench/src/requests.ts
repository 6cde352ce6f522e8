/**
 * The requests of an OAuth 2 client, and the reading of what comes back.
 *
 * Owns their form. A wrong answer is a {@link WrongAnswer}, which ends the run: a fast error is no measurement.
 */
import type { Reply, Request } from './connection.ts';
import type { Client, Target } from './target.ts';

/** What the person of every code flow lets the application see. */
const PERSON_SCOPE = 'openid profile email';

/** What a request needs to know of a server. */
export type Addressed = Pick<Target, 'client' | 'paths' | 'redirectUri'>;

/** An answer that is not what the work asks for. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

/** RFC 6749 §4.1.1 with RFC 7636 §4.3. */
export function authorizePath(target: Addressed, challenge: string, scope = PERSON_SCOPE): string {
  return `${target.paths.authorize}?${new URLSearchParams(authorization(target, challenge, scope))}`;
}

/** RFC 9126 §2.1: the same request, pushed. */
export function push(target: Addressed, challenge: string): Request {
  return form(target.client, target.paths.par, authorization(target, challenge, PERSON_SCOPE));
}

/** RFC 9126 §4: where a browser goes with what {@link push} got. */
export function pushedPath(target: Addressed, requestUri: string): string {
  return `${target.paths.authorize}?${new URLSearchParams({ client_id: target.client?.id ?? '', request_uri: requestUri })}`;
}

function authorization(target: Addressed, challenge: string, scope: string): Record<string, string> {
  return {
    client_id: target.client?.id ?? '',
    redirect_uri: target.redirectUri,
    response_type: 'code',
    scope,
    state: 'abcdefghijkl',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  };
}

/** RFC 6749 §4.1.2: the code in the redirect, or why there is none. */
export function codeOf(reply: Pick<Reply, 'status' | 'location'>, target: Pick<Target, 'redirectUri'>): string {
  const { status, location } = reply;
  const code = location.startsWith(target.redirectUri) ? new URL(location).searchParams.get('code') : null;
  if ((status !== 302 && status !== 303) || code === null) {
    throw new WrongAnswer(`${status} to ${location === '' ? 'nowhere' : location} instead of a redirect with a code`);
  }
  return code;
}

/** RFC 6749 §4.1.3 with RFC 7636 §4.5. */
export function exchange(target: Addressed, code: string, verifier: string): Request {
  return form(target.client, target.paths.token, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: target.redirectUri,
    code_verifier: verifier,
  });
}

/** RFC 6749 §2.3.1: a form with the client's credentials in HTTP Basic. */
export function form(client: Client | null, path: string | null, fields: Record<string, string>): Request {
  const { id, secret } = client ?? { id: '', secret: '' };
  const credentials = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64');
  return {
    method: 'POST',
    path: path ?? '',
    headers: ['authorization', `Basic ${credentials}`, 'content-type', 'application/x-www-form-urlencoded'],
    body: new URLSearchParams(fields).toString(),
  };
}

/** The members of a JSON object. @throws WrongAnswer for another status or another body. */
export function json(reply: Reply, status: number): Record<string, unknown> {
  if (reply.status !== status)
    throw new WrongAnswer(`${reply.status} instead of ${status}: ${reply.body.slice(0, 200)}`);
  const value: unknown = JSON.parse(reply.body);
  if (typeof value !== 'object' || value === null) throw new WrongAnswer('not a JSON object');
  return value as Record<string, unknown>;
}
