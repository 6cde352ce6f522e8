import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKeySets } from '../../src/fetch/key-sets.ts';
import type { FetchOutcome, KeySetReader } from '../../src/protocol/fetcher.ts';

const jwk = await exportJWK((await generateKeyPair('ES256')).publicKey);
const URI = 'https://app.example/jwks.json';
const KNOWN = { unknownKid: false };
const UNKNOWN = { unknownKid: true };

let nowMs: number;
let fetched: string[];
let answer: FetchOutcome;
let reader: KeySetReader;
const serves = (keys: readonly JWK[]) => {
  answer = { outcome: 'fetched', status: 200, cacheControl: null, body: JSON.stringify({ keys }) };
};
const DOWN: FetchOutcome = { outcome: 'failed', fault: 'unreachable', detail: 'nobody there', status: null };
beforeEach(() => {
  nowMs = 0;
  fetched = [];
  serves([{ ...jwk, kid: 'a' }]);
  const fetch = async ({ url }: { readonly url: string }) => {
    fetched.push(url);
    return answer;
  };
  reader = createKeySets({ fetcher: { fetch }, clock: () => nowMs });
});

describe('key sets at addresses', () => {
  it('are fetched once for all who ask at once, and again after five minutes', async () => {
    await Promise.all(Array.from({ length: 20 }, () => reader.keySet(URI, KNOWN)));
    nowMs = 299_999;
    await reader.keySet(URI, KNOWN);
    expect(fetched).toEqual([URI]);
    nowMs = 300_000;
    await reader.keySet(URI, KNOWN);
    expect(fetched).toHaveLength(2);
  });

  it('are fetched anew for an unknown key, at most once a minute', async () => {
    await reader.keySet(URI, KNOWN);
    serves([{ ...jwk, kid: 'b' }]);
    nowMs = 59_999;
    expect(await reader.keySet(URI, UNKNOWN)).toMatchObject({ jwks: { keys: [{ kid: 'a' }] } });
    nowMs = 60_000;
    expect(await reader.keySet(URI, UNKNOWN)).toMatchObject({ jwks: { keys: [{ kid: 'b' }] } });
    await reader.keySet(URI, UNKNOWN);
    expect(fetched).toHaveLength(2);
  });

  it('are kept for an hour while their address does not answer, and tried again every ten seconds', async () => {
    await reader.keySet(URI, KNOWN);
    answer = DOWN;
    nowMs = 3_600_000;
    expect(await reader.keySet(URI, KNOWN)).toMatchObject({ outcome: 'read' });
    await reader.keySet(URI, UNKNOWN);
    expect(fetched).toHaveLength(2);
    nowMs += 10_000;
    expect(await reader.keySet(URI, KNOWN)).toMatchObject({ outcome: 'unavailable' });
    expect(fetched).toHaveLength(3);
    serves([jwk]);
    nowMs += 10_000;
    expect(await reader.keySet(URI, KNOWN)).toMatchObject({ outcome: 'read' });
  });

  it('that never answered are unavailable, with the reason', async () => {
    answer = DOWN;
    expect(await reader.keySet(URI, KNOWN)).toEqual({
      outcome: 'unavailable',
      detail: 'the key set at its jwks_uri cannot be read: nobody there',
    });
    await reader.keySet(URI, UNKNOWN);
    expect(fetched).toHaveLength(1);
  });

  it('lose the keys that are of no use here, and are refused without any', async () => {
    serves([
      { ...jwk, kid: 'a' },
      { kty: 'oct', k: 'c2VjcmV0' },
      { kty: 'EC', crv: 'P-521', x: 'x', y: 'y' },
    ]);
    expect(await reader.keySet(URI, KNOWN)).toMatchObject({ jwks: { keys: [{ kid: 'a' }] } });
    for (const body of ['{"keys":[]}', '[]', 'null', '<html>', '{"keys":{}}', '{"keys":[null,1]}']) {
      nowMs += 3_700_000;
      answer = { outcome: 'fetched', status: 200, cacheControl: null, body };
      expect(await reader.keySet(URI, KNOWN)).toMatchObject({ outcome: 'unavailable' });
    }
  });

  it('are forgotten, the oldest first, when there are more than 500', async () => {
    for (let index = 0; index <= 500; index += 1) await reader.keySet(`${URI}?${index}`, KNOWN);
    await reader.keySet(`${URI}?500`, KNOWN);
    expect(fetched).toHaveLength(501);
    await reader.keySet(`${URI}?0`, KNOWN);
    expect(fetched).toHaveLength(502);
  });
});
