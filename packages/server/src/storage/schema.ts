/**
 * The tables as types, in the shape in which both drivers give them.
 *
 * Owns the words of the columns. The tables themselves are made by `migrations/`, which never import this file: it
 * follows the newest schema, a migration stays as it was released.
 *
 * Instants are epoch milliseconds and their columns end in `_at`, flags are 0 or 1, scopes are separated by spaces (they
 * cannot hold one, RFC 6749 §3.3), other lists are JSON. Digests are 32 octets.
 *
 * One file, long as it is: a list of tables that one looks things up in, and nothing else.
 */

import type { AccountEventKind } from '../accounts/ports/events.ts';
import type { CodeMac, MailedPurpose } from '../accounts/ports/mail.ts';
import type { EmailKey, PasswordHash, UsernameKey, UsernameSkeleton } from '../accounts/ports.ts';
import type { AuditAction } from '../admin/ports/audit.ts';
import type { SecretMethod } from '../admin/ports.ts';
import type { MailKind } from '../mail/ports.ts';
import type {
  ClientSecretMac,
  ClientType,
  IdTokenAlgorithm,
  ImportedSecretHash,
  Provenance,
} from '../protocol/application.ts';
import type { ProofKind } from '../protocol/ports/applications.ts';
import type { LogoutReason } from '../protocol/ports/logout.ts';
import type { UserCodeMac } from '../protocol/user-code.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId, ApplicationId, ClientId, FamilyId, SessionId } from '../vocabulary/identifiers.ts';

/** A flag: `boolean` is no type of SQLite, and one shape for both engines needs no conversion by engine. */
export type Flag = 0 | 1;

/** A person's account. */
export interface AccountTable {
  id: AccountId;
  id_is_number: Flag;
  username: string;
  username_key: UsernameKey;
  username_skeleton: UsernameSkeleton;
  /** 0: the name was imported and is exempt from uniqueness (Django holds `Bob` and `bob` apart). */
  name_is_native: Flag;
  first_name: string;
  last_name: string;
  password_hash: PasswordHash | null;
  locale: string | null;
  /** IANA name of a time zone. */
  zoneinfo: string | null;
  /** JSON: values of the operator's fields, by name. null: none. */
  fields: string | null;
  /** `name` of its picture. */
  picture: string | null;
  is_superuser: Flag;
  disabled_at: number | null;
  created_at: number;
  updated_at: number;
  last_sign_in_at: number | null;
  /** Its owner asked for its end; null: nobody did. */
  deletes_at: number | null;
  /** When an import last wrote it; equal to `updated_at` until something is changed here. null: the account was made here. */
  imported_at: number | null;
}

/** An address of an account. Unique by `address_key` among verified ones; one primary an account. */
export interface AccountEmailTable {
  account_id: AccountId;
  address: string;
  address_key: EmailKey;
  is_primary: Flag;
  verified_at: number | null;
  created_at: number;
}

/** The picture of an account, under a name that cannot be guessed. */
export interface AccountPictureTable {
  account_id: AccountId;
  name: string;
  content: Buffer;
  created_at: number;
}

/** A group of accounts. */
export interface AccountGroupTable {
  id: string;
  name: string;
  requires_second_factor: Flag;
  created_at: number;
  updated_at: number;
}

/** That an account is in a group. */
export interface AccountGroupMemberTable {
  group_id: string;
  account_id: AccountId;
  is_imported: Flag;
  added_at: number;
}

/** An invitation to have an account, or to join groups. */
export interface InvitationTable {
  id: string;
  token_digest: Digest;
  address: string;
  address_key: EmailKey;
  /** JSON. */
  group_ids: string;
  is_superuser: Flag;
  /** null: the operator. */
  invited_by: AccountId | null;
  created_at: number;
  expires_at: number;
  accepted_at: number | null;
  accepted_by: AccountId | null;
  revoked_at: number | null;
}

/** An account at another provider, by which somebody signs in. */
export interface ExternalIdentityTable {
  /** The issuer; of one that was imported and not used since, the name of the provider there. */
  provider: string;
  subject: string;
  account_id: AccountId;
  /** The id of the provider that it came by; null: it was imported, and not used since. */
  provider_id: string | null;
  /** What its owner knows it by; empty: nothing. */
  label: string;
  linked_at: number;
  last_sign_in_at: number | null;
}

/** A TOTP seed (RFC 6238, SHA-1, 30 seconds), sealed under the server's secret. */
export interface TotpTable {
  id: string;
  account_id: AccountId;
  label: string;
  sealed_seed: Buffer;
  digits: number;
  created_at: number;
  /** The last step whose code was taken: no code is taken twice (RFC 6238 §5.2). */
  last_step: number;
  last_used_at: number | null;
}

/** A passkey (WebAuthn): a credential record. */
export interface PasskeyTable {
  id: string;
  account_id: AccountId;
  label: string;
  /** Base64url. */
  credential_id: string;
  public_key: Buffer;
  /** Base64url. */
  user_handle: string;
  sign_count: number;
  /** Words, separated by spaces. */
  transports: string;
  is_backup_eligible: Flag;
  is_backed_up: Flag;
  aaguid: string;
  created_at: number;
  last_used_at: number | null;
}

/** A recovery code that has not been used: its HMAC under a key of the server's secret. */
export interface RecoveryCodeTable {
  account_id: AccountId;
  code_mac: Buffer;
}

/** What an import brought: by it a second run knows what changed since. */
export interface ImportedRowTable {
  kind: string;
  source_key: string;
  digest: Digest;
  secret_digest: Digest | null;
  imported_at: number;
}

/** A live browser session. An ended one is deleted. */
export interface SessionTable {
  id: SessionId;
  token_digest: Digest;
  account_id: AccountId;
  auth_time_at: number;
  amr: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  idle_expires_at: number;
  /** The earlier of the two: one condition, one index. */
  ends_at: number;
  user_agent: string;
  network_address: string;
}

/** A browser that an account's owner has signed in with. */
export interface KnownBrowserTable {
  account_id: AccountId;
  browser_digest: Digest;
  last_seen_at: number;
  /** Until then its owner is asked for no second step in it; null: always asked. */
  trusted_until: number | null;
}

/** An event of an account's security log. */
export interface AccountEventTable {
  id: string;
  account_id: AccountId;
  kind: AccountEventKind;
  detail: string | null;
  user_agent: string | null;
  network_address: string | null;
  occurred_at: number;
}

/** A count of failures in a window. */
export interface FailureTable {
  key: string;
  count: number;
  window_ends_at: number;
}

/** An application (OAuth client). */
export interface ApplicationTable {
  id: ApplicationId;
  client_id: ClientId;
  name: string;
  type: ClientType;
  grants: string;
  redirect_uris: string;
  post_logout_redirect_uris: string;
  allowed_origins: string;
  scope: string;
  require_pkce: Flag;
  skip_consent: Flag;
  id_token_algorithm: IdTokenAlgorithm;
  code_lifetime_seconds: number;
  access_token_lifetime_seconds: number;
  refresh_token_lifetime_seconds: number | null;
  refresh_token_idle_seconds: number | null;
  owner_id: AccountId | null;
  disabled_at: number | null;
  last_without_pkce_at: number | null;
  last_without_redirect_uri_at: number | null;
  last_long_access_token_at: number | null;
  last_long_refresh_token_at: number | null;
  provenance: Provenance;
  last_used_at: number | null;
  created_at: number;
  updated_at: number;
  /** What differs from the default settings, as JSON. */
  settings: string;
}

/** The origins of `application.allowed_origins`, to be found by: a CORS preflight says nothing but its origin. */
export interface ApplicationOriginTable {
  origin: string;
  application_id: ApplicationId;
}

/** One of an application's secrets. */
export interface ClientSecretTable {
  id: string;
  application_id: ApplicationId;
  mac: ClientSecretMac | null;
  imported_hash: ImportedSecretHash | null;
  hint: string;
  created_at: number;
  last_used_at: number | null;
}

/** A scope beside the built-in ones and those of the settings. */
export interface DeclaredScopeTable {
  name: string;
  description: string;
}

/** What a person allowed an application. */
export interface ConsentTable {
  account_id: AccountId;
  application_id: ApplicationId;
  scope: string;
  /** JSON; null: none. */
  details: string | null;
  granted_at: number;
}

/** An authorization request that waits for its person. */
export interface PendingRequestTable {
  pending_digest: Digest;
  browser_digest: Digest;
  query: string;
  created_at: number;
  expires_at: number;
  /** 1 once it was answered; kept until it expires, so that a second answer can be told so. */
  answered: Flag;
}

/** An authorization request that its application pushed. */
export interface PushedRequestTable {
  request_digest: Digest;
  application_id: ApplicationId;
  parameters: string;
  created_at: number;
  expires_at: number;
  answered: Flag;
}

/** An authorization code. */
export interface AuthorizationCodeTable {
  code_digest: Digest;
  application_id: ApplicationId;
  account_id: AccountId;
  session_id: SessionId;
  redirect_uri: string;
  redirect_uri_was_sent: Flag;
  code_challenge: string | null;
  nonce: string | null;
  scope: string;
  /** What it carries besides its scope, as JSON; null for most. */
  context: string | null;
  auth_time_at: number;
  amr: string;
  issued_at: number;
  expires_at: number;
  /** When it was redeemed, or burnt. */
  redeemed_at: number | null;
  /** What was issued on it; null when it was burnt. */
  family_id: FamilyId | null;
}

/** A device that waits for its person (RFC 8628). */
export interface DeviceGrantTable {
  device_code_digest: Digest;
  user_code_mac: UserCodeMac;
  application_id: ApplicationId;
  scope: string;
  /** What it carries besides its scope, as JSON; null for most. */
  context: string | null;
  network_address: string;
  user_agent: string;
  issued_at: number;
  expires_at: number;
  interval_seconds: number;
  /** A poll before this is early: it makes the interval longer. */
  next_poll_at: number;
  /** Whether the last poll was early. */
  polled_early: Flag;
  /** Who typed the user code, and in which session: nobody else decides. null: nobody has yet. */
  account_id: AccountId | null;
  session_id: SessionId | null;
  decided_at: number | null;
  allowed: Flag;
  /** Of the session, at the decision. */
  auth_time_at: number | null;
  amr: string | null;
  redeemed_at: number | null;
}

/** All that descends from one authorization. A rotation is one conditional update of this row. */
export interface TokenFamilyTable {
  family_id: FamilyId;
  application_id: ApplicationId;
  account_id: AccountId;
  session_id: SessionId;
  scope: string;
  /** What it carries besides its scope, as JSON; null for most. */
  context: string | null;
  nonce: string | null;
  auth_time_at: number;
  amr: string;
  /** null: this family has no refresh token. */
  current_digest: Digest | null;
  /** The token before the current one; null before the first rotation. */
  predecessor_digest: Digest | null;
  /** How many rotations there were. */
  generation: number;
  rotated_at: number | null;
  started_at: number;
  expires_at: number | null;
  idle_expires_at: number | null;
  revoked_at: number | null;
  /** Digest of the foreign refresh token that the family was imported with; null: it began here. */
  imported_digest: Digest | null;
  /** When cleanup looks at it next. Not moved by a rotation, so that a rotation writes no index. */
  check_at: number;
}

/** An opaque access token. */
export interface AccessTokenTable {
  token_digest: Digest;
  application_id: ApplicationId;
  family_id: FamilyId | null;
  scope: string;
  /** What it carries besides its scope, as JSON; null for most. */
  context: string | null;
  issued_at: number;
  expires_at: number;
  revoked_at: number | null;
}

/** What lets programs register themselves, a number of times. */
export interface InitialAccessTable {
  token_digest: Digest;
  uses_left: number;
  created_at: number;
  expires_at: number;
}

/** What opens one client's registration. */
export interface RegistrationAccessTable {
  application_id: ApplicationId;
  token_digest: Digest;
  secret_method: SecretMethod;
}

/** A logout token that has to reach an application, or did. */
export interface LogoutNoticeTable {
  application_id: ApplicationId;
  session_id: SessionId;
  queued_at: number;
  account_id: AccountId;
  reason: LogoutReason;
  attempts: number;
  /** null once it is settled. */
  next_attempt_at: number | null;
  /** null while it waits. */
  settled_at: number | null;
  outcome: 'delivered' | 'failed' | null;
  detail: string | null;
}

/** A message that waits to be sent, or that was settled a while ago. */
export interface OutgoingMailTable {
  id: string;
  kind: MailKind;
  recipient: string;
  /** null once it is sent. */
  sealed_content: Buffer | null;
  queued_at: number;
  /** From then on it is of no use to anybody. */
  gives_up_at: number;
  attempts: number;
  /** null once it is settled. */
  next_attempt_at: number | null;
  /** null while it waits. */
  settled_at: number | null;
  outcome: 'sent' | 'failed' | 'kept' | null;
  detail: string | null;
}

/** A one-time secret that was mailed. */
export interface MailedSecretTable {
  purpose: MailedPurpose;
  token_digest: Digest;
  account_id: AccountId;
  address: string;
  address_key: EmailKey;
  code_mac: CodeMac | null;
  browser_digest: Digest | null;
  wrong_codes: number;
  created_at: number;
  expires_at: number;
}

/** A proof that was used: a client assertion, a DPoP proof. */
export interface UsedProofTable {
  kind: ProofKind | 'second_step' | 'passkey_challenge' | 'elsewhere';
  proof_digest: Digest;
  expires_at: number;
}

/** An attempt at an endpoint of applications. It names no person. */
export interface FlowAttemptTable {
  reference: string;
  /** Empty: no application has the one that was sent. No reference: it outlives its application by the time it is kept for. */
  client_id: string;
  occurred_at: number;
  is_refusal: Flag;
  endpoint: string;
  outcome: string;
  reason: string | null;
  error: string | null;
  hint: string | null;
  detail: string | null;
  /** JSON. */
  comparisons: string;
  alike: number;
  network: string | null;
}

/** A signing key, private half encrypted. */
export interface SigningKeyTable {
  kid: string;
  algorithm: IdTokenAlgorithm;
  public_jwk: string;
  private_jwk_encrypted: Buffer;
  created_at: number;
  active_from_at: number;
  retires_at: number | null;
  /** Its algorithm, in the first key of one; else null. Unique: of several first keys one is stored. */
  first_of: IdTokenAlgorithm | null;
}

/** A named server secret, encrypted. */
export interface ServerKeyTable {
  name: string;
  encrypted: Buffer;
}

/** A line of the audit log. */
export interface AuditLineTable {
  sequence: number;
  at: number;
  actor_kind: 'account' | 'command-line';
  /** An account's id, or the name of an account of the machine. No foreign key: it stays when the account goes. */
  actor_id: string;
  door: 'page' | 'api' | 'command';
  came_from: string | null;
  action: AuditAction;
  subject_kind: string;
  subject_id: string;
  subject_label: string | null;
  /** JSON. */
  detail: string;
  /** SHA-256 in hexadecimal. */
  hash: string;
}

/** The end of the audit log, and where it begins: one row. */
export interface AuditHeadTable {
  id: number;
  /** How many lines were ever written. */
  lines: number;
  hash: string;
  deleted_up_to: number;
  deleted_hash: string;
}

/** Every table by its name. */
export interface Schema {
  account: AccountTable;
  account_email: AccountEmailTable;
  account_picture: AccountPictureTable;
  account_group: AccountGroupTable;
  account_group_member: AccountGroupMemberTable;
  invitation: InvitationTable;
  external_identity: ExternalIdentityTable;
  totp: TotpTable;
  passkey: PasskeyTable;
  recovery_code: RecoveryCodeTable;
  imported_row: ImportedRowTable;
  session: SessionTable;
  known_browser: KnownBrowserTable;
  account_event: AccountEventTable;
  failure: FailureTable;
  application: ApplicationTable;
  application_origin: ApplicationOriginTable;
  client_secret: ClientSecretTable;
  declared_scope: DeclaredScopeTable;
  consent: ConsentTable;
  pending_request: PendingRequestTable;
  pushed_request: PushedRequestTable;
  authorization_code: AuthorizationCodeTable;
  device_grant: DeviceGrantTable;
  token_family: TokenFamilyTable;
  access_token: AccessTokenTable;
  initial_access: InitialAccessTable;
  registration_access: RegistrationAccessTable;
  logout_notice: LogoutNoticeTable;
  outgoing_mail: OutgoingMailTable;
  mailed_secret: MailedSecretTable;
  used_proof: UsedProofTable;
  flow_attempt: FlowAttemptTable;
  signing_key: SigningKeyTable;
  server_key: ServerKeyTable;
  audit_line: AuditLineTable;
  audit_head: AuditHeadTable;
}
