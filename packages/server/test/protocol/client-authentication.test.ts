import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientSecretMac } from '../../src/protocol/client-secret.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';
import { basic, openServer, SECRET, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const form = { grant_type: 'client_credentials', scope: 'read' };
const header = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('RFC 6749 §2.3.1: client authentication with a secret', () => {
  it('takes HTTP Basic', async () => {
    const application = await server.application();
    expect((await server.token(form, { authorization: basic(application) })).status).toBe(200);
  });

  it('takes client_id and client_secret in the body', async () => {
    const application = await server.application();
    const response = await server.token({ ...form, client_id: application.clientId, client_secret: SECRET });
    expect(response.status).toBe(200);
  });

  it('takes the scheme in any case, and more than one space (RFC 9110 §11.1)', async () => {
    const application = await server.application();
    const authorization = basic(application).replace('Basic ', 'bASIC  ');
    expect((await server.token(form, { authorization })).status).toBe(200);
  });

  it('form-decodes id and secret, and takes a secret that was not form-encoded', async () => {
    const secret = 'p+q%20r:s ü';
    const mac = clientSecretMac(presentedSecret(secret), server.deps.clientSecretKey);
    const application = await server.application({
      secrets: [{ id: 'odd', mac, importedHash: null, hint: '', createdAtMs: 0, lastUsedAtMs: null }],
    });
    expect((await server.token(form, { authorization: basic(application, secret) })).status).toBe(200);
    const raw = header(`${application.clientId}:${secret}`);
    expect((await server.token(form, { authorization: raw })).status).toBe(200);
  });

  it('compares with every secret of the application and notes the one used (D12)', async () => {
    const record = (id: string) => ({
      id,
      mac: clientSecretMac(presentedSecret(`secret-${id}`), server.deps.clientSecretKey),
      importedHash: null,
      hint: '',
      createdAtMs: 0,
      lastUsedAtMs: null,
    });
    const application = await server.application({ secrets: [record('many-1'), record('many-2'), record('many-3')] });
    for (const id of ['many-3', 'many-1']) {
      expect((await server.token(form, { authorization: basic(application, `secret-${id}`) })).status).toBe(200);
      expect(server.secretsUsed.at(-1)).toBe(id);
    }
  });

  it('does not note a secret for a refused client', async () => {
    const application = await server.application();
    const before = server.secretsUsed.length;
    await server.token(form, { authorization: basic(application, 'wrong') });
    expect(server.secretsUsed.length).toBe(before);
  });

  it('refuses two methods at once', async () => {
    const application = await server.application();
    const options = { authorization: basic(application) };
    const response = await server.token({ ...form, client_id: application.clientId, client_secret: SECRET }, options);
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('refuses a client_id in the body that is not the one of the header, and takes the same one', async () => {
    const application = await server.application();
    const other = await server.application();
    const options = { authorization: basic(application) };
    const response = await server.token({ ...form, client_id: other.clientId }, options);
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect((await server.token({ ...form, client_id: application.clientId }, options)).status).toBe(200);
  });
});

describe('RFC 6749 §5.2: a client that cannot prove itself', () => {
  it('gets one and the same answer, whether it is unknown, disabled, or shows no secret or a wrong one', async () => {
    const application = await server.application();
    const disabled = await server.application({ disabledAtMs: server.clock() });
    const publicOne = await server.application({ type: 'public' });
    const answers = [
      await server.token(form, { authorization: header('nobody:x') }),
      await server.token(form, { authorization: basic(application, 'wrong') }),
      await server.token(form, { authorization: basic(disabled) }),
      await server.token(form, { authorization: basic(publicOne) }),
      await server.token({ ...form, client_id: application.clientId }),
      await server.token({ ...form, client_id: 'nobody' }),
      await server.token({ ...form, client_id: 'n\u00f6body', client_secret: 'x' }),
      await server.token({ ...form, client_id: application.clientId, client_secret: 'wrong' }),
    ].map(({ status, headers, body }) => ({ status, headers, body }));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="diapason"' },
      body: { error: 'invalid_client' },
    });
  });

  it('tells the log which it was', async () => {
    const application = await server.application();
    const response = await server.token(form, { authorization: basic(application, 'wrong') });
    expect(response.error?.detail).toBe('no secret of the application is this one');
    expect(JSON.stringify(response)).not.toContain(SECRET);
  });

  it('is not opened by the stored form of a secret (DOT#1077)', async () => {
    const application = await server.application();
    const stored = application.secrets[0]?.mac?.toString('hex') ?? '';
    expect((await server.token(form, { authorization: basic(application, stored) })).status).toBe(401);
  });

  it.each([
    ['no credentials', null],
    ['Bearer', 'Bearer abc'],
    ['no base64', 'Basic !!!'],
    ['no colon', header('client')],
    ['an empty id', header(':secret')],
    ['octets that are not UTF-8', `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`],
    ['a control character', header('client:se\ncret')],
    ['a malformed id', header('%zz:secret')],
    ['5,000 characters', `Basic ${'QUJD'.repeat(1_250)}`],
    ['an empty scheme', ''],
  ])('gets 401 for %s', async (_, authorization) => {
    const response = await server.token(form, { authorization });
    expect(response).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(response.headers).toHaveProperty('www-authenticate');
  });

  it('gets a refusal and never an exception, whatever the header', async () => {
    const piece = fc.constantFrom('Basic', 'Bearer', ' ', 'YTpi', '=', ':', '%', '\u0000', 'é', ',', '"', 'DPoP');
    const anyHeader = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }).map(header),
    );
    await fc.assert(
      fc.asyncProperty(anyHeader, async (authorization) => {
        const response = await server.token(form, { authorization });
        expect([400, 401]).toContain(response.status);
      }),
    );
  });
});

describe('RFC 6749 §2.1: a public application', () => {
  it('is known by its client_id alone, an empty secret counting as none', async () => {
    const application = await server.application({ type: 'public', grants: ['authorization-code'] });
    const code = { grant_type: 'authorization_code', code: 'unknown' };
    const attempts = [
      await server.token({ ...code, client_id: application.clientId }),
      await server.token({ ...code, client_id: application.clientId, client_secret: '' }),
      await server.token(code, { authorization: header(`${application.clientId}:`) }),
    ];
    for (const response of attempts) expect(response.body).toMatchObject({ error: 'invalid_grant' });
  });

  it('may show the secret that django-oauth-toolkit gave it, which proves nothing more, and no other', async () => {
    const secrets = (await server.application()).secrets.map((secret) => ({ ...secret, id: 'of-a-public-one' }));
    const application = await server.application({ type: 'public', grants: ['authorization-code'], secrets });
    const code = { grant_type: 'authorization_code', code: 'unknown' };
    const answered = async (secret: string) =>
      (await server.token(code, { authorization: basic(application, secret) })).body;
    expect(await answered(SECRET)).toMatchObject({ error: 'invalid_grant' });
    expect(await answered('another')).toMatchObject({ error: 'invalid_client' });
    const introspected = await server.introspect({ token: 'x' }, { authorization: basic(application) });
    expect(introspected.body).toMatchObject({ error: 'invalid_client' });
  });
});
