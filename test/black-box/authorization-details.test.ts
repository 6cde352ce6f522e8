/**
 * Rich authorization requests (RFC 9396) as an operator, a developer, a person and an application meet them, against the running
 * server on both engines: declared in a file, assigned in the form, allowed on the page, carried by the tokens.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DETAIL_TYPES_JSON } from '../../packages/server/test/protocol/detail-types.ts';
import { formOf, leftFor, type Person, wordsOf } from '../person.ts';
import { temporaryFolder } from '../programs.ts';
import { CALLBACK, ENGINES, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

const VERIFIER = client.randomPKCECodeVerifier();
const PAY = { type: 'payment', creditor: '<b>Lyon</b> & co', amount: { value: '1000.00', currency: 'EUR' } };
const FILES = { type: 'files', actions: ['read', 'write'], hidden: true };

describe.each(ENGINES)('RFC 9396 on %s', (engine) => {
  let site: Site;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let developer: Person;
  let alice: Person;
  let application: RegisteredApplication;
  let configuration: client.Configuration;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const file = join(folder.path, 'types.json');
    await writeFile(file, JSON.stringify(DETAIL_TYPES_JSON));
    site = await openSite(engine, { DIAPASON_AUTHORIZATION_DETAILS_FILE: file });
    developer = await site.member('developer');
    alice = await site.member('alice');
    application = await register(developer, {
      name: 'Budget',
      scopes: ['openid', 'read'],
      authorization_details_types: ['payment', 'files'],
    });
    const secret = application.clientSecret ?? '';
    configuration = await client.discovery(new URL('/o', site.url), application.clientId, secret, undefined, {
      execute: [client.allowInsecureRequests],
    });
  });
  afterAll(async () => {
    await site?.dispose();
    await folder?.dispose();
  });

  const request = async (details: readonly object[], more: Readonly<Record<string, string>> = {}) => ({
    redirect_uri: CALLBACK,
    state: 'state',
    code_challenge: await client.calculatePKCECodeChallenge(VERIFIER),
    code_challenge_method: 'S256',
    authorization_details: JSON.stringify(details),
    ...more,
  });
  const grant = (callback: URL, more: Readonly<Record<string, string>> = {}) =>
    client.authorizationCodeGrant(
      configuration,
      callback,
      { pkceCodeVerifier: VERIFIER, expectedState: 'state' },
      { ...more },
    );

  it('§10: metadata names the types', () => {
    expect(configuration.serverMetadata()['authorization_details_types_supported']).toEqual([
      'payment',
      'files',
      'transfer',
    ]);
  });

  it('says it in words, hands it to the tokens, and keeps it among the connected applications', async () => {
    const pushed = await client.buildAuthorizationUrlWithPAR(configuration, await request([PAY, FILES]));
    const page = await alice.open(pushed.href);
    expect(wordsOf(page)).toContain('Pay 1,000.00 EUR to <b>Lyon</b> & co');
    expect(wordsOf(page)).toContain('Do this with your files: read, change');
    expect(wordsOf(page)).toContain('Hidden ones too: Yes');
    expect(page.document.querySelector('main b')).toBeNull();
    const tokens = await grant(await alice.allow(page));
    expect(tokens['authorization_details']).toEqual([PAY, FILES]);
    const told = await client.tokenIntrospection(configuration, tokens.access_token);
    expect(told['authorization_details']).toEqual([PAY, FILES]);
    const narrower = [{ type: 'files', actions: ['read'], hidden: true }];
    const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '', {
      authorization_details: JSON.stringify(narrower),
    });
    expect(refreshed['authorization_details']).toEqual(narrower);

    const listed = wordsOf(await alice.open('/o/authorized_tokens/'));
    expect(listed).toContain('Pay 1,000.00 EUR to <b>Lyon</b> & co');
    expect(listed).toContain('Do this with your files: read, change');
    // The same was allowed before, and is not asked again.
    const again = await alice.open(client.buildAuthorizationUrl(configuration, await request([PAY])).href);
    expect(leftFor(again).searchParams.get('code')).not.toBeNull();
  });

  it('says it in French to whoever reads French', async () => {
    const benoit = site.person({ 'accept-language': 'fr' });
    await benoit.signUp({ username: 'benoit', password: PASSWORD });
    const details = [{ ...PAY, reference: 'Eau' }];
    const page = await benoit.open(client.buildAuthorizationUrl(configuration, await request(details)).href);
    expect(wordsOf(page)).toContain('Payer 1 000,00 EUR à <b>Lyon</b> & co');
    expect(wordsOf(page)).toContain('Référence : Eau');
  });

  it('§5: tells the application what is wrong', async () => {
    const pushing = client.buildAuthorizationUrlWithPAR(
      configuration,
      await request([{ ...PAY, amount: { value: '1000.01', currency: 'EUR' } }]),
    );
    await expect(pushing).rejects.toMatchObject({
      error: 'invalid_authorization_details',
      error_description: expect.stringContaining('Its field amount.value is less or more than its type allows.'),
    });
    const unassigned = client.buildAuthorizationUrl(configuration, await request([{ type: 'transfer', number: '1' }]));
    const callback = leftFor(await alice.open(unassigned.href));
    expect(callback.searchParams.get('error')).toBe('invalid_authorization_details');
  });

  it('assigns types in the form and at the command line, of those that are declared', async () => {
    const edit = await developer.open(`${application.path}update/`);
    const form = formOf(edit, { field: 'authorization_details_types' });
    expect(form.fields.getAll('authorization_details_types')).toEqual(['', 'payment', 'files']);
    await developer.submit(form, { authorization_details_types: [''] });
    const shown = await site.command(['app', 'show', application.clientId]);
    expect(shown).toMatchObject({ authorization_details_types: [] });
    const update = ['app', 'update', application.clientId, '--authorization-details-types'];
    await site.perform([...update, 'payment,files']);
    expect(await site.command(['app', 'show', application.clientId])).toMatchObject({
      authorization_details_types: ['payment', 'files'],
    });
    await expect(site.perform([...update, 'account'])).rejects.toThrow(/named “account”/);
  });
});
