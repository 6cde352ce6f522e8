import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documented, shapeOf } from './documented.ts';
import { type Installation, install } from './run-diapason.ts';

let diapason: Installation;
beforeAll(async () => {
  diapason = install();
  await diapason.json(['user', 'create', '--username', 'alice', '--email', 'alice@example.org']);
});
afterAll(() => diapason.remove());

interface App {
  readonly id: string;
  readonly client_id: string;
  readonly client_secret: string | null;
  readonly secrets: readonly { readonly id: string; readonly hint: string }[];
}

const CALLBACK = 'http://localhost:9988/accounts/customprovider/login/callback/';

async function create(name: string, ...options: readonly string[]): Promise<App> {
  const argv = ['app', 'create', '--name', name, '--type', 'confidential', '--grant', 'authorization-code'];
  return (await diapason.json([...argv, '--redirect-uri', CALLBACK, ...options])) as App;
}

describe('diapason app create', () => {
  it('prints the application and, this once, its secret, as docs/commands.md describes', async () => {
    const app = await create('Demo', '--grant', 'refresh-token');
    expect(shapeOf(app)).toEqual(shapeOf(documented('app create')));
    expect(app.client_secret).toMatch(/^[A-Za-z0-9_-]{32,}$/);
    expect(app).toMatchObject({
      grants: ['authorization-code', 'refresh-token'],
      redirect_uris: [CALLBACK],
      scopes: ['openid', 'profile', 'email', 'read'],
      require_pkce: false,
      owner_id: null,
    });
    const shown = JSON.stringify(await diapason.json(['app', 'show', app.client_id]));
    expect(shown).not.toContain(app.client_secret);
  });

  it('prints client_id and client_secret for people, each on a line of its own', async () => {
    const argv = ['app', 'create', '--name', 'Plain', '--type', 'confidential', '--grant', 'client-credentials'];
    const { output } = await diapason.run(argv);
    expect(output).toMatch(/^client_id {2,}\S+$/m);
    expect(output).toMatch(/^client_secret {2,}\S+$/m);
    expect(output).toContain('this once');
  });

  it('takes lists repeated, separated by commas, and several URIs behind one option', async () => {
    const argv = ['app', 'create', '--name', 'Lists', '--type', 'confidential', '--json'];
    const { output } = await diapason.run([
      ...argv,
      ...['--grant', 'authorization-code,refresh-token', '--grant', 'client-credentials'],
      ...['--redirect-uri', 'https://a.example/cb', 'https://b.example/cb', '--redirect-uri', 'https://c.example/cb'],
      ...['--scope', 'openid,email', '--scope', 'read write'],
      ...['--post-logout-redirect-uri', 'https://a.example/', '--allowed-origin', 'https://a.example'],
    ]);
    expect(JSON.parse(output)).toMatchObject({
      grants: ['authorization-code', 'refresh-token', 'client-credentials'],
      redirect_uris: ['https://a.example/cb', 'https://b.example/cb', 'https://c.example/cb'],
      scopes: ['openid', 'email', 'read', 'write'],
      post_logout_redirect_uris: ['https://a.example/'],
      allowed_origins: ['https://a.example'],
    });
  });

  it('gives a public application no secret', async () => {
    const argv = ['app', 'create', '--name', 'Public', '--type', 'public', '--grant', 'authorization-code'];
    const app = await diapason.json([...argv, '--redirect-uri', 'http://127.0.0.1/cb']);
    expect(app).toMatchObject({ type: 'public', client_secret: null, secrets: [] });
  });

  it('takes the settings of the protocol and an owner', async () => {
    const owner = (await diapason.json(['user', 'show', 'alice'])) as { id: string };
    const options = ['--require-pkce', '--skip-consent', '--id-token-algorithm', 'ES256', '--owner', 'alice'];
    const lifetimes = ['--code-lifetime', '30', '--access-token-lifetime', '600', '--refresh-token-idle', 'none'];
    expect(await create('Set', ...options, ...lifetimes)).toMatchObject({
      require_pkce: true,
      skip_consent: true,
      id_token_algorithm: 'ES256',
      owner_id: owner.id,
      code_lifetime_seconds: 30,
      access_token_lifetime_seconds: 600,
      refresh_token_idle_seconds: null,
    });
  });

  it.each([
    ['no redirect URI', [], '--redirect-uri'],
    ['a fragment', ['--redirect-uri', 'https://a.example/#x'], '--redirect-uri'],
    ['a grant that does not exist', ['--grant', 'password', '--redirect-uri', CALLBACK], '--grant'],
    ['a scope that does not exist', ['--scope', 'everything', '--redirect-uri', CALLBACK], '--scope'],
    ['an owner that does not exist', ['--owner', 'nobody', '--redirect-uri', CALLBACK], '--owner'],
    ['an algorithm that does not exist', ['--id-token-algorithm', 'HS256', '--redirect-uri', CALLBACK], '--id-token'],
  ])('refuses %s, and says which option it is', async (_what, options, option) => {
    const argv = ['app', 'create', '--name', 'Bad', '--type', 'confidential', '--grant', 'authorization-code'];
    const ended = await diapason.run([...argv, ...options]);
    expect(ended).toMatchObject({ status: 1, output: '' });
    expect(ended.complaint).toMatch(new RegExp(`^diapason: ${option}.*: .*\\n$`));
  });
});

describe('diapason app list', () => {
  it('prints an array in the order of names', async () => {
    const listed = (await diapason.json(['app', 'list'])) as { name: string }[];
    const names = listed.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(names.length).toBeGreaterThan(2);
  });

  it('prints those of one owner', async () => {
    expect(await diapason.json(['app', 'list', '--owner', 'alice'])).toMatchObject([{ name: 'Set' }]);
  });
});

describe('diapason app update', () => {
  it('changes what is given and nothing else', async () => {
    const { client_id } = await create('Before', '--scope', 'openid,read');
    const changed = await diapason.json(['app', 'update', client_id, '--name', 'After', '--require-pkce', 'on']);
    expect(changed).toMatchObject({
      name: 'After',
      require_pkce: true,
      scopes: ['openid', 'read'],
      redirect_uris: [CALLBACK],
    });
    const back = await diapason.json(['app', 'update', '--require-pkce', 'off', client_id]);
    expect(back).toMatchObject({ name: 'After', require_pkce: false });
  });

  it('replaces a list, and takes the owner away', async () => {
    const { id } = await create('Lists anew', '--owner', 'alice');
    const uris = ['--redirect-uri', 'https://a.example/cb', '--redirect-uri', 'https://b.example/cb'];
    const changed = await diapason.json(['app', 'update', ...uris, '--owner', 'superusers', id]);
    expect(changed).toMatchObject({ redirect_uris: ['https://a.example/cb', 'https://b.example/cb'], owner_id: null });
  });

  it('refuses an application that is not there', async () => {
    const ended = await diapason.run(['app', 'update', 'nothing', '--name', 'X']);
    expect(ended).toMatchObject({ status: 1, complaint: expect.stringContaining('diapason app list') });
  });
});

describe('diapason app secret', () => {
  it('adds one beside the first and removes the first: a replacement without a pause (D12)', async () => {
    const { client_id, client_secret, secrets } = await create('Secrets');
    const added = (await diapason.json(['app', 'secret', 'add', client_id])) as {
      secret_id: string;
      client_secret: string;
    };
    expect(shapeOf(added)).toEqual(shapeOf(documented('app secret add')));
    expect(added.client_secret).not.toBe(client_secret);
    const [first] = secrets;
    expect(await diapason.run(['app', 'secret', 'remove', client_id, first?.id ?? ''])).toMatchObject({ status: 0 });
    expect(await diapason.json(['app', 'show', client_id])).toMatchObject({ secrets: [{ id: added.secret_id }] });
  });

  it('keeps the last one', async () => {
    const { client_id, secrets } = await create('Last');
    const ended = await diapason.run(['app', 'secret', 'remove', client_id, secrets[0]?.id ?? '']);
    expect(ended).toMatchObject({ status: 1, output: '' });
  });

  it('says which secrets there are when there is none of that id', async () => {
    const { client_id } = await create('Other');
    const ended = await diapason.run(['app', 'secret', 'remove', client_id, 'nothing']);
    expect(ended).toMatchObject({ status: 1, complaint: expect.stringContaining(`diapason app show ${client_id}`) });
  });
});

describe('diapason app delete', () => {
  it('deletes, without a question where nobody can answer', async () => {
    const { client_id } = await create('Gone');
    expect(await diapason.run(['app', 'delete', client_id])).toMatchObject({ status: 0 });
    expect(await diapason.run(['app', 'show', client_id])).toMatchObject({ status: 1 });
  });
});
