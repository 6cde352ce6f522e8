/**
 * Sign in with Apple, by OpenID Connect.
 *
 * Owns what is Apple's own: the client secret, a JWT made of a private key; the answer as a form; the person's name beside the
 * ID token, at the first sign-in alone; `email_verified` as text.
 */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { type OidcOptions, oidc } from './oidc.ts';
import { ClientSecretError, type OidcProvider, type Profile } from './provider.ts';

const ISSUER = 'https://appleid.apple.com';
/** Apple takes six months at most. A configuration lives for an hour, and its secret a little longer. */
const SECRET_LIFETIME_SECONDS = 2 * 60 * 60;

/** What `apple()` is told. The client id is that of the Services ID, the secret its private key (`AuthKey_….p8`). */
export interface AppleOptions extends Omit<OidcOptions, 'id' | 'name' | 'issuer' | 'backChannelUrl' | 'allowInsecure'> {
  readonly id?: string;
  readonly name?: string;
  /** Ten characters: whose developer account it is. Left out: entered in `/admin/`, as is the next. */
  readonly teamId?: string;
  /** Ten characters: which of its keys. */
  readonly keyId?: string;
}

const ID = /^[A-Z0-9]{10}$/;

/**
 * Apple: scopes `openid name email`. `trustEmail` is true unless said: Apple verifies every address, and hands out relay ones. Its
 * answer is a form from another site, so that the application has to be on https.
 * @throws TypeError when an id is not of Apple's form, or the private key in `credentials` cannot be used.
 */
export function apple(options: AppleOptions = {}): OidcProvider {
  const id = options.id ?? 'apple';
  for (const setting of ['teamId', 'keyId'] as const) {
    const said = options[setting];
    if (said !== undefined && !ID.test(said)) {
      throw new TypeError(`${id}.${setting} is "${said}": expected ten capital letters and digits`);
    }
    if (said === undefined && options.credentials !== undefined) {
      throw new TypeError(`${id}.${setting}: expected, as the credentials are set in code as well`);
    }
  }
  const entered = options.credentials?.clientSecret;
  if (entered !== undefined) requireKey(entered, `${id}.credentials.clientSecret`);
  const provider = oidc({
    trustEmail: true,
    ...options,
    id,
    name: options.name ?? 'Apple',
    issuer: ISSUER,
    scope: options.scope ?? ['openid', 'name', 'email'],
    fields: {
      username: usernameIn,
      firstName: 'given_name',
      lastName: 'family_name',
      email: 'email',
      emailVerified: ({ email_verified: verified }) => verified === true || verified === 'true',
      ...options.fields,
    },
    // Asked for a name or an address, Apple answers in no other way.
    authorizationParameters: { ...options.authorizationParameters, response_mode: 'form_post' },
  });
  return {
    ...provider,
    adjustable: false,
    responseMode: 'form_post',
    clientAuthentication: 'client_secret_post',
    profileFromResponse: namesFrom,
    makeSecret: (privateKey, clientId, nowMs, settings = {}) => {
      const teamId = settings['team_id'] ?? options.teamId ?? '';
      const keyId = settings['key_id'] ?? options.keyId ?? '';
      return makeSecret(readKey(privateKey), clientId, { teamId, keyId }, nowMs);
    },
    settings: [
      {
        name: 'team_id',
        label: { en: 'Team ID', fr: 'Identifiant de l’équipe (Team ID)' },
        pattern: ID,
        example: 'ABCDE12345',
        fallback: options.teamId ?? null,
      },
      {
        name: 'key_id',
        label: { en: 'Key ID', fr: 'Identifiant de la clé (Key ID)' },
        pattern: ID,
        example: 'FGHIJ67890',
        fallback: options.keyId ?? null,
      },
    ],
  };
}

/** RFC 7519, ES256 (RFC 7518 §3.4): `iss` is the team, `sub` the client, `aud` Apple. */
function makeSecret(
  key: KeyObject,
  clientId: string,
  { teamId, keyId }: { readonly teamId: string; readonly keyId: string },
  nowMs: number,
): string {
  const iat = Math.floor(nowMs / 1000);
  const payload = { iss: teamId, iat, exp: iat + SECRET_LIFETIME_SECONDS, aud: ISSUER, sub: clientId };
  const signed = [{ alg: 'ES256', kid: keyId }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** A P-256 private key in PEM; a form may have taken its line breaks. @throws ClientSecretError when it is none. */
function readKey(text: string): KeyObject {
  const der = /-----BEGIN PRIVATE KEY-----(.+)-----END PRIVATE KEY-----/s.exec(text)?.[1]?.replaceAll(/\s/g, '') ?? '';
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' });
  } catch {
    throw new ClientSecretError(
      'the secret is no private key in PEM, as in the file AuthKey_….p8 that Apple gives out',
    );
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new ClientSecretError('the private key is not one on the curve P-256');
  }
  return key;
}

function requireKey(text: string, setting: string): void {
  try {
    readKey(text);
  } catch (error) {
    if (error instanceof ClientSecretError) throw new TypeError(`${setting}: ${error.message}`);
    throw error;
  }
}

/** `user` comes with the first answer, and never again. Its address is not taken: the ID token has it, signed. */
function namesFrom(response: URLSearchParams): Profile {
  try {
    const user: unknown = JSON.parse(response.get('user') ?? '{}');
    const name = isObject(user) ? user['name'] : undefined;
    if (!isObject(name)) return {};
    return {
      ...(typeof name['firstName'] === 'string' ? { given_name: name['firstName'] } : {}),
      ...(typeof name['lastName'] === 'string' ? { family_name: name['lastName'] } : {}),
    };
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Apple has no usernames, and a relay address is no name either. */
function usernameIn({ email }: Profile): string | undefined {
  if (typeof email !== 'string' || email.endsWith('@privaterelay.appleid.com')) return undefined;
  return email.split('@')[0];
}
