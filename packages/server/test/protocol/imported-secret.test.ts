import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createPasswordHasher } from '../../src/accounts/password-hashing.ts';
import type { PasswordHash } from '../../src/accounts/ports.ts';
import type { ClientSecretRecord, ImportedSecretHash } from '../../src/protocol/application.ts';
import { clientSecretMac } from '../../src/protocol/client-secret.ts';
import { createImportedSecrets, type ImportedSecretDeps } from '../../src/protocol/imported-secret.ts';
import type { ImportedSecretVerifier } from '../../src/protocol/ports/applications.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';
import { basic, openServer, SECRET } from './server.ts';

const form = { grant_type: 'client_credentials' };

let server: Awaited<ReturnType<typeof openServer>>;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

describe('client secrets that django-oauth-toolkit kept as a hash', () => {
  it('open as they did, and are kept as an HMAC from the first use on', async () => {
    const { token, verified } = served();
    const application = await server.application({ secrets: [imported('first-use')] });
    expect((await token(basic(application))).status).toBe(200);
    const kept = async () => (await server.storage.applications.findApplication(application.id))?.secrets[0];
    await vi.waitFor(async () => expect((await kept())?.importedHash).toBeNull());
    expect((await kept())?.mac).toHaveLength(32);
    server.pass(2);
    expect((await token(basic(application))).status).toBe(200);
    expect(verified()).toBe(1);
  });

  it('refuse another secret as ever, and work out its hash once', async () => {
    const { token, verified } = served();
    const application = await server.application({ secrets: [imported('wrong')] });
    for (let turn = 0; turn < 3; turn += 1) {
      const response = await token(basic(application, 'another'));
      expect(response.status).toBe(401);
      expect(response.body).toMatchObject({ error: 'invalid_client' });
    }
    expect(verified()).toBe(1);
  });

  it('are verified once for fifty requests at once', async () => {
    const { token, verified } = served();
    const application = await server.application({ secrets: [imported('fifty')] });
    const answers = await Promise.all(Array.from({ length: 50 }, () => token(basic(application))));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(verified()).toBe(1);
  });

  it('stand beside secrets of ours, which are found without them', async () => {
    const { token, verified } = served();
    const mac = clientSecretMac(presentedSecret(SECRET), server.deps.clientSecretKey);
    const old = imported('beside', 'the old one');
    const own = { ...old, id: 'own', mac, importedHash: null };
    const application = await server.application({ secrets: [old, own] });
    expect((await token(basic(application))).status).toBe(200);
    expect(verified()).toBe(0);
    expect((await token(basic(application, 'the old one'))).status).toBe(200);
  });

  it('are answered 503 with Retry-After while too many are being verified, which is not remembered', async () => {
    let busy = true;
    const { token } = served({
      verify: async () => (busy ? { outcome: 'busy', retryAfterSeconds: 3 } : { outcome: 'right' }),
    });
    const application = await server.application({ secrets: [imported('busy')] });
    const refused = await token(basic(application));
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('3');
    expect(refused.body).toMatchObject({ error: 'temporarily_unavailable' });
    busy = false;
    expect((await token(basic(application))).status).toBe(200);
  });

  it('are not opened by the text of the hash', async () => {
    const { token } = served();
    const secret = imported('stolen');
    const application = await server.application({ secrets: [secret] });
    expect((await token(basic(application, String(secret.importedHash)))).status).toBe(401);
  });
});

/** A server whose imported secrets are verified by the real hashes, unless another verifier is given. */
function served(verifier?: ImportedSecretVerifier) {
  let count = 0;
  const hasher = createPasswordHasher({ hashConcurrency: 1, randomness: randomBytes });
  const deps: ImportedSecretDeps = {
    verifier: verifier ?? {
      verify: (presented, hash) => {
        count += 1;
        return hasher.verify(presented, hash as string as PasswordHash);
      },
    },
    clientSecretKey: server.deps.clientSecretKey,
    secretUse: server.storage.secretUse,
  };
  const importedSecrets = createImportedSecrets(deps);
  return {
    verified: () => count,
    token: (authorization: string) => server.token(form, { authorization }, { ...server.deps, importedSecrets }),
  };
}

function imported(id: string, text: string = SECRET): ClientSecretRecord {
  const hash = pbkdf2Sync(presentedSecret(text), 'salt', 1_000, 32, 'sha256').toString('base64');
  return {
    id: `imported-${id}`,
    mac: null,
    importedHash: `pbkdf2_sha256$1000$salt$${hash}` as ImportedSecretHash,
    hint: '',
    createdAtMs: 0,
    lastUsedAtMs: null,
  };
}
