/**
 * The works of several requests: a person's return to an application, with the request in the address or pushed before, and a
 * refresh token's rotation.
 *
 * Owns the order of the requests and what each answer has to hold.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Connection, Request } from './connection.ts';
import { authorizePath, codeOf, exchange, form, json, push, pushedPath, WrongAnswer } from './requests.ts';
import type { Target } from './target.ts';

/** RFC 7636 §4.1, §4.2: pairs made before the clock runs, since a client's hashing is not what is measured. */
const PKCE_PAIRS = Array.from({ length: 64 }, () => {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
});

/** Authorize and token with PKCE, on one connection, in one browser session: what each return visit of a person costs. */
export function codeFlow(target: Target, connection: Connection, index: number): () => Promise<void> {
  const flows = PKCE_PAIRS.map(({ verifier, challenge }) => ({
    verifier,
    authorize: visit(target, index, authorizePath(target, challenge)),
  }));
  let turn = index;
  return async () => {
    turn += 1;
    const flow = flows[turn % flows.length];
    if (flow === undefined) throw new Error('no flow');
    const code = codeOf(await connection.send(flow.authorize), target);
    tokensOf(json(await connection.send(exchange(target, code, flow.verifier)), 200));
  };
}

/** RFC 9126: the same with the request pushed first. Each handle is used once. */
export function parCodeFlow(target: Target, connection: Connection, index: number): () => Promise<void> {
  const flows = PKCE_PAIRS.map(({ verifier, challenge }) => ({ verifier, push: push(target, challenge) }));
  let turn = index;
  return async () => {
    turn += 1;
    const flow = flows[turn % flows.length];
    if (flow === undefined) throw new Error('no flow');
    const { request_uri } = json(await connection.send(flow.push), 201);
    if (typeof request_uri !== 'string') throw new WrongAnswer('no request_uri');
    const answer = await connection.send(visit(target, index, pushedPath(target, request_uri)));
    tokensOf(json(await connection.send(exchange(target, codeOf(answer, target), flow.verifier)), 200));
  };
}

/**
 * RFC 6749 §6 with rotation (RFC 9700 §4.14.2). Each connection has a chain of its own, which begins with a code flow before the
 * clock runs, and presents what the answer before brought.
 */
export async function refreshChain(
  target: Target,
  connection: Connection,
  index: number,
): Promise<() => Promise<void>> {
  const { refreshing } = target;
  const own = { ...target, client: refreshing };
  const [pair] = PKCE_PAIRS;
  if (refreshing === null || pair === undefined) throw new Error('no client to refresh for');
  const path = authorizePath(own, pair.challenge, refreshing.scope);
  const code = codeOf(await connection.send(visit(target, index, path)), target);
  let current = refreshTokenOf(json(await connection.send(exchange(own, code, pair.verifier)), 200));
  return async () => {
    const fields = { grant_type: 'refresh_token', refresh_token: current };
    const answer = json(await connection.send(form(refreshing, target.paths.token, fields)), 200);
    tokensOf(answer);
    const next = refreshTokenOf(answer);
    if (next === current) throw new WrongAnswer('the refresh token was not rotated');
    current = next;
  };
}

/** A browser's request, in the session of the connection of this index. */
function visit(target: Target, index: number, path: string): Request {
  const cookie = target.sessions[index % target.sessions.length] ?? '';
  // What a browser sends of itself: our server looks at Sec-Fetch-*, and it costs every server its parsing.
  const headers = [
    'cookie',
    cookie,
    'accept',
    'text/html',
    'sec-fetch-mode',
    'navigate',
    'sec-fetch-site',
    'cross-site',
  ];
  return { method: 'GET', path, headers };
}

function tokensOf(answer: Record<string, unknown>): void {
  if (typeof answer['access_token'] !== 'string') throw new WrongAnswer('no access token');
  if (typeof answer['id_token'] !== 'string') throw new WrongAnswer('no ID token');
}

function refreshTokenOf(answer: Record<string, unknown>): string {
  const token = answer['refresh_token'];
  if (typeof token !== 'string') throw new WrongAnswer('no refresh token');
  return token;
}
