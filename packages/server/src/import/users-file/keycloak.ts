/** A user of a realm export of Keycloak. Its PBKDF2 and Argon2 become the PHC string format. */
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
  shown,
  textOf,
} from './person.ts';

/** Octets of a first block: Keycloak keeps 64 octets, and each further block would cost all of the iterations again. */
const PBKDF2: Readonly<Record<string, readonly [phc: string, octets: number]>> = {
  pbkdf2: ['pbkdf2-sha1', 20],
  'pbkdf2-sha256': ['pbkdf2-sha256', 32],
  'pbkdf2-sha512': ['pbkdf2-sha512', 64],
};

/** The person. @throws BadRow */
export function keycloakPerson(row: Row, reading: FileReading): FilePerson {
  const attributes = attributesOf(row);
  return expectName({
    id: idOf(row, 'id'),
    username: textOf(row, 'username'),
    email: textOf(row, 'email'),
    isEmailVerified: flagOf(row, 'emailVerified', false),
    firstName: textOf(row, 'firstName') ?? '',
    lastName: textOf(row, 'lastName') ?? '',
    passwordHash: passwordOf(row),
    isSuperuser: false,
    isActive: flagOf(row, 'enabled', true),
    createdAt: millisecondsOf(row, 'createdTimestamp'),
    lastSignInAt: null,
    groups: listOf(row, 'groups').map((name) => String(name).replace(/^\//, '')),
    profile: profileOf(attributes, declaredOf(attributes, reading), reading),
  });
}

/** What a user has beside a password, that does not come. */
export function keycloakLeftOut(row: Row, reading: FileReading): readonly string[] {
  const factors = listOf(row, 'credentials').filter(
    (credential) => isRow(credential) && credential['type'] !== 'password',
  );
  const left: string[] = [];
  if (factors.length > 0) left.push('second factors');
  if (listOf(row, 'federatedIdentities').length > 0) left.push('accounts at other providers');
  const others = otherThanRead(attributesOf(row), reading);
  if (others.length > 0) left.push(`attributes (${others.join(', ')})`);
  return left;
}

/** Each attribute is a list; what is read has one value. @throws BadRow */
function attributesOf(row: Row): Row {
  const attributes = row['attributes'] ?? {};
  if (!isRow(attributes)) throw new BadRow('its attributes are no object');
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      Array.isArray(value) && value.length < 2 ? (value[0] ?? '') : value,
    ]),
  );
}

function passwordOf(row: Row): string {
  const credential = listOf(row, 'credentials').find((entry) => isRow(entry) && entry['type'] === 'password');
  if (!isRow(credential)) return '';
  const data = inner(credential, 'credentialData');
  const secret = inner(credential, 'secretData');
  const algorithm = textOf(data, 'algorithm') ?? '';
  const [salt, value] = [octetsOf(secret, 'salt'), octetsOf(secret, 'value')];
  const iterations = Number(data['hashIterations']);
  const [phc, octets] = Object.hasOwn(PBKDF2, algorithm) ? (PBKDF2[algorithm] ?? []) : [];
  if (phc !== undefined) return `$${phc}$i=${iterations}$${base64(salt)}$${base64(value.subarray(0, octets))}`;
  // Of no form that is known here: the run names it, or leaves it out where it was told to.
  if (algorithm !== 'argon2') return `keycloak-${algorithm || 'unknown'}$`;
  const more = isRow(data['additionalParameters']) ? data['additionalParameters'] : {};
  const first = (name: string) => String(Array.isArray(more[name]) ? more[name][0] : more[name]);
  if (first('version') !== '1.3') return 'keycloak-argon2$';
  const costs = `m=${first('memory')},t=${iterations},p=${first('parallelism')}`;
  return `$argon2${first('type')}$v=19$${costs}$${base64(salt)}$${base64(value)}`;
}

/** JSON in a text of JSON, or as it is. */
function inner(credential: Row, field: string): Row {
  let value = credential[field];
  try {
    if (typeof value === 'string') value = JSON.parse(value);
  } catch {
    value = null;
  }
  if (!isRow(value))
    throw new BadRow(`the ${field} of its password is no JSON object (export it with a Keycloak after 8)`);
  return value;
}

function listOf(row: Row, field: string): readonly unknown[] {
  const value = row[field] ?? [];
  if (!Array.isArray(value)) throw new BadRow(`its ${field} is no list: ${shown(String(value))}`);
  return value;
}

function octetsOf(row: Row, field: string): Buffer {
  return Buffer.from(textOf(row, field) ?? '', 'base64');
}

function base64(octets: Buffer): string {
  return octets.toString('base64').replaceAll('=', '');
}
