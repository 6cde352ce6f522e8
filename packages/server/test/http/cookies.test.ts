import { describe, expect, it } from 'vitest';
import { cookieJar } from '../../src/http/cookies.ts';

const SECRET = 'a'.repeat(43);

describe('the session cookie (design: URLs of the server)', () => {
  it('is HttpOnly, SameSite=Lax and for the whole host on http', () => {
    expect(cookieJar(false).write('session', SECRET)).toBe(
      `diapason_session=${SECRET}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax`,
    );
  });

  it('is Secure and has the __Host- prefix on https (ASVS 3.3.1)', () => {
    const written = cookieJar(true).write('session', SECRET);
    expect(written).toMatch(/^__Host-diapason_session=/);
    expect(written).toMatch(/; Secure/);
    expect(written).not.toMatch(/Domain/i);
  });

  it('is deleted by an age of zero', () => {
    expect(cookieJar(false).write('session', null)).toMatch(/^diapason_session=; Max-Age=0;/);
  });

  it('is read back beside the cookies of other programs of the host', () => {
    const read = cookieJar(false).read(`sessionid=x; diapason_session=${SECRET}; csrftoken=y`);
    expect(read).toEqual({ session: SECRET, browser: null, locale: null });
  });

  it.each([
    ['a value that is not of our making', 'diapason_session=a b"<script>'],
    ['an over-long value', `diapason_session=${'a'.repeat(65)}`],
    ['an over-long header', `x=${'a'.repeat(20_000)}; diapason_session=${SECRET}`],
    ['the name without the prefix, on https', `diapason_session=${SECRET}`],
  ])('is not read from %s', (name, header) => {
    expect(cookieJar(name.endsWith('on https')).read(header).session).toBeNull();
  });
});
