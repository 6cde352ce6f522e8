import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documented, shapeOf } from './documented.ts';
import { type Installation, install } from './run-diapason.ts';

let diapason: Installation;
beforeAll(() => {
  diapason = install();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  writeFileSync(join(diapason.folder, 'oidc.pem'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  writeFileSync(join(diapason.folder, 'public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
});
afterAll(() => diapason.remove());

describe('diapason key import', () => {
  it('takes over the key of another server, before the first start too, and prints it as key list does', async () => {
    const taken = await diapason.json(['key', 'import', 'oidc.pem']);
    expect(shapeOf(taken)).toEqual(shapeOf(documented('key list')));
    expect(taken).toMatchObject([{ algorithm: 'RS256', state: 'signing', retires_at: null }]);
    expect(await diapason.json(['key', 'list'])).toEqual(taken);
  });

  it('changes nothing a second time, and says so', async () => {
    const before = await diapason.json(['key', 'list']);
    const again = await diapason.run(['key', 'import', 'oidc.pem']);
    expect(again).toMatchObject({ status: 0, output: expect.stringContaining('is here already') });
    expect(await diapason.json(['key', 'list'])).toEqual(before);
  });

  it.each([
    ['no-such.pem', 'cannot be read (ENOENT)'],
    ['public.pem', 'the private key is needed'],
  ])('refuses %s in one line', async (file, reason) => {
    const ended = await diapason.run(['key', 'import', file]);
    expect(ended).toMatchObject({ status: 1, output: '' });
    expect(ended.complaint).toMatch(/^diapason: .*\n$/);
    expect(ended.complaint).toContain(reason);
  });
});
