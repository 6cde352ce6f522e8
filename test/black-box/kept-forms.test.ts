/** Forms that are sent after the session has ended: what was typed goes through the sign-in that comes between. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, type Seen, wordsOf } from '../person.ts';
import { openSite, PASSWORD, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite('SQLite');
});
afterAll(() => site?.dispose());

/** As in another window of the same browser. */
async function signOut(person: Person): Promise<void> {
  await person.submit(formOf(await person.open('/logout/'), { button: 'Sign out' }));
}
const send = (person: Person, seen: Seen) => person.submit(formOf(seen, { button: 'Send it now' }));

describe('a form that is sent after the session has ended', () => {
  it('is asked for by a sign-in, shown as whom it goes, and sent then', async () => {
    const alice = await site.member('alice');
    const page = await alice.open('/account/');
    await signOut(alice);
    const asked = await alice.submit(formOf(page, { field: 'first_name' }), { first_name: 'Léa', last_name: 'O"Neil' });
    expect(wordsOf(asked)).toContain(
      'Your session has ended. Sign in again: what you typed is kept, except passwords.',
    );
    const wrong = await alice.signIn('alice', 'not the password', asked);
    expect(wordsOf(wrong)).toContain('what you typed is kept');
    const back = await alice.signIn('alice', PASSWORD, wrong);
    expect(wordsOf(back)).toContain('Nothing of it has been sent yet.');
    expect(wordsOf(back)).toContain('Signed in as alice');
    expect(wordsOf(await alice.open('/account/'))).not.toContain('Léa');
    const saved = await send(alice, back);
    expect(wordsOf(saved)).toContain('Your profile is saved.');
    expect(formOf(saved, { field: 'first_name' }).fields.get('first_name')).toBe('Léa');
    expect(formOf(saved, { field: 'first_name' }).fields.get('last_name')).toBe('O"Neil');
  });

  it('brings lists and boxes along', async () => {
    const bob = await site.member('bob');
    const page = await bob.open('/o/applications/register/');
    await signOut(bob);
    const asked = await bob.submit(formOf(page, { field: 'redirect_uris' }), {
      name: 'Typed at length',
      redirect_uris: 'https://app.example/a\nhttps://app.example/b',
      scopes: ['openid', 'read'],
    });
    const made = await send(bob, await bob.signIn('bob', PASSWORD, asked));
    expect(wordsOf(made)).toContain('Typed at length');
    expect(wordsOf(made)).toContain('https://app.example/b');
  });

  it('holds no password, and none is asked to be sent again', async () => {
    const carol = await site.member('carol');
    const page = await carol.open('/account/password/');
    await signOut(carol);
    const typed = { current_password: PASSWORD, password: 'another one of length' };
    const asked = await carol.submit(formOf(page, { field: 'current_password' }), typed);
    expect(new URL(asked.url).pathname).toBe('/login/');
    expect(asked.text).not.toContain('kept');
    const back = await carol.signIn('carol', PASSWORD, asked);
    expect(new URL(back.url).pathname).toBe('/account/password/');
  });

  it('is not taken from another site, nor from a form of another browser', async () => {
    const dave = await site.member('dave');
    await signOut(dave);
    const stranger = site.person();
    const page = await stranger.open('/login/');
    const kept = Buffer.from('first_name=Mallory').toString('base64url');
    const form = formOf(page, { field: 'password' });
    form.fields.set('next', '/account/');
    const answer = await dave.submit(form, { username: 'dave', password: PASSWORD, kept });
    expect(answer.status).toBe(403);
  });
});
