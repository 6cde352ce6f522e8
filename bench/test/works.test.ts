import { describe, expect, it } from 'vitest';
import type { Connection, Reply } from '../src/connection.ts';
import type { Target } from '../src/target.ts';
import { WORKS, WrongAnswer } from '../src/works.ts';

const target: Target = {
  name: 'a server',
  process: { firstLine: '', cpuMs: () => null, residentMiB: () => null, stop: async () => undefined },
  baseUrl: 'http://localhost:1',
  paths: {
    authorize: '/authorize',
    token: '/token',
    introspect: '/introspect',
    userinfo: '/userinfo',
    discovery: '/d',
  },
  client: { id: 'id', secret: 'secret' },
  redirectUri: 'https://app.example/cb',
  sessions: ['session=1'],
  accessToken: 'token',
  synchronous: 2,
};

/** Answers one reply after the other. */
function answering(...replies: readonly Partial<Reply>[]): Connection {
  const left = [...replies];
  return {
    send: async () => ({ status: 200, location: '', body: '', ...left.shift() }),
    close: async () => undefined,
  };
}

function once(name: string, ...replies: readonly Partial<Reply>[]): Promise<void> {
  const work = WORKS.find((candidate) => candidate.name === name);
  if (work === undefined) throw new Error(name);
  return work.prepare(target, answering(...replies), 0)();
}

const TOKEN = { body: '{"access_token":"a","token_type":"Bearer","id_token":"i"}' };
const REDIRECT = { status: 303, location: 'https://app.example/cb?code=c' };

describe('A right answer counts', () => {
  it.each([
    ['client-credentials', [TOKEN]],
    ['code-flow', [REDIRECT, TOKEN]],
    ['introspection', [{ body: '{"active":true}' }]],
    ['userinfo', [{ body: '{"sub":"1","email":"alice@example.org"}' }]],
    ['discovery', [{ body: '{"issuer":"http://localhost:1"}' }]],
  ])('%s', async (name, replies) => {
    await expect(once(name, ...replies)).resolves.toBeUndefined();
  });
});

describe('A wrong answer ends the run', () => {
  it.each([
    ['client-credentials', 'an error', [{ status: 401, body: '{"error":"invalid_client"}' }]],
    ['client-credentials', 'no token', [{ body: '{}' }]],
    ['code-flow', 'a sign-in page', [{ status: 303, location: 'http://localhost:1/login/' }]],
    [
      'code-flow',
      'an error in the redirect',
      [{ status: 303, location: 'https://app.example/cb?error=access_denied' }],
    ],
    [
      'code-flow',
      'a code that the token endpoint refuses',
      [REDIRECT, { status: 400, body: '{"error":"invalid_grant"}' }],
    ],
    ['code-flow', 'no ID token', [REDIRECT, { body: '{"access_token":"a"}' }]],
    ['introspection', 'an inactive token', [{ body: '{"active":false}' }]],
    ['userinfo', 'somebody else', [{ body: '{"sub":"2","email":"bob@example.org"}' }]],
    ['discovery', 'another document', [{ body: '{}' }]],
  ])('%s: %s', async (name, _what, replies) => {
    await expect(once(name, ...replies)).rejects.toBeInstanceOf(WrongAnswer);
  });
});
