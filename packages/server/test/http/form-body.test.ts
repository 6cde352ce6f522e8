import { describe, expect, it } from 'vitest';
import { readForm } from '../../src/http/form-body.ts';

const TYPE = 'application/x-www-form-urlencoded';

describe("a person's form", () => {
  it.each([
    ['as browsers send it', 'csrf=a&username=zo%C3%A9+b', TYPE],
    [
      'whatever the case and parameters of its type',
      'csrf=a&username=zo%C3%A9+b',
      'Application/X-WWW-Form-Urlencoded; charset=UTF-8',
    ],
    ['with a mark for what could not be encoded', 'csrf=a&username=zo%C3%A9+b&x=%EF%BF%BD', TYPE],
  ])('is read %s', (_what, body, type) => {
    const read = readForm(body, type);
    expect(read.outcome === 'read' && Object.fromEntries(read.form)).toMatchObject({ csrf: 'a', username: 'zoé b' });
  });

  it('may be empty, of no type at all', () => {
    expect(readForm('', undefined)).toMatchObject({ outcome: 'read' });
  });

  it('may repeat its boxes, and nothing else (CVE-2026-9689)', () => {
    const read = readForm('grants=a&grants=b&scopes=c&scopes=d', TYPE);
    expect(read.outcome === 'read' && read.form.getAll('grants')).toEqual(['a', 'b']);
    expect(readForm('username=a&username=b', TYPE)).toEqual({ outcome: 'refused', fault: 'repeated' });
  });

  it.each([
    ['media_type', '{"username":"a"}', 'application/json'],
    ['media_type', 'username=a', undefined],
    ['media_type', '--x', 'multipart/form-data; boundary=x'],
    ['encoding', 'username=%ff', TYPE],
    ['encoding', 'username=%zz', TYPE],
    ['encoding', 'username=%ed%a0%80', TYPE],
    ['encoding', 'username=\ufffd', TYPE],
    ['nul', 'username=a%00b', TYPE],
    ['nul', 'user%00name=a', TYPE],
    ['too_many', Array.from({ length: 201 }, (_, index) => `f${index}=x`).join('&'), TYPE],
  ])('is refused for its %s: %j', (fault, body, type) => {
    expect(readForm(body, type)).toEqual({ outcome: 'refused', fault });
  });
});
