import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import type { AuthorizationOutcome } from '../../src/protocol/authorization-outcome.ts';
import type { ResponseMode } from '../../src/protocol/response-mode.ts';
import { basic, CALLBACK, ISSUER, openServer, redirected, type SignedIn, type TestServer } from './server.ts';

let server: TestServer;
let application: Application;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
  person = await server.person();
  await allow(application);
});
afterAll(() => server.close());

const allow = (to: Application) => server.storage.consents.allow(person.accountId, to.id, to.scopes, server.clock());
const ask = (change: Readonly<Record<string, string>>, by: Application = application) =>
  server.authorize({ response_type: 'code', client_id: by.clientId, state: 's t', ...change }, person.browser);
const limitedTo = async (...responseModes: ResponseMode[]) => {
  const limited = await server.application({ settings: { ...DEFAULT_SETTINGS, responseModes } });
  await allow(limited);
  return limited;
};
const locationOf = (outcome: AuthorizationOutcome) => {
  if (outcome.kind !== 'redirect') throw new Error(outcome.kind);
  return outcome.location;
};
const posted = (outcome: AuthorizationOutcome) => {
  if (outcome.kind !== 'form_post') throw new Error(outcome.kind);
  return { action: outcome.action, ...Object.fromEntries(outcome.fields.map(({ name, value }) => [name, value])) };
};
const redeem = (code: string) =>
  server.token({ grant_type: 'authorization_code', code }, { authorization: basic(application) });

describe('OAuth 2.0 Multiple Response Type Encoding Practices §2.1', () => {
  it('answers in the query unless another mode is asked for', async () => {
    for (const change of [{}, { response_mode: 'query' }]) {
      expect(locationOf(await ask(change))).toMatch(
        /^https:\/\/app\.example\/callback\?code=[\w-]{43}&state=s%20t&iss=/,
      );
    }
  });

  it('answers in the fragment, with a code that can be redeemed', async () => {
    const location = locationOf(await ask({ response_mode: 'fragment' }));
    expect(location.startsWith(`${CALLBACK}#`)).toBe(true);
    const fragment = new URLSearchParams(location.slice(CALLBACK.length + 1));
    expect([fragment.get('state'), fragment.get('iss')]).toEqual(['s t', ISSUER]);
    expect((await redeem(fragment.get('code') ?? '')).status).toBe(200);
  });

  it('sends errors the same way', async () => {
    const location = locationOf(await ask({ response_mode: 'fragment', scope: 'nonsense' }));
    expect(location).toContain(`${CALLBACK}#error=invalid_scope`);
  });

  it('refuses a mode that does not exist, in the query', async () => {
    expect(redirected(await ask({ response_mode: 'web_message' })).get('error')).toBe('invalid_request');
  });
});

describe('OAuth 2.0 Form Post Response Mode 1.0 §2', () => {
  it('gives the parameters to a page that posts them to the redirect URI', async () => {
    const outcome = await ask({ response_mode: 'form_post' });
    expect(outcome).toMatchObject({ kind: 'form_post', formActionSource: 'https://app.example', error: null });
    const fields = posted(outcome);
    expect(fields).toMatchObject({ action: CALLBACK, state: 's t', iss: ISSUER, code: expect.any(String) });
  });

  it('sends errors the same way', async () => {
    const outcome = await ask({ response_mode: 'form_post', prompt: 'none', max_age: '0' });
    expect(posted(outcome)).toMatchObject({ error: 'login_required', state: 's t' });
  });
});

describe('JARM §2.1: the answer as a signed JWT', () => {
  const verified = async (jwt: string | null) => {
    const keys = createLocalJWKSet((await server.signer.publicKeySet()) as unknown as JSONWebKeySet);
    const options = { issuer: ISSUER, audience: application.clientId, currentDate: new Date(server.clock()) };
    return (await jwtVerify(jwt ?? '', keys, options)).payload;
  };

  it.each([
    ['jwt (§2.3.4)', 'jwt', '?'],
    ['query.jwt (§2.3.1)', 'query.jwt', '?'],
    ['fragment.jwt (§2.3.2)', 'fragment.jwt', '#'],
  ])('%s', async (_, mode, separator) => {
    const location = locationOf(await ask({ response_mode: mode }));
    expect(location.startsWith(`${CALLBACK}${separator}response=`)).toBe(true);
    const parameters = new URLSearchParams(location.slice(CALLBACK.length + 1));
    expect([...parameters.keys()]).toEqual(['response']);
    const claims = await verified(parameters.get('response'));
    expect(claims).toMatchObject({ state: 's t', code: expect.any(String) });
    expect(claims.exp).toBe((claims.iat ?? 0) + 600);
    expect((await redeem(String(claims['code']))).status).toBe(200);
  });

  it('form_post.jwt (§2.3.3)', async () => {
    const fields: Readonly<Record<string, string>> = posted(await ask({ response_mode: 'form_post.jwt' }));
    expect(Object.keys(fields)).toEqual(['action', 'response']);
    expect(await verified(fields['response'] ?? null)).toMatchObject({ code: expect.any(String) });
  });

  it('signs errors too (§2.1)', async () => {
    const location = locationOf(await ask({ response_mode: 'jwt', scope: 'nonsense' }));
    const claims = await verified(new URL(location).searchParams.get('response'));
    expect(claims).toMatchObject({ error: 'invalid_scope', error_description: expect.any(String), state: 's t' });
  });
});

describe('ASVS 10.4.12: an application has the response modes that it is limited to', () => {
  it('gets its answer in one of them', async () => {
    const limited = await limitedTo('form_post', 'query.jwt');
    expect((await ask({ response_mode: 'form_post' }, limited)).kind).toBe('form_post');
    expect(locationOf(await ask({ response_mode: 'jwt' }, limited))).toContain('?response=');
  });

  it('is refused another one, and none where query is not among them, in the first that it takes', async () => {
    const limited = await limitedTo('form_post');
    for (const change of [{ response_mode: 'fragment' }, { response_mode: 'query' }, {}]) {
      expect(posted(await ask(change, limited))).toMatchObject({ error: 'invalid_request', state: 's t' });
    }
  });

  it('is refused another one in the query where it takes that', async () => {
    const limited = await limitedTo('form_post', 'query');
    expect(redirected(await ask({ response_mode: 'jwt' }, limited)).get('error')).toBe('invalid_request');
  });
});
