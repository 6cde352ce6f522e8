/**
 * Signing in through `oidc()` at a certified provider.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { oidc } from '../src/index.ts';
import { type Application, startApplication } from './application.ts';
import { type OpenIdServer, startOpenIdServer } from './openid-server.ts';
import { Visitor } from './visitor.ts';

const credentials = { clientId: 'relying-party', clientSecret: 'a secret of more than thirty-two characters' };

let app: Application;
let server: OpenIdServer;

beforeAll(async () => {
  // Both know the other's address, so the server's clients are read when it starts and the application started first.
  let issuer = '';
  app = await startApplication(() => [
    {
      ...oidc({ id: 'openid', name: 'Open server', issuer: 'http://localhost:1', credentials }),
      addresses: () => ({ issuer, backChannelUrl: null }),
    },
    {
      ...oidc({ id: 'trusted', name: 'Trusted server', issuer: 'http://localhost:1', credentials, trustEmail: true }),
      addresses: () => ({ issuer, backChannelUrl: null }),
    },
  ]);
  server = await startOpenIdServer(() => [
    {
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
      redirect_uris: [app.redirectUri('openid'), app.redirectUri('trusted')],
      post_logout_redirect_uris: [`${app.url}/accounts/logout/`],
    },
  ]);
  issuer = server.issuer;
});
afterAll(async () => {
  await app.close();
  await server.close();
});
afterEach(() => {
  server.intercept = null;
});

const login = (provider = 'openid') => `${app.url}/accounts/${provider}/login/`;

/** Somebody else is signed in at the server from now on. */
function become(visitor: Visitor, person: OpenIdServer['claims']): void {
  visitor.drop('_session');
  server.claims = person;
}

function claims(name: string, more: Record<string, unknown> = {}) {
  return {
    sub: `subject-of-${name}`,
    preferred_username: name,
    given_name: name.toUpperCase(),
    family_name: 'Open',
    email: `${name}@example.org`,
    email_verified: true,
    ...more,
  };
}

describe('OpenID Connect Core §3.1', () => {
  it('signs in by discovery, with nonce and PKCE, and reads the claims', async () => {
    server.claims = claims('ann');
    const visitor = new Visitor();
    const sent = await visitor.request(login());
    const url = new URL(sent.headers.get('location') ?? '');
    expect(url.searchParams.get('nonce')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.searchParams.get('scope')).toBe('openid profile email');

    const page = await visitor.open(url);
    expect(page.text('username')).toBe('ann');
    expect(page.text('first_name')).toBe('ANN');
    expect(page.text('email')).toBe('ann@example.org');
    expect(page.text('uid')).toBe('subject-of-ann');
  });

  it('§5.7: knows a person by iss and sub, whatever else changed', async () => {
    server.claims = claims('ben');
    await new Visitor().open(login());
    server.claims = claims('ben', { preferred_username: 'benjamin', email: 'other@example.org' });
    const page = await new Visitor().open(login());
    expect(page.text('username')).toBe('benjamin');
    expect(await app.store.findUserByUsername('ben')).toBeNull();
  });

  it('§5.3.2: refuses userinfo that speaks of another person', async () => {
    server.claims = claims('cid');
    server.intercept = answering('/me', (outgoing) => json(outgoing, { sub: 'somebody else' }));
    const page = await new Visitor().open(login());
    expect(page.text('failure-code')).toBe('subject_mismatch');
    expect(await app.store.findUserByUsername('cid')).toBeNull();
  });

  it.each([
    ['another nonce', { nonce: 'another' }, 'id_token_nonce_wrong'],
    ['another issuer', { iss: 'http://elsewhere.example' }, 'id_token_issuer_wrong'],
    ['another audience', { aud: 'somebody-else' }, 'id_token_audience_wrong'],
    ['an expiry in the past', { exp: 1_700_000_000 }, 'id_token_expired'],
    ['no subject', { sub: undefined }, 'id_token_claim_missing'],
  ])('§3.1.3.7: refuses an ID token with %s', async (_what, changes, code) => {
    server.claims = claims('dan');
    await replaceIdToken((payload) => ({ ...payload, ...changes }));
    const page = await new Visitor().open(login());
    expect(page.text('failure-code')).toBe(code);
    expect(await app.store.findUserByUsername('dan')).toBeNull();
  });

  it('§3.1.3.7: refuses an ID token whose signature does not fit', async () => {
    server.claims = claims('eve');
    await replaceIdToken((payload) => ({ ...payload, sub: 'subject-of-ann' }));
    const page = await new Visitor().open(login());
    expect(page.text('failure-code')).toBe('id_token_signature_wrong');
  });

  it('§3.1.3.7: refuses an ID token without a signature (alg none)', async () => {
    server.claims = claims('fay');
    await replaceIdToken((payload) => payload, { alg: 'none' });
    const page = await new Visitor().open(login());
    expect(page.text('failure-code')).toBe('id_token_algorithm_refused');
  });
});

describe('RFC 9207', () => {
  it('refuses a response without iss from a server that says it always sends it', async () => {
    const visitor = new Visitor();
    server.claims = claims('gus');
    const callback = await callbackOf(visitor);
    callback.searchParams.delete('iss');
    const page = await visitor.open(callback);
    expect(page.text('failure-code')).toBe('issuer_missing');
  });
});

describe('RFC 9700 §4.4, mix-up', () => {
  it('refuses a response at the redirect URI of another provider than the one that was asked', async () => {
    server.claims = claims('hal');
    const visitor = new Visitor();
    const callback = await callbackOf(visitor);
    const state = callback.searchParams.get('state') ?? '';
    const name = `diapason_client_attempt_${state}`;
    // A browser on http would not even send the cookie there.
    visitor.plant(app.url, name, visitor.cookie(name) ?? '', '/accounts/trusted/login');
    callback.pathname = new URL(app.redirectUri('trusted')).pathname;
    const page = await visitor.open(callback);
    expect(page.text('failure-code')).toBe('attempt_other_provider');
  });
});

describe('linking by a verified address', () => {
  it('does not happen for a provider that is not trusted with it: a second account comes into being', async () => {
    server.claims = claims('ida');
    await new Visitor().open(login('trusted'));
    server.claims = claims('ida2', { email: 'ida@example.org' });
    const page = await new Visitor().open(login());
    expect(page.text('username')).toBe('ida2');
    expect((await app.store.findUserByUsername('ida2'))?.emailVerified).toBe(false);
  });

  it('happens where both sides verified it', async () => {
    server.claims = claims('jim', { email: 'jim@example.org' });
    await new Visitor().open(login('trusted'));
    const user = await app.store.findUserByUsername('jim');
    server.claims = claims('jim-again', { email: 'JIM@example.org' });
    const page = await new Visitor().open(login('trusted'));
    expect(page.text('uid')).toBe('subject-of-jim-again');
    const accounts = await app.store.listSocialAccounts(user?.id ?? '');
    expect(accounts.map((account) => account.subject)).toEqual(['subject-of-jim', 'subject-of-jim-again']);
  });

  it('does not happen when this side did not verify it', async () => {
    server.claims = claims('kim', { email: 'kim@example.org' });
    await new Visitor().open(login('openid'));
    server.claims = claims('kim-again', { email: 'kim@example.org' });
    const page = await new Visitor().open(login('trusted'));
    expect(page.text('username')).toBe('kim-again');
  });

  it('does not happen when the provider did not verify it', async () => {
    server.claims = claims('lea', { email: 'lea@example.org' });
    await new Visitor().open(login('trusted'));
    server.claims = claims('lea-again', { email: 'lea@example.org', email_verified: false });
    const page = await new Visitor().open(login('trusted'));
    expect(page.text('username')).toBe('lea-again');
    expect((await app.store.findUserByUsername('lea-again'))?.emailVerified).toBe(false);
  });
});

describe('OpenID Connect RP-Initiated Logout', () => {
  it('is offered, and leads to the end_session_endpoint with the ID token as hint', async () => {
    server.claims = claims('max');
    const visitor = new Visitor();
    await visitor.open(login());
    const asked = await visitor.open(`${app.url}/accounts/logout/`);
    expect(asked.html).toContain('Sign out of Open server as well');
    const onward = await visitor.submitOnly(asked, { everywhere: '1' });
    const href = /content="0;url=([^"]+)"/.exec(onward.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const url = new URL(href);
    expect(`${url.origin}${url.pathname}`).toBe(`${server.url}/session/end`);
    expect(url.searchParams.get('id_token_hint')).toMatch(/^ey/);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${app.url}/accounts/logout/`);
    expect((await visitor.open(`${app.url}/accounts/profile`)).text('username')).toBeNull();
    expect((await visitor.open(url)).status).toBe(200);
  });

  it('is not asked for unless the person ticks it', async () => {
    server.claims = claims('ned');
    const visitor = new Visitor();
    await visitor.open(login());
    const done = await visitor.submit(await visitor.open(`${app.url}/accounts/logout/`), {});
    expect(done.url.href).toBe(`${app.url}/accounts/logout/`);
    expect(done.html).toContain('You are signed out');
  });
});

describe('linking from the page of linked accounts', () => {
  it('adds the account of another provider, after which both lead to the same user', async () => {
    server.claims = claims('otto');
    const visitor = new Visitor();
    await visitor.open(login());
    become(visitor, claims('otto-two'));
    const connections = await visitor.open(`${app.url}/accounts/connections/`);
    const linked = await visitor.submit(connections, {}, 'Link Trusted server');
    expect(linked.url.pathname).toBe('/accounts/connections/');
    expect(linked.html).toContain('The account is linked.');

    const other = await new Visitor().open(login('trusted'));
    expect(other.text('username')).toBe('otto');
  });

  it('refuses an account that belongs to somebody else', async () => {
    server.claims = claims('paul');
    await new Visitor().open(login());
    server.claims = claims('quin');
    const visitor = new Visitor();
    await visitor.open(login());
    become(visitor, claims('paul'));
    const connections = await visitor.open(`${app.url}/accounts/connections/`);
    const refused = await visitor.submit(connections, {}, 'Link Open server');
    expect(refused.text('failure-code')).toBe('linked_to_other');
  });

  it('starts by a form of ours alone: a foreign page cannot start it', async () => {
    server.claims = claims('rosa');
    const visitor = new Visitor();
    await visitor.open(login());
    const refused = await visitor.request(login('trusted'), {
      method: 'POST',
      body: '',
      headers: { origin: 'http://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(refused.text('failure-code')).toBe('form_cross_site');
  });

  it('does not link to whoever signed in meanwhile', async () => {
    server.claims = claims('sam');
    const visitor = new Visitor();
    await visitor.open(login());
    const connections = await visitor.open(`${app.url}/accounts/connections/`);
    const onward = await visitor.submitOnly(connections, {}, 'Link Trusted server');
    become(visitor, claims('tess'));
    await visitor.open(login());
    const href = /content="0;url=([^"]+)"/.exec(onward.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    become(visitor, claims('sam-two'));
    const refused = await visitor.open(href);
    expect(refused.text('failure-code')).toBe('link_session_ended');
  });

  it('unlinks, but never the last way in', async () => {
    server.claims = claims('uma');
    const visitor = new Visitor();
    await visitor.open(login());
    const alone = await visitor.open(`${app.url}/accounts/connections/`);
    expect(alone.html).toContain('your only way to sign in');
    expect(alone.html).not.toContain('Unlink');

    become(visitor, claims('uma-two'));
    const both = await visitor.submit(alone, {}, 'Link Trusted server');
    const one = await visitor.submit(both, {}, 'Unlink');
    expect(one.html).toContain('The account is no longer linked.');

    // The form of the earlier page, sent once more.
    const user = await app.store.findUserByUsername('uma');
    const [left] = await app.store.listSocialAccounts(user?.id ?? '');
    const kept = await visitor.submit(both, { account: left?.id ?? '' }, 'Unlink');
    expect(kept.html).toContain('your only way to sign in');
    expect(await app.store.listSocialAccounts(user?.id ?? '')).toHaveLength(1);
  });
});

/** The callback's URL of a sign-in that was completed at the server. */
async function callbackOf(visitor: Visitor): Promise<URL> {
  let current = await visitor.request(login());
  for (let hops = 0; hops < 10; hops += 1) {
    const next = new URL(current.headers.get('location') ?? '', current.url);
    if (next.pathname.endsWith('/login/callback/')) return next;
    current = await visitor.request(next);
  }
  throw new Error('the server did not send the browser back');
}

function answering(path: string, answer: (outgoing: ServerResponse) => void) {
  return (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (incoming.url?.startsWith(path) !== true) return false;
    answer(outgoing);
    return true;
  };
}

function json(outgoing: ServerResponse, body: unknown): void {
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify(body));
}

/** Lets the server answer, and changes the ID token on its way; its signature is left as it was. */
async function replaceIdToken(
  change: (payload: Record<string, unknown>) => Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<void> {
  server.intercept = (incoming, outgoing) => {
    if (incoming.url !== '/token' || incoming.headers['x-forwarded-by-test'] !== undefined) return false;
    void forward(incoming, outgoing, (body) => {
      const [head = '', payload = '', signature = ''] = String(body['id_token']).split('.');
      const recode = (part: string, with_: (value: Record<string, unknown>) => Record<string, unknown>) =>
        Buffer.from(JSON.stringify(with_(JSON.parse(Buffer.from(part, 'base64url').toString())))).toString('base64url');
      const newHead = Object.keys(header).length === 0 ? head : recode(head, (old) => ({ ...old, ...header }));
      const idToken = [newHead, recode(payload, change), header['alg'] === 'none' ? '' : signature].join('.');
      return { ...body, id_token: idToken };
    });
    return true;
  };
}

async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  change: (body: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const response = await fetch(`${server.url}/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: incoming.headers.authorization ?? '',
      'x-forwarded-by-test': '1',
    },
    body: Buffer.concat(chunks),
  });
  json(outgoing, change((await response.json()) as Record<string, unknown>));
}
