import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  protectedResourceMetadata,
  resourceMetadataPath,
  withResourceMetadata,
} from '../../src/protocol/protected-resource.ts';
import { ISSUER, openServer, type TestServer, text, tokensFor } from './server.ts';

const deps = { baseUrl: 'https://id.example' };
let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

describe('RFC 9728 §3', () => {
  it('stands between the host and the path of the resource', () => {
    expect(resourceMetadataPath('/profile')).toBe('/.well-known/oauth-protected-resource/profile');
    expect(resourceMetadataPath('/o/userinfo')).toBe('/.well-known/oauth-protected-resource/o/userinfo');
  });

  it('names the resource exactly as whoever asked knows it (§3.3), and who issues its tokens', () => {
    expect(protectedResourceMetadata('/profile', true, deps)).toMatchObject({
      resource: 'https://id.example/profile/',
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    });
    expect(protectedResourceMetadata('/profile', false, deps)['resource']).toBe('https://id.example/profile');
  });

  it('advertises ways to show a token that work, and no other', async () => {
    const person = await server.person();
    const tokens = await tokensFor(server, await server.application(), person, { scope: 'openid profile' });
    const form = { access_token: text(tokens, 'access_token') };
    const posted = await server.userinfo({ method: 'POST', form });
    expect(posted.status).toBe(200);
    expect(protectedResourceMetadata('/o/userinfo', true, deps)['bearer_methods_supported']).toEqual([
      'header',
      'body',
    ]);
    expect((await server.profile({ query: `access_token=${form.access_token}` })).status).toBe(400);
  });
});

describe('RFC 9728 §5.1', () => {
  it('is pointed to by every challenge', async () => {
    const pointer = 'resource_metadata="https://id.example/.well-known/oauth-protected-resource/profile/"';
    for (const authorization of [null, 'Bearer unknown', 'Basic eA==']) {
      const { headers } = withResourceMetadata(await server.profile({ authorization }), '/profile', deps);
      expect(headers['www-authenticate']).toMatch(/^Bearer /);
      expect(headers['www-authenticate']).toContain(`, ${pointer}`);
    }
  });

  it('leaves an answer without a challenge alone', () => {
    const answer = { status: 200, headers: {}, body: null };
    expect(withResourceMetadata(answer, '/profile', deps)).toBe(answer);
  });
});
