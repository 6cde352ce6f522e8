/**
 * From a provider's profile to a person: the subject, and the fields of a local user.
 *
 * Owns what is accepted as a uid and as a field. Nothing here decides what happens to the local user.
 */
import { isEmailAddress } from './email-address.ts';
import type { FieldMapping, OAuth2Provider, Profile, ProfileFields } from './provider.ts';

/** OpenID Connect Core §2: a subject has 255 characters at most. */
const SUBJECT_LENGTH_MAX = 255;
/** Django's longest field for a name, and long enough for people's. */
const FIELD_LENGTH_MAX = 254;

/**
 * The person's identifier as text, or what is wrong with it. JSON numbers become text, so that the key of an account
 * is the same whether a server sends `7` or `"7"`.
 */
export function readSubject(uid: OAuth2Provider['uid'], profile: Profile): { subject: string } | { problem: string } {
  const value = typeof uid === 'string' ? profile[uid] : uid(profile);
  const named = typeof uid === 'string' ? `"${uid}"` : 'the uid function';
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return { subject: String(value) };
    // Beyond 2^53 JSON.parse rounds, and two people would share one identifier.
    return { problem: `${named} is a number that cannot be read exactly; the server must send it as text` };
  }
  if (typeof value !== 'string' || value === '') return { problem: `${named} is missing in the profile, or no text` };
  if (value.length > SUBJECT_LENGTH_MAX) return { problem: `${named} is longer than ${SUBJECT_LENGTH_MAX} characters` };
  return { subject: value };
}

/** The local fields that the profile gives. Control and bidirectional characters are dropped, over-long text is cut; an address is one. */
export function readFields(mapping: FieldMapping, profile: Profile): ProfileFields {
  const read = (field: keyof ProfileFields): unknown => {
    const from = mapping[field];
    if (from === undefined) return undefined;
    return typeof from === 'string' ? profile[from] : from(profile);
  };
  const text = (field: keyof ProfileFields): string | undefined => {
    const value = read(field);
    if (typeof value !== 'string') return undefined;
    const shown = value.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '').trim();
    return [...shown].slice(0, FIELD_LENGTH_MAX).join('');
  };
  // As it is or not at all: an address that was cut or cleaned is somebody else's, and would count as verified.
  const said = read('email');
  const email = typeof said === 'string' ? said.trim() : '';
  const usable = email === '' || isEmailAddress(email);
  return {
    username: text('username'),
    firstName: text('firstName'),
    lastName: text('lastName'),
    email: typeof said === 'string' && usable ? email : undefined,
    emailVerified: read('emailVerified') === true && usable && email !== '',
  };
}

/** For providers that give a name in one piece: what stands before its first space. */
export function firstNameIn(profile: Profile): string | undefined {
  return namesIn(profile)?.[0];
}

/** And what stands after it. Right for most names and wrong for some: the person can change it here. */
export function lastNameIn(profile: Profile): string | undefined {
  return namesIn(profile)?.slice(1).join(' ');
}

function namesIn({ name }: Profile): readonly string[] | undefined {
  return typeof name === 'string' ? name.trim().split(/\s+/) : undefined;
}
