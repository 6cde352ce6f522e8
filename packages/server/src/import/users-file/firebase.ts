/** A user as `firebase auth:export` writes it, and the parameters of a project's hashes. */
import { type FirebaseParameters, firebaseHash } from '../../accounts/hash-forms/firebase-scrypt.ts';
import {
  BadRow,
  declaredOf,
  expectName,
  type FilePerson,
  type FileReading,
  flagOf,
  idOf,
  isRow,
  millisecondsOf,
  otherThanRead,
  profileOf,
  type Row,
  textOf,
} from './person.ts';

/** What the console shows, by the names of the exporter or of the console. @throws BadRow */
export function firebaseParameters(row: Row): FirebaseParameters {
  const octets = (name: string, shownAs: string) =>
    Buffer.from(textOf(row, name) ?? textOf(row, shownAs) ?? '', 'base64');
  const number = (name: string, shownAs: string) => Number(row[name] ?? row[shownAs]);
  const parameters = {
    signerKey: octets('signerKey', 'base64_signer_key'),
    saltSeparator: octets('saltSeparator', 'base64_salt_separator'),
    rounds: number('rounds', 'rounds'),
    memoryCost: number('memCost', 'mem_cost'),
  };
  if (
    parameters.signerKey.length === 0 ||
    !Number.isInteger(parameters.rounds) ||
    !Number.isInteger(parameters.memoryCost)
  ) {
    throw new BadRow('it has to have signerKey, saltSeparator, rounds and memCost');
  }
  return parameters;
}

/** The person. @throws BadRow */
export function firebasePerson(row: Row, parameters: FirebaseParameters | null, reading: FileReading): FilePerson {
  const claims = customClaimsOf(row);
  // One text for a name: what follows the last space is taken for the last name.
  const name = (textOf(row, 'displayName') ?? '').trim();
  const space = name.lastIndexOf(' ');
  return expectName({
    id: idOf(row, 'localId'),
    username: null,
    email: textOf(row, 'email'),
    isEmailVerified: flagOf(row, 'emailVerified', false),
    firstName: space < 0 ? name : name.slice(0, space).trim(),
    lastName: space < 0 ? '' : name.slice(space + 1),
    passwordHash: passwordOf(row, parameters),
    isSuperuser: false,
    isActive: !flagOf(row, 'disabled', false),
    createdAt: millisecondsOf(row, 'createdAt'),
    lastSignInAt: millisecondsOf(row, 'lastSignedInAt'),
    groups: [],
    profile: profileOf(claims, declaredOf(claims, reading), reading),
  });
}

/** What a user has beside a password, that does not come. */
export function firebaseLeftOut(row: Row, reading: FileReading): readonly string[] {
  const left: string[] = [];
  if (Array.isArray(row['mfaInfo']) && row['mfaInfo'].length > 0) left.push('second factors');
  if (Array.isArray(row['providerUserInfo']) && row['providerUserInfo'].length > 0)
    left.push('accounts at other providers');
  const others = otherThanRead(customClaimsOf(row), reading);
  if (others.length > 0) left.push(`custom claims (${others.join(', ')})`);
  return left;
}

/** The exporter writes them as JSON in a text. @throws BadRow */
function customClaimsOf(row: Row): Row {
  let claims: unknown = textOf(row, 'customAttributes') ?? '{}';
  try {
    claims = JSON.parse(String(claims));
  } catch {
    claims = null;
  }
  if (!isRow(claims)) throw new BadRow('its customAttributes are no JSON object');
  return claims;
}

function passwordOf(row: Row, parameters: FirebaseParameters | null): string {
  const hash = textOf(row, 'passwordHash');
  if (hash === null) return '';
  if (parameters === null) throw new BadRow('its password needs --firebase-hash-config');
  // Buffer reads the alphabet of addresses too, in which the exporter writes.
  return firebaseHash(Buffer.from(textOf(row, 'salt') ?? '', 'base64'), Buffer.from(hash, 'base64'), parameters);
}
