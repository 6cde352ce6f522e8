import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApplicationInput } from '../../src/admin/application-input.ts';
import { OPERATOR } from '../../src/admin/application-rules.ts';
import { type ApplicationDeps, registerApplication, updateApplication } from '../../src/admin/applications.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { type Installation, openInstallation } from '../accounts/installation.ts';
import { applicationDeps, DOCUMENTS, wanted } from './office.ts';

const LIST = 'https://sector.example/uris.json';
const [ONE, TWO] = ['https://one.example/callback', 'https://two.example/callback'];

let installation: Installation;
let deps: ApplicationDeps;
let fetched = 0;
beforeAll(async () => {
  installation = await openInstallation();
  const made = applicationDeps(installation);
  const fetch: typeof made.fetcher.fetch = (request) => {
    fetched += 1;
    return made.fetcher.fetch(request);
  };
  deps = { ...made, fetcher: { fetch } };
});
beforeEach(() => {
  fetched = 0;
  DOCUMENTS.clear();
});
afterAll(() => installation.close());

const pairwise = (redirectUris: readonly string[], sectorIdentifierUri: string | null = null): ApplicationInput =>
  wanted({ redirectUris, settings: { ...DEFAULT_SETTINGS, subjectType: 'pairwise', sectorIdentifierUri } });
const register = (input: ApplicationInput) => registerApplication(input, OPERATOR, deps);
const listed = (...uris: readonly unknown[]) =>
  DOCUMENTS.set(LIST, { outcome: 'fetched', status: 200, cacheControl: null, body: JSON.stringify(uris) });
const problem = async (input: ApplicationInput) => {
  const result = await register(input);
  return result.outcome === 'refused' ? result.problems[0]?.code : null;
};

describe('OpenID Connect Core §8.1: the sector of a pairwise application', () => {
  it('is the one host of its redirect URIs, or itself where they name none', async () => {
    expect(await problem(pairwise([ONE, `${ONE}/other`]))).toBeNull();
    expect(await problem(pairwise(['http://localhost:3000/cb', 'http://127.0.0.1/cb']))).toBeNull();
    const program = { grants: ['client-credentials'], redirectUris: [] } as const;
    expect(await problem({ ...pairwise([]), ...program })).toBeNull();
    expect(fetched).toBe(0);
  });

  it('has to be shown by a list where the redirect URIs have several hosts', async () => {
    expect(await problem(pairwise([ONE, TWO]))).toBe('problem.sector.required');
    expect(await problem(pairwise([ONE, 'http://localhost:3000/cb']))).toBe('problem.sector.required');
    listed(ONE, TWO, 'https://three.example/callback');
    expect(await problem(pairwise([ONE, TWO], LIST))).toBeNull();
  });

  it('has to be shown where tokens come without any redirect: whose host it is proves nobody then', async () => {
    const device = { ...pairwise([ONE]), grants: ['authorization-code', 'device-code'] } as const;
    expect(await problem(device)).toBe('problem.sector.required');
    expect(await problem({ ...pairwise([], LIST), grants: ['device-code'] })).toBe('problem.sector.noRedirectUris');
  });
});

describe('Dynamic Client Registration 1.0 §5: the list', () => {
  it('has to have every redirect URI in it, octet for octet', async () => {
    listed(ONE, `${TWO}/`);
    expect(await register(pairwise([ONE, TWO], LIST))).toMatchObject({
      problems: [{ field: 'sector_identifier_uri', code: 'problem.sector.missing', values: { uri: TWO } }],
    });
  });

  it('has to be there and to be an array (CVE-2026-1180: by the one hardened fetcher)', async () => {
    expect(await problem(pairwise([ONE], LIST))).toBe('problem.sector.unread');
    for (const body of ['{}', '"x"', 'null', '[']) {
      DOCUMENTS.set(LIST, { outcome: 'fetched', status: 200, cacheControl: null, body });
      expect(await problem(pairwise([ONE], LIST))).toBe('problem.sector.unread');
    }
  });

  it('is read again when it has to vouch for another redirect URI, and not for any other change', async () => {
    listed(ONE);
    const made = await register(pairwise([ONE], LIST));
    if (made.outcome !== 'registered') throw new Error('refused');
    const { id } = made.application;
    fetched = 0;
    expect((await updateApplication(id, { name: 'Other' }, OPERATOR, deps)).outcome).toBe('updated');
    expect(fetched).toBe(0);
    expect(await updateApplication(id, { redirectUris: [ONE, TWO] }, OPERATOR, deps)).toMatchObject({
      problems: [{ code: 'problem.sector.missing' }],
    });
    listed(ONE, TWO);
    expect((await updateApplication(id, { redirectUris: [ONE, TWO] }, OPERATOR, deps)).outcome).toBe('updated');
    expect(fetched).toBe(2);
  });
});
