/**
 * Migration 1: accounts, sessions, applications, consents, codes, token families, access tokens, keys.
 *
 * Each foreign key has an index that begins with it. Indexes beside those serve a look-up or the cleanup, and are as few
 * as can be on what a token request writes. One file, long as it is: a migration is applied and kept as a whole.
 */
import type { ColumnTypes, Migration } from './migration.ts';

/** The first schema. */
export const firstSchema: Migration = {
  version: 1,
  name: 'first-schema',
  statements: (types) => [
    ...people(types),
    ...groups(types),
    ...waysIn(types),
    ...imports(types),
    ...applications(types),
    ...grants(types),
    ...registration(types),
    ...logout(types),
    ...mail(types),
    ...flowTrace(types),
    ...keys(types),
    ...audit(types),
  ],
};

function people({ bytes, integer, flag, text, tableOptions }: ColumnTypes): string[] {
  return [
    `create table account (
      id ${text} primary key,
      id_is_number ${flag} not null,
      username ${text} not null,
      username_key ${text} not null,
      username_skeleton ${text} not null,
      name_is_native ${flag} not null,
      first_name ${text} not null,
      last_name ${text} not null,
      password_hash ${text},
      locale ${text},
      zoneinfo ${text},
      fields ${text},
      picture ${text},
      is_superuser ${flag} not null,
      disabled_at ${integer},
      created_at ${integer} not null,
      updated_at ${integer} not null,
      last_sign_in_at ${integer},
      deletes_at ${integer},
      imported_at ${integer}
    )${tableOptions}`,
    // Names that were imported may share a key or a skeleton; a new name shares neither with any (accounts.ts).
    'create unique index account_native_key on account (username_key) where name_is_native = 1',
    'create unique index account_native_skeleton on account (username_skeleton) where name_is_native = 1',
    'create index account_by_key on account (username_key, id)',
    'create index account_by_skeleton on account (username_skeleton)',
    // Few: whoever has signed in once is in it no longer.
    `create index account_never_used on account (created_at)
      where last_sign_in_at is null and imported_at is null`,
    'create index account_by_deletion on account (deletes_at) where deletes_at is not null',

    `create table account_email (
      account_id ${text} not null references account (id) on delete cascade,
      address ${text} not null,
      address_key ${text} not null,
      is_primary ${flag} not null,
      verified_at ${integer},
      created_at ${integer} not null,
      primary key (account_id, address_key)
    )${tableOptions}`,
    'create unique index account_email_primary on account_email (account_id) where is_primary = 1',
    'create unique index account_email_verified on account_email (address_key) where verified_at is not null',
    'create index account_email_by_key on account_email (address_key)',

    `create table session (
      id ${text} primary key,
      token_digest ${bytes} not null unique,
      account_id ${text} not null references account (id) on delete cascade,
      auth_time_at ${integer} not null,
      amr ${text} not null,
      created_at ${integer} not null,
      last_seen_at ${integer} not null,
      expires_at ${integer} not null,
      idle_expires_at ${integer} not null,
      ends_at ${integer} not null,
      user_agent ${text} not null,
      network_address ${text} not null
    )${tableOptions}`,
    'create index session_by_account on session (account_id)',
    'create index session_by_end on session (ends_at)',

    `create table known_browser (
      account_id ${text} not null references account (id) on delete cascade,
      browser_digest ${bytes} not null,
      last_seen_at ${integer} not null,
      trusted_until ${integer},
      primary key (account_id, browser_digest)
    )${tableOptions}`,
    'create index known_browser_by_last_seen on known_browser (last_seen_at)',

    // Beside the account: its rows are read at every request of a person, and these are large.
    `create table account_picture (
      account_id ${text} primary key references account (id) on delete cascade,
      name ${text} not null unique,
      content ${bytes} not null,
      created_at ${integer} not null
    )${tableOptions}`,

    `create table account_event (
      account_id ${text} not null references account (id) on delete cascade,
      occurred_at ${integer} not null,
      id ${text} not null,
      kind ${text} not null,
      detail ${text},
      user_agent ${text},
      network_address ${text},
      primary key (account_id, occurred_at, id)
    )${tableOptions}`,
    'create index account_event_by_time on account_event (occurred_at)',

    `create table failure (
      key ${text} primary key,
      count ${integer} not null,
      window_ends_at ${integer} not null
    )${tableOptions}`,
    'create index failure_by_end on failure (window_ends_at)',
  ];
}

function groups({ bytes, integer, flag, text, tableOptions }: ColumnTypes): string[] {
  return [
    `create table account_group (
      id ${text} primary key,
      name ${text} not null unique,
      requires_second_factor ${flag} not null,
      created_at ${integer} not null,
      updated_at ${integer} not null
    )${tableOptions}`,
    // An import that comes again takes back the memberships that it brought, and no others.
    `create table account_group_member (
      group_id ${text} not null references account_group (id) on delete cascade,
      account_id ${text} not null references account (id) on delete cascade,
      is_imported ${flag} not null,
      added_at ${integer} not null,
      primary key (group_id, account_id)
    )${tableOptions}`,
    'create index account_group_member_by_account on account_group_member (account_id)',

    // The inviter is no foreign key: that they are gone counts against what they promised. Groups are a list: one that is
    // deleted is left out when the invitation is accepted.
    `create table invitation (
      id ${text} primary key,
      token_digest ${bytes} not null unique,
      address ${text} not null,
      address_key ${text} not null,
      group_ids ${text} not null,
      is_superuser ${flag} not null,
      invited_by ${text},
      created_at ${integer} not null,
      expires_at ${integer} not null,
      accepted_at ${integer},
      accepted_by ${text} references account (id) on delete cascade,
      revoked_at ${integer}
    )${tableOptions}`,
    'create index invitation_by_address on invitation (address_key)',
    'create index invitation_by_age on invitation (created_at)',
    'create index invitation_by_expiry on invitation (expires_at)',
    'create index invitation_by_account on invitation (accepted_by) where accepted_by is not null',
  ];
}

/** How somebody signs in beside the password. What is here changes `account.updated_at` when its owner changes it. */
function waysIn({ bytes, integer, flag, text, tableOptions }: ColumnTypes): string[] {
  return [
    `create table external_identity (
      provider ${text} not null,
      subject ${text} not null,
      account_id ${text} not null references account (id) on delete cascade,
      provider_id ${text},
      label ${text} not null,
      linked_at ${integer} not null,
      last_sign_in_at ${integer},
      primary key (provider, subject)
    )${tableOptions}`,
    'create index external_identity_by_account on external_identity (account_id)',

    `create table totp (
      id ${text} primary key,
      account_id ${text} not null references account (id) on delete cascade,
      label ${text} not null,
      sealed_seed ${bytes} not null,
      digits ${integer} not null,
      created_at ${integer} not null,
      last_step ${integer} not null default 0,
      last_used_at ${integer}
    )${tableOptions}`,
    'create index totp_by_account on totp (account_id)',

    `create table passkey (
      id ${text} primary key,
      account_id ${text} not null references account (id) on delete cascade,
      label ${text} not null,
      credential_id ${text} not null unique,
      public_key ${bytes} not null,
      user_handle ${text} not null,
      sign_count ${integer} not null,
      transports ${text} not null,
      is_backup_eligible ${flag} not null,
      is_backed_up ${flag} not null,
      aaguid ${text} not null,
      created_at ${integer} not null,
      last_used_at ${integer}
    )${tableOptions}`,
    'create index passkey_by_account on passkey (account_id)',

    `create table recovery_code (
      account_id ${text} not null references account (id) on delete cascade,
      code_mac ${bytes} not null,
      primary key (account_id, code_mac)
    )${tableOptions}`,
  ];
}

function imports({ bytes, integer, text, tableOptions }: ColumnTypes): string[] {
  return [
    // Nothing refers to what was brought: that it was deleted here since is to be seen, so that it does not come back.
    `create table imported_row (
      kind ${text} not null,
      source_key ${text} not null,
      digest ${bytes} not null,
      secret_digest ${bytes},
      imported_at ${integer} not null,
      primary key (kind, source_key)
    )${tableOptions}`,
  ];
}

function applications({ bytes, integer, flag, text, tableOptions }: ColumnTypes): string[] {
  return [
    `create table application (
      id ${text} primary key,
      client_id ${text} not null unique,
      name ${text} not null,
      type ${text} not null,
      grants ${text} not null,
      redirect_uris ${text} not null,
      post_logout_redirect_uris ${text} not null,
      allowed_origins ${text} not null,
      scope ${text} not null,
      require_pkce ${flag} not null,
      skip_consent ${flag} not null,
      id_token_algorithm ${text} not null,
      code_lifetime_seconds ${integer} not null,
      access_token_lifetime_seconds ${integer} not null,
      refresh_token_lifetime_seconds ${integer},
      refresh_token_idle_seconds ${integer},
      provenance ${text} not null,
      last_used_at ${integer},
      owner_id ${text} references account (id) on delete set null,
      disabled_at ${integer},
      last_without_pkce_at ${integer},
      last_without_redirect_uri_at ${integer},
      last_long_access_token_at ${integer},
      last_long_refresh_token_at ${integer},
      created_at ${integer} not null,
      updated_at ${integer} not null,
      settings ${text} not null
    )${tableOptions}`,
    'create index application_by_owner on application (owner_id)',
    // Those that go when they are not used: they are counted and looked through, and are few beside their limit.
    "create index application_unverified on application (provenance) where provenance <> 'made'",

    `create table application_origin (
      origin ${text} not null,
      application_id ${text} not null references application (id) on delete cascade,
      primary key (origin, application_id)
    )${tableOptions}`,
    'create index application_origin_by_application on application_origin (application_id)',

    `create table client_secret (
      id ${text} primary key,
      application_id ${text} not null references application (id) on delete cascade,
      mac ${bytes},
      imported_hash ${text},
      hint ${text} not null,
      created_at ${integer} not null,
      last_used_at ${integer},
      check ((mac is null) <> (imported_hash is null))
    )${tableOptions}`,
    'create index client_secret_by_application on client_secret (application_id)',

    `create table declared_scope (
      name ${text} primary key,
      description ${text} not null
    )${tableOptions}`,

    `create table consent (
      account_id ${text} not null references account (id) on delete cascade,
      application_id ${text} not null references application (id) on delete cascade,
      scope ${text} not null,
      details ${text},
      granted_at ${integer} not null,
      primary key (account_id, application_id)
    )${tableOptions}`,
    'create index consent_by_application on consent (application_id)',
  ];
}

function grants({ bytes, integer, flag, text, tableOptions }: ColumnTypes): string[] {
  return [
    `create table pending_request (
      pending_digest ${bytes} primary key,
      browser_digest ${bytes} not null,
      query ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      answered ${flag} not null
    )${tableOptions}`,
    'create index pending_request_by_expiry on pending_request (expires_at)',

    // Gone within hours, and found again only by its own application: it needs no foreign key.
    `create table pushed_request (
      request_digest ${bytes} primary key,
      application_id ${text} not null,
      parameters ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      answered ${flag} not null
    )${tableOptions}`,
    'create index pushed_request_by_expiry on pushed_request (expires_at)',

    `create table used_proof (
      kind ${text} not null,
      proof_digest ${bytes} not null,
      expires_at ${integer} not null,
      primary key (kind, proof_digest)
    )${tableOptions}`,
    'create index used_proof_by_expiry on used_proof (expires_at)',

    // session_id and family_id are no foreign keys: a code remembers them beyond their end.
    `create table authorization_code (
      code_digest ${bytes} primary key,
      application_id ${text} not null references application (id) on delete cascade,
      account_id ${text} not null references account (id) on delete cascade,
      session_id ${text} not null,
      redirect_uri ${text} not null,
      redirect_uri_was_sent ${flag} not null,
      code_challenge ${text},
      nonce ${text},
      scope ${text} not null,
      context ${text},
      auth_time_at ${integer} not null,
      amr ${text} not null,
      issued_at ${integer} not null,
      expires_at ${integer} not null,
      redeemed_at ${integer},
      family_id ${text}
    )${tableOptions}`,
    'create index authorization_code_by_account on authorization_code (account_id, application_id)',
    'create index authorization_code_by_application on authorization_code (application_id)',
    'create index authorization_code_by_expiry on authorization_code (expires_at)',

    `create table device_grant (
      device_code_digest ${bytes} primary key,
      user_code_mac ${bytes} not null unique,
      application_id ${text} not null references application (id) on delete cascade,
      scope ${text} not null,
      context ${text},
      network_address ${text} not null,
      user_agent ${text} not null,
      issued_at ${integer} not null,
      expires_at ${integer} not null,
      interval_seconds ${integer} not null,
      next_poll_at ${integer} not null,
      polled_early ${flag} not null,
      account_id ${text} references account (id) on delete cascade,
      session_id ${text},
      decided_at ${integer},
      allowed ${flag} not null,
      auth_time_at ${integer},
      amr ${text},
      redeemed_at ${integer}
    )${tableOptions}`,
    'create index device_grant_by_account on device_grant (account_id) where account_id is not null',
    'create index device_grant_by_application on device_grant (application_id)',
    'create index device_grant_by_expiry on device_grant (expires_at)',

    // A family outlives the session that it began in.
    `create table token_family (
      family_id ${text} primary key,
      application_id ${text} not null references application (id) on delete cascade,
      account_id ${text} not null references account (id) on delete cascade,
      session_id ${text} not null,
      scope ${text} not null,
      context ${text},
      nonce ${text},
      auth_time_at ${integer} not null,
      amr ${text} not null,
      current_digest ${bytes},
      predecessor_digest ${bytes},
      generation ${integer} not null,
      rotated_at ${integer},
      started_at ${integer} not null,
      expires_at ${integer},
      idle_expires_at ${integer},
      revoked_at ${integer},
      imported_digest ${bytes},
      check_at ${integer} not null
    )${tableOptions}`,
    'create index token_family_by_account on token_family (account_id, application_id)',
    'create index token_family_by_application on token_family (application_id)',
    'create unique index token_family_imported on token_family (imported_digest) where imported_digest is not null',
    'create index token_family_by_check on token_family (check_at)',

    // The account is its family's. The application is no foreign key: on PostgreSQL each token would lock its application's
    // row, which all tokens share, and on both engines an index for it would be written with each. Finding a token joins
    // the application, so that one of a deleted application is dead at once; cleanup takes the row at its expiry.
    `create table access_token (
      token_digest ${bytes} primary key,
      application_id ${text} not null,
      family_id ${text} references token_family (family_id) on delete cascade,
      scope ${text} not null,
      context ${text},
      issued_at ${integer} not null,
      expires_at ${integer} not null,
      revoked_at ${integer}
    )${tableOptions}`,
    'create index access_token_by_family on access_token (family_id) where family_id is not null',
    'create index access_token_by_expiry on access_token (expires_at)',
  ];
}

function registration({ bytes, integer, text, tableOptions }: ColumnTypes): string[] {
  return [
    `create table initial_access (
      token_digest ${bytes} primary key,
      uses_left ${integer} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null
    )${tableOptions}`,
    'create index initial_access_by_expiry on initial_access (expires_at)',
    `create table registration_access (
      application_id ${text} primary key references application (id) on delete cascade,
      token_digest ${bytes} not null unique,
      secret_method ${text} not null
    )${tableOptions}`,
  ];
}

function logout({ integer, text, tableOptions }: ColumnTypes): string[] {
  return [
    // The account is no foreign key: that it is gone is what its applications are told.
    `create table logout_notice (
      application_id ${text} not null references application (id) on delete cascade,
      session_id ${text} not null,
      queued_at ${integer} not null,
      account_id ${text} not null,
      reason ${text} not null,
      attempts ${integer} not null,
      next_attempt_at ${integer},
      settled_at ${integer},
      outcome ${text},
      detail ${text},
      primary key (application_id, session_id, queued_at)
    )${tableOptions}`,
    'create index logout_notice_due on logout_notice (next_attempt_at) where next_attempt_at is not null',
    'create index logout_notice_settled on logout_notice (settled_at) where settled_at is not null',
  ];
}

function mail({ bytes, integer, text, tableOptions }: ColumnTypes): string[] {
  return [
    // A message waits with what is in it sealed, since it may hold a link that opens something; sent, it holds nothing any more.
    `create table outgoing_mail (
      id ${text} primary key,
      kind ${text} not null,
      recipient ${text} not null,
      sealed_content ${bytes},
      queued_at ${integer} not null,
      gives_up_at ${integer} not null,
      attempts ${integer} not null,
      next_attempt_at ${integer},
      settled_at ${integer},
      outcome ${text},
      detail ${text}
    )${tableOptions}`,
    'create index outgoing_mail_due on outgoing_mail (next_attempt_at) where next_attempt_at is not null',
    'create index outgoing_mail_settled on outgoing_mail (settled_at) where settled_at is not null',
    'create index outgoing_mail_by_age on outgoing_mail (queued_at)',

    `create table mailed_secret (
      purpose ${text} not null,
      token_digest ${bytes} not null,
      account_id ${text} not null references account (id) on delete cascade,
      address ${text} not null,
      address_key ${text} not null,
      code_mac ${bytes},
      browser_digest ${bytes},
      wrong_codes ${integer} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      primary key (purpose, token_digest)
    )${tableOptions}`,
    'create index mailed_secret_by_account on mailed_secret (account_id)',
    'create index mailed_secret_by_browser on mailed_secret (browser_digest) where browser_digest is not null',
    'create index mailed_secret_by_expiry on mailed_secret (expires_at)',
  ];
}

function flowTrace({ integer, flag, text, tableOptions }: ColumnTypes): string[] {
  return [
    `create table flow_attempt (
      reference ${text} primary key,
      client_id ${text} not null,
      occurred_at ${integer} not null,
      is_refusal ${flag} not null,
      endpoint ${text} not null,
      outcome ${text} not null,
      reason ${text},
      error ${text},
      hint ${text},
      detail ${text},
      comparisons ${text} not null,
      alike ${integer} not null,
      network ${text}
    )${tableOptions}`,
    'create index flow_attempt_by_client on flow_attempt (client_id, occurred_at, reference)',
    'create index flow_attempt_by_time on flow_attempt (is_refusal, occurred_at, reference)',
  ];
}

function keys({ bytes, integer, text, tableOptions }: ColumnTypes): string[] {
  return [
    `create table signing_key (
      kid ${text} primary key,
      algorithm ${text} not null,
      public_jwk ${text} not null,
      private_jwk_encrypted ${bytes} not null,
      created_at ${integer} not null,
      active_from_at ${integer} not null,
      retires_at ${integer},
      first_of ${text} unique
    )${tableOptions}`,
    `create table server_key (
      name ${text} primary key,
      encrypted ${bytes} not null
    )${tableOptions}`,
  ];
}

function audit({ integer, text, tableOptions }: ColumnTypes): string[] {
  const none = '0'.repeat(64);
  return [
    // Nothing refers to what a line is about: it stays when that goes.
    `create table audit_line (
      sequence ${integer} primary key,
      at ${integer} not null,
      actor_kind ${text} not null,
      actor_id ${text} not null,
      door ${text} not null,
      came_from ${text},
      action ${text} not null,
      subject_kind ${text} not null,
      subject_id ${text} not null,
      subject_label ${text},
      detail ${text} not null,
      hash ${text} not null
    )${tableOptions}`,
    `create table audit_head (
      id ${integer} primary key check (id = 1),
      lines ${integer} not null,
      hash ${text} not null,
      deleted_up_to ${integer} not null,
      deleted_hash ${text} not null
    )${tableOptions}`,
    `insert into audit_head (id, lines, hash, deleted_up_to, deleted_hash) values (1, 0, '${none}', 0, '${none}')`,
  ];
}
