/** What applications attempted, and why it was refused: who sees it, what is in it, and what never is. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, wordsOf } from '../person.ts';
import { referenceOn } from './judge.ts';
import { CALLBACK, ENGINES, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

interface Attempt {
  readonly reference: string;
  readonly endpoint: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly what?: string;
  readonly error?: string;
  readonly section?: string;
  readonly more_like_it: number;
  readonly compared?: readonly { parameter: string; asked: string | null; registered: readonly string[] }[];
}

const COMMAND = ['app', 'activity'];
/** Within a second or two, and on a machine that is busy later. */
const SOON = { timeout: 25_000, interval: 250 };

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  let admin: Person;
  let alice: Person;
  let bob: Person;
  let application: RegisteredApplication;
  let others: RegisteredApplication;
  beforeAll(async () => {
    site = await openSite(engine);
    const options = ['create-superuser', '--username', 'root', '--email', 'root@example.org', '--password-stdin'];
    await site.perform(options, PASSWORD);
    admin = site.person();
    await admin.signIn('root', PASSWORD);
    alice = await site.member('alice');
    bob = await site.member('bob');
    application = await register(alice, {
      name: 'Of Alice',
      grants: ['authorization-code', 'client-credentials'],
      post_logout_redirect_uris: 'http://localhost:9/bye',
    });
    others = await register(bob, { name: 'Of Bob' });
  });
  afterAll(() => site?.dispose());

  const token = async (form: Readonly<Record<string, string>>, authorization?: string) => {
    const response = await fetch(`${site.url}/o/token/`, {
      method: 'POST',
      headers: authorization === undefined ? {} : { authorization },
      body: new URLSearchParams(form),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  const good = () => `Basic ${btoa(`${application.clientId}:${application.clientSecret}`)}`;
  const attempts = async (of = application) =>
    (await site.command([...COMMAND, of.clientId, '--limit', '200'])) as Attempt[];
  /** It is kept within a second, and shown where it is; then it is read as programs do. */
  const attempt = async (reference = 'none'): Promise<Attempt> => {
    const shown = async () => wordsOf(await alice.open(`${application.path}activity/?reference=${reference}`));
    await expect.poll(shown, SOON).not.toContain('Nothing has the reference');
    return (await site.command([...COMMAND, application.clientId, '--reference', reference])) as Attempt;
  };
  const authorizePath = (given: Readonly<Record<string, string>> = {}) => {
    const query = { client_id: application.clientId, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' };
    return `/o/authorize/?${new URLSearchParams({ ...query, ...given })}`;
  };

  it('shows the owner a redirect URI beside what is registered, with the part marked that differs', async () => {
    const refused = await bob.open(authorizePath({ redirect_uri: `${CALLBACK}/` }));
    expect(refused.status).toBe(400);
    const reference = referenceOn(refused.document.toString());
    expect(wordsOf(refused)).not.toContain(`Registered`);
    expect(await attempt(reference)).toMatchObject({
      endpoint: 'authorization',
      outcome: 'refused',
      reason: 'redirect_uri',
      section: 'RFC 6749 §3.1.2.3, RFC 9700 §2.1',
      compared: [{ parameter: 'redirect_uri', asked: `${CALLBACK}/`, registered: [CALLBACK] }],
    });
    const page = await alice.open(`${application.path}activity/?reference=${reference}`);
    const marks = page.document.querySelectorAll('mark').map((mark) => mark.text.replace(/\s+/g, ' ').trim());
    expect(marks).toEqual(['differs: /', 'differs: nothing here']);
    expect(wordsOf(page)).toContain('Register the address exactly as the program sends it');
    const anew = await admin.open(`/admin/activity/?reference=${reference}`);
    expect(wordsOf(anew)).toContain('Of Alice');
  });

  it('tells a program the reference, and in a redirect too, and nothing that is registered', async () => {
    const refused = await token({ grant_type: 'client_credentials', scope: 'everything' }, good());
    expect(refused.status).toBe(400);
    expect(Object.keys(refused.body).sort()).toEqual(['error', 'error_description', 'reference']);
    expect(await attempt(refused.body['reference'])).toMatchObject({
      reason: 'scope',
      compared: [{ parameter: 'scope', asked: 'everything' }],
    });
    const redirected = await alice.open(authorizePath({ response_type: 'token' }));
    const { searchParams } = new URL(redirected.leftFor ?? '');
    expect(searchParams.get('error')).toBe('unsupported_response_type');
    expect(await attempt(searchParams.get('reference') ?? '')).toMatchObject({ reason: 'response_type' });
  });

  it('lets the owner know of a wrong secret, whoever sent it', async () => {
    const wrong = await token({
      grant_type: 'client_credentials',
      client_id: application.clientId,
      client_secret: 'not-it-at-all',
    });
    expect(wrong.status).toBe(401);
    expect(await attempt(wrong.body['reference'])).toMatchObject({
      reason: 'client_secret_wrong',
      error: 'invalid_client',
    });
  });

  it('shows what succeeded as well, and what waits for a person', async () => {
    expect((await token({ grant_type: 'client_credentials', scope: 'read' }, good())).status).toBe(200);
    await alice.open(authorizePath());
    const shown = async () => wordsOf(await alice.open(`${application.path}activity/`));
    await expect.poll(shown, SOON).toContain('Tokens were issued');
    await expect.poll(shown, SOON).toContain('The person is asked to allow it');
    const outcomes = (await attempts()).map(({ endpoint, outcome }) => `${endpoint} ${outcome}`);
    expect(outcomes).toEqual(expect.arrayContaining(['token done', 'authorization waiting']));
  });

  it('explains a sign-out and a pushed request that were refused', async () => {
    const bye = `/o/logout/?${new URLSearchParams({ client_id: application.clientId, post_logout_redirect_uri: 'http://localhost:9/by' })}`;
    const refused = await bob.open(bye);
    expect(await attempt(referenceOn(refused.document.toString()))).toMatchObject({
      endpoint: 'logout',
      reason: 'post_logout_redirect_uri',
      compared: [{ registered: ['http://localhost:9/bye'] }],
    });
    const pushed = await fetch(`${site.url}/o/par/`, {
      method: 'POST',
      headers: { authorization: good() },
      body: new URLSearchParams({ response_type: 'code', redirect_uri: 'https://evil.example/' }),
    });
    const { reference } = (await pushed.json()) as { reference: string };
    expect(await attempt(reference)).toMatchObject({ endpoint: 'pushed_request', reason: 'redirect_uri' });
  });

  it("keeps one owner's activity from another, and all of it from strangers", async () => {
    const refused = await token({ grant_type: 'client_credentials', scope: 'nothing' }, good());
    await attempt(refused.body['reference']);
    for (const path of [`${application.path}activity/`, `${application.path}activity/events/`]) {
      expect((await bob.send(path)).status).toBe(404);
      expect((await bob.send(`${path}?reference=${refused.body['reference']}`)).status).toBe(404);
    }
    const own = await bob.open(`${others.path}activity/?reference=${refused.body['reference']}`);
    expect(wordsOf(own)).toContain('Nothing has the reference');
    expect((await bob.send('/admin/activity/')).status).toBe(403);
    const stranger = site.person();
    expect((await stranger.send(`${application.path}activity/events/`)).status).toBe(401);
    expect((await stranger.send(`${application.path}activity/`)).headers.get('location')).toMatch(/^\/login\//);
    expect((await stranger.send('/admin/activity/')).headers.get('location')).toMatch(/^\/login\//);
    expect((await alice.send(`${application.path}activity/`)).status).toBe(200);
    expect((await admin.send(`${application.path}activity/`)).status).toBe(200);
  });

  it('shows attempts in the name of unknown applications to superusers alone, so many of a network', async () => {
    const references: string[] = [];
    for (let index = 0; index < 30; index += 1) {
      const { body } = await token({ grant_type: 'client_credentials', client_id: `nobody-${index}` });
      references.push(body['reference'] ?? '');
    }
    const found = async () => {
      const seen = await admin.open('/admin/activity/');
      return references.filter((reference) => wordsOf(seen).includes(reference)).length;
    };
    await expect.poll(found, SOON).toBeGreaterThan(5);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await found()).toBeLessThanOrEqual(20);
    expect(wordsOf(await admin.open('/admin/activity/'))).toContain('Unknown application');
  });

  it('tells of attempts as they happen, and closes when the session ends', async () => {
    const onlooker = site.person();
    await onlooker.signIn('alice', PASSWORD);
    const response = await onlooker.send(`${application.path}activity/events/`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    let isOver = false;
    const reading = (async () => {
      for (;;) {
        const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) break;
        heard += value;
      }
      isOver = true;
    })();
    const refused = await token({ grant_type: 'client_credentials', scope: 'live' }, good());
    await expect.poll(() => heard, SOON).toContain(`id: ${refused.body['reference']}`);
    const signOut = await onlooker.open('/logout/');
    await onlooker.submit(formOf(signOut, { button: 'Sign out' }), {}, 'Sign out');
    await reading;
    expect([isOver, heard.includes('event: closed')]).toEqual([true, true]);
  });

  it('bounds the streams of one account', async () => {
    const open: Response[] = [];
    for (let index = 0; index < 5; index += 1) {
      const response = await bob.send(`${others.path}activity/events/`);
      expect(response.status).toBe(200);
      open.push(response);
    }
    const sixth = await bob.send(`${others.path}activity/events/`);
    expect([sixth.status, sixth.headers.get('retry-after')]).toEqual([429, '60']);
    await Promise.all(open.map((response) => response.body?.cancel()));
    const again = async () => {
      const response = await bob.send(`${others.path}activity/events/`);
      await response.body?.cancel();
      return response.status;
    };
    await expect.poll(again, SOON).toBe(200);
  });

  it('never has a secret in it: marked ones through every field of every endpoint', async () => {
    const MARK = 'S3cr3t-Marked-Value';
    const fields = [
      'client_secret',
      'code',
      'refresh_token',
      'password',
      'username',
      'device_code',
      'user_code',
      'token',
      'code_verifier',
      'code_challenge',
      'client_assertion',
      'assertion',
      'subject_token',
      'actor_token',
      'id_token_hint',
      'logout_hint',
      'login_hint',
      'request',
      'request_uri',
      'state',
      'nonce',
      'claims',
      'dpop_jkt',
      'authorization_details',
      'acr_values',
      'max_age',
      'prompt',
      'ui_locales',
      'audience',
      'access_token',
    ] as const;
    const endpoints = [
      'token',
      'par',
      'device-authorization',
      'introspect',
      'revoke_token',
      'userinfo',
      'authorize',
      'logout',
    ];
    const known = { client_id: application.clientId, redirect_uri: `${CALLBACK}?code=${MARK}`, response_type: 'code' };
    for (const endpoint of endpoints) {
      for (const field of fields) {
        const form = { ...known, grant_type: 'client_credentials', scope: `read ${MARK}`, [field]: MARK };
        const send = (init: RequestInit, query = '') =>
          fetch(`${site.url}/o/${endpoint}/${query}`, { redirect: 'manual', ...init }).then((answer) => answer.text());
        await send({ method: 'POST', body: new URLSearchParams(form) });
        await send({}, `?${new URLSearchParams(form)}`);
      }
      for (const authorization of [
        `Basic ${btoa(`${application.clientId}:${MARK}`)}`,
        `Bearer ${MARK}`,
        `DPoP ${MARK}`,
      ]) {
        const headers = { authorization, dpop: MARK, cookie: `diapason_session=${MARK}` };
        const body = new URLSearchParams({
          ...known,
          scope: `read ${MARK}`,
          grant_type: 'authorization_code',
          code: MARK,
        });
        await (await fetch(`${site.url}/o/${endpoint}/`, { method: 'POST', headers, body, redirect: 'manual' })).text();
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const all = [
      JSON.stringify(await attempts()),
      (await alice.open(`${application.path}activity/`)).document.toString(),
      (await admin.open('/admin/activity/')).document.toString(),
      await stored(site),
    ];
    expect(all[0]).toContain('reference');
    for (const text of all) expect(text).not.toContain(MARK);
  }, 120_000);
});

/** All that the database has of attempts. */
async function stored({ environment }: Site): Promise<string> {
  const database = environment['DIAPASON_DATABASE'] ?? '';
  if (database.startsWith('postgres')) {
    const client = new pg.Client(database);
    await client.connect();
    const { rows } = await client.query('select * from flow_attempt');
    await client.end();
    return JSON.stringify(rows);
  }
  const folder = dirname(database);
  const files = (await readdir(folder)).filter((name) => name.includes('.db'));
  const contents = await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')));
  expect(contents.join('')).toContain('flow_attempt');
  return contents.join('');
}
