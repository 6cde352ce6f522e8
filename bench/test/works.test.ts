import { describe, expect, it } from 'vitest';
import type { Connection, Reply } from '../src/connection.ts';
import { WrongAnswer } from '../src/requests.ts';
import type { Target, Visit } from '../src/target.ts';
import { WORKS } from '../src/works.ts';

const target: Target = {
  name: 'a server',
  process: { firstLine: '', cpuMs: () => null, residentMiB: () => null, stop: async () => undefined },
  baseUrl: 'http://localhost:1',
  paths: {
    authorize: '/authorize',
    token: '/token',
    par: '/par',
    introspect: '/introspect',
    userinfo: '/userinfo',
    discovery: '/d',
  },
  client: { id: 'id', secret: 'secret' },
  refreshing: { id: 'other', secret: 'secret', scope: 'openid' },
  redirectUri: 'https://app.example/cb',
  sessions: ['session=1'],
  signIns: [{ method: 'POST', path: '/login', headers: [], body: '' }],
  accessToken: 'token',
  application: null,
  synchronous: 2,
};

/** Answers one reply after the other. */
function answering(...replies: readonly Partial<Reply>[]): Connection {
  const left = [...replies];
  return {
    send: async () => ({ status: 200, location: '', setCookies: [], body: '', ...left.shift() }),
    close: async () => undefined,
  };
}

async function once(name: string, ...replies: readonly Partial<Reply>[]): Promise<void> {
  const work = WORKS.find((candidate) => candidate.name === name);
  if (work === undefined) throw new Error(name);
  const turn = await work.prepare(target, answering(...replies), 0);
  return turn();
}

const TOKEN = { body: '{"access_token":"a","token_type":"Bearer","id_token":"i"}' };
const FIRST = { body: '{"access_token":"a","token_type":"Bearer","id_token":"i","refresh_token":"r1"}' };
const SECOND = { body: '{"access_token":"b","token_type":"Bearer","id_token":"i","refresh_token":"r2"}' };
const PUSHED = { status: 201, body: '{"request_uri":"urn:x"}' };
const REDIRECT = { status: 303, location: 'https://app.example/cb?code=c' };

describe('A right answer counts', () => {
  it.each([
    ['client-credentials', [TOKEN]],
    ['code-flow', [REDIRECT, TOKEN]],
    ['par-code-flow', [PUSHED, REDIRECT, TOKEN]],
    ['refresh', [REDIRECT, FIRST, SECOND]],
    ['introspection', [{ body: '{"active":true}' }]],
    ['userinfo', [{ body: '{"sub":"1","email":"alice@example.org"}' }]],
    ['sign-in', [{ status: 303, location: '/account/' }]],
    ['token-beside-sign-ins', [TOKEN]],
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
    ['par-code-flow', 'a push that is refused', [{ status: 400, body: '{"error":"invalid_request"}' }]],
    ['par-code-flow', 'no handle', [{ status: 201, body: '{}' }]],
    ['par-code-flow', 'a handle that the authorization endpoint does not know', [PUSHED, { status: 400 }]],
    ['par-code-flow', 'no ID token', [PUSHED, REDIRECT, { body: '{"access_token":"a"}' }]],
    ['refresh', 'no refresh token to begin with', [REDIRECT, TOKEN]],
    ['refresh', 'an error', [REDIRECT, FIRST, { status: 400, body: '{"error":"invalid_grant"}' }]],
    ['refresh', 'no successor', [REDIRECT, FIRST, TOKEN]],
    ['refresh', 'the same refresh token again', [REDIRECT, FIRST, FIRST]],
    ['introspection', 'an inactive token', [{ body: '{"active":false}' }]],
    ['userinfo', 'somebody else', [{ body: '{"sub":"2","email":"bob@example.org"}' }]],
    ['sign-in', 'the form again', [{ status: 200 }]],
    ['sign-in', 'a way back to the form', [{ status: 303, location: '/login/' }]],
    ['sign-in', 'busy', [{ status: 503 }]],
    ['discovery', 'another document', [{ body: '{}' }]],
  ])('%s: %s', async (name, _what, replies) => {
    await expect(once(name, ...replies)).rejects.toBeInstanceOf(WrongAnswer);
  });
});

it('a refresh presents what the refresh before brought, each connection of its own chain', async () => {
  const refresh = WORKS.find(({ name }) => name === 'refresh');
  const connection = answering(REDIRECT, FIRST, SECOND, { body: SECOND.body.replace('r2', 'r3') });
  const sent: (string | undefined)[] = [];
  const recording: Connection = {
    ...connection,
    send(request) {
      sent.push(request.body);
      return connection.send(request);
    },
  };
  const turn = await refresh?.prepare(target, recording, 0);
  await turn?.();
  await turn?.();
  expect(sent.slice(2)).toEqual(['r1', 'r2'].map((token) => `grant_type=refresh_token&refresh_token=${token}`));
});

describe('The way into an application', () => {
  const work = WORKS.find(({ name }) => name === 'sign-in-path');
  const APPLICATION = 'http://localhost:1';
  const START = { status: 302, location: 'http://localhost:2/o/authorize/?state=s', setCookies: ['attempt=1; Path=/'] };
  const BACK = { status: 303, location: `${APPLICATION}/callback?code=c&state=s` };
  const ARRIVED = { status: 302, setCookies: ['attempt=; Max-Age=0', 'session=2; Path=/; HttpOnly'] };
  const PAGE = { body: '<p>Hello alice@example.org</p>' };

  /** Answers what was sent to the application and to the server. */
  async function goes(back: Partial<Reply>, ...replies: readonly Partial<Reply>[]) {
    const sent: { readonly path: string; readonly cookie: string | undefined }[] = [];
    const recording = (connection: Connection): Connection => ({
      ...connection,
      send(request) {
        const at = request.headers.indexOf('cookie');
        sent.push({ path: request.path, cookie: at === -1 ? undefined : request.headers[at + 1] });
        return connection.send(request);
      },
    });
    const application = {
      begin: async (visit: Visit) => (await visit({ method: 'GET', path: '/login', headers: [] })).location,
      profilePath: '/me',
      provider: [{ connection: recording(answering(back)), cookie: 'signed=in' }],
    };
    const turn = await work?.prepare({ ...target, application }, recording(answering(...replies)), 0);
    await turn?.();
    return sent;
  }

  it('goes through the server and back, with the cookies of each', async () => {
    expect(await goes(BACK, START, ARRIVED, PAGE)).toEqual([
      { path: '/login', cookie: undefined },
      { path: '/o/authorize/?state=s', cookie: 'signed=in' },
      { path: '/callback?code=c&state=s', cookie: 'attempt=1' },
      { path: '/me', cookie: 'session=2' },
    ]);
  });

  it.each<[string, Partial<Reply>, readonly Partial<Reply>[]]>([
    ['a sign-in page at the server', { status: 303, location: 'http://localhost:2/login/' }, [START]],
    ['an error in place of a code', { ...BACK, location: `${APPLICATION}/callback?error=access_denied` }, [START]],
    ['a way back that fails', BACK, [START, { status: 400, body: 'no' }]],
    ['a page that knows nobody', BACK, [START, ARRIVED, { body: '<p>Hello stranger</p>' }]],
  ])('takes no %s', async (_what, back, replies) => {
    await expect(goes(back, ...replies)).rejects.toBeInstanceOf(WrongAnswer);
  });
});
