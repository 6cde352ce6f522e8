/**
 * The OAuth client of the Model Context Protocol's SDK (`@modelcontextprotocol/sdk`), as it comes from the registry: from a
 * resource's metadata (RFC 9728) to the authorization server's (RFC 8414), PKCE, a resource indicator, refresh.
 */
import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, ENGINES, openSite, register, type Site } from '../black-box/site.ts';
import type { Person } from '../person.ts';
import { fetchListener, futureAddress, type Listening, listen, throughSignIn } from './application.ts';

describe.each(ENGINES)('@modelcontextprotocol/sdk, on %s', (engine) => {
  let site: Site;
  let alice: Person;
  let resource: Listening;
  beforeAll(async () => {
    site = await openSite(engine);
    alice = await site.member('alice');
    const url = await futureAddress();
    resource = await listen(
      url,
      fetchListener(url, async (request) =>
        new URL(request.url).pathname === '/.well-known/oauth-protected-resource/mcp'
          ? Response.json({
              resource: `${url}/mcp`,
              authorization_servers: [`${site.url}/o`],
              scopes_supported: ['read'],
            })
          : new Response(null, { status: 404 }),
      ),
    );
  });
  afterAll(async () => {
    await resource?.close();
    await site?.dispose();
  });

  it.each(['public', 'confidential'] as const)('signs in as a %s client, and refreshes', async (type) => {
    const { clientId, clientSecret } = await register(alice, { client_type: type });
    await site.perform(['app', 'update', clientId, '--resources', `${resource.url}/mcp`]);
    const kept: { verifier: string; asked?: URL; tokens?: OAuthTokens } = { verifier: '' };
    const provider: OAuthClientProvider = {
      redirectUrl: CALLBACK,
      clientMetadata: { redirect_uris: [CALLBACK], client_name: 'A program' },
      state: () => 'the-state',
      clientInformation: () => ({
        client_id: clientId,
        ...(clientSecret === null ? {} : { client_secret: clientSecret }),
      }),
      tokens: () => kept.tokens,
      saveTokens: (tokens) => {
        kept.tokens = tokens;
      },
      redirectToAuthorization: (address) => {
        kept.asked = address;
      },
      saveCodeVerifier: (verifier) => {
        kept.verifier = verifier;
      },
      codeVerifier: () => kept.verifier,
    };
    const serverUrl = `${resource.url}/mcp`;
    expect(await auth(provider, { serverUrl })).toBe('REDIRECT');
    expect(kept.asked?.searchParams.get('resource')).toBe(serverUrl);
    expect(kept.asked?.searchParams.get('code_challenge_method')).toBe('S256');
    const back = await throughSignIn(alice, kept.asked ?? new URL(serverUrl));
    const authorizationCode = back.searchParams.get('code') ?? '';
    expect(await auth(provider, { serverUrl, authorizationCode })).toBe('AUTHORIZED');
    const first = kept.tokens;
    expect(first).toMatchObject({ token_type: 'Bearer', scope: 'read', refresh_token: expect.any(String) });
    // With tokens at hand it refreshes.
    expect(await auth(provider, { serverUrl })).toBe('AUTHORIZED');
    expect(kept.tokens?.access_token).not.toBe(first?.access_token);
  });
});
