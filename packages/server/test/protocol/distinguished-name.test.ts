import { describe, expect, it } from 'vitest';
import { isDistinguishedName, isSubject } from '../../src/protocol/distinguished-name.ts';
import { certificateOf } from '../certificates.ts';

describe('RFC 4514: distinguished names as text', () => {
  it.each([
    'CN=client,O=Example,C=FR',
    'CN=client, O = Example , C=FR',
    '2.5.4.3=client,2.5.4.10=Example,C=FR',
    'cn=client,o=Example,c=FR',
    'CN=cl\\69ent,O=Example,C=FR',
  ])('takes %s for the same name', (registered) => {
    expect(isSubject(registered, 'C=FR\nO=Example\nCN=client')).toBe(true);
  });

  it.each([
    ['another value', 'CN=other,O=Example,C=FR'],
    ['another case of a value', 'CN=Client,O=Example,C=FR'],
    ['a part less', 'CN=client,C=FR'],
    ['a part more', 'CN=client,OU=x,O=Example,C=FR'],
    ['the order of the certificate', 'C=FR,O=Example,CN=client'],
    ['the whole inside one value', 'CN=client\\,O=Example\\,C=FR'],
    ['one relative name of two', 'CN=client+O=Example,C=FR'],
  ])('does not take %s', (_what, registered) => {
    expect(isSubject(registered, 'C=FR\nO=Example\nCN=client')).toBe(false);
  });

  it('compares a relative name of two attributes without their order (§2.2)', () => {
    expect(isSubject('UID=7+CN=client,C=FR', 'C=FR\nCN=client + UID=7')).toBe(true);
    expect(isSubject('UID=7,CN=client,C=FR', 'C=FR\nCN=client + UID=7')).toBe(false);
  });

  it.each([
    '',
    'client',
    'CN=',
    'CN=a,',
    'CN=#0403666f6f',
    'CN=a"b',
    'CN=a\\',
    'CN=a;O=b',
    `CN=${'a'.repeat(1_000)}`,
    'CN=\\ff',
  ])('does not read %j', (text) => {
    expect(isDistinguishedName(text)).toBe(false);
    expect(isSubject(text, text)).toBe(false);
  });

  it('keeps spaces that are escaped, and no others at either end', () => {
    expect(isSubject('CN=  a \\  ', 'CN=a \\ ')).toBe(true);
    expect(isSubject('CN=a', 'CN=a\\ ')).toBe(false);
  });

  // What a certificate really prints, from its bytes.
  it.each([
    ['CN=Dupont\\, Élodie,O=Société \\+ Fils,C=FR', true],
    ['CN=Dupont\\, Elodie,O=Société \\+ Fils,C=FR', false],
    ['CN=Dupont\\2C \\C3\\89lodie,O=Société \\+ Fils,C=FR', true],
  ])('compares %s with a certificate of such a subject: %s', async (registered, same) => {
    const { x509 } = await certificateOf({ subject: 'C=FR, O=Société \\+ Fils, CN=Dupont\\, Élodie' });
    expect(isSubject(registered, x509.subject)).toBe(same);
  });
});
