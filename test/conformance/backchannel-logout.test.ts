/** Modelled on the modules of the OpenID conformance suite's plan "back-channel logout" for providers. One test for each. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK } from '../black-box/site.ts';
import { formOf } from '../person.ts';
import { claimsOf, LOGGED_OUT, openRelyingParty, type RelyingParty } from './relying-party.ts';

describe('the plan "back-channel logout"', () => {
  let party: RelyingParty;
  let listener: Server;
  const heard: { readonly type: string; readonly body: string }[] = [];
  beforeAll(async () => {
    party = await openRelyingParty('default');
    listener = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += String(piece);
      heard.push({ type: request.headers['content-type'] ?? '', body });
      response.end();
    });
    await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
    const uri = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/out`;
    await party.site.perform([
      'app',
      'update',
      party.first.clientId,
      '--backchannel-logout-uri',
      uri,
      '--backchannel-logout-session-required',
      'on',
    ]);
  });
  afterAll(async () => {
    listener?.closeAllConnections();
    listener?.close();
    await party?.site.dispose();
  });

  it('oidcc-backchannel-logout-discovery-endpoint-verification', () => {
    expect(party.metadata).toMatchObject({
      end_session_endpoint: `${party.issuer}/logout/`,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
  });

  it('oidcc-backchannel-rp-initiated-logout', async () => {
    const person = await party.signedIn();
    const idToken = (await party.tokens({}, person)).id_token;
    const query = { id_token_hint: idToken, post_logout_redirect_uri: LOGGED_OUT, state: 'the-state' };
    const seen = await person.open(`/o/logout/?${new URLSearchParams(query)}`);
    const asks = seen.document.querySelectorAll('main button').some((button) => button.text.trim() === 'Sign out');
    const left = asks ? await person.submit(formOf(seen, { button: 'Sign out' }), {}, 'Sign out') : seen;
    expect(left.leftFor?.href).toBe(`${LOGGED_OUT}?state=the-state`);
    await expect.poll(() => heard.length, { timeout: 15_000 }).toBe(1);

    expect(heard[0]?.type).toBe('application/x-www-form-urlencoded');
    const logoutToken = new URLSearchParams(heard[0]?.body).get('logout_token') ?? '';
    const keys = createRemoteJWKSet(new URL(String(party.metadata['jwks_uri'])));
    const { payload } = await jwtVerify(logoutToken, keys, { issuer: party.issuer, audience: party.first.clientId });
    const { sub, sid } = claimsOf(idToken);
    expect(payload).toMatchObject({ sub, sid, iat: expect.any(Number), jti: expect.any(String) });
    expect(payload['events']).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} });
    expect(payload).not.toHaveProperty('nonce');

    const silent = await party.answer({ prompt: 'none', redirect_uri: CALLBACK }, person);
    expect(silent.get('error')).toBe('login_required');
  });
});
