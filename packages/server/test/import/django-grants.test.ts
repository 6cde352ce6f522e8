/**
 * Clients and tokens of the real django-oauth-toolkit, at a server of ours that they were brought to: through the command, over
 * HTTP, on both engines, with secrets and tokens in the clear (1.7) and hashed (3.4).
 */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, install, type Serving } from '../commands/run-diapason.ts';
import { ENGINES, emptyDatabase } from '../storage/databases.ts';

const FIXTURES = fileURLToPath(new URL('../../../../test/django/fixtures/', import.meta.url));
const SOURCES = ['django.sqlite3', 'dot34.sqlite3', 'dumpdata.json'];

describe.each(ENGINES.flatMap((engine) => SOURCES.map((source) => [engine, source] as const)))(
  'clients and tokens of django-oauth-toolkit on %s, from %s',
  (engine, source) => {
    let diapason: Installation;
    let database: Awaited<ReturnType<typeof emptyDatabase>>;
    let server: Serving;
    let at: Client;
    let report: Report;
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });

    beforeAll(async () => {
      database = await emptyDatabase(engine);
      diapason = install();
      writeFileSync(join(diapason.folder, 'oidc.pem'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
      const environment = { DIAPASON_DATABASE: database.database, DIAPASON_SECRET: 's'.repeat(40) };
      if (engine === 'postgres') await diapason.run(['migrate'], { environment });
      const argv = ['import', 'django', '--from', join(FIXTURES, source), '--issuer-key', 'oidc.pem'];
      report = (await diapason.json(argv, { environment })) as Report;
      server = await diapason.serve({ environment });
      at = clientAt(`http://localhost:${server.port}`);
    });

    afterAll(async () => {
      server.process.kill('SIGTERM');
      await server.ended;
      diapason.remove();
      await database.remove();
    });

    it.each(['access-live', 'access-successor', 'access-public', 'access-openid'])(
      'answers /profile/ to %s as before: the id a number, the names the same',
      async (name) => {
        const answer = await at.get('/profile/', bearer(accessToken(name)));
        expect(answer.status).toBe(200);
        expect(answer.body).toMatchObject({ id: 2, username: 'alice', first_name: 'Alice', last_name: 'Ames' });
      },
    );

    it('answers userinfo to the one with openid', async () => {
      const answer = await at.get('/o/userinfo/', bearer(accessToken('access-openid')));
      expect(answer).toMatchObject({ status: 200, body: { sub: '2' } });
    });

    it('answers introspection as before, to any confidential client and for a token of client credentials too', async () => {
      const live = await at.post('/o/introspect/', { token: accessToken('access-live') }, basic('machine'));
      expect(live.body).toMatchObject({
        active: true,
        scope: 'read write',
        client_id: 'client-web',
        username: 'alice',
      });
      const machine = await at.post('/o/introspect/', { token: accessToken('access-machine') }, basic('web'));
      expect(machine.body).toMatchObject({ active: true, scope: 'read', client_id: 'client-machine' });
    });

    it.each(['access-expired', 'access-expired-with-refresh', 'access-inactive'])(
      'knows nothing of %s',
      async (name) => {
        expect((await at.get('/profile/', bearer(accessToken(name)))).status).toBe(401);
        const answer = await at.post('/o/introspect/', { token: accessToken(name) }, basic('web'));
        expect(answer.body).toEqual({ active: false });
      },
    );

    it('keeps a live access token whose refresh token was revoked: django-oauth-toolkit answers it as well', async () => {
      expect((await at.get('/profile/', bearer(accessToken('access-live-refresh-revoked')))).status).toBe(200);
    });

    it.each(['refresh-revoked', 'refresh-revoked-beside-live', 'refresh-rotated', 'refresh-inactive'])(
      'refuses %s',
      async (name) => {
        const answer = await at.post('/o/token/', refreshing(refreshToken(name)), basic('web'));
        expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      },
    );

    it('lets no other client refresh', async () => {
      const answer = await at.post('/o/token/', refreshing(refreshToken('refresh-live')), basic('many'));
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    });

    it.each([
      ['refresh-live', basic('web')],
      ['refresh-only', basic('web')],
      ['refresh-successor', basic('web')],
      ['refresh-openid', basic('oidc')],
    ])('rotates %s, for as long as before, and then what comes of it', async (name, authorization) => {
      const first = await at.post('/o/token/', refreshing(refreshToken(name)), authorization);
      expect(first).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 36_000 } });
      expect((await at.get('/profile/', bearer(String(first.body['access_token'])))).body).toMatchObject({ id: 2 });
      const second = await at.post('/o/token/', refreshing(String(first.body['refresh_token'])), authorization);
      expect(second.status).toBe(200);
      expect(second.body['refresh_token']).not.toBe(first.body['refresh_token']);
      if (name === 'refresh-openid') expect(kidOf(String(first.body['id_token']))).toBe(await kid());
    });

    it('rotates one of a public client, known by its client_id alone', async () => {
      const answer = await at.post('/o/token/', {
        ...refreshing(refreshToken('refresh-public')),
        client_id: 'client-spa',
      });
      expect(answer.status).toBe(200);
    });

    it.each(['web', 'web-skipping', 'many', 'oob', 'machine', 'password', 'oidc', 'rs256', 'hs256'])(
      'authenticates %s by its old secret, by Basic and in the body, and by no other',
      async (name) => {
        const token = 'no-such-token';
        expect((await at.post('/o/introspect/', { token }, basic(name))).status).toBe(200);
        const credentials = { client_id: `client-${name}`, client_secret: secretOf(name) };
        expect((await at.post('/o/introspect/', { token, ...credentials })).status).toBe(200);
        expect((await at.post('/o/introspect/', { token }, basic(name, 'another'))).status).toBe(401);
      },
    );

    it('keeps every secret as an HMAC once it was shown', async () => {
      const apps = (await diapason.json(['app', 'list'], {
        environment: { DIAPASON_DATABASE: database.database, DIAPASON_SECRET: 's'.repeat(40) },
      })) as { client_id: string }[];
      expect(apps.map(({ client_id }) => client_id)).toContain('client-web');
      const rows = await database.sql(
        'select count(*) as hashes from client_secret where imported_hash is not null',
        [],
      );
      // Of the others nobody has shown theirs here: native's, and implicit's.
      expect(Number(rows[0]?.['hashes'])).toBeLessThanOrEqual(2);
    });

    it('gives client credentials for as long as before', async () => {
      const answer = await at.post('/o/token/', { grant_type: 'client_credentials' }, basic('machine'));
      expect(answer).toMatchObject({ status: 200, body: { expires_in: 36_000 } });
      expect(answer.body).not.toHaveProperty('refresh_token');
    });

    it('signs with the key that django-oauth-toolkit signed with, and publishes it', async () => {
      const { body } = await at.get('/o/.well-known/jwks.json');
      expect((body['keys'] as { kid: string }[]).map((key) => key.kid)).toContain(await kid());
    });

    it('refuses codes that were outstanding, as any code it does not know', async () => {
      const form = {
        grant_type: 'authorization_code',
        code: 'outstanding-code',
        redirect_uri: 'http://localhost:9988/accounts/customprovider/login/callback/',
      };
      const answer = await at.post('/o/token/', form, basic('web'));
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    });

    it('reports what cannot come, with what to do instead', () => {
      const codes = new Set(report.findings.map(({ code }) => code));
      for (const code of [
        'implicit-grant',
        'password-grant',
        'hybrid-flow',
        'out-of-band',
        'hs256',
        'public-needs-pkce',
      ]) {
        expect(codes, code).toContain(code);
      }
      const application = report.kinds.find(({ kind }) => kind === 'application');
      expect(application).toMatchObject({ in_source: 13, brought: 12, left_out: 1 });
    });

    async function kid(): Promise<string> {
      return calculateJwkThumbprint(await exportJWK(publicKey));
    }
  },
);

interface Report {
  readonly kinds: readonly { readonly kind: string; readonly in_source: number; readonly brought: number }[];
  readonly findings: readonly { readonly code: string }[];
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

type Client = ReturnType<typeof clientAt>;

function clientAt(base: string) {
  const read = async (response: Response): Promise<Answer> => {
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  };
  return {
    get: async (path: string, authorization?: string) =>
      read(await fetch(`${base}${path}`, authorization === undefined ? {} : { headers: { authorization } })),
    post: async (path: string, form: Readonly<Record<string, string>>, authorization?: string) =>
      read(
        await fetch(`${base}${path}`, {
          method: 'POST',
          body: new URLSearchParams(form),
          ...(authorization === undefined ? {} : { headers: { authorization } }),
        }),
      ),
  };
}

/** As `make_fixtures.py` writes them. */
function accessToken(name: string): string {
  return `${name}-000000000000`;
}

function refreshToken(name: string): string {
  return `${name}-00000000000`;
}

function secretOf(name: string): string {
  return `secret of ${name}, chosen by a person`;
}

function refreshing(token: string) {
  return { grant_type: 'refresh_token', refresh_token: token };
}

function bearer(token: string): string {
  return `Bearer ${token}`;
}

function basic(name: string, secret = secretOf(name)): string {
  const pair = `client-${name}:${encodeURIComponent(secret)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function kidOf(jws: string): string {
  return JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()).kid;
}
