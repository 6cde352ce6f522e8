/** What is kept of a person and read by no other port: implements `PersonalDataStore`. */
import type { PersonalDataStore } from '../accounts/ports/personal-data.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { query } from './query.ts';
import type { Engine } from './transition.ts';

interface Whose {
  readonly id: AccountId;
}

const queries = {
  addresses: query((db, p: Whose) =>
    db
      .selectFrom('account_email')
      .select(['address', 'is_primary', 'verified_at', 'created_at'])
      .where('account_id', '=', p.id)
      .orderBy('created_at')
      .orderBy('address'),
  ),

  groups: query((db, p: Whose) =>
    db
      .selectFrom('account_group_member as member')
      .innerJoin('account_group as group', 'group.id', 'member.group_id')
      .select(['group.name', 'member.added_at'])
      .where('member.account_id', '=', p.id)
      .orderBy('group.name'),
  ),

  invitations: query((db, p: Whose) =>
    db
      .selectFrom('invitation')
      .select(['address', 'created_at', 'accepted_at'])
      .where('accepted_by', '=', p.id)
      .orderBy('created_at')
      .orderBy('id'),
  ),

  identities: query((db, p: Whose) =>
    db
      .selectFrom('external_identity')
      .select(['provider', 'subject', 'label', 'linked_at', 'last_sign_in_at'])
      .where('account_id', '=', p.id)
      .orderBy('provider')
      .orderBy('subject'),
  ),

  authenticators: query((db, p: Whose) =>
    db.selectFrom('totp').select(['label', 'created_at']).where('account_id', '=', p.id).orderBy('created_at'),
  ),

  passkeys: query((db, p: Whose) =>
    db
      .selectFrom('passkey')
      .select(['label', 'is_backed_up', 'created_at', 'last_used_at'])
      .where('account_id', '=', p.id)
      .orderBy('created_at')
      .orderBy('id'),
  ),

  recoveryCodes: query((db, p: Whose) =>
    db
      .selectFrom('recovery_code')
      .select(({ fn }) => fn.countAll<number>().as('left'))
      .where('account_id', '=', p.id),
  ),

  browsers: query((db, p: Whose) =>
    db
      .selectFrom('known_browser')
      .select(({ fn }) => fn.countAll<number>().as('known'))
      .where('account_id', '=', p.id),
  ),

  applications: query((db, p: Whose) =>
    db
      .selectFrom('application')
      .select(['client_id', 'name', 'created_at'])
      .where('owner_id', '=', p.id)
      .orderBy('created_at')
      .orderBy('client_id'),
  ),
};

/** Makes the store. */
export function createPersonalDataStore(engine: Engine): PersonalDataStore {
  const q = engine.prepare('personal_data', queries);
  return {
    async readPersonalData(id) {
      const addresses = await engine.readAll(q.addresses, { id });
      const groups = await engine.readAll(q.groups, { id });
      const invitations = await engine.readAll(q.invitations, { id });
      const identities = await engine.readAll(q.identities, { id });
      const authenticators = await engine.readAll(q.authenticators, { id });
      const passkeys = await engine.readAll(q.passkeys, { id });
      const codes = await engine.readOne(q.recoveryCodes, { id });
      const browsers = await engine.readOne(q.browsers, { id });
      const applications = await engine.readAll(q.applications, { id });
      return {
        addresses: addresses.map((row) => ({
          address: row.address,
          isPrimary: row.is_primary === 1,
          verifiedAtMs: row.verified_at,
          addedAtMs: row.created_at,
        })),
        groups: groups.map((row) => ({ name: row.name, addedAtMs: row.added_at })),
        invitations: invitations.map((row) => ({
          address: row.address,
          invitedAtMs: row.created_at,
          acceptedAtMs: row.accepted_at,
        })),
        externalIdentities: identities.map((row) => ({
          provider: row.provider,
          subject: row.subject,
          label: row.label,
          linkedAtMs: row.linked_at,
          lastSignInAtMs: row.last_sign_in_at,
        })),
        authenticators: authenticators.map((row) => ({ label: row.label, addedAtMs: row.created_at })),
        passkeys: passkeys.map((row) => ({
          label: row.label,
          isBackedUp: row.is_backed_up === 1,
          addedAtMs: row.created_at,
          lastUsedAtMs: row.last_used_at,
        })),
        recoveryCodesLeft: Number(codes?.left ?? 0),
        knownBrowsers: Number(browsers?.known ?? 0),
        ownedApplications: applications.map((row) => ({
          clientId: row.client_id,
          name: row.name,
          createdAtMs: row.created_at,
        })),
      };
    },
  };
}
