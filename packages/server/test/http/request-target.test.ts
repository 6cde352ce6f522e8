import { describe, expect, it } from 'vitest';
import { isReadableTarget, originForm, shownPath } from '../../src/http/request-target.ts';

describe('RFC 9112 §3.2.2', () => {
  it.each([
    ['http://evil.example/login/?next=/a', '/login/?next=/a'],
    ['HTTPS://evil.example:1', '/'],
    ['https://evil.example?x', '/?x'],
    ['/login/?next=http://a/b', '/login/?next=http://a/b'],
    ['//evil.example/', '//evil.example/'],
  ])('takes %s for %s', (target, path) => {
    expect(originForm(target)).toBe(path);
  });
});

describe('a path', () => {
  it.each(['/%00', '/a%0ab/', '/o/applications/%1F/', '/%7f'])('with a control character is refused: %s', (target) => {
    expect(isReadableTarget(target)).toBe(false);
  });

  it.each(['/login/', '/%c3%a9', '/login/?next=%00'])('without one is taken: %s', (target) => {
    expect(isReadableTarget(target)).toBe(true);
  });
});

describe('what the log shows of an address', () => {
  it('is the path without its query, where codes and states travel', () => {
    expect(shownPath('/o/authorize/?state=secret', { config: {} })).toBe('/o/authorize/');
  });

  it('is the route alone where the path is a secret', () => {
    const route = { url: '/o/authorize/:pending/', config: { secretPath: true } };
    expect(shownPath('/o/authorize/secret/', route)).toBe('/o/authorize/:pending/');
  });

  it('is never longer than any address of ours', () => {
    expect(shownPath(`/${'a'.repeat(9_000)}`, { config: {} })).toHaveLength(256);
  });
});
