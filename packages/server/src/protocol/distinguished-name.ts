/**
 * Distinguished names as text (RFC 4514), compared attribute by attribute.
 *
 * Owns the reading of both sides: what is registered, and what a certificate says. Values are compared as they are, letter for
 * letter: RFC 5280 §7.1 would let case and runs of spaces differ, at the price of Unicode tables; an owner copies the name once.
 */

/** One attribute of a name: its type by the short name that certificates are printed with, or dotted digits. */
interface Attribute {
  readonly type: string;
  readonly value: string;
}
/** Most of them hold one attribute. */
type RelativeName = readonly Attribute[];

/** RFC 4514 §3 and the registry of RFC 4520 §4: other ways to write a type, all in lower case. */
const TYPES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  '2.5.4.4': 'sn',
  '2.5.4.5': 'serialnumber',
  '2.5.4.6': 'c',
  '2.5.4.7': 'l',
  '2.5.4.8': 'st',
  s: 'st',
  '2.5.4.9': 'street',
  '2.5.4.10': 'o',
  '2.5.4.11': 'ou',
  '2.5.4.12': 'title',
  '2.5.4.15': 'businesscategory',
  '2.5.4.17': 'postalcode',
  '2.5.4.42': 'gn',
  '2.5.4.97': 'organizationidentifier',
  '0.9.2342.19200300.100.1.1': 'uid',
  '0.9.2342.19200300.100.1.25': 'dc',
  '1.2.840.113549.1.9.1': 'emailaddress',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionc',
};
/** Longer than any honest one. */
const CHARACTERS_MAX = 1_000;

/** Whether the text is a distinguished name that can be compared: values in hexadecimal BER (`#04…`) cannot. */
export function isDistinguishedName(text: string): boolean {
  return read(text) !== null;
}

/**
 * Whether a certificate has this subject.
 * @param registered RFC 4514: the last attribute of the certificate comes first.
 * @param printed as `X509Certificate.subject` prints it: in the order of the certificate, one relative name a line.
 */
export function isSubject(registered: string, printed: string): boolean {
  const wanted = read(registered);
  // A line feed inside a value is printed as \0A.
  const shown = printed === '' ? null : printed.split('\n').reverse().map(readRelative);
  if (wanted === null || shown === null || wanted.length !== shown.length) return false;
  return wanted.every((name, index) => {
    const other = shown[index];
    return other !== undefined && other !== null && canonical(name) === canonical(other);
  });
}

/** RFC 4514 §2.2: the attributes of one relative name have no order. */
function canonical(name: RelativeName): string {
  return JSON.stringify(name.map(({ type, value }) => JSON.stringify([type, value])).sort());
}

/** RFC 4514 §3. null: it is none, or an empty one, which every certificate without a subject would have. */
function read(text: string): readonly RelativeName[] | null {
  if (text.length > CHARACTERS_MAX) return null;
  const names = split(text, ',').map(readRelative);
  return names.every((name) => name !== null) ? names : null;
}

function readRelative(text: string): RelativeName | null {
  const attributes = split(text, '+').map(readAttribute);
  return attributes.every((attribute) => attribute !== null) ? attributes : null;
}

function readAttribute(text: string): Attribute | null {
  const equals = text.indexOf('=');
  if (equals === -1) return null;
  const type = text.slice(0, equals).trim().toLowerCase();
  if (!/^([a-z][a-z0-9-]*|\d+(\.\d+)+)$/.test(type)) return null;
  const value = unescaped(text.slice(equals + 1));
  return value === null ? null : { type: TYPES[type] ?? type, value };
}

/** Parts between separators that are not escaped. */
function split(text: string, separator: ',' | '+'): readonly string[] {
  const parts = [''];
  for (const [piece] of text.matchAll(/\\.|./gsu)) {
    if (piece === separator) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${piece}`);
  }
  return parts;
}

/** RFC 4514 §2.4 and §3: `\2C` is an octet of UTF-8, `\,` a character; spaces at either end count only when escaped. */
function unescaped(raw: string): string | null {
  const pieces = [...raw.matchAll(/\\[0-9a-f]{2}|\\.|./gisu)].map(([piece]) => piece);
  const first = pieces.findIndex((piece) => piece !== ' ');
  const last = pieces.findLastIndex((piece) => piece !== ' ');
  if (first === -1 || pieces[first] === '#') return null;
  const octets: Buffer[] = [];
  for (const piece of pieces.slice(first, last + 1)) {
    if (/^\\[0-9a-f]{2}$/i.test(piece)) octets.push(Buffer.from(piece.slice(1), 'hex'));
    else if (/^\\[ "#+,;<=>\\]$/.test(piece)) octets.push(Buffer.from(piece.slice(1)));
    // A lone backslash, or a character that has to be escaped (RFC 4514 §3: "special").
    else if (/^[\\";<>\0]/.test(piece)) return null;
    else octets.push(Buffer.from(piece));
  }
  const value = Buffer.concat(octets).toString('utf8');
  return value === '' || value.includes('\ufffd') ? null : value;
}
