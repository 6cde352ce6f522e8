import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { challengeFault, verifierFault } from '../../src/protocol/pkce.ts';

/** RFC 7636 appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const confidential = { type: 'confidential', requirePkce: false, settings: DEFAULT_SETTINGS } as const;

describe('RFC 7636 §4.3: the challenge', () => {
  it('takes S256', () => {
    expect(challengeFault({ challenge: CHALLENGE, method: 'S256' }, confidential)).toBeNull();
  });

  it.each(['plain', 's256', 'S512', null])('refuses the method %s and names S256 (ASVS 10.4.6)', (method) => {
    const fault = challengeFault({ challenge: CHALLENGE, method }, confidential);
    expect(fault).toMatchObject({ code: 'invalid_request', hint: expect.stringContaining('S256') });
  });

  it.each([CHALLENGE.slice(1), `${CHALLENGE}A`, `${CHALLENGE.slice(1)}=`, `${CHALLENGE.slice(1)}+`])(
    'refuses the challenge %s',
    (challenge) => {
      expect(challengeFault({ challenge, method: 'S256' }, confidential)?.code).toBe('invalid_request');
    },
  );

  it('refuses a method without a challenge', () => {
    expect(challengeFault({ challenge: null, method: 'S256' }, confidential)?.code).toBe('invalid_request');
  });

  it('requires one of a public application whatever its switch says (RFC 9700 #5)', () => {
    const none = { challenge: null, method: null };
    expect(challengeFault(none, { ...confidential, type: 'public' })?.hint).toContain('must use PKCE');
    expect(challengeFault(none, { ...confidential, requirePkce: true })?.hint).toContain('must use PKCE');
    expect(challengeFault(none, confidential)).toBeNull();
  });

  it('requires one of a native application too, though it has a secret (RFC 8252 §6)', () => {
    const native = { ...confidential, settings: { ...DEFAULT_SETTINGS, applicationType: 'native' } } as const;
    expect(challengeFault({ challenge: null, method: null }, native)?.hint).toContain('must use PKCE');
  });
});

describe('RFC 7636 §4.6: the verifier', () => {
  it('takes the example of appendix B', () => {
    expect(verifierFault(VERIFIER, CHALLENGE)).toBeNull();
  });

  it('requires a verifier where a challenge was stored (CVE-2023-48228, CVE-2025-4144)', () => {
    expect(verifierFault(null, CHALLENGE)?.code).toBe('invalid_grant');
  });

  it('refuses a verifier where no challenge was sent (RFC 9700 #5, downgrade)', () => {
    expect(verifierFault(VERIFIER, null)?.code).toBe('invalid_grant');
    expect(verifierFault(null, null)).toBeNull();
  });

  it('refuses a verifier of 42 and of 129 characters, and takes 43 and 128', () => {
    for (const length of [42, 129]) {
      expect(verifierFault('a'.repeat(length), challengeOf('a'.repeat(length)))?.code).toBe('invalid_grant');
    }
    for (const length of [43, 128]) {
      expect(verifierFault('a'.repeat(length), challengeOf('a'.repeat(length)))).toBeNull();
    }
  });

  it('refuses a verifier with a character outside unreserved', () => {
    const verifier = `${'a'.repeat(42)}+`;
    expect(verifierFault(verifier, challengeOf(verifier))?.hint).toContain('43 to 128');
  });

  it('refuses the challenge itself as verifier', () => {
    expect(verifierFault(CHALLENGE, CHALLENGE)?.code).toBe('invalid_grant');
  });

  it('takes every verifier of the right shape with its own challenge, and with no other', () => {
    const unreserved = [...'ABCXYZabcxyz0189-._~'];
    const verifier = fc
      .array(fc.constantFrom(...unreserved), { minLength: 43, maxLength: 128 })
      .map((characters) => characters.join(''));
    fc.assert(
      fc.property(verifier, verifier, (one, other) => {
        expect(verifierFault(one, challengeOf(one))).toBeNull();
        if (one !== other) expect(verifierFault(one, challengeOf(other))?.code).toBe('invalid_grant');
      }),
    );
  });
});

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
