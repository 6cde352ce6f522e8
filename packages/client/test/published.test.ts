/**
 * The package as it is published: what is in it, and that the code in its README compiles and does what it says.
 *
 * `npm run check` has publint and attw look at its `exports`. What a person or a server has to answer (the blocks of the command
 * line) is compiled here and run by `programs-without-pages.test.ts`.
 */
import { execFile } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, run, start, temporaryFolder } from '../../../test/programs.ts';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const TSC = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

const execute = promisify(execFile);

describe('npm pack', () => {
  it('holds the compiled library, its types, the README, and nothing else', async () => {
    const { stdout } = await execute('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: PACKAGE });
    const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !/^dist\/.*(\.js|\.d\.ts)$/.test(path)).sort()).toEqual([
      'README.md',
      'package.json',
    ]);
    const { exports } = JSON.parse(await readFile(`${PACKAGE}package.json`, 'utf8')) as {
      exports: Record<string, string | { types: string; default: string }>;
    };
    const targets = Object.values(exports).flatMap((each) => (typeof each === 'string' ? [each] : Object.values(each)));
    for (const target of targets) expect(paths).toContain(target.replace('./', ''));
  });
});

describe('the code in the README', () => {
  let blocks: string[] = [];
  let folder = '';
  let dispose: () => Promise<void> = async () => undefined;
  beforeAll(async () => {
    ({ path: folder, dispose } = await temporaryFolder());
    // Imports are found as an application would find them.
    await symlink(MODULES, `${folder}/node_modules`);
    const readme = await readFile(`${PACKAGE}README.md`, 'utf8');
    blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
    await writeFile(`${folder}/package.json`, '{"type":"module"}');
    for (const [index, block] of blocks.entries()) await writeFile(file(index), block);
  });
  afterAll(() => dispose());

  const file = (index: number) => `${folder}/block-${index}.ts`;
  const blockWith = (text: string) => {
    const index = blocks.findIndex((block) => block.includes(text));
    expect(index).toBeGreaterThanOrEqual(0);
    return index;
  };
  /** The block as its own program, on another port than the one that it names. */
  async function serve(text: string, port: string) {
    const own = String(await freePort());
    const index = blockWith(text);
    await writeFile(file(index), (blocks[index] ?? '').replaceAll(port, own));
    const url = `http://localhost:${own}`;
    const running = await start([process.execPath, file(index)], url, {}, { cwd: folder });
    return { url, stop: running.stop };
  }

  it('compiles, every block of it, as strictly as the library', async () => {
    expect(blocks.length).toBeGreaterThanOrEqual(7);
    const options = {
      compilerOptions: {
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        noPropertyAccessFromIndexSignature: true,
        module: 'nodenext',
        target: 'es2024',
        types: ['node'],
        noEmit: true,
        skipLibCheck: true,
      },
      files: blocks.map((_, index) => file(index)),
    };
    await writeFile(`${folder}/tsconfig.json`, JSON.stringify(options));
    const compiled = await run(TSC, ['-p', folder], {});
    expect([compiled.stdout, compiled.status]).toEqual(['', 0]);
  });

  it('adds sign-in to an Express application', async () => {
    const app = await serve('accountsMiddleware', '3000');
    try {
      const members = await fetch(`${app.url}/members`, { redirect: 'manual' });
      expect(members.headers.get('location')).toBe('/accounts/login/?next=%2Fmembers');
      expect(await (await fetch(`${app.url}/accounts/login/`)).text()).toContain('Office account');
    } finally {
      await app.stop();
    }
  });

  it('makes an API that asks for an access token', async () => {
    const api = await serve('createResourceServer', '3001');
    try {
      const things = await fetch(`${api.url}/things`);
      expect(things.status).toBe(401);
      expect(things.headers.get('www-authenticate')).toContain(`${api.url}/.well-known/oauth-protected-resource`);
    } finally {
      await api.stop();
    }
  });

  it('is the server of a single-page application', async () => {
    const app = await serve('requireApiSession', '3002');
    try {
      for (const path of ['/accounts/session/', '/api/me', '/api/things']) {
        const response = await fetch(app.url + path, { redirect: 'manual' });
        expect([response.status, await response.json()]).toEqual([
          401,
          { error: 'signed_out', login: '/accounts/login/' },
        ]);
      }
      const foreign = { method: 'POST', headers: { origin: 'https://evil.example' } };
      expect((await fetch(`${app.url}/api/things`, foreign)).status).toBe(403);
    } finally {
      await app.stop();
    }
  });

  it.each(['customProvider(', 'keycloak(', 'accountStoreConformance', 'withApplicationUsers(', 'hooks: {'])(
    'runs to its end: %s',
    async (text) => {
      const ended = await run(file(blockWith(text)), [], {});
      expect([ended.stderr, ended.status]).toEqual(['', 0]);
    },
  );
});
