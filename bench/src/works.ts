/**
 * The work: what a client asks for, and what a right answer is. The same requests go to every server.
 *
 * Owns the requests and their checks. A wrong answer ends the run: a fast error is no measurement.
 */
import type { Connection, Request } from './connection.ts';
import { codeFlow, parCodeFlow, refreshChain } from './flows.ts';
import { form, json, WrongAnswer } from './requests.ts';
import { signInPath } from './sign-in-path.ts';
import type { Target } from './target.ts';

/** A piece of work that can be done again and again. */
export interface Work {
  readonly name: string;
  readonly title: string;
  /** Least ratio to each peer that the design asks for (docs: What is measured). */
  readonly wanted: Readonly<Record<string, number>>;
  /** Done by applications, not by servers. */
  readonly between?: 'applications';
  /** Whether the server can do it. */
  readonly applies: (target: Target) => boolean;
  /** How often it is done before the clock runs, where that is not the load's own number. */
  readonly warmUpCount?: number;
  /** What as many further connections do meanwhile, uncounted. */
  readonly beside?: Work['prepare'];
  /** Highest p99 beside that of another work. */
  readonly p99Wanted?: { readonly work: string; readonly most: number };
  /**
   * Makes the function that does it once over a connection, before the clock runs. `index`: which of the load's connections.
   */
  readonly prepare: (
    target: Target,
    connection: Connection,
    index: number,
  ) => (() => Promise<void>) | Promise<() => Promise<void>>;
}

/** Every work, in the order of the table. */
export const WORKS: readonly Work[] = [
  {
    name: 'client-credentials',
    title: 'client_credentials tokens',
    wanted: { 'oidc-provider': 3, 'better-auth': 20 },
    applies: (target) => target.paths.token !== null,
    prepare: clientCredentials,
  },
  {
    name: 'code-flow',
    title: 'code flows of a signed-in person',
    wanted: { 'oidc-provider': 4.5 },
    applies: (target) => target.paths.authorize !== null,
    prepare: codeFlow,
  },
  {
    name: 'par-code-flow',
    title: 'code flows with a pushed request',
    wanted: {},
    applies: (target) => target.paths.par !== null,
    prepare: parCodeFlow,
  },
  {
    name: 'refresh',
    title: 'refreshes with rotation',
    wanted: { 'oidc-provider': 3 },
    applies: (target) => target.refreshing !== null,
    prepare: refreshChain,
  },
  {
    name: 'introspection',
    title: 'introspections',
    wanted: { 'oidc-provider': 3 },
    applies: (target) => target.paths.introspect !== null,
    prepare: (target, connection) => {
      const request = form(target.client, target.paths.introspect, { token: target.accessToken ?? '' });
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
    name: 'sign-in',
    title: 'sign-ins with a password',
    wanted: {},
    // Ten seconds: as many as the others' would take minutes.
    warmUpCount: 384,
    applies: (target) => target.signIns.length > 0,
    prepare: signIn,
  },
  {
    name: 'token-beside-sign-ins',
    title: 'client_credentials tokens while sign-ins saturate',
    wanted: {},
    p99Wanted: { work: 'client-credentials', most: 3 },
    applies: (target) => target.signIns.length > 0,
    prepare: clientCredentials,
    beside: signIn,
  },
  {
    name: 'discovery',
    title: 'discovery documents',
    wanted: { 'bare Fastify': 0.7 },
    applies: (target) => target.paths.discovery !== null,
    prepare: (target, connection) => {
      const request: Request = { method: 'GET', path: target.paths.discovery ?? '', headers: [] };
      return async () => {
        if (typeof json(await connection.send(request), 200)['issuer'] !== 'string') throw new WrongAnswer('no issuer');
      };
    },
  },
  {
    name: 'sign-in-path',
    title: 'paths from "Login" to the profile page of an application',
    wanted: {},
    between: 'applications',
    warmUpCount: 500,
    applies: (target) => target.application !== null,
    prepare: signInPath,
  },
];

function clientCredentials(target: Target, connection: Connection): () => Promise<void> {
  const request = form(target.client, target.paths.token, { grant_type: 'client_credentials', scope: 'read' });
  return async () => {
    const { access_token, token_type } = json(await connection.send(request), 200);
    if (typeof access_token !== 'string' || token_type !== 'Bearer') throw new WrongAnswer('no access token');
  };
}

/** The same form again: each makes a session of its own. */
function signIn(target: Target, connection: Connection, index: number): () => Promise<void> {
  const request = target.signIns[index % target.signIns.length];
  if (request === undefined) throw new Error('no form to sign in by');
  return async () => {
    const { status, location } = await connection.send(request);
    if (status !== 303 || location.includes('/login'))
      throw new WrongAnswer(`a sign-in answered ${status} ${location}`);
  };
}
