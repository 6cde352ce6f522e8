/**
 * The work: what a client asks for, and what a right answer is. The same requests go to every server.
 *
 * Owns the requests and their checks. A wrong answer ends the run: a fast error is no measurement.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Connection, Reply, Request } from './connection.ts';
import type { Target } from './target.ts';

/** A piece of work that can be done again and again. */
export interface Work {
  readonly name: string;
  readonly title: string;
  /** Least ratio to each peer that the design asks for (docs: What is measured). */
  readonly wanted: Readonly<Record<string, number>>;
  /** Whether the server can do it. */
  readonly applies: (target: Target) => boolean;
  /** Makes the function that does it once over a connection. `index`: which of the load's connections. */
  readonly prepare: (target: Target, connection: Connection, index: number) => () => Promise<void>;
}

/** Every work, in the order of the table. */
export const WORKS: readonly Work[] = [
  {
    name: 'client-credentials',
    title: 'client_credentials tokens',
    wanted: { 'oidc-provider': 3, 'better-auth': 20 },
    applies: (target) => target.paths.token !== null,
    prepare: (target, connection) => {
      const request = form(target, target.paths.token, { grant_type: 'client_credentials', scope: 'read' });
      return async () => {
        const { access_token, token_type } = json(await connection.send(request), 200);
        if (typeof access_token !== 'string' || token_type !== 'Bearer') throw new WrongAnswer('no access token');
      };
    },
  },
  {
    name: 'code-flow',
    title: 'code flows of a signed-in person',
    wanted: { 'oidc-provider': 4.5 },
    applies: (target) => target.paths.authorize !== null,
    prepare: codeFlow,
  },
  {
    name: 'introspection',
    title: 'introspections',
    wanted: { 'oidc-provider': 3 },
    applies: (target) => target.paths.introspect !== null,
    prepare: (target, connection) => {
      const request = form(target, target.paths.introspect, { token: target.accessToken ?? '' });
      return async () => {
        if (json(await connection.send(request), 200)['active'] !== true)
          throw new WrongAnswer('the token is not active');
      };
    },
  },
  {
    name: 'userinfo',
    title: 'userinfo answers',
    wanted: { 'oidc-provider': 4 },
    applies: (target) => target.paths.userinfo !== null,
    prepare: (target, connection) => {
      const headers = ['authorization', `Bearer ${target.accessToken}`];
      const request: Request = { method: 'GET', path: target.paths.userinfo ?? '', headers };
      return async () => {
        const { sub, email } = json(await connection.send(request), 200);
        if (typeof sub !== 'string' || email !== 'alice@example.org') throw new WrongAnswer('not the claims of alice');
      };
    },
  },
  {
    name: 'discovery',
    title: 'discovery documents',
    wanted: { 'bare Fastify': 0.7 },
    applies: () => true,
    prepare: (target, connection) => {
      const request: Request = { method: 'GET', path: target.paths.discovery, headers: [] };
      return async () => {
        if (typeof json(await connection.send(request), 200)['issuer'] !== 'string') throw new WrongAnswer('no issuer');
      };
    },
  },
];

/** An answer that is not what the work asks for. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

/** RFC 7636 §4.1, §4.2: pairs made before the clock runs, since a client's hashing is not what is measured. */
const PKCE_PAIRS = Array.from({ length: 64 }, () => {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
});

/** Authorize and token with PKCE, on one connection, in one browser session: what each return visit of a person costs. */
function codeFlow(target: Target, connection: Connection, index: number): () => Promise<void> {
  const cookie = target.sessions[index % target.sessions.length] ?? '';
  const flows = PKCE_PAIRS.map(({ verifier, challenge }) => ({
    verifier,
    authorize: {
      method: 'GET',
      path: authorizePath(target, challenge),
      // What a browser sends of itself: our server looks at Sec-Fetch-*, and it costs every server its parsing.
      headers: ['cookie', cookie, 'accept', 'text/html', 'sec-fetch-mode', 'navigate', 'sec-fetch-site', 'cross-site'],
    } satisfies Request,
  }));
  let turn = index;
  return async () => {
    turn += 1;
    const flow = flows[turn % flows.length];
    if (flow === undefined) throw new Error('no flow');
    const code = codeOf(await connection.send(flow.authorize), target);
    const token = json(await connection.send(exchange(target, code, flow.verifier)), 200);
    if (typeof token['access_token'] !== 'string') throw new WrongAnswer('no access token');
    if (typeof token['id_token'] !== 'string') throw new WrongAnswer('no ID token');
  };
}

/** RFC 6749 §4.1.1 with RFC 7636 §4.3. */
export function authorizePath(target: Pick<Target, 'client' | 'paths' | 'redirectUri'>, challenge: string): string {
  const query = new URLSearchParams({
    client_id: target.client?.id ?? '',
    redirect_uri: target.redirectUri,
    response_type: 'code',
    scope: 'openid profile email',
    state: 'abcdefghijkl',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  return `${target.paths.authorize}?${query}`;
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
export function exchange(
  target: Pick<Target, 'client' | 'paths' | 'redirectUri'>,
  code: string,
  verifier: string,
): Request {
  return form(target, target.paths.token, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: target.redirectUri,
    code_verifier: verifier,
  });
}

/** RFC 6749 §2.3.1: a form with the client's credentials in HTTP Basic. */
function form(target: Pick<Target, 'client'>, path: string | null, fields: Record<string, string>): Request {
  const { id, secret } = target.client ?? { id: '', secret: '' };
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
