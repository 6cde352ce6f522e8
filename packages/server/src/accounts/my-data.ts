/**
 * A copy of everything that is kept of a person, as JSON, for the person (GDPR articles 15 and 20).
 *
 * Owns the document's form, documented in docs/my-data.md for whoever reads it by program: it changes by additions alone. Secrets
 * and digests are not in it: they say nothing to the person and something to a thief.
 */
import type { AccountEventRecord, AccountEventStore } from './ports/events.ts';
import type { PersonalDataStore } from './ports/personal-data.ts';
import type { PictureStore } from './ports/pictures.ts';
import type { ConnectionStore, SessionFound, SessionStore } from './ports.ts';

/** What it reads. */
export interface MyDataDeps {
  readonly personalData: PersonalDataStore;
  readonly pictures: Pick<PictureStore, 'findPicture'>;
  readonly sessions: Pick<SessionStore, 'listSessionsOf'>;
  readonly connections: Pick<ConnectionStore, 'listConnections'>;
  readonly accountEvents: Pick<AccountEventStore, 'listEvents'>;
  readonly clock: () => number;
}

/** Events are read so many at a time. */
const BATCH_LENGTH = 500;

/** Everything of whoever is signed in. */
export async function myData(current: SessionFound, deps: MyDataDeps): Promise<object> {
  const { account } = current;
  const nowMs = deps.clock();
  const kept = await deps.personalData.readPersonalData(account.id);
  const sessions = await deps.sessions.listSessionsOf(account.id, nowMs);
  const connections = await deps.connections.listConnections(account.id, nowMs);
  const picture = account.picture === null ? null : await deps.pictures.findPicture(account.picture);
  const events = await everyEvent(current, deps);
  return {
    made_at: instant(nowMs),
    account: {
      id: account.idIsNumber ? Number(account.id) : account.id,
      username: account.username,
      first_name: account.firstName,
      last_name: account.lastName,
      locale: account.locale,
      zoneinfo: account.zoneInfo,
      fields: account.fields,
      picture: picture === null ? null : { media_type: 'image/webp', content: picture.toString('base64') },
      is_superuser: account.isSuperuser,
      has_password: account.hasPassword,
      created_at: instant(account.createdAtMs),
      updated_at: instant(account.updatedAtMs),
      last_sign_in_at: instant(account.lastSignInAtMs),
      deletion_due_at: instant(account.deletesAtMs),
    },
    email_addresses: kept.addresses.map(({ address, isPrimary, verifiedAtMs, addedAtMs }) => ({
      address,
      is_primary: isPrimary,
      verified_at: instant(verifiedAtMs),
      added_at: instant(addedAtMs),
    })),
    groups: kept.groups.map(({ name, addedAtMs }) => ({ name, added_at: instant(addedAtMs) })),
    invitations: kept.invitations.map(({ address, invitedAtMs, acceptedAtMs }) => ({
      address,
      invited_at: instant(invitedAtMs),
      accepted_at: instant(acceptedAtMs),
    })),
    accounts_elsewhere: kept.externalIdentities.map(({ provider, subject, label, linkedAtMs, lastSignInAtMs }) => ({
      provider,
      subject,
      label,
      linked_at: instant(linkedAtMs),
      last_sign_in_at: instant(lastSignInAtMs),
    })),
    authenticators: kept.authenticators.map(({ label, addedAtMs }) => ({ label, added_at: instant(addedAtMs) })),
    passkeys: kept.passkeys.map(({ label, isBackedUp, addedAtMs, lastUsedAtMs }) => ({
      label,
      is_synced: isBackedUp,
      added_at: instant(addedAtMs),
      last_used_at: instant(lastUsedAtMs),
    })),
    recovery_codes_left: kept.recoveryCodesLeft,
    known_browsers: kept.knownBrowsers,
    sessions: sessions.map((session) => ({
      is_this_one: session.id === current.session.id,
      signed_in_at: instant(session.createdAtMs),
      last_used_at: instant(session.lastSeenAtMs),
      ends_at: instant(Math.min(session.expiresAtMs, session.idleExpiresAtMs)),
      factors: session.amr,
      browser: session.userAgent,
      network_address: session.networkAddress,
    })),
    connected_applications: connections.map((connection) => ({
      name: connection.name,
      scopes: connection.scope,
      authorization_details: connection.details,
      allowed_at: instant(connection.grantedAtMs),
      last_used_at: instant(connection.lastUsedAtMs),
    })),
    own_applications: kept.ownedApplications.map(({ clientId, name, createdAtMs }) => ({
      client_id: clientId,
      name,
      registered_at: instant(createdAtMs),
    })),
    security_log: events.map((event) => ({
      event: event.kind,
      detail: event.detail,
      at: instant(event.occurredAtMs),
      browser: event.userAgent,
      network_address: event.networkAddress,
    })),
  };
}

async function everyEvent(current: SessionFound, deps: MyDataDeps): Promise<readonly AccountEventRecord[]> {
  const events: AccountEventRecord[] = [];
  for (;;) {
    const page = { before: events.at(-1) ?? null, limit: BATCH_LENGTH };
    const batch = await deps.accountEvents.listEvents(current.account.id, page);
    events.push(...batch);
    if (batch.length < BATCH_LENGTH) return events;
  }
}

/** RFC 3339. */
function instant(atMs: number): string;
function instant(atMs: number | null): string | null;
function instant(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
