/** `diapason invitation …`, as an operator types it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import en from '../../src/mail/messages/en.json' with { type: 'json' };
import fr from '../../src/mail/messages/fr.json' with { type: 'json' };
import { type Installation, install } from './run-diapason.ts';

let diapason: Installation;
beforeAll(async () => {
  diapason = install();
  await diapason.run(['group', 'create', 'staff, all']);
});
afterAll(() => diapason.remove());

/** A public address, and no mail server. */
const NO_MAIL = { environment: { DIAPASON_URL: 'https://id.example.org' } };

describe('diapason invitation', () => {
  it('prints the link where there is no mail, lists the invitation and takes it back', async () => {
    const argv = ['invitation', 'create', '--email', 'ada@example.org', '--group', 'staff, all', '--days', '2'];
    const made = await diapason.json(argv, NO_MAIL);
    expect(made).toEqual({
      id: expect.any(String),
      email: 'ada@example.org',
      link: expect.stringMatching(/^https:\/\/id\.example\.org\/invitation\/\?token=[\w-]{43}$/),
      expires_at: expect.any(String),
    });
    expect(await diapason.json(['invitation', 'list'])).toMatchObject([
      { email: 'ada@example.org', state: 'open', groups: ['staff, all'], superuser: false, invited_by: null },
    ]);
    expect((await diapason.run(['invitation', 'revoke', 'Ada@example.org'])).output).toContain('taken back');
    expect(await diapason.json(['invitation', 'list'])).toMatchObject([{ state: 'revoked' }]);
    expect((await diapason.run(['invitation', 'revoke', 'ada@example.org'])).status).toBe(1);
  });

  it('mails the link where there is mail', async () => {
    const made = await diapason.json(['invitation', 'create', '--email', 'bob@example.org', '--superuser']);
    expect(made).toMatchObject({ link: null });
    expect(await diapason.json(['mail', 'list', '--all'])).toMatchObject([
      { for: 'invitation', to: 'bob@example.org' },
    ]);
  });

  it('mails it in English unless another language is asked for', async () => {
    const argv = ['invitation', 'create', '--email'];
    await diapason.run([...argv, 'carol@example.org']);
    await diapason.run([...argv, 'carole@example.org', '--language', 'fr']);
    const serving = await diapason.serve();
    const read = await (await fetch(`http://localhost:${serving.port}/dev/mail/`)).text();
    serving.process.kill('SIGTERM');
    await serving.ended;
    const [french, english] = [read.slice(0, read.indexOf('carol@')), read.slice(read.indexOf('carol@'))];
    expect(french).toContain('carole@example.org');
    expect(french).toContain(fr['invitation.action']);
    expect(english).toContain(en['invitation.action']);
  });

  it.each([
    ['an address that is none', ['--email', 'nobody'], '--email'],
    ['a group that is not there', ['--email', 'a@example.org', '--group', 'nowhere'], '--group: There is no group'],
    ['a language that mail has none of', ['--email', 'a@example.org', '--language', 'de'], '--language'],
    ['too many days', ['--email', 'a@example.org', '--days', '91'], '--days'],
  ])('refuses %s in one line', async (_what, argv, words) => {
    const { status, complaint } = await diapason.run(['invitation', 'create', ...argv]);
    expect([status, complaint.trimEnd().includes('\n')]).toEqual([1, false]);
    expect(complaint).toContain(words);
  });
});
