/**
 * The operator's list of providers elsewhere → typed declarations, or the one line that says what is wrong.
 *
 * Owns the form of the file; `docs/sign-in-elsewhere.md` describes it. What it takes, the client library takes as well: nothing is left
 * to be refused when somebody signs in.
 */
import { z } from 'zod';
import type { IdentityProvider } from '../vocabulary/identity-provider.ts';
import type { Parsed } from './values.ts';

const PROVIDERS_MAX = 20;
const LIST_MAX = 50;

/** Words that stand at the same place of other addresses (`/accounts/<id>/…`). */
const RESERVED = ['login', 'signup', 'logout', 'profile', 'connections', 'social', 'language', 'assets'];

const line = (maximum: number) =>
  z
    .string()
    .min(1, 'is empty')
    .max(maximum, `is longer than ${maximum} characters`)
    .regex(/^[^\p{C}]*$/u, 'has control characters');
const word = (maximum: number) => line(maximum).regex(/^[\x21-\x7e]+$/, 'has spaces or letters beyond ASCII');

/** RFC 9700 §2.6: https, and http for this machine alone. Not trimmed: an issuer is compared letter by letter. */
const url = z.string().max(500, 'is too long').refine(isAddress, {
  error: 'is no https URL without query (http is for this machine alone)',
});

const common = {
  name: line(60).optional(),
  client_id: line(255).regex(/^[\x20-\x7e]+$/, 'has letters beyond ASCII'),
  client_secret: z.string().min(1, 'is empty').max(4_096, 'is too long').optional(),
  scope: z.array(word(200)).max(LIST_MAX).optional(),
  trust_email: z.boolean().optional(),
  imported_as: line(200).optional(),
};
const texts = z.array(line(255)).max(LIST_MAX);
const identifier = z.string().regex(/^[A-Z0-9]{10}$/, 'is not ten capital letters and digits');
const { trust_email: _, ...neverTrusted } = common;
/** Of those whose ID tokens say how somebody was authenticated. */
const speaking = {
  second_factor: z
    .strictObject({ acr: texts.optional(), amr: texts.optional() })
    .refine(({ acr = [], amr = [] }) => acr.length + amr.length > 0, { error: 'names no value of acr or amr' })
    .optional(),
};

const declaration = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('google'), hosted_domains: texts.optional() }),
  z.strictObject({ ...common, kind: z.enum(['github', 'gitlab']), server_url: url.optional() }),
  z.strictObject({
    ...neverTrusted,
    ...speaking,
    kind: z.literal('microsoft'),
    tenant: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/,
        "is neither common, organizations, consumers nor a tenant's id or domain",
      )
      .optional(),
    tenants: texts.optional(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('apple'),
    client_secret: z
      .string({ error: 'is missing: of Apple it is the private key, the text of AuthKey_….p8' })
      .regex(/-----BEGIN PRIVATE KEY-----.+-----END PRIVATE KEY-----/s, 'is no private key in PEM form'),
    team_id: identifier,
    key_id: identifier,
  }),
  z.strictObject({
    ...common,
    ...speaking,
    kind: z.literal('keycloak'),
    realm_url: url.regex(/\/realms\/[^/]+\/?$/, 'does not end in /realms/<name>'),
    roles: texts.optional(),
  }),
  z.strictObject({
    ...common,
    ...speaking,
    kind: z.literal('auth0'),
    domain: z
      .string()
      .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/, 'is no domain such as example.eu.auth0.com'),
  }),
  z.strictObject({ ...common, ...speaking, kind: z.literal('diapason'), server_url: url }),
  z.strictObject({ ...common, ...speaking, kind: z.literal('oidc'), issuer: url }),
  z.strictObject({
    ...common,
    kind: z.literal('oauth2'),
    issuer: url,
    authorization_url: url,
    token_url: url,
    profile_url: url,
    uid: line(100).optional(),
    fields: z
      .strictObject({
        username: line(100).optional(),
        first_name: line(100).optional(),
        last_name: line(100).optional(),
        email: line(100).optional(),
        email_verified: line(100).optional(),
      })
      .optional(),
  }),
]);
const file = z.record(z.string(), declaration);
type Declaration = z.infer<typeof declaration>;

const NAMES: Readonly<Record<Declaration['kind'], string>> = {
  google: 'Google',
  github: 'GitHub',
  gitlab: 'GitLab',
  microsoft: 'Microsoft',
  apple: 'Apple',
  keycloak: 'Keycloak',
  auth0: 'Auth0',
  diapason: 'Diapason',
  oidc: '',
  oauth2: '',
};

/** Reads the list's text. */
export function identityProviders(raw: string): Parsed<readonly IdentityProvider[]> {
  if (raw.trim() === '') return { ok: true, value: [] };
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return { ok: false, fault: 'is not JSON' };
  }
  const read = file.safeParse(json);
  if (!read.success) return { ok: false, fault: faultOf(read.error) };
  const entries = Object.entries(read.data);
  if (entries.length > PROVIDERS_MAX) return { ok: false, fault: `declares more than ${PROVIDERS_MAX} providers` };
  for (const [id, { kind, name }] of entries) {
    if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(id) || RESERVED.includes(id)) {
      const rule = 'up to 40 lower-case letters, digits, hyphens and underscores';
      return {
        ok: false,
        fault: `names a provider ${JSON.stringify(id.slice(0, 60))}: ${rule}, and none of ${RESERVED.join(', ')}`,
      };
    }
    if (name === undefined && NAMES[kind] === '') {
      return { ok: false, fault: `has no name for ${id}, which people read: "Sign in with <name>"` };
    }
  }
  return { ok: true, value: entries.map(([id, declared]) => providerOf(id, declared)) };
}

function providerOf(id: string, declared: Declaration): IdentityProvider {
  const {
    client_id: clientId,
    client_secret: clientSecret = null,
    scope = null,
    name = NAMES[declared.kind],
  } = declared;
  const trustEmail = ('trust_email' in declared ? declared.trust_email : null) ?? null;
  const { acr = [], amr = [] } = ('second_factor' in declared ? declared.second_factor : undefined) ?? {};
  const rest = { secondFactor: { acr, amr }, importedAs: declared.imported_as ?? null };
  const shared = { id, name, clientId, clientSecret, scope, trustEmail, ...rest };
  switch (declared.kind) {
    case 'google':
      return { ...shared, kind: declared.kind, hostedDomains: declared.hosted_domains ?? [] };
    case 'github':
    case 'gitlab':
      return { ...shared, kind: declared.kind, serverUrl: declared.server_url ?? null };
    case 'microsoft':
      return { ...shared, kind: declared.kind, tenant: declared.tenant ?? null, tenants: declared.tenants ?? [] };
    case 'apple':
      return { ...shared, kind: declared.kind, teamId: declared.team_id, keyId: declared.key_id };
    case 'keycloak':
      return { ...shared, kind: declared.kind, realmUrl: declared.realm_url, roles: declared.roles ?? [] };
    case 'auth0':
      return { ...shared, kind: declared.kind, domain: declared.domain };
    case 'diapason':
      return { ...shared, kind: declared.kind, serverUrl: declared.server_url };
    case 'oidc':
      return { ...shared, kind: declared.kind, issuer: declared.issuer };
    case 'oauth2':
      return { ...shared, ...oauth2Of(declared) };
    default:
      return declared satisfies never;
  }
}

function oauth2Of(declared: Extract<Declaration, { kind: 'oauth2' }>) {
  const { fields } = declared;
  const named = {
    username: fields?.username,
    firstName: fields?.first_name,
    lastName: fields?.last_name,
    email: fields?.email,
    emailVerified: fields?.email_verified,
  };
  const said = Object.entries(named).filter(([, member]) => member !== undefined);
  return {
    kind: declared.kind,
    issuer: declared.issuer,
    authorizationUrl: declared.authorization_url,
    tokenUrl: declared.token_url,
    profileUrl: declared.profile_url,
    uid: declared.uid ?? 'id',
    fields: fields === undefined ? null : (Object.fromEntries(said) as Partial<Record<keyof typeof named, string>>),
  };
}

/** The first fault, where it is and what it is; never the value, which may be a secret. */
function faultOf({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue === undefined || issue.path.length === 0) return 'is no object of providers by their ids';
  const where = issue.path.map(String).join('.').slice(0, 100);
  if (issue.code === 'unrecognized_keys') return `has ${issue.keys[0]} in ${where}, which this kind does not take`;
  if (issue.code === 'invalid_union') {
    return `has a ${where} that is none of google, github, gitlab, microsoft, apple, keycloak, auth0, diapason, oidc, oauth2`;
  }
  // A sentence of ours where there is one; zod's begins with a capital letter.
  return /^[A-Z]/.test(issue.message)
    ? `has a wrong ${where} (${issue.message.toLowerCase()})`
    : `has a ${where} that ${issue.message}`;
}

function isAddress(text: string): boolean {
  const parsed = URL.parse(text);
  if (parsed === null || parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '')
    return false;
  const isHere = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(parsed.hostname);
  return parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isHere);
}
