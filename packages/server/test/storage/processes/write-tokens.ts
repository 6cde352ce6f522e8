/**
 * Writes access tokens for ever, eight at a time, and prints the digest of each once it was acknowledged, written at once:
 * `node write-tokens.ts DATABASE APPLICATION_ID`. It is meant to be killed.
 */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openStorage } from '../../../src/storage/storage.ts';
import type { Digest } from '../../../src/vocabulary/credentials.ts';
import { applicationId } from '../../../src/vocabulary/identifiers.ts';

const [, , database = '', application = ''] = process.argv;
const storage = await openStorage({ database, clock: () => 1_900_000_000_000 });

async function writeForEver(): Promise<never> {
  for (;;) {
    const tokenDigest = randomBytes(32) as Digest;
    await storage.grants.issueAccessToken({
      tokenDigest,
      applicationId: applicationId(application),
      accountId: null,
      familyId: null,
      scope: [],
      context: null,
      issuedAtMs: 1_900_000_000_000,
      expiresAtMs: 1_900_003_600_000,
    });
    writeSync(1, `${tokenDigest.toString('hex')}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, writeForEver));
