/** `diapason group …`, as an operator types it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, install } from './run-diapason.ts';

let diapason: Installation;
beforeAll(async () => {
  diapason = install();
  await diapason.run(['user', 'create', '--username', 'alice', '--email', 'alice@example.org']);
});
afterAll(() => diapason.remove());

describe('diapason group', () => {
  it('makes a group, puts somebody in it and takes them out', async () => {
    const made = await diapason.json(['group', 'create', 'Åse & Cie']);
    expect(made).toEqual({
      name: 'Åse & Cie',
      member_count: 0,
      second_factor: 'optional',
      created_at: expect.any(String),
    });
    expect((await diapason.run(['group', 'add', 'Åse & Cie', 'alice@example.org'])).output).toContain('is now in');
    expect((await diapason.run(['group', 'add', 'Åse & Cie', 'alice'])).output).toContain('is already in');
    expect(await diapason.json(['group', 'list'])).toMatchObject([{ name: 'Åse & Cie', member_count: 1 }]);
    expect(await diapason.json(['group', 'show', 'Åse & Cie'])).toMatchObject({
      members: [{ username: 'alice', added_at: expect.any(String) }],
    });
    expect((await diapason.run(['group', 'remove', 'Åse & Cie', 'alice'])).status).toBe(0);
    expect(await diapason.run(['group', 'remove', 'Åse & Cie', 'alice'])).toMatchObject({
      status: 1,
      complaint: expect.stringContaining('is not in'),
    });
  });

  it('has its members have a second factor, from the start or later, and takes it back', async () => {
    const required = { second_factor: 'required' };
    const update = (choice: string) => ['group', 'update', 'careful', '--second-factor', choice];
    expect(await diapason.json(['group', 'create', 'careful', '--second-factor', 'required'])).toMatchObject(required);
    expect(await diapason.json(update('optional'))).toMatchObject({ second_factor: 'optional' });
    expect((await diapason.run(update('required'))).output).toContain('requires a second factor');
    expect(await diapason.json(['group', 'show', 'careful'])).toMatchObject(required);
    expect((await diapason.run(['group', 'show', 'careful'])).output).toContain('have to have a second factor');
    expect((await diapason.run(update('perhaps'))).status).not.toBe(0);
    expect((await diapason.run(['group', 'update', 'careful'])).complaint).toContain('--second-factor');
    expect(await diapason.run(['group', 'update', 'nobody', '--second-factor', 'required'])).toMatchObject({
      status: 1,
      complaint: expect.stringContaining('There is no group'),
    });
    await diapason.run(['group', 'delete', 'careful', '--yes']);
  });

  it('deletes a group, and leaves its members', async () => {
    await diapason.run(['group', 'create', 'gone']);
    await diapason.run(['group', 'add', 'gone', 'alice']);
    expect((await diapason.run(['group', 'delete', 'gone', '--yes'])).status).toBe(0);
    expect(await diapason.json(['user', 'show', 'alice'])).toMatchObject({ username: 'alice' });
  });

  it.each([
    ['a name that is taken', ['create', 'Åse & Cie'], 'already'],
    ['an empty name', ['create', ' '], 'Fill in'],
    ['a name with a line break', ['create', 'a\nb'], 'cannot be seen'],
    ['a name of 151 characters', ['create', 'x'.repeat(151)], '150'],
    ['a group that is not there', ['show', 'nowhere'], 'no group'],
    ['a person that is not there', ['add', 'Åse & Cie', 'nobody'], 'No account'],
  ])('refuses %s in one line', async (_what, argv, words) => {
    const { status, complaint } = await diapason.run(['group', ...argv]);
    expect([status, complaint.trimEnd().includes('\n')]).toEqual([1, false]);
    expect(complaint).toContain(words);
  });
});
