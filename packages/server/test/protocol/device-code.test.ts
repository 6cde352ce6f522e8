import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { deviceQuestion } from '../../src/protocol/consent-question.ts';
import { newUserCode, shownUserCode, typedUserCode } from '../../src/protocol/user-code.ts';
import { basic, json, openServer, type SignedIn, type TestServer, text } from './server.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
let server: TestServer;
let application: Application;
let alice: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
  alice = await server.person();
  bob = await server.person();
});
afterAll(() => server.close());

const ask = (form: Record<string, string> = {}, of: Application = application) =>
  server.deviceAuthorization(form, { authorization: basic(of) });

/** A device that has asked. */
async function device(form: Record<string, string> = {}) {
  const response = await ask(form);
  return { code: text(response, 'device_code'), userCode: text(response, 'user_code') };
}

const poll = (code: string, of: Application = application) =>
  server.token({ grant_type: GRANT, device_code: code }, { authorization: basic(of) });

async function decided(allowed: boolean, form: Record<string, string> = {}) {
  const asked = await device(form);
  await server.openDevice(asked.userCode, alice.session);
  expect(await server.decideDevice(asked.userCode, allowed, alice.session)).toBe(allowed ? 'allowed' : 'denied');
  return asked;
}

describe('RFC 8628 §3.1, §3.2: device authorization', () => {
  it('answers both codes, the address to type one at, their life and the interval', async () => {
    const response = await ask({ scope: 'openid read' });
    expect(response.headers['cache-control']).toBe('no-store');
    const userCode = text(response, 'user_code');
    expect(userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(json(response)).toEqual({
      device_code: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      user_code: userCode,
      verification_uri: 'https://id.example/o/device/',
      verification_uri_complete: `https://id.example/o/device/?user_code=${userCode}`,
      expires_in: 600,
      interval: 5,
    });
  });

  it('authenticates the client as the token endpoint does', async () => {
    const wrong = { authorization: basic(application, 'another secret') };
    expect(await server.deviceAuthorization({}, wrong)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    const open = await server.application({ type: 'public' });
    expect(await server.deviceAuthorization({ client_id: open.clientId })).toMatchObject({ status: 200 });
    expect(await server.deviceAuthorization({})).toMatchObject({ status: 401 });
  });

  it('is a POST with a form body', async () => {
    expect(await server.deviceAuthorization({}, { method: 'GET' })).toMatchObject({ status: 405 });
    expect(await server.deviceAuthorization('{}', { contentType: 'application/json' })).toMatchObject({ status: 400 });
  });

  it('is refused to an application without the grant, which is told how to get it', async () => {
    const other = await server.application({ grants: ['authorization-code'] });
    expect(await ask({}, other)).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client', error_description: expect.stringContaining('device-code') },
    });
  });

  it('refuses a scope that is not assigned', async () => {
    expect(await ask({ scope: 'write' })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });

  it('takes the resources that the tokens are for (RFC 8707 §2)', async () => {
    const [api, disk] = ['https://api.example/', 'urn:example:disk'];
    const settings = { ...DEFAULT_SETTINGS, resources: [api, disk] };
    const television = await server.application({ settings });
    const refused = await ask({ resource: 'https://other.example/' }, television);
    expect(json(refused)['error']).toBe('invalid_target');
    const asked = await server.deviceAuthorization(`resource=${encodeURIComponent(api)}&resource=${disk}`, {
      authorization: basic(television),
    });
    await server.openDevice(text(asked, 'user_code'), alice.session);
    await server.decideDevice(text(asked, 'user_code'), true, alice.session);
    const fetched = (resource?: string) =>
      server.token(
        { grant_type: GRANT, device_code: text(asked, 'device_code'), ...(resource === undefined ? {} : { resource }) },
        { authorization: basic(television) },
      );
    expect(json(await fetched('https://id.example/o'))['error']).toBe('invalid_target');
    const tokens = await fetched(disk);
    const seen = async (token: string) =>
      json(await server.introspect({ token }, { authorization: basic(television) }))['aud'];
    expect(await seen(text(tokens, 'access_token'))).toBe(disk);
    const form = { grant_type: 'refresh_token', refresh_token: text(tokens, 'refresh_token') };
    const renewed = await server.token(form, { authorization: basic(television) });
    expect(await seen(text(renewed, 'access_token'))).toEqual([api, disk]);
  });

  it('keeps neither code in the database (§5.1, ASVS 11.4.1)', async () => {
    const { code, userCode } = await device();
    const kept = await server.databaseText();
    for (const secret of [code, userCode, userCode.replace('-', '')]) expect(kept).not.toContain(secret);
  });
});

describe('RFC 8628 §3.4, §3.5: polling', () => {
  it('waits, and then brings the tokens, once', async () => {
    const { code, userCode } = await device({ scope: 'openid profile read' });
    expect(await poll(code)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
    expect(await server.openDevice(userCode, alice.session)).toMatchObject({
      networkAddress: '203.0.113.7',
      userAgent: 'TelevisionApp/4.1',
      scope: ['openid', 'profile', 'read'],
    });
    expect(await server.decideDevice(userCode, true, alice.session)).toBe('allowed');
    const tokens = await poll(code);
    expect(json(tokens)).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'openid profile read',
      refresh_token: expect.any(String),
      id_token: expect.any(String),
    });
    const userinfo = await server.userinfo({ authorization: `Bearer ${text(tokens, 'access_token')}` });
    expect(json(userinfo)).toMatchObject({ sub: alice.accountId });
    expect(await poll(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    // The device's own repetition is no theft: what it holds goes on working.
    const refresh = { grant_type: 'refresh_token', refresh_token: text(tokens, 'refresh_token') };
    expect(await server.token(refresh, { authorization: basic(application) })).toMatchObject({ status: 200 });
  });

  it('tells a device that polls too often to slow down, and means it for good', async () => {
    const { code } = await device();
    const error = async () => json(await poll(code))['error'];
    expect(await error()).toBe('authorization_pending');
    server.pass(2);
    expect(await error()).toBe('slow_down');
    server.pass(6);
    expect(await error()).toBe('slow_down');
    server.pass(15);
    expect(await error()).toBe('authorization_pending');
    server.pass(15);
    expect(await error()).toBe('authorization_pending');
  });

  it('answers access_denied once the person has cancelled', async () => {
    const { code } = await decided(false);
    expect(await poll(code)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it('answers expired_token after ten minutes, allowed or not', async () => {
    const [waiting, allowed] = [await device(), await decided(true)];
    server.pass(599);
    expect(json(await poll(waiting.code))).toMatchObject({ error: 'authorization_pending' });
    server.pass(1);
    for (const { code } of [waiting, allowed]) expect(json(await poll(code))).toMatchObject({ error: 'expired_token' });
    expect(await server.openDevice(waiting.userCode, alice.session)).toBeNull();
  });

  it('brings the tokens of 50 polls at once to one (CVE-2026-4282)', async () => {
    const { code } = await decided(true);
    const answers = await Promise.all(Array.from({ length: 50 }, () => poll(code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(answer.body).toMatchObject({ error: 'invalid_grant' });
    }
  });

  it('knows nothing of another application, nor of other codes', async () => {
    const { code, userCode } = await decided(true);
    const other = await server.application();
    expect(json(await poll(code, other))).toMatchObject({ error: 'invalid_grant' });
    expect(json(await poll(userCode))).toMatchObject({ error: 'invalid_grant' });
    expect(json(await poll('x'))).toMatchObject({ error: 'invalid_grant' });
    // Another's attempt has spoilt nothing.
    expect(await poll(code)).toMatchObject({ status: 200 });
  });

  it('wants the device_code', async () => {
    const response = await server.token({ grant_type: GRANT }, { authorization: basic(application) });
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('brings no refresh token to an application without that grant', async () => {
    const only = await server.application({ grants: ['device-code'], scopes: ['read'] });
    const asked = await ask({}, only);
    await server.openDevice(text(asked, 'user_code'), alice.session);
    await server.decideDevice(text(asked, 'user_code'), true, alice.session);
    const tokens = json(await poll(text(asked, 'device_code'), only));
    expect(tokens).toMatchObject({ scope: 'read' });
    expect(tokens).not.toHaveProperty('refresh_token');
    expect(tokens).not.toHaveProperty('id_token');
  });

  it('brings nothing for somebody who was disabled meanwhile', async () => {
    const carol = await server.person();
    const { code, userCode } = await device();
    await server.openDevice(userCode, carol.session);
    await server.decideDevice(userCode, true, carol.session);
    await server.storage.accounts.disableAccount(carol.accountId, server.clock());
    expect(json(await poll(code))).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('RFC 8628 §3.3, CVE-2026-45337: whose a device is', () => {
  it('belongs to the session that typed its code: nobody else sees, allows or denies it', async () => {
    const { code, userCode } = await device();
    expect(await server.openDevice(userCode, alice.session)).not.toBeNull();
    expect(await server.openDevice(userCode, bob.session)).toBeNull();
    expect(await server.decideDevice(userCode, true, bob.session)).toBe('not_found');
    expect(await server.decideDevice(userCode, false, bob.session)).toBe('not_found');
    const elsewhere = await server.signIn(alice.accountId);
    expect(await server.openDevice(userCode, elsewhere.session)).toBeNull();
    expect(await server.decideDevice(userCode, true, alice.session)).toBe('allowed');
    expect(await poll(code)).toMatchObject({ status: 200 });
  });

  it('counts for what was asked: of an application that changed its name or owner meanwhile it has to be asked anew', async () => {
    const asking = await server.application({ name: 'Television' });
    const asked = await server.deviceAuthorization({ scope: 'read' }, { authorization: basic(asking) });
    const userCode = text(asked, 'user_code');
    const opened = await server.openDevice(userCode, alice.session);
    const question = opened === null ? '' : deviceQuestion(opened);
    await server.storage.applications.updateApplication({ ...asking, name: 'Bank' });
    server.pass(2);
    expect(await server.decideDevice(userCode, true, alice.session, question)).toBe('changed');
    expect(await server.decideDevice(userCode, true, alice.session, 'made up')).toBe('changed');
    expect(await server.storage.consents.findConsent(alice.accountId, asking.id)).toBeNull();
    expect(await server.decideDevice(userCode, true, alice.session)).toBe('allowed');
  });

  it('is answered once', async () => {
    const { userCode } = await decided(false);
    expect(await server.openDevice(userCode, alice.session)).toBeNull();
    expect(await server.decideDevice(userCode, true, alice.session)).toBe('not_found');
  });

  it('stands among what the person has connected, and ends there', async () => {
    const dora = await server.person();
    const { code, userCode } = await device({ scope: 'read' });
    await server.openDevice(userCode, dora.session);
    await server.decideDevice(userCode, true, dora.session);
    const consent = await server.storage.consents.findConsent(dora.accountId, application.id);
    expect(consent?.scope).toEqual(['read']);
    await server.storage.connections.disconnect(dora.accountId, application.id, server.clock());
    expect(json(await poll(code))).toMatchObject({ error: 'access_denied' });
  });

  it('is not shown of an application that was disabled or has lost the grant', async () => {
    const other = await server.application();
    const asked = await ask({}, other);
    await server.storage.applications.updateApplication({ ...other, grants: ['authorization-code'] });
    server.pass(2);
    expect(await server.openDevice(text(asked, 'user_code'), alice.session)).toBeNull();
  });
});

describe('RFC 8628 §6.1: user codes', () => {
  const letters = fc.constantFrom(...'BCDFGHJKLMNPQRSTVWXZ');
  const codes = fc.array(letters, { minLength: 8, maxLength: 8 }).map((list) => list.join(''));

  it('are read whatever the case, the hyphen and the spaces', () => {
    fc.assert(
      fc.property(
        codes,
        fc.array(fc.constantFrom('', ' ', '-', '–', '.', '\t'), { minLength: 9, maxLength: 9 }),
        (code, between) => {
          const typed = [...code].map((letter, index) => between[index] + letter).join('') + between[8];
          expect(typedUserCode(typed)).toBe(code);
          expect(typedUserCode(typed.toLowerCase())).toBe(code);
          expect(typedUserCode(shownUserCode(typedUserCode(code) ?? newUserCode(randomBytes)))).toBe(code);
        },
      ),
    );
  });

  it.each(['', 'BCDF-GHJ', 'BCDF-GHJKL', 'ABCD-FGHJ', 'BCDF-GHJ1', 'BCDFGHJК', '😀'.repeat(4), 'B'.repeat(65)])(
    'are not %j',
    (typed) => {
      expect(typedUserCode(typed)).toBeNull();
    },
  );

  it('never throw, whatever was typed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (typed) => void typedUserCode(typed)));
  });

  it('use each letter, and differ', () => {
    const made = Array.from({ length: 500 }, () => newUserCode(randomBytes));
    expect(new Set(made).size).toBe(500);
    expect(new Set(made.join('')).size).toBe(20);
  });
});
