/** Modelled on the modules of the OpenID conformance suite's plan "RP-initiated logout" for providers. One test for each. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formOf, type Person, type Seen } from '../person.ts';
import { LOGGED_OUT, openRelyingParty, type RelyingParty } from './relying-party.ts';

describe('the plan "RP-initiated logout"', () => {
  let party: RelyingParty;
  let person: Person;
  let idToken: string;
  beforeAll(async () => {
    party = await openRelyingParty('default');
  });
  afterAll(() => party?.site.dispose());
  beforeEach(async () => {
    person = await party.signedIn();
    idToken = (await party.tokens({}, person)).id_token;
  });

  /** Asks for a logout, and confirms it where that is asked. */
  async function logOut(query: Readonly<Record<string, string>>): Promise<Seen> {
    const seen = await person.open(`/o/logout/?${new URLSearchParams(query)}`);
    const asks = seen.document.querySelectorAll('main button').some((button) => button.text.trim() === 'Sign out');
    return asks ? person.submit(formOf(seen, { button: 'Sign out' }), {}, 'Sign out') : seen;
  }
  const isSignedIn = async () => !(await person.open('/account/')).url.includes('/login/');

  it('oidcc-rp-initiated-logout-discovery-endpoint-verification', () => {
    expect(party.metadata['end_session_endpoint']).toBe(`${party.issuer}/logout/`);
  });

  it('oidcc-rp-initiated-logout', async () => {
    const seen = await logOut({ id_token_hint: idToken, post_logout_redirect_uri: LOGGED_OUT, state: 'the-state' });
    expect(seen.leftFor?.href).toBe(`${LOGGED_OUT}?state=the-state`);
    expect(await isSignedIn()).toBe(false);
    const silent = await party.answer({ prompt: 'none' }, person);
    expect(silent.get('error')).toBe('login_required');
  });

  it('oidcc-rp-initiated-logout-no-state', async () => {
    const seen = await logOut({ id_token_hint: idToken, post_logout_redirect_uri: LOGGED_OUT });
    expect(seen.leftFor?.href).toBe(LOGGED_OUT);
    expect(await isSignedIn()).toBe(false);
  });

  it('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
    const seen = await logOut({ id_token_hint: idToken, state: 'the-state' });
    expect([seen.status, seen.leftFor]).toEqual([200, null]);
    expect(await isSignedIn()).toBe(false);
  });

  it('oidcc-rp-initiated-logout-only-state', async () => {
    const seen = await logOut({ state: 'the-state' });
    expect([seen.status, seen.leftFor]).toEqual([200, null]);
    expect(await isSignedIn()).toBe(false);
  });

  it('oidcc-rp-initiated-logout-no-params', async () => {
    const seen = await logOut({});
    expect([seen.status, seen.leftFor]).toEqual([200, null]);
    expect(await isSignedIn()).toBe(false);
  });

  it('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
    const seen = await logOut({ post_logout_redirect_uri: LOGGED_OUT, state: 'the-state' });
    expect(seen.leftFor).toBeNull();
  });

  it('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', async () => {
    const seen = await logOut({ id_token_hint: idToken, post_logout_redirect_uri: 'https://evil.example/bye' });
    expect([seen.status, seen.leftFor]).toEqual([400, null]);
  });

  it('oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', async () => {
    const seen = await logOut({ id_token_hint: idToken, post_logout_redirect_uri: `${LOGGED_OUT}?foo=bar` });
    expect([seen.status, seen.leftFor]).toEqual([400, null]);
  });

  it('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
    const seen = await logOut({ id_token_hint: 'not.a.token', post_logout_redirect_uri: LOGGED_OUT });
    expect(seen.leftFor).toBeNull();
    expect(await isSignedIn()).toBe(true);
  });

  it('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
    const [header = '', payload = '', signature = ''] = idToken.split('.');
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'somebody-else' };
    const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const hint = [header, changed, signature].join('.');
    const seen = await logOut({ id_token_hint: hint, post_logout_redirect_uri: LOGGED_OUT });
    expect(seen.leftFor).toBeNull();
    expect(await isSignedIn()).toBe(true);
  });
});
