/**
 * A first sign-in whose username is taken here: never a dead end, and never a take-over.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customProvider } from '../src/index.ts';
import { type Application, startApplication } from './application.ts';
import { type PlainServer, plainCredentials, startPlainServer } from './plain-oauth2-server.ts';
import { type Page, Visitor } from './visitor.ts';

let app: Application;
let server: PlainServer;
let ids = 100;

beforeAll(async () => {
  let redirectUri = '';
  server = await startPlainServer(() => redirectUri);
  app = await startApplication(
    () => [customProvider({ serverUrl: server.url, name: 'Sample server', credentials: plainCredentials })],
    { localAccounts: { signUp: true } },
  );
  redirectUri = app.redirectUri('customprovider');
});
afterAll(async () => {
  await app.close();
  await server.close();
});

const login = () => `${app.url}/accounts/customprovider/login/`;
const PASSWORD = 'a long enough password';

/** A local account of this name exists, and somebody of the same name comes from the server. */
async function conflict(
  username: string,
  visitor = new Visitor(),
): Promise<{ visitor: Visitor; page: Page; id: number }> {
  const owner = new Visitor();
  const form = await owner.open(`${app.url}/accounts/signup/`);
  await owner.submit(form, { username, password: PASSWORD, first_name: 'Local' });
  const id = ids++;
  server.person = { id, username, first_name: 'Remote', last_name: 'Person', email: `${username}@example.org` };
  return { visitor, page: await visitor.open(login()), id };
}

describe('the page for choosing a username', () => {
  it('says which name is taken and offers a free one', async () => {
    const { page } = await conflict('bob');
    expect(page.url.pathname).toBe('/accounts/social/signup/');
    expect(page.html).toContain('already has the name bob');
    expect(page.html).toContain('value="bob2"');
  });

  it('lets the person choose another, who keeps it from then on', async () => {
    const { visitor, page, id } = await conflict('carl');
    const after = await visitor.submit(page, { username: 'carl.remote' }, 'choose');
    expect(after.url.pathname).toBe('/accounts/profile');
    expect(after.text('username')).toBe('carl.remote');
    expect(after.text('uid')).toBe(String(id));
    expect(after.text('first_name')).toBe('Remote');
    const again = await new Visitor().open(login());
    expect(again.text('username')).toBe('carl.remote');
  });

  it('says so when the next name is taken as well, whatever its case', async () => {
    const { visitor, page } = await conflict('dave');
    const refused = await visitor.submit(page, { username: 'DAVE' }, 'choose');
    expect(refused.status).toBe(409);
    expect(refused.html).toContain('That name is taken here.');
    expect(refused.html).toContain('aria-invalid="true"');
    expect((await visitor.submit(refused, { username: 'dave.two' }, 'choose')).text('username')).toBe('dave.two');
  });

  it.each([
    ['an empty name', ''],
    ['a bidirectional character', 'a\u202eb'],
    ['an invisible one', 'a\u200bb'],
    ['too many characters', 'x'.repeat(151)],
  ])('refuses %s', async (what, username) => {
    const { visitor, page } = await conflict(`erik-${what.replaceAll(' ', '-')}`);
    const refused = await visitor.submit(page, { username }, 'choose');
    expect(refused.status).toBe(400);
    expect(refused.html).toContain('id="id_username_error"');
  });

  it('lets the owner of the existing account link it with its password', async () => {
    const { visitor, page, id } = await conflict('fred');
    const before = await app.store.findUserByUsername('fred');
    const after = await visitor.submit(page, { username: 'fred', password: PASSWORD }, 'link');
    expect(after.text('username')).toBe('fred');
    expect(after.text('uid')).toBe(String(id));
    expect(after.text('first_name')).toBe('Remote');
    const again = await new Visitor().open(login());
    expect(again.text('username')).toBe('fred');
    expect((await app.store.findUserByUsername('fred'))?.id).toBe(before?.id);

    // The name is what they sign in with here: it stays, whatever it becomes at the server.
    server.person = { id, username: 'frederic', first_name: 'Remote' };
    expect((await new Visitor().open(login())).text('username')).toBe('fred');
  });

  it('does not link it without the right password', async () => {
    const { visitor, page } = await conflict('gary');
    const refused = await visitor.submit(page, { username: 'gary', password: 'a wrong password' }, 'link');
    expect(refused.status).toBe(400);
    expect(refused.html).toContain('do not fit together');
    const user = await app.store.findUserByUsername('gary');
    expect(await app.store.listSocialAccounts(user?.id ?? '')).toEqual([]);
    // And the way on is still open.
    expect((await visitor.submit(refused, { username: 'gary.two' }, 'choose')).text('username')).toBe('gary.two');
  });

  it('is there when the server gives no usable username', async () => {
    server.person = { id: ids++, username: '', first_name: 'No', last_name: 'Name' };
    const visitor = new Visitor();
    const page = await visitor.open(login());
    expect(page.html).toContain('gave no username that can be used here');
    expect((await visitor.submit(page, { username: 'no.name' }, 'choose')).text('username')).toBe('no.name');
  });

  it('leads back to where the sign-in began', async () => {
    const visitor = new Visitor();
    await conflict('hugo');
    const page = await visitor.open(`${login()}?next=/accounts/connections/`);
    const after = await visitor.submit(page, { username: 'hugo.two' }, 'choose');
    expect(after.url.pathname).toBe('/accounts/connections/');
  });

  it('is the same in French', async () => {
    const { page } = await conflict('ivan', new Visitor('fr'));
    expect(page.html).toContain('Choisissez un nom d’utilisateur');
    expect(page.html).toContain('porte déjà le nom ivan');
  });

  it('is for the browser that signed in alone: without its cookie there is nothing to choose', async () => {
    await conflict('jens');
    const page = await new Visitor().open(`${app.url}/accounts/social/signup/`);
    expect(page.status).toBe(400);
    expect(page.text('failure-code')).toBe('pending_missing');
    expect(page.href('way-on')).toBe('/accounts/login/');
  });

  it('waits a quarter of an hour', async () => {
    const { visitor } = await conflict('karl');
    app.clockOffsetMs = 16 * 60 * 1000;
    const page = await visitor.open(`${app.url}/accounts/social/signup/`);
    app.clockOffsetMs = 0;
    expect(page.text('failure-code')).toBe('pending_missing');
  });

  it('is over once the person signed in otherwise', async () => {
    const { visitor } = await conflict('leon');
    const form = await visitor.open(`${app.url}/accounts/login/`);
    await visitor.submit(form, { username: 'leon', password: PASSWORD });
    const page = await visitor.open(`${app.url}/accounts/social/signup/`);
    expect(page.text('failure-code')).toBe('pending_missing');
  });

  it('signs in by the account when another tab has chosen already', async () => {
    const { visitor, page } = await conflict('mark');
    const other = await visitor.open(`${app.url}/accounts/social/signup/`);
    await visitor.submit(page, { username: 'mark.one' }, 'choose');
    const late = await visitor.submit(other, { username: 'mark.two' }, 'choose');
    expect(late.text('failure-code')).toBe('pending_missing');
    expect(await app.store.findUserByUsername('mark.two')).toBeNull();
  });
});
