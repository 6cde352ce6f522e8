/**
 * An application: what RFC 6749 calls a client, with every setting the protocol reads.
 *
 * Owns the type and its defaults. Who may change it is `admin/applications.ts`; where it is kept is `storage/`.
 */
import type { AccountId, ApplicationId, Branded, ClientId } from '../vocabulary/identifiers.ts';
import type { ApplicationSettings } from './application-settings.ts';

/** RFC 6749 §2.1: whether it can keep a secret. */
export type ClientType = 'confidential' | 'public';

/** The grants that exist, by the names of the form, the command line and the database. */
export const GRANT_NAMES = [
  'authorization-code',
  'refresh-token',
  'client-credentials',
  'device-code',
  'token-exchange',
] as const;
/** One of {@link GRANT_NAMES}. */
export type GrantName = (typeof GRANT_NAMES)[number];

/** JWS algorithms of ID tokens. No HS256: a client secret is no signing key (DOT#1737). */
export const ID_TOKEN_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
/** One of {@link ID_TOKEN_ALGORITHMS}. */
export type IdTokenAlgorithm = (typeof ID_TOKEN_ALGORITHMS)[number];

/** HMAC-SHA-256 of a client secret under a key derived from `DIAPASON_SECRET`: 32 bytes. */
export type ClientSecretMac = Branded<Buffer, 'ClientSecretMac'>;

/** What another server kept of a client secret: a one-way hash in that server's own text form (`pbkdf2_sha256$…`). */
export type ImportedSecretHash = Branded<string, 'ImportedSecretHash'>;

/** One of the secrets of an application; there may be several, so that one can be replaced without a pause. */
export interface ClientSecretRecord {
  readonly id: string;
  /** null: of an imported secret that was not used here yet, `importedHash` is all that is known. */
  readonly mac: ClientSecretMac | null;
  /** null: `mac` stands for it. Its first use here puts a `mac` in its place (`imported-secret.ts`). */
  readonly importedHash: ImportedSecretHash | null;
  /** The last four characters, so that the owner can tell two apart. */
  readonly hint: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/**
 * How it came to be. `made`: by a person, or by a program with a token that the operator gave it. `self-registered`: by whoever
 * asked (RFC 7591, open). `client-document`: its `client_id` is the address of a document that describes it. Nobody here has
 * looked at the latter two.
 */
export const PROVENANCES = ['made', 'self-registered', 'client-document'] as const;
/** One of {@link PROVENANCES}. */
export type Provenance = (typeof PROVENANCES)[number];

/** Whether nobody answers for it: people are asked each time and told so, and it goes when it is not used (ASVS 10.4.7). */
export function isUnverified({ provenance }: Pick<Application, 'provenance'>): boolean {
  return provenance !== 'made';
}

/** An application as the protocol sees it. Lists keep the order in which they were registered. */
export interface Application {
  readonly id: ApplicationId;
  readonly clientId: ClientId;
  readonly name: string;
  readonly type: ClientType;
  readonly grants: readonly GrantName[];
  /** Compared octet for octet (RFC 9700 §2.1). */
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** Origins whose scripts may read token, userinfo, profile, revocation (CORS). `https://app.example`, no path. */
  readonly allowedOrigins: readonly string[];
  /** What it may be given. A request without `scope` gets all of them, as with django-oauth-toolkit. */
  readonly scopes: readonly string[];
  /** RFC 7636: {@link requiresPkce} says whether it is required. */
  readonly requirePkce: boolean;
  /** The organisation's own application: nobody is asked. Only a superuser sets it. */
  readonly skipConsent: boolean;
  readonly idTokenAlgorithm: IdTokenAlgorithm;
  readonly codeLifetimeSeconds: number;
  readonly accessTokenLifetimeSeconds: number;
  /** From the first refresh token of a family to its end, whatever happens; null: no such end. */
  readonly refreshTokenLifetimeSeconds: number | null;
  /** From the last use of a refresh token to the end of its family; null: no such end. */
  readonly refreshTokenIdleSeconds: number | null;
  readonly provenance: Provenance;
  /** When it last got a token; noted only of what is unverified, so that it can go when it is not used. null: never. */
  readonly lastUsedAtMs: number | null;
  /** null: it belongs to the superusers, or, unverified, to nobody. */
  readonly ownerId: AccountId | null;
  readonly secrets: readonly ClientSecretRecord[];
  readonly disabledAtMs: number | null;
  /** When a code was last asked for without a `code_challenge`: the evidence for turning `requirePkce` on. */
  readonly lastWithoutPkceAtMs: number | null;
  /** When an OpenID request last left out its `redirect_uri`: the evidence for turning `redirectUriOptional` off. */
  readonly lastWithoutRedirectUriAtMs: number | null;
  /** When an access token was last used that the default lifetime would have ended: the evidence for a shorter one. */
  readonly lastLongAccessTokenAtMs: number | null;
  /** The same of a refresh token, by either of its default limits. */
  readonly lastLongRefreshTokenAtMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** What few applications set. */
  readonly settings: ApplicationSettings;
}

/** RFC 8252 §1: it runs on people's own machines, where any program may listen on loopback and claim a scheme. */
export function isNative({ type, settings }: Pick<Application, 'type' | 'settings'>): boolean {
  const { applicationType } = settings;
  return applicationType === 'auto' ? type === 'public' : applicationType === 'native';
}

/** RFC 7636, RFC 9700 §2.1.1: always of a public application, and of a native one, whose code others may catch (RFC 8252 §6). */
export function requiresPkce(application: Pick<Application, 'type' | 'settings' | 'requirePkce'>): boolean {
  return application.requirePkce || application.type === 'public' || isNative(application);
}

/** Lifetimes unless the application says otherwise (design: Behaviour that others rely on). */
export const DEFAULT_LIFETIMES = {
  codeLifetimeSeconds: 60,
  accessTokenLifetimeSeconds: 3_600,
  /** 90 days and 30 days: ASVS 10.4.8 wants an absolute end; long enough that nobody notices on a used device. */
  refreshTokenLifetimeSeconds: 90 * 86_400,
  refreshTokenIdleSeconds: 30 * 86_400,
} as const;

/** Scopes unless said (form, command line). */
export const DEFAULT_APPLICATION_SCOPES = ['openid', 'profile', 'email', 'read'] as const;
