/**
 * The two servers that get the same requests: ours, running, and `oidc-provider` with the same applications.
 *
 * Owns their set-up and how an answer is put in a few words. What may differ is `differences.ts`.
 */
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { checkRedirectUri } from '../../packages/server/src/protocol/redirect-uri.ts';
import { openSite } from '../black-box/site.ts';
import { freePort } from '../programs.ts';
import { type BadRequest, type ClientKind, type Endpoint, REDIRECT_URI } from './requests.ts';

/** One of the two. */
export interface Target {
  /** The answer in a few words: `400 invalid_request`, `redirect invalid_scope`, `page 400`, `asks`. */
  ask(request: BadRequest): Promise<string>;
  dispose(): Promise<void>;
}

interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/** Our own. */
export async function openOurs(): Promise<Target> {
  const site = await openSite('SQLite');
  const create = async (type: ClientKind): Promise<Credentials> => {
    const grants =
      type === 'public' ? 'authorization-code,refresh-token' : 'authorization-code,refresh-token,client-credentials';
    const options = [
      '--name',
      type,
      '--type',
      type,
      '--grant',
      grants,
      '--redirect-uri',
      REDIRECT_URI,
      '--require-pkce',
    ];
    const made = (await site.command(['app', 'create', ...options])) as { client_id: string; client_secret?: string };
    return { id: made.client_id, secret: made.client_secret ?? '' };
  };
  const clients = { confidential: await create('confidential'), public: await create('public') };
  const paths: Readonly<Record<Endpoint, string>> = {
    authorize: '/o/authorize/',
    token: '/o/token/',
    introspect: '/o/introspect/',
    revoke: '/o/revoke_token/',
    userinfo: '/o/userinfo/',
    'redirect URI': '',
  };
  return {
    ask: async (request) =>
      request.endpoint === 'redirect URI'
        ? checkRedirectUri(request.body, request.client === 'public' ? 'native' : 'web').outcome
        : inWords(await send(site.url + paths[request.endpoint], request, clients[request.client]), request),
    dispose: () => site.dispose(),
  };
}

/** The other. */
export async function openOracle(): Promise<Target> {
  const url = `http://localhost:${await freePort()}`;
  const clients = {
    confidential: { id: 'confidential', secret: 'a-secret-of-the-oracle' },
    public: { id: 'public', secret: '' },
  };
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'confidential',
        client_secret: clients.confidential.secret,
        redirect_uris: [REDIRECT_URI],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        scope: 'openid profile email read',
      },
      {
        client_id: 'public',
        token_endpoint_auth_method: 'none',
        redirect_uris: [REDIRECT_URI],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        scope: 'openid profile email read',
      },
    ],
    scopes: ['openid', 'profile', 'email', 'read', 'offline_access'],
    cookies: { keys: ['a key of the tests'] },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      requestObjects: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  });
  provider.on('server_error', () => undefined);
  const server = createServer(provider.callback());
  await new Promise<void>((listening) => server.listen(Number(new URL(url).port), 'localhost', listening));
  const paths: Readonly<Record<Endpoint, string>> = {
    authorize: '/auth',
    token: '/token',
    introspect: '/token/introspection',
    revoke: '/token/revocation',
    userinfo: '/me',
    'redirect URI': '/reg',
  };
  return {
    ask: async (request) => {
      if (request.endpoint === 'redirect URI') return registration(url + paths['redirect URI'], request);
      return inWords(await send(url + paths[request.endpoint], request, clients[request.client]), request);
    },
    dispose: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** The oracle checks redirect URIs where applications register themselves. */
async function registration(address: string, { body, client }: BadRequest): Promise<string> {
  const metadata = {
    redirect_uris: [body],
    application_type: client === 'public' ? 'native' : 'web',
    token_endpoint_auth_method: client === 'public' ? 'none' : 'client_secret_basic',
  };
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(metadata),
  });
  await answer.text();
  return answer.status === 201 ? 'accepted' : 'refused';
}

function send(address: string, request: BadRequest, client: Credentials): Promise<Response> {
  const fill = (text: string) => text.replaceAll('CLIENT_ID', client.id).replaceAll('CLIENT_SECRET', client.secret);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      value
        .replace('Basic GOOD', `Basic ${btoa(`${client.id}:${client.secret}`)}`)
        .replace('Basic WRONG', `Basic ${btoa(`${client.id}:wrong`)}`),
    ]),
  );
  const hasBody = request.method !== 'GET' && request.body !== '';
  return fetch(request.query === '' ? address : `${address}?${fill(request.query)}`, {
    method: request.method,
    headers,
    redirect: 'manual',
    // Octets, so that no content type is added where none is wanted.
    ...(hasBody ? { body: Buffer.from(fill(request.body)) } : {}),
  });
}

async function inWords(answer: Response, { endpoint }: BadRequest): Promise<string> {
  const text = await answer.text();
  if (endpoint !== 'authorize') return `${answer.status} ${errorIn(text)}`.trim();
  const location = answer.headers.get('location');
  if (location !== null) {
    const target = new URL(location, answer.url);
    if (target.origin !== new URL(REDIRECT_URI).origin) return 'asks';
    const parameters = new URLSearchParams(target.search === '' ? target.hash.slice(1) : target.search);
    return `redirect ${parameters.get('error') ?? 'without an error'}`;
  }
  const posted = /name="error"[^>]*value="(\w+)"/.exec(text)?.[1];
  return posted === undefined ? `page ${answer.status}` : `form_post ${posted}`;
}

function errorIn(text: string): string {
  try {
    const body = JSON.parse(text) as { error?: unknown; active?: unknown };
    if (body.active === false) return 'inactive';
    return typeof body.error === 'string' ? body.error : '';
  } catch {
    return '';
  }
}
