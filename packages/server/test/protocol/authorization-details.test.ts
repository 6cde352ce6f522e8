import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import type { AuthorizationOutcome } from '../../src/protocol/authorization-outcome.ts';
import {
  basic,
  codeFor,
  json,
  openServer,
  pendingOf,
  redirected,
  type SignedIn,
  type TestServer,
  text,
} from './server.ts';

const API = 'https://api.example/';
const DISK = 'https://disk.example/';
const pay = (value = '100', creditor = 'City of Lyon') => ({
  type: 'payment',
  creditor,
  amount: { value, currency: 'EUR' },
});
const read = { type: 'files', actions: ['read'] };
const change = { type: 'files', actions: ['read', 'write'] };
const transfer = { type: 'transfer', number: '06 12' };

let server: TestServer;
let application: Application;
let person: SignedIn;
const SETTINGS = {
  ...DEFAULT_SETTINGS,
  authorizationDetailsTypes: ['payment', 'files', 'transfer'],
  resources: [API, DISK],
};
beforeAll(async () => {
  server = await openServer();
  application = await server.application({ settings: SETTINGS });
  person = await server.person();
});
afterAll(() => server.close());

const asking = (details: unknown, more: Readonly<Record<string, string>> = {}, by = application) => ({
  response_type: 'code',
  client_id: by.clientId,
  authorization_details: typeof details === 'string' ? details : JSON.stringify(details),
  ...more,
});
const allow = async (outcome: AuthorizationOutcome, by = person) => {
  if (outcome.kind !== 'consent') throw new Error(`no consent but ${outcome.kind}`);
  const answer = { pending: outcome.pending, decision: 'allow', accountId: by.accountId } as const;
  return redirected(await server.decide(answer, by.browser)).get('code') ?? '';
};
/** A person who allowed nothing before allows these. */
const codeOf = async (details: unknown, more: Readonly<Record<string, string>> = {}, by = application) => {
  const somebody = await server.person();
  return allow(await server.authorize(asking(details, more, by), somebody.browser), somebody);
};
const redeem = (code: string, details?: unknown, more: Readonly<Record<string, string>> = {}, by = application) =>
  server.token(
    {
      grant_type: 'authorization_code',
      code,
      ...(details === undefined ? {} : { authorization_details: JSON.stringify(details) }),
      ...more,
    },
    { authorization: basic(by) },
  );
const refusal = async (details: unknown) =>
  redirected(await server.authorize(asking(details), person.browser)).get('error');

describe('RFC 9396 §5: what is refused', () => {
  it.each([
    ['what is no JSON', '[{'],
    ['what is no array', read],
    ['an empty array', []],
    ['more than twenty', Array(21).fill(read)],
    ['an element that is no object', ['files']],
    ['an element without a type', [{ actions: ['read'] }]],
    ['a type that is no text', [{ type: ['files'] }]],
    ['a type that nobody declared', [{ type: 'account' }]],
    ['a type by the name of a member of every object', [{ type: 'constructor' }]],
    ['an unknown field', [{ ...read, extra: 1 }]],
    ['an unknown field of an object', [{ ...pay(), amount: { ...pay().amount, extra: 1 } }]],
    ['a field that only looks declared', '[{"type":"files","actions":["read"],"__proto__":{"hidden":true}}]'],
    ['a missing field', [{ type: 'files' }]],
    ['a missing field of an object', [{ ...pay(), amount: { value: '1' } }]],
    ['a text where a list belongs', [{ type: 'files', actions: 'read' }]],
    ['an empty list', [{ type: 'files', actions: [] }]],
    ['a value that is not one of those declared', [{ type: 'files', actions: ['delete'] }]],
    ['a number where a text belongs', [pay(100 as unknown as string)]],
    ['an amount that is no decimal', [pay('1e3')]],
    ['an amount above the bound', [pay('1000.01')]],
    ['an amount below the bound', [pay('0.001')]],
    ['an integer that is none', [{ ...read, depth: 1.5 }]],
    ['an integer above the bound', [{ ...read, depth: 10 }]],
    ['a flag that is none', [{ ...read, hidden: 'yes' }]],
    ['null for a field', [{ ...read, hidden: null }]],
    ['a text that is too long', [pay('1', 'x'.repeat(71))]],
    ['a text of nothing', [pay('1', ' ')]],
    ['a text that turns what follows', [pay('1', 'Lyon \u202eselbmag')]],
    ['a text with something unseen', [pay('1', 'Ly\u200bon')]],
    ['a text of half a character', [pay('1', 'Lyon \ud800')]],
    ['a text of two lines', [pay('1', 'Lyon\nto nobody')]],
  ])('%s', async (_, details) => {
    expect(await refusal(details)).toBe('invalid_authorization_details');
    const form = asking(details);
    const pushed = await server.push(form, { authorization: basic(application) });
    expect([pushed.status, json(pushed)['error']]).toEqual([400, 'invalid_authorization_details']);
    const device = await server.deviceAuthorization(form, { authorization: basic(application) });
    expect([device.status, json(device)['error']]).toEqual([400, 'invalid_authorization_details']);
  });

  it('a parameter that is too long for this server', async () => {
    expect(await refusal([pay('1', 'x'.repeat(9_000))])).toBe('invalid_request');
  });

  it('a type that is not assigned to the application, in the same words as one that does not exist', async () => {
    const other = await server.application();
    const answers = await Promise.all(
      [read, { type: 'account' }].map((detail) => server.authorize(asking([detail], {}, other), person.browser)),
    );
    const [assigned, missing] = answers.map((answer) => redirected(answer).get('error_description'));
    expect(assigned).toBe(missing);
    expect(assigned).toContain('does not exist or is not assigned');
  });

  it('no text that a letter of its script is joined by', async () => {
    const outcome = await server.authorize(asking([pay('1', 'می\u200cخواهم')]), person.browser);
    expect(outcome.kind).toBe('consent');
  });

  it('no JSON for its line breaks and indents', async () => {
    const outcome = await server.authorize(asking(JSON.stringify([pay()], null, 2)), person.browser);
    expect(outcome.kind).toBe('consent');
  });
});

describe('RFC 9396 §3: what is asked', () => {
  it('reaches the consent page whole, in the order of the declaration', async () => {
    const { creditor, amount, type } = pay();
    const outcome = await server.authorize(asking([{ amount, creditor, type }, read]), person.browser);
    expect(outcome).toMatchObject({ kind: 'consent', scope: [], newScope: [] });
    expect(outcome.kind === 'consent' && JSON.stringify(outcome.details)).toBe(JSON.stringify([pay(), read]));
  });

  it('is the last of a name that JSON repeats: what is shown is what is granted', async () => {
    const twice = '[{"type":"files","actions":["read"],"actions":["write"]}]';
    const outcome = await server.authorize(asking(twice), person.browser);
    expect(outcome.kind === 'consent' && outcome.details).toEqual([{ type: 'files', actions: ['write'] }]);
  });

  it('comes with no scope but those that are named beside it', async () => {
    const tokens = await redeem(await codeOf([read]));
    expect(json(tokens)).not.toHaveProperty('scope');
    expect(json(await redeem(await codeOf([read], { scope: 'read' })))['scope']).toBe('read');
  });

  it('may be pushed (RFC 9126)', async () => {
    const pushed = await server.push(asking([read]), { authorization: basic(application) });
    const request = { client_id: application.clientId, request_uri: text(pushed, 'request_uri') };
    const somebody = await server.person();
    const code = await allow(await server.authorize(request, somebody.browser), somebody);
    expect(json(await redeem(code))['authorization_details']).toEqual([read]);
  });

  it('is not changed by resource (§3.2)', async () => {
    const outcome = await server.authorize(asking([read], { resource: API }), person.browser);
    expect(outcome.kind === 'consent' && outcome.details).toEqual([read]);
  });
});

describe('RFC 9396 §4: consent', () => {
  const next = async (details: unknown, by: SignedIn, more: Readonly<Record<string, string>> = {}) =>
    (await server.authorize(asking(details, more), by.browser)).kind;

  it('is remembered for the same and for narrower, and for nothing else', async () => {
    const somebody = await server.person();
    await allow(await server.authorize(asking([pay('100'), change]), somebody.browser), somebody);
    expect(await next([pay('100'), change], somebody)).toBe('redirect');
    expect(await next([pay('99.99')], somebody)).toBe('redirect');
    expect(await next([read], somebody)).toBe('redirect');
    expect(await next([pay('100.01')], somebody)).toBe('consent');
    expect(await next([pay('1', 'Somebody else')], somebody)).toBe('consent');
    expect(await next([{ ...read, hidden: true }], somebody)).toBe('consent');
    expect(await next([{ ...pay('1'), reference: 'x' }], somebody)).toBe('consent');
  });

  it('of one payment is not one of two', async () => {
    const somebody = await server.person();
    await allow(await server.authorize(asking([pay('100')]), somebody.browser), somebody);
    expect(await next([pay('50'), pay('50')], somebody)).toBe('consent');
  });

  it('of a scope is none of details, nor the other way round', async () => {
    const somebody = await server.person();
    await server.storage.consents.allow(somebody.accountId, application.id, ['read'], server.clock());
    expect(await next([read], somebody, { scope: 'read' })).toBe('consent');
    const other = await server.person();
    await allow(await server.authorize(asking([read]), other.browser), other);
    expect(await next([read], other, { scope: 'read' })).toBe('consent');
  });

  it('of one request is none of another that waits in the same browser', async () => {
    const somebody = await server.person();
    const [little, much] = [
      await server.authorize(asking([pay('1')]), somebody.browser),
      await server.authorize(asking([pay('999')]), somebody.browser),
    ];
    if (little.kind !== 'consent' || much.kind !== 'consent') throw new Error('no consent');
    const crossed = {
      pending: much.pending,
      decision: 'allow',
      accountId: somebody.accountId,
      question: little.question,
    } as const;
    expect((await server.decide(crossed, somebody.browser)).kind).toBe('consent');
    expect(await server.storage.consents.findConsent(somebody.accountId, application.id)).toBeNull();
  });

  it('is required where nobody may be asked', async () => {
    const somebody = await server.person();
    const silent = redirected(await server.authorize(asking([read], { prompt: 'none' }), somebody.browser));
    expect(silent.get('error')).toBe('consent_required');
  });

  it('is asked each time where the declaration says so, whoever runs the application', async () => {
    const own = await server.application({ settings: SETTINGS, skipConsent: true });
    const somebody = await server.person();
    const ask = () => server.authorize(asking([transfer], {}, own), somebody.browser);
    await allow(await ask(), somebody);
    expect((await ask()).kind).toBe('consent');
    expect((await server.authorize(asking([read], {}, own), somebody.browser)).kind).toBe('redirect');
    const silent = await server.authorize(asking([transfer], { prompt: 'none' }, own), somebody.browser);
    expect(redirected(silent).get('error')).toBe('consent_required');
  });

  it('is gone when the type is no longer the application’s', async () => {
    const passing = await server.application({ settings: SETTINGS });
    const outcome = await server.authorize(asking([read], {}, passing), person.browser);
    const pending = pendingOf(outcome);
    const less = { ...SETTINGS, authorizationDetailsTypes: ['payment'] };
    await server.storage.applications.updateApplication({ ...passing, settings: less });
    server.pass(2);
    const answer = { pending, decision: 'allow', accountId: person.accountId } as const;
    expect(
      redirected(await server.decide({ ...answer, pending: answer.pending as never }, person.browser)).get('error'),
    ).toBe('invalid_authorization_details');
  });
});

describe('RFC 9396 §6: the token request', () => {
  it('gets what was granted where it names nothing, and is told so (§7)', async () => {
    expect(json(await redeem(await codeOf([pay(), change])))['authorization_details']).toEqual([pay(), change]);
  });

  it('may narrow it', async () => {
    const tokens = await redeem(await codeOf([pay(), change]), [pay('12.50'), read]);
    expect(json(tokens)['authorization_details']).toEqual([pay('12.50'), read]);
  });

  it.each([
    ['more', [pay('100.01')]],
    ['another', [pay('1', 'Somebody else')]],
    ['one twice', [pay('1'), pay('1')]],
    ['what was not granted', [read]],
    ['a field more', [{ ...pay(), reference: 'x' }]],
  ])('may not ask for %s, and leaves the code good', async (_, details) => {
    const code = await codeOf([pay()]);
    const wrong = await redeem(code, details);
    expect([wrong.status, json(wrong)['error']]).toEqual([400, 'invalid_authorization_details']);
    expect((await redeem(code)).status).toBe(200);
  });

  it('may not ask for any on a grant that has none', async () => {
    const code = await codeFor(server, application, person);
    expect(json(await redeem(code, [read]))['error']).toBe('invalid_authorization_details');
  });

  it('of a refresh may narrow it, and the refresh token keeps all', async () => {
    const first = await redeem(await codeOf([pay(), change]), [read]);
    const refresh = (token: string, details?: unknown) =>
      server.token(
        {
          grant_type: 'refresh_token',
          refresh_token: token,
          ...(details === undefined ? {} : { authorization_details: JSON.stringify(details) }),
        },
        { authorization: basic(application) },
      );
    const second = await refresh(text(first, 'refresh_token'), [pay('5')]);
    expect(json(second)['authorization_details']).toEqual([pay('5')]);
    const third = await refresh(text(second, 'refresh_token'));
    expect(json(third)['authorization_details']).toEqual([pay(), change]);
    const wrong = await refresh(text(third, 'refresh_token'), [pay('101')]);
    expect(json(wrong)['error']).toBe('invalid_authorization_details');
    expect((await refresh(text(third, 'refresh_token'))).status).toBe(200);
  });

  it('of a refresh loses what the application may no longer ask for', async () => {
    const passing = await server.application({ settings: SETTINGS });
    const first = await redeem(await codeOf([pay(), read], {}, passing), undefined, {}, passing);
    const less = { ...SETTINGS, authorizationDetailsTypes: ['payment'] };
    await server.storage.applications.updateApplication({ ...passing, settings: less });
    server.pass(2);
    const form = { grant_type: 'refresh_token', refresh_token: text(first, 'refresh_token') };
    const second = await server.token(form, { authorization: basic(passing) });
    expect(json(second)['authorization_details']).toEqual([pay()]);
  });

  it('of client credentials gets what the declaration gives without a person', async () => {
    const ask = (details: unknown) =>
      server.token(
        { grant_type: 'client_credentials', authorization_details: JSON.stringify(details) },
        { authorization: basic(application) },
      );
    const tokens = await ask([read]);
    expect(json(tokens)['authorization_details']).toEqual([read]);
    expect(json(tokens)).not.toHaveProperty('scope');
    expect(json(await ask([pay()]))['error']).toBe('invalid_authorization_details');
    expect(json(await ask([{ type: 'account' }]))['error']).toBe('invalid_authorization_details');
  });

  it('of a device gets what its person allowed', async () => {
    const asked = await server.deviceAuthorization(asking([change], { scope: 'read' }), {
      authorization: basic(application),
    });
    const opened = await server.openDevice(text(asked, 'user_code'), person.session);
    expect(opened?.context?.authorizationDetails).toEqual([change]);
    expect(await server.decideDevice(text(asked, 'user_code'), true, person.session)).toBe('allowed');
    const poll = (details: unknown) =>
      server.token(
        {
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: text(asked, 'device_code'),
          authorization_details: JSON.stringify(details),
        },
        { authorization: basic(application) },
      );
    expect(json(await poll([pay()]))['error']).toBe('invalid_authorization_details');
    const tokens = await poll([read]);
    expect(json(tokens)).toMatchObject({ scope: 'read', authorization_details: [read] });
  });

  it('of an exchange may not ask for any', async () => {
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      authorization_details: JSON.stringify([read]),
    };
    const answer = await server.token(form, { authorization: basic(application) });
    expect(json(answer)['error']).toBe('invalid_authorization_details');
  });
});

describe('RFC 9396 §9: what resource servers see', () => {
  const there = (uri: string) => ({ ...read, locations: [uri] });

  it('§9.1: a JWT access token says it', async () => {
    const jwt = await server.application({ settings: { ...SETTINGS, accessTokenFormat: 'jwt' } });
    const tokens = await redeem(await codeOf([pay()], {}, jwt), undefined, {}, jwt);
    const claims = decodeJwt(text(tokens, 'access_token'));
    expect(claims['authorization_details']).toEqual([pay()]);
    expect(claims).not.toHaveProperty('scope');
  });

  it('§9.1: a token for some resources has what concerns those', async () => {
    const code = await codeOf([there(API), there(DISK), pay()], {});
    const tokens = await redeem(code, undefined, { resource: API });
    expect(json(tokens)['authorization_details']).toEqual([there(API), pay()]);
  });

  it('§9.2: introspection says it, to a service what concerns it', async () => {
    const disk = await server.application({ settings: { ...DEFAULT_SETTINGS, resourceIdentifiers: [DISK] } });
    const code = await codeOf([there(API), there(DISK), pay()], {});
    const both = `grant_type=authorization_code&code=${code}&resource=${encodeURIComponent(API)}&resource=${encodeURIComponent(DISK)}`;
    const tokens = await server.token(both, { authorization: basic(application) });
    const seen = async (by: Application) =>
      json(await server.introspect({ token: text(tokens, 'access_token') }, { authorization: basic(by) }));
    expect((await seen(application))['authorization_details']).toEqual([there(API), there(DISK), pay()]);
    expect((await seen(disk))['authorization_details']).toEqual([there(DISK), pay()]);
  });

  it('§9.2: a token without any says nothing of it', async () => {
    const tokens = await redeem(await codeFor(server, application, person));
    const told = await server.introspect(
      { token: text(tokens, 'access_token') },
      { authorization: basic(application) },
    );
    expect(json(told)).not.toHaveProperty('authorization_details');
    expect(json(tokens)).not.toHaveProperty('authorization_details');
  });
});
