/**
 * A plain OAuth 2 server at django-oauth-toolkit's addresses, made of `@node-oauth/oauth2-server`: no OpenID Connect, no `iss`.
 *
 * Owns what the library under it leaves open: who is signed in (nobody is asked for a password here), and how it misbehaves
 * when a test asks for that.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import OAuth2Server from '@node-oauth/oauth2-server';
import { type Listening, listenOnFreePort } from './listening.ts';

/** The JSON that `/profile/` answers. */
export type Person = Readonly<Record<string, unknown>>;

/** The server, and what a test may change while it runs. */
export interface PlainServer extends Listening {
  /** Who is signed in at the server. */
  person: Person;
  /** Answers the authorization request with this error. */
  refuseWith: string | null;
  /** Sent with each authorization response, as RFC 9207 has it. */
  issuer: string | null;
  /** Replaces the answer of `/profile/`. */
  profileAnswer: { status: number; type: string; body: string } | null;
  /** Replaces the answer of `/o/token/`. */
  tokenAnswer: { status: number; type: string; body: string } | null;
  /** What arrived: `GET /o/authorize/?…`. */
  readonly requests: string[];
  /** The bodies that arrived at the token endpoint. */
  readonly tokenRequests: URLSearchParams[];
}

const CLIENT = { id: 'client-1', secret: 'a secret with spaces & signs' };

/** The credentials that it knows. */
export const plainCredentials = { clientId: CLIENT.id, clientSecret: CLIENT.secret };

/** Starts it; `redirectUri` is the one that it knows. */
export async function startPlainServer(redirectUri: () => string): Promise<PlainServer> {
  const codes = new Map<string, OAuth2Server.AuthorizationCode>();
  const tokens = new Map<string, OAuth2Server.Token>();
  const client = (): OAuth2Server.Client => ({
    id: CLIENT.id,
    grants: ['authorization_code'],
    redirectUris: [redirectUri()],
  });
  const oauth = new OAuth2Server({
    model: {
      getClient: async (id, secret) =>
        id === CLIENT.id && (secret === null || secret === CLIENT.secret) ? client() : null,
      saveAuthorizationCode: async (code, forClient, user) => {
        const saved = { ...code, client: forClient, user };
        codes.set(code.authorizationCode, saved);
        return saved;
      },
      getAuthorizationCode: async (code) => codes.get(code),
      revokeAuthorizationCode: async (code) => codes.delete(code.authorizationCode),
      saveToken: async (token, forClient, user) => {
        const saved = { ...token, client: forClient, user };
        tokens.set(token.accessToken, saved);
        return saved;
      },
      getAccessToken: async (token) => tokens.get(token),
      validateScope: async (_user, _client, scope) => (scope?.every((each) => each === 'read') ? scope : false),
    },
  });

  const state: Omit<PlainServer, keyof Listening> = {
    person: { id: 7, username: 'bob', first_name: 'Bob', last_name: 'Durand', email: 'bob@example.org' },
    refuseWith: null,
    issuer: null,
    profileAnswer: null,
    tokenAnswer: null,
    requests: [],
    tokenRequests: [],
  };
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    state.requests.push(`${incoming.method} ${url.pathname}${url.search}`);
    const posted = new URLSearchParams(await text(incoming));
    const request = new OAuth2Server.Request({
      method: incoming.method ?? 'GET',
      headers: Object.fromEntries(
        Object.entries(incoming.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
      ),
      query: Object.fromEntries(url.searchParams),
      body: Object.fromEntries(posted),
    });
    const response = new OAuth2Server.Response({});
    switch (url.pathname) {
      case '/o/authorize/':
        return authorize(url, request, response, outgoing);
      case '/o/token/': {
        state.tokenRequests.push(posted);
        if (state.tokenAnswer !== null) return send(outgoing, state.tokenAnswer);
        await oauth.token(request, response).catch(() => undefined);
        return sendJson(outgoing, response.status ?? 500, response.body);
      }
      case '/profile/': {
        if (state.profileAnswer !== null) return send(outgoing, state.profileAnswer);
        const token = await oauth.authenticate(request, response).catch(() => null);
        return token === null ? sendJson(outgoing, 403, {}) : sendJson(outgoing, 200, token.user);
      }
      case '/logout/':
        return send(outgoing, { status: 200, type: 'text/html', body: '<h1 id="server-logout">Logout</h1>' });
      default:
        return sendJson(outgoing, 404, {});
    }
  };
  const authorize = async (
    url: URL,
    request: OAuth2Server.Request,
    response: OAuth2Server.Response,
    outgoing: ServerResponse,
  ) => {
    if (url.searchParams.get('client_id') !== CLIENT.id || url.searchParams.get('redirect_uri') !== redirectUri()) {
      return send(outgoing, { status: 400, type: 'text/html', body: '<h1 id="server-error">invalid client</h1>' });
    }
    const back = new URL(redirectUri());
    back.searchParams.set('state', url.searchParams.get('state') ?? '');
    if (state.refuseWith === null) {
      const person = { ...state.person };
      const code = await oauth.authorize(request, response, { authenticateHandler: { handle: () => person } });
      back.searchParams.set('code', code.authorizationCode);
    } else {
      back.searchParams.set('error', state.refuseWith);
    }
    if (state.issuer !== null) back.searchParams.set('iss', state.issuer);
    outgoing.writeHead(302, { location: back.href });
    outgoing.end();
  };
  const listening = await listenOnFreePort(createServer(answer));
  return Object.assign(state, listening);
}

function send(outgoing: ServerResponse, answer: { status: number; type: string; body: string }): void {
  outgoing.writeHead(answer.status, { 'content-type': answer.type });
  outgoing.end(answer.body);
}

function sendJson(outgoing: ServerResponse, status: number, body: unknown): void {
  send(outgoing, { status, type: 'application/json', body: JSON.stringify(body ?? {}) });
}
