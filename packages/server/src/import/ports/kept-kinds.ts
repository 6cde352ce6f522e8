/**
 * Everything that an export holds, kind by kind: which tables, and what their columns say. One list, so that what is written and what
 * is taken back cannot part.
 *
 * Owns the words of the file (docs/export.md): a kind's fields are named as its columns. What follows from other fields
 * (keys of usernames and of addresses, origins to be found by) is not in the file, and is made anew when it comes back.
 */
import { KEPT_KIND_NAMES, type KeptField, type KeptKind, type KeptKindName } from './kept.ts';

const text: KeptField = { form: 'text', nullable: false };
const maybeText: KeptField = { form: 'text', nullable: true };
const integer: KeptField = { form: 'integer', nullable: false };
const maybeInteger: KeptField = { form: 'integer', nullable: true };
const instant: KeptField = { form: 'instant', nullable: false };
const maybeInstant: KeptField = { form: 'instant', nullable: true };
const flag: KeptField = { form: 'flag', nullable: false };
const octets: KeptField = { form: 'octets', nullable: false };
const maybeOctets: KeptField = { form: 'octets', nullable: true };
const words: KeptField = { form: 'words', nullable: false };
const list: KeptField = { form: 'list', nullable: false };
const object: KeptField = { form: 'object', nullable: false };
const maybeObject: KeptField = { form: 'object', nullable: true };
const oneOf = (...texts: readonly string[]): KeptField => ({ form: 'text', nullable: false, oneOf: texts });

type Said = Pick<KeptKind, 'key' | 'fields'> & Partial<KeptKind> & { readonly table: string };

const SAID: Readonly<Record<KeptKindName, Said>> = {
  group: {
    table: 'account_group',
    key: ['id'],
    fields: { id: text, name: text, requires_second_factor: flag, created_at: instant, updated_at: instant },
    unique: [{ columns: ['name'], where: 'true' }],
  },
  account: {
    table: 'account',
    key: ['id'],
    fields: {
      id: text,
      id_is_number: flag,
      username: text,
      name_is_native: flag,
      first_name: text,
      last_name: text,
      password_hash: maybeText,
      locale: maybeText,
      zoneinfo: maybeText,
      fields: maybeObject,
      picture: maybeText,
      is_superuser: flag,
      disabled_at: maybeInstant,
      deletes_at: maybeInstant,
      created_at: instant,
      updated_at: instant,
      last_sign_in_at: maybeInstant,
      imported_at: maybeInstant,
    },
    derived: ['username_key', 'username_skeleton'],
    unique: [
      { columns: ['username_key'], where: 'name_is_native = 1' },
      { columns: ['username_skeleton'], where: 'name_is_native = 1' },
      { columns: ['username'], where: 'true' },
    ],
  },
  picture: {
    table: 'account_picture',
    key: ['account_id'],
    fields: { account_id: text, name: text, content: octets, created_at: instant },
    references: { account_id: 'account' },
    unique: [{ columns: ['name'], where: 'true' }],
  },
  address: {
    table: 'account_email',
    key: ['account_id', 'address_key'],
    fields: { account_id: text, address: text, is_primary: flag, verified_at: maybeInstant, created_at: instant },
    derived: ['address_key'],
    references: { account_id: 'account' },
    unique: [
      { columns: ['account_id'], where: 'is_primary = 1' },
      { columns: ['address_key'], where: 'verified_at is not null' },
    ],
  },
  membership: {
    table: 'account_group_member',
    key: ['group_id', 'account_id'],
    fields: { group_id: text, account_id: text, is_imported: flag, added_at: instant },
    references: { group_id: 'group', account_id: 'account' },
  },
  invitation: {
    table: 'invitation',
    key: ['id'],
    fields: {
      id: text,
      token_digest: octets,
      address: text,
      group_ids: list,
      is_superuser: flag,
      invited_by: maybeText,
      created_at: instant,
      expires_at: instant,
    },
    derived: ['address_key'],
    unique: [{ columns: ['token_digest'], where: 'true' }],
  },
  social_account: {
    table: 'external_identity',
    key: ['provider', 'subject'],
    fields: {
      provider: text,
      subject: text,
      account_id: text,
      provider_id: maybeText,
      label: text,
      linked_at: instant,
      last_sign_in_at: maybeInstant,
    },
    references: { account_id: 'account' },
  },
  totp: {
    table: 'totp',
    key: ['id'],
    fields: {
      id: text,
      account_id: text,
      label: text,
      sealed_seed: octets,
      digits: integer,
      created_at: instant,
      last_step: integer,
      last_used_at: maybeInstant,
    },
    references: { account_id: 'account' },
  },
  passkey: {
    table: 'passkey',
    key: ['id'],
    fields: {
      id: text,
      account_id: text,
      label: text,
      credential_id: text,
      public_key: octets,
      user_handle: text,
      sign_count: integer,
      transports: words,
      is_backup_eligible: flag,
      is_backed_up: flag,
      aaguid: text,
      created_at: instant,
      last_used_at: maybeInstant,
    },
    references: { account_id: 'account' },
    unique: [{ columns: ['credential_id'], where: 'true' }],
  },
  recovery_code: {
    table: 'recovery_code',
    key: ['account_id', 'code_mac'],
    fields: { account_id: text, code_mac: octets },
    references: { account_id: 'account' },
  },
  account_event: {
    table: 'account_event',
    key: ['account_id', 'occurred_at', 'id'],
    fields: {
      account_id: text,
      occurred_at: instant,
      id: text,
      kind: text,
      detail: maybeText,
      user_agent: maybeText,
      network_address: maybeText,
    },
    references: { account_id: 'account' },
  },
  application: {
    table: 'application',
    key: ['id'],
    fields: {
      id: text,
      client_id: text,
      name: text,
      type: oneOf('confidential', 'public'),
      grants: list,
      redirect_uris: list,
      post_logout_redirect_uris: list,
      allowed_origins: list,
      scope: words,
      require_pkce: flag,
      skip_consent: flag,
      id_token_algorithm: oneOf('RS256', 'ES256', 'EdDSA'),
      code_lifetime_seconds: integer,
      access_token_lifetime_seconds: integer,
      refresh_token_lifetime_seconds: maybeInteger,
      refresh_token_idle_seconds: maybeInteger,
      provenance: oneOf('made', 'self-registered', 'client-document'),
      last_used_at: maybeInstant,
      owner_id: maybeText,
      disabled_at: maybeInstant,
      last_without_pkce_at: maybeInstant,
      last_without_redirect_uri_at: maybeInstant,
      last_long_access_token_at: maybeInstant,
      last_long_refresh_token_at: maybeInstant,
      created_at: instant,
      updated_at: instant,
      settings: object,
    },
    references: { owner_id: 'account' },
    unique: [{ columns: ['client_id'], where: 'true' }],
    isOfApplications: true,
  },
  client_secret: {
    table: 'client_secret',
    key: ['id'],
    fields: {
      id: text,
      application_id: text,
      mac: maybeOctets,
      imported_hash: maybeText,
      hint: text,
      created_at: instant,
      last_used_at: maybeInstant,
    },
    references: { application_id: 'application' },
    isOfApplications: true,
  },
  registration_access: {
    table: 'registration_access',
    key: ['application_id'],
    fields: {
      application_id: text,
      token_digest: octets,
      secret_method: oneOf('client_secret_basic', 'client_secret_post'),
    },
    references: { application_id: 'application' },
    unique: [{ columns: ['token_digest'], where: 'true' }],
    isOfApplications: true,
  },
  declared_scope: {
    table: 'declared_scope',
    key: ['name'],
    fields: { name: text, description: text },
    isOfApplications: true,
  },
  consent: {
    table: 'consent',
    key: ['account_id', 'application_id'],
    fields: { account_id: text, application_id: text, scope: words, details: maybeObject, granted_at: instant },
    references: { account_id: 'account', application_id: 'application' },
  },
  token_family: {
    table: 'token_family',
    key: ['family_id'],
    fields: {
      family_id: text,
      application_id: text,
      account_id: text,
      session_id: text,
      scope: words,
      context: maybeObject,
      nonce: maybeText,
      auth_time_at: instant,
      amr: list,
      current_digest: maybeOctets,
      predecessor_digest: maybeOctets,
      generation: integer,
      rotated_at: maybeInstant,
      started_at: instant,
      expires_at: maybeInstant,
      idle_expires_at: maybeInstant,
      imported_digest: maybeOctets,
      check_at: instant,
    },
    references: { account_id: 'account', application_id: 'application' },
    unique: [{ columns: ['imported_digest'], where: 'imported_digest is not null' }],
  },
  access_token: {
    table: 'access_token',
    key: ['token_digest'],
    fields: {
      token_digest: octets,
      application_id: text,
      family_id: maybeText,
      scope: words,
      context: maybeObject,
      issued_at: instant,
      expires_at: instant,
    },
    references: { application_id: 'application', family_id: 'token_family' },
  },
  signing_key: {
    table: 'signing_key',
    key: ['kid'],
    fields: {
      kid: text,
      algorithm: oneOf('RS256', 'ES256', 'EdDSA'),
      public_jwk: object,
      private_jwk_encrypted: octets,
      created_at: instant,
      active_from_at: instant,
      retires_at: maybeInstant,
    },
  },
  imported_row: {
    table: 'imported_row',
    key: ['kind', 'source_key'],
    fields: { kind: text, source_key: text, digest: octets, secret_digest: maybeOctets, imported_at: instant },
  },
};

/** Every kind by its name. */
export const KEPT_KINDS: ReadonlyMap<string, KeptKind> = new Map(
  KEPT_KIND_NAMES.map((name) => [
    name,
    { derived: [], references: {}, unique: [], isOfApplications: false, ...SAID[name], name },
  ]),
);
