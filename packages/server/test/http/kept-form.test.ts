import { describe, expect, it } from 'vitest';
import { keptFields, keptText } from '../../src/http/kept-form.ts';

const encoded = (text: string) => Buffer.from(text).toString('base64url');

describe('a form whose session ended', () => {
  it('is carried with all that was typed, in its order, repeated boxes too', () => {
    const form = new URLSearchParams('csrf=x&name=Caf%C3%A9%0A2&grants=a&grants=b&empty=');
    expect(keptFields(keptText(form))).toEqual([
      { name: 'name', value: 'Café\n2' },
      { name: 'grants', value: 'a' },
      { name: 'grants', value: 'b' },
      { name: 'empty', value: '' },
    ]);
  });

  it('is carried without passwords, secrets and its token, also where somebody wrote them in', () => {
    const form = new URLSearchParams('csrf=x&current_password=a&password=b&client_secret=c&email=a%40b');
    expect(keptFields(keptText(form))).toEqual([{ name: 'email', value: 'a@b' }]);
    expect(keptFields(encoded('csrf=x&password=b&username=alice'))).toEqual([{ name: 'username', value: 'alice' }]);
  });

  it.each([
    ['nothing was typed', 'csrf=x&username=alice&password=b&first_name='],
    ['it is too long', `name=${'x'.repeat(20_000)}`],
  ])('is not carried where %s', (_, form) => {
    expect(keptText(new URLSearchParams(form))).toBeNull();
  });

  it.each(['', 'a b', '=', '<script>', 'x'.repeat(20_001)])('is none where it reads %j', (text) => {
    expect(keptFields(text)).toBeNull();
  });
});
