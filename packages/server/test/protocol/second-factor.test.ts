/** A second factor that an application, a request or a group requires: at each place where a person comes in, and at each refresh. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GroupName } from '../../src/accounts/ports/groups.ts';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { digestOf, newSecret, presentedSecret, systemRandomness } from '../../src/vocabulary/credentials.ts';
import {
  basic,
  codeFor,
  openServer,
  pendingOf,
  redirected,
  type SignedIn,
  type TestServer,
  text,
  tokensFor,
} from './server.ts';

const BOTH = ['pwd', 'otp', 'mfa'];
let server: TestServer;
let strict: Application;
let lax: Application;
beforeAll(async () => {
  server = await openServer();
  strict = await server.application({ settings: { ...DEFAULT_SETTINGS, secondFactor: 'required' } });
  lax = await server.application();
});
afterAll(() => server.close());

const ask = (application: Application, person: SignedIn, change: Readonly<Record<string, string>> = {}) =>
  server.authorize({ response_type: 'code', client_id: application.clientId, ...change }, person.browser);

/** An authenticator app, as it is set up. */
async function addFactor({ accountId }: SignedIn): Promise<void> {
  const id = systemRandomness(16).toString('hex');
  const nowMs = server.clock();
  const sealedSeed = Buffer.alloc(20);
  await server.storage.factors.addAuthenticator(
    { id, accountId, label: '', sealedSeed, digits: 6, createdAtMs: nowMs, lastUsedAtMs: null },
    1,
  );
}

/** The same session, after both factors were proved. */
async function prove({ session, browser }: SignedIn): Promise<SignedIn> {
  const secret = newSecret<'session'>(systemRandomness);
  const tokenDigest = digestOf(secret);
  const previous = browser.sessionDigest;
  if (previous === null) throw new Error('nobody is signed in');
  const renewal = { previous, tokenDigest, authTimeMs: server.clock(), amr: BOTH };
  await server.storage.sessions.renewSession(session.sessionId, renewal, server.clock());
  const renewed = { ...session, amr: BOTH, authTimeMs: server.clock() };
  return { accountId: session.accountId, session: renewed, browser: { ...browser, sessionDigest: tokenDigest } };
}

describe('ASVS 6.3.3: an application that requires two factors', () => {
  it('has who has no second one set it up, and then goes on with the same request', async () => {
    const person = await server.person();
    const asked = await ask(strict, person);
    expect(asked).toMatchObject({ kind: 'set_up_factor', isVoluntary: false, byGroup: false });
    const pending = pendingOf(asked);
    await addFactor(person);
    const proved = await prove(person);
    expect((await server.resume(pending, proved.browser)).kind).toBe('consent');
  });

  it('has who signed in by one of two sign in again, in a trusted browser as well', async () => {
    const person = await server.person();
    await addFactor(person);
    const login = await ask(strict, person);
    expect(login).toMatchObject({ kind: 'login', reason: 'acr' });
    expect(await server.view(pendingOf(login), person.browser)).toMatchObject({ twoFactors: true });
    expect((await ask(lax, person)).kind).toBe('consent');
  });

  it('is told by an error when somebody does not want to', async () => {
    const person = await server.person();
    const pending = presentedSecret<'pending'>(pendingOf(await ask(strict, person, { state: 's' })));
    const answer = { pending, decision: 'no_factor', accountId: null } as const;
    const query = redirected(await server.decide(answer, person.browser));
    expect(query.get('error')).toBe('unmet_authentication_requirements');
    expect(query.get('state')).toBe('s');
    expect((await server.decide(answer, person.browser)).kind).toBe('error_page');
  });

  it('gives no code to a consent that is sent past the question', async () => {
    const person = await server.person();
    const pending = presentedSecret<'pending'>(pendingOf(await ask(strict, person)));
    const answer = { pending, decision: 'allow', accountId: person.accountId } as const;
    const declined = { secondFactor: true };
    expect((await server.decide({ ...answer, declined }, person.browser)).kind).toBe('set_up_factor');
  });

  it('says both factors in its ID tokens, at a refresh too', async () => {
    const person = await server.person();
    await addFactor(person);
    const tokens = await tokensFor(server, strict, await prove(person), { scope: 'openid' });
    const refreshed = await server.token(
      { grant_type: 'refresh_token', refresh_token: text(tokens, 'refresh_token') },
      { authorization: basic(strict) },
    );
    for (const answer of [tokens, refreshed]) {
      const claims = Buffer.from(text(answer, 'id_token').split('.')[1] ?? '', 'base64url').toString();
      expect(JSON.parse(claims)).toMatchObject({ amr: BOTH, acr: '2' });
    }
  });

  it('renews nothing of a sign-in by one from when it requires two on', async () => {
    const application = await server.application();
    const tokens = await tokensFor(server, application, await server.person());
    const settings = { ...application.settings, secondFactor: 'required' } as const;
    await server.storage.applications.updateApplication({ ...application, settings });
    server.pass(10);
    const form = { grant_type: 'refresh_token', refresh_token: text(tokens, 'refresh_token') };
    expect(await server.token(form, { authorization: basic(application) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });
});

describe('OpenID Connect Core §3.1.2.1, §5.5.1.1: a request that asks for acr 2', () => {
  const essential = JSON.stringify({ id_token: { acr: { essential: true, value: '2' } } });

  it('has it set up first where it is essential', async () => {
    expect(await ask(lax, await server.person(), { claims: essential })).toMatchObject({
      kind: 'set_up_factor',
      isVoluntary: false,
    });
  });

  it('offers it where it is voluntary, and goes on without for who declines, through consent as well', async () => {
    const person = await server.person();
    const asked = await ask(lax, person, { acr_values: '2', scope: 'openid' });
    expect(asked).toMatchObject({ kind: 'set_up_factor', isVoluntary: true });
    const pending = presentedSecret<'pending'>(pendingOf(asked));
    const declined = { secondFactor: true };
    expect((await server.resume(pending, person.browser, declined)).kind).toBe('consent');
    const answer = { pending, decision: 'allow', accountId: person.accountId, declined } as const;
    expect(redirected(await server.decide(answer, person.browser)).get('code')).not.toBeNull();
  });
});

describe('a group that requires a second factor of its members', () => {
  it('has who has none set it up at any application, and leaves alone who has one, at once', async () => {
    const [member, stranger] = [await server.person(), await server.person()];
    const group = { id: 'careful', name: 'careful' as GroupName, requiresSecondFactor: true };
    await server.storage.groups.createGroup(group, server.clock());
    expect((await ask(lax, member)).kind).toBe('consent');
    await server.storage.groups.addMember(group.id, member.accountId, server.clock());
    expect(await ask(lax, member)).toMatchObject({ kind: 'set_up_factor', isVoluntary: false, byGroup: true });
    expect(redirected(await ask(lax, member, { prompt: 'none' })).get('error')).toBe(
      'unmet_authentication_requirements',
    );
    expect((await ask(lax, stranger)).kind).toBe('consent');
    // A trusted browser stays one: the session is by one factor, and there is a second.
    await addFactor(member);
    expect(await codeFor(server, lax, member)).not.toBe('');
  });
});

describe('RFC 8628: a device of an application that requires two factors', () => {
  it('is let in by a sign-in of two factors alone, whatever is sent past the page', async () => {
    const application = await server.application({
      type: 'public',
      grants: ['device-code'],
      settings: { ...DEFAULT_SETTINGS, secondFactor: 'required' },
    });
    const device = await server.deviceAuthorization({ client_id: application.clientId, scope: 'openid' });
    const person = await server.person();
    const userCode = text(device, 'user_code');
    expect(await server.openDevice(userCode, person.session)).not.toBeNull();
    expect(await server.decideDevice(userCode, true, person.session)).toBe('not_found');
    const proved = await prove(person);
    expect(await server.decideDevice(userCode, true, proved.session)).toBe('allowed');
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: text(device, 'device_code'),
      client_id: application.clientId,
    };
    const claims = text(await server.token(form, { authorization: null }), 'id_token').split('.')[1] ?? '';
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ amr: BOTH, acr: '2' });
  });
});
