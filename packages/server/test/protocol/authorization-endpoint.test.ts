import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import type { AuthorizationOutcome } from '../../src/protocol/authorization-outcome.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';
import { accountId } from '../../src/vocabulary/identifiers.ts';
import {
  basic,
  CALLBACK,
  openServer,
  pendingOf,
  redirected,
  type SignedIn,
  strangersBrowser,
  type TestServer,
  text,
  tokensFor,
} from './server.ts';

let server: TestServer;
let application: Application;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
});
afterAll(() => server.close());

const ask = (browser: SignedIn['browser'], change: Readonly<Record<string, string>> = {}, by = application) =>
  server.authorize({ response_type: 'code', client_id: by.clientId, state: 's', ...change }, browser);
const answer = (outcome: AuthorizationOutcome, person: SignedIn, decision: 'allow' | 'deny' = 'allow') =>
  server.decide(
    { pending: presentedSecret<'pending'>(pendingOf(outcome)), decision, accountId: person.accountId },
    person.browser,
  );

describe('CVE-2026-7571: an answer counts for the question that was shown', () => {
  const scene = async () => {
    const person = await server.person();
    const changing = await server.application({ scopes: ['openid', 'read'], ownerId: person.accountId });
    return { person, changing };
  };
  const becomes = async (changed: Application) => {
    await server.storage.applications.updateApplication(changed);
    server.pass(2);
  };

  it('not for a scope that the application was given while the page was read', async () => {
    const { person, changing } = await scene();
    const shown = await ask(person.browser, {}, changing);
    expect(shown).toMatchObject({ kind: 'consent', scope: ['openid', 'read'] });
    await becomes({ ...changing, scopes: ['openid', 'read', 'email'] });
    const again = await answer(shown, person);
    expect(again).toMatchObject({ kind: 'consent', scope: ['openid', 'read', 'email'] });
    expect(await server.storage.consents.findConsent(person.accountId, changing.id)).toBeNull();
    expect(redirected(await answer(again, person)).get('code')).not.toBeNull();
  });

  it('not for a claim that became the application’s while the page was read', async () => {
    const { person, changing } = await scene();
    const claims = '{"userinfo":{"email":null}}';
    const shown = await ask(person.browser, { scope: 'read', claims }, changing);
    expect(shown).toMatchObject({ kind: 'consent', scope: ['read'] });
    await becomes({ ...changing, scopes: ['openid', 'read', 'email'] });
    expect(await answer(shown, person)).toMatchObject({ kind: 'consent', scope: ['read', 'email'] });
  });

  it('not for an application by another name', async () => {
    const { person, changing } = await scene();
    const shown = await ask(person.browser, {}, changing);
    await becomes({ ...changing, name: 'Your bank' });
    expect(await answer(shown, person)).toMatchObject({ kind: 'consent', application: { name: 'Your bank' } });
  });

  it('nor without one', async () => {
    const { person, changing } = await scene();
    const shown = await ask(person.browser, {}, changing);
    const pending = presentedSecret<'pending'>(pendingOf(shown));
    const forged = { pending, decision: 'allow', accountId: person.accountId, question: '' } as const;
    expect((await server.decide(forged, person.browser)).kind).toBe('consent');
  });
});

describe('RFC 9110 §9.3.2: HEAD', () => {
  it('gets no code', async () => {
    const person = await server.person();
    await server.storage.consents.allow(person.accountId, application.id, application.scopes, server.clock());
    const query = `response_type=code&client_id=${application.clientId}`;
    const asked = { method: 'HEAD', query, contentType: null, body: '' };
    expect(await server.authorizeHttp(asked, person.browser)).toMatchObject({ kind: 'error_page', status: 405 });
  });
});

describe('a sign-in from its first click to its last', () => {
  it('leads by sign-in and consent to a code, and asks nothing the second time', async () => {
    const stranger = strangersBrowser();
    const login = await ask(stranger);
    expect(login).toMatchObject({ kind: 'login', reason: 'signed_out', signUp: false });

    server.pass(20);
    const account = (await server.person()).accountId;
    const person = await server.signIn(account, stranger.browserDigest);
    const consent = await server.resume(pendingOf(login), person.browser);
    expect(consent).toMatchObject({
      kind: 'consent',
      pending: pendingOf(login),
      account: { accountId: account, firstName: 'Ada' },
      scope: ['openid', 'profile', 'email', 'read'],
      newScope: ['openid', 'profile', 'email', 'read'],
      redirectUri: CALLBACK,
      formActionSource: 'https://app.example',
    });

    const done = await answer(consent, person);
    expect(redirected(done).get('code')).not.toBeNull();
    expect(redirected(done).get('state')).toBe('s');
    expect(redirected(await ask(person.browser)).get('code')).not.toBeNull();
  });

  it('asks a signed-in person again for more, and remembers both', async () => {
    const person = await server.person();
    await answer(await ask(person.browser, { scope: 'read' }), person);
    const more = await ask(person.browser, { scope: 'read email' });
    expect(more).toMatchObject({ kind: 'consent', newScope: ['email'] });
    await answer(more, person);
    for (const scope of ['read', 'email', 'read email']) {
      expect((await ask(person.browser, { scope })).kind).toBe('redirect');
    }
  });

  it('ends in access_denied when the person says no, and asks again the next time', async () => {
    const person = await server.person();
    const denied = redirected(await answer(await ask(person.browser), person, 'deny'));
    expect([denied.get('error'), denied.get('state'), denied.get('code')]).toEqual(['access_denied', 's', null]);
    expect((await ask(person.browser)).kind).toBe('consent');
  });

  it('can be given up at the sign-in page, with nobody signed in', async () => {
    const stranger = strangersBrowser();
    const pending = presentedSecret<'pending'>(pendingOf(await ask(stranger)));
    const given = await server.decide({ pending, decision: 'deny', accountId: null }, stranger);
    expect(redirected(given).get('error')).toBe('access_denied');
    expect(await server.resume(pending, stranger)).toMatchObject({ reason: 'request_answered' });
  });

  it('reads a person in one read, and tells of the session\u2019s use', async () => {
    const person = await server.person();
    await ask(person.browser);
    expect(server.sessionsUsed.at(-1)).toBe(person.session.sessionId);
  });

  it('takes an ended session and a disabled account for nobody (ASVS 7.4.1, 7.4.2)', async () => {
    const ended = await server.person();
    await server.storage.sessions.endSession(ended.session.sessionId);
    expect(await ask(ended.browser)).toMatchObject({ kind: 'login', reason: 'signed_out' });
    const disabled = await server.person();
    await server.storage.accounts.disableAccount(disabled.accountId, server.clock());
    expect(await ask(disabled.browser)).toMatchObject({ kind: 'login', reason: 'signed_out' });
  });
});

describe('RFC 9700 #4, §4.11.2: an invalid request of an application that no operator stands behind', () => {
  const wrong = { scope: 'nonsense', redirect_uri: CALLBACK };

  it('redirects nobody who has not signed in first', async () => {
    const owner = await server.person();
    const theirs = await server.application({ ownerId: owner.accountId });
    const stranger = strangersBrowser();
    const login = await ask(stranger, wrong, theirs);
    expect(login).toMatchObject({ kind: 'login', reason: 'signed_out', formActionSource: 'https://app.example' });
    expect((await server.resume(pendingOf(login), stranger)).kind).toBe('login');
    expect(await server.view(pendingOf(login), stranger)).toMatchObject({ redirectUri: CALLBACK });
    const person = await server.signIn(owner.accountId, stranger.browserDigest);
    expect(redirected(await server.resume(pendingOf(login), person.browser)).get('error')).toBe('invalid_scope');
  });

  it('redirects somebody who has, and nobody is asked for prompt=none', async () => {
    const owner = await server.person();
    const theirs = await server.application({ ownerId: owner.accountId });
    expect(redirected(await ask(owner.browser, wrong, theirs)).get('error')).toBe('invalid_scope');
    const silent = await ask(strangersBrowser(), { ...wrong, prompt: 'none' }, theirs);
    expect(redirected(silent).get('error')).toBe('invalid_scope');
  });

  it('is not what the operator\u2019s own applications are', async () => {
    expect(redirected(await ask(strangersBrowser(), wrong)).get('error')).toBe('invalid_scope');
  });
});

describe('what the sign-in page may show of the request behind it', () => {
  it('is its application and hints, for its own browser and while it waits', async () => {
    const stranger = strangersBrowser();
    const pending = pendingOf(await ask(stranger, { login_hint: 'ada', ui_locales: 'fr' }));
    expect(await server.view(pending, stranger)).toEqual({
      application: expect.objectContaining({ clientId: application.clientId }),
      redirectUri: CALLBACK,
      twoFactors: false,
      formActionSource: 'https://app.example',
      loginHint: 'ada',
      uiLocales: ['fr'],
    });
    expect(await server.view(pending, strangersBrowser())).toBeNull();
    server.pass(3_600);
    expect(await server.view(pending, stranger)).toBeNull();
  });
});

describe('the pending request', () => {
  it('belongs to its browser (CVE-2022-39222, ASVS 10.1.2)', async () => {
    const person = await server.person();
    const thief = await server.signIn(person.accountId);
    const consent = await ask(person.browser);
    expect(await server.resume(pendingOf(consent), thief.browser)).toMatchObject({
      kind: 'error_page',
      reason: 'request_expired',
    });
    expect(await answer(consent, thief)).toMatchObject({ kind: 'error_page', reason: 'request_expired' });
    expect(redirected(await answer(consent, person)).get('code')).not.toBeNull();
  });

  it('cannot be guessed', async () => {
    const person = await server.person();
    expect(pendingOf(await ask(person.browser))).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await server.resume('guess', person.browser)).toMatchObject({ reason: 'request_expired' });
  });

  it('is answered once: a second submit says so, and brings no second code', async () => {
    const person = await server.person();
    const consent = await ask(person.browser);
    expect((await answer(consent, person)).kind).toBe('redirect');
    for (const decision of ['allow', 'deny'] as const) {
      expect(await answer(consent, person, decision)).toMatchObject({
        kind: 'error_page',
        status: 400,
        reason: 'request_answered',
        application: { clientId: application.clientId },
      });
    }
    expect(await server.resume(pendingOf(consent), person.browser)).toMatchObject({ reason: 'request_answered' });
  });

  it('brings one code though its form is sent 10 times at once', async () => {
    const person = await server.person();
    const consent = await ask(person.browser);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => answer(consent, person)));
    expect(outcomes.filter(({ kind }) => kind === 'redirect')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.kind !== 'redirect') expect(outcome).toMatchObject({ reason: 'request_answered' });
    }
  });

  it('ends after an hour', async () => {
    const person = await server.person();
    const consent = await ask(person.browser);
    server.pass(3_600);
    expect(await answer(consent, person)).toMatchObject({ kind: 'error_page', reason: 'request_expired' });
  });

  it('is proven anew when it is resumed (CVE-2026-7571)', async () => {
    const changing = await server.application();
    const person = await server.person();
    const disabled = await ask(person.browser, {}, changing);
    const removed = await ask(person.browser, { redirect_uri: CALLBACK }, changing);
    const narrowed = await ask(person.browser, { scope: 'email' }, changing);
    await server.storage.applications.updateApplication({ ...changing, scopes: ['read'] });
    server.pass(2);
    expect(redirected(await answer(narrowed, person)).get('error')).toBe('invalid_scope');
    await server.storage.applications.updateApplication({ ...changing, redirectUris: ['https://app.example/new'] });
    server.pass(2);
    expect(await answer(removed, person)).toMatchObject({ kind: 'error_page', reason: 'redirect_uri_mismatch' });
    await server.storage.applications.setDisabled(changing.id, server.clock(), server.clock());
    server.pass(2);
    expect(await answer(disabled, person)).toMatchObject({ kind: 'error_page', reason: 'application_disabled' });
  });

  it('is not allowed by one account with the page of another: whoever is signed in now is asked', async () => {
    const alice = await server.person();
    const consent = await ask(alice.browser);
    const bob = await server.signIn((await server.person()).accountId, alice.browser.browserDigest);
    const pending = presentedSecret<'pending'>(pendingOf(consent));
    const again = await server.decide({ pending, decision: 'allow', accountId: alice.accountId }, bob.browser);
    expect(again).toMatchObject({ kind: 'consent', account: { accountId: bob.accountId } });
    const forged = { pending, decision: 'allow', accountId: accountId('nobody') } as const;
    expect((await server.decide(forged, bob.browser)).kind).toBe('consent');
    expect(redirected(await answer(again, bob)).get('code')).not.toBeNull();
  });

  it('brings the sign-in page when the session has ended since', async () => {
    const person = await server.person();
    const consent = await ask(person.browser);
    await server.storage.sessions.endSession(person.session.sessionId);
    expect(await answer(consent, person)).toMatchObject({ kind: 'login', pending: pendingOf(consent) });
  });
});

describe('OpenID Connect Core §3.1.2.1: prompt and max_age through the whole flow', () => {
  it.each([{ prompt: 'login' }, { prompt: 'select_account' }, { max_age: '0' }])(
    'asks for one fresh sign-in with %o, and then goes on',
    async (change) => {
      const person = await server.person();
      await answer(await ask(person.browser), person);
      server.pass(1);
      const login = await ask(person.browser, change);
      expect(login.kind).toBe('login');
      expect((await server.resume(pendingOf(login), person.browser)).kind).toBe('login');
      server.pass(1);
      const fresh = await server.signIn(person.accountId, person.browser.browserDigest);
      server.pass(600);
      expect(redirected(await server.resume(pendingOf(login), fresh.browser)).get('code')).not.toBeNull();
    },
  );

  it('takes an id_token_hint of the person as it is, and asks anybody else to sign in', async () => {
    const alice = await server.person();
    const bob = await server.person();
    const hint = text(await tokensFor(server, application, alice), 'id_token');
    expect((await ask(alice.browser, { id_token_hint: hint })).kind).toBe('redirect');
    expect(await ask(bob.browser, { id_token_hint: hint })).toMatchObject({ kind: 'login', reason: 'other_account' });
    const silent = await ask(bob.browser, { id_token_hint: hint, prompt: 'none' });
    expect(redirected(silent).get('error')).toBe('login_required');
  });

  it('answers prompt=none with a code, login_required or consent_required', async () => {
    const person = await server.person();
    const none = { prompt: 'none' };
    expect(redirected(await ask(strangersBrowser(), none)).get('error')).toBe('login_required');
    expect(redirected(await ask(person.browser, none)).get('error')).toBe('consent_required');
    await answer(await ask(person.browser), person);
    expect(redirected(await ask(person.browser, none)).get('code')).not.toBeNull();
  });

  it('asks no consent for the operator\u2019s own application', async () => {
    const own = await server.application({ skipConsent: true });
    const person = await server.person();
    const code = redirected(await ask(person.browser, {}, own)).get('code') ?? '';
    const form = { grant_type: 'authorization_code', code };
    expect((await server.token(form, { authorization: basic(own) })).status).toBe(200);
  });
});
