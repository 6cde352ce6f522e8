/**
 * The one transaction of an import: implements `ImportStore`.
 *
 * Owns how rows of the port become rows of statements. The statements are the files beside this.
 */
import type {
  AccountRow,
  AccountSample,
  AccountTarget,
  AddressRow,
  ExternalIdentityRow,
  ImportStore,
} from '../../import/ports.ts';
import { disableAccount, endSessions } from '../accounts.ts';
import { accountQueries } from '../accounts-queries.ts';
import { applicationQueries } from '../applications-queries.ts';
import { fieldsOf, fieldsText, flag } from '../columns.ts';
import type { Statements } from '../query.ts';
import { all, count, type Engine, type Perform } from '../transition.ts';
import { type AccountJson, accountStatements } from './account-statements.ts';
import { applicationTarget, importedApplicationStatements } from './application-target.ts';
import { grantTarget, importedGrantStatements } from './grant-target.ts';
import { importedRowStatements, importedRows } from './imported-rows.ts';
import { keptStatements, keptTarget } from './kept-rows.ts';

type Q = ReturnType<typeof accountStatements>;
type AccountQ = Statements<typeof accountQueries>;

/** Makes the store. */
export function createImportStore(engine: Engine): ImportStore {
  const q = accountStatements(engine.dialect);
  const rows = importedRowStatements(engine.dialect);
  const accounts = engine.prepare('import-accounts', accountQueries);
  const applications = engine.prepare('import-applications', applicationQueries);
  const importedApplications = importedApplicationStatements(engine.dialect);
  const grants = importedGrantStatements(engine.dialect);
  const kept = keptStatements(engine.dialect);
  return {
    importing: (work) =>
      engine.whole((perform) =>
        work({
          ...importedRows(rows, perform),
          ...accountTarget(q, accounts, perform),
          ...applicationTarget(importedApplications, applications, perform),
          ...grantTarget(grants, perform),
          ...keptTarget(kept, perform),
        }),
      ),
  };
}

function accountTarget(q: Q, accounts: AccountQ, perform: Perform): AccountTarget {
  return {
    async findAccounts(ids) {
      const rows = await perform(all(q.find, { rows: keys(ids) }));
      return new Map(rows.map(({ id, updated_at }) => [id, { id, updatedAtMs: updated_at }]));
    },
    async findSameUsernames() {
      const rows = await perform(all(q.duplicates, {}));
      return rows.map(({ username, id, other_id }) => ({ username, ids: [id, other_id] as const }));
    },
    async insertAccounts(rows, nowMs) {
      await perform(count(q.insert, { rows: rows.map((row) => accountJson(row, true, nowMs)) }));
    },
    async updateAccounts(rows, withPassword, nowMs) {
      for (const { id, isActive } of rows) {
        if (!isActive) await perform(disableAccount(accounts, id, nowMs));
        else if (withPassword.has(id)) await perform(endSessions(accounts, id, null, nowMs));
      }
      await perform(count(q.update, { rows: rows.map((row) => accountJson(row, withPassword.has(row.id), nowMs)) }));
    },
    async clearAccounts(ids) {
      for (const statement of q.clear) await perform(count(statement, { rows: keys(ids) }));
    },
    async insertAddresses(rows, nowMs) {
      const written = await perform(all(q.insertAddresses, { rows: rows.map((row) => addressJson(row, nowMs)) }));
      const verified = new Set(
        written.filter((row) => row.verified_at !== null).map((row) => pair(row.account_id, row.address_key)),
      );
      return rows.filter((row) => row.isVerified && !verified.has(pair(row.accountId, row.key)));
    },
    async findGroupNames(names) {
      const rows = await perform(all(q.findGroupNames, { rows: keys(names) }));
      return new Map(rows.map(({ id, name }) => [name, id]));
    },
    async upsertGroups(rows, nowMs) {
      // By way of a name that no group has: two that changed names with each other would be in each other's way.
      const passing = rows.map(({ id }) => ({ id, name: `\u{10ffff}${id}`, now: nowMs }));
      await perform(count(q.upsertGroups, { rows: passing }));
      await perform(count(q.upsertGroups, { rows: rows.map(({ id, name }) => ({ id, name, now: nowMs })) }));
    },
    async insertMembers(rows, nowMs) {
      const members = rows.map(({ groupId, accountId }) => ({ group_id: groupId, account_id: accountId, now: nowMs }));
      await perform(count(q.insertMembers, { rows: members }));
    },
    async insertExternalIdentities(rows) {
      const written = await perform(all(q.insertIdentities, { rows: rows.map(identityJson) }));
      const present = new Set(written.map(({ provider, subject }) => pair(provider, subject)));
      return rows.filter(({ provider, subject }) => !present.has(pair(provider, subject)));
    },
    async insertTotps(rows) {
      const totps = rows.map((row) => ({
        id: row.id,
        account_id: row.accountId,
        label: row.label,
        sealed_seed: row.sealedSeed.toString('hex'),
        digits: row.digits,
        created_at: row.createdAtMs,
      }));
      await perform(count(q.insertTotps, { rows: totps }));
    },
    async insertRecoveryCodes(rows) {
      const codes = rows.map(({ accountId, mac }) => ({ account_id: accountId, code_mac: mac.toString('hex') }));
      await perform(count(q.insertRecoveryCodes, { rows: codes }));
    },
    async readParts(ids) {
      const rows = await perform(all(q.parts, { rows: keys(ids) }));
      return rows.map(({ account_id, kind, value }) => ({ accountId: account_id, kind, value }));
    },
    readAccounts: (ids) => readAccounts(q, perform, ids),
  };
}

async function readAccounts(q: Q, perform: Perform, ids: readonly string[]): Promise<readonly AccountSample[]> {
  const rows = await perform(all(q.samples, { rows: keys(ids) }));
  return rows.map((row) => ({
    id: row.id,
    username: row.username,
    firstName: row.first_name,
    lastName: row.last_name,
    hasPassword: row.password_hash !== null,
    isSuperuser: row.is_superuser === 1,
    isActive: row.disabled_at === null,
    locale: row.locale,
    zoneInfo: row.zoneinfo,
    fields: fieldsOf(row.fields),
    isChangedHere: row.imported_at !== row.updated_at,
  }));
}

function keys(list: readonly string[]): readonly { readonly key: string }[] {
  return list.map((key) => ({ key }));
}

function pair(left: string, right: string): string {
  return JSON.stringify([left, right]);
}

function accountJson(row: AccountRow, withPassword: boolean, nowMs: number): AccountJson {
  return {
    id: row.id,
    id_is_number: flag(row.idIsNumber),
    username: row.username,
    username_key: row.usernameKey,
    username_skeleton: row.usernameSkeleton,
    first_name: row.firstName,
    last_name: row.lastName,
    password_hash: row.passwordHash,
    is_superuser: flag(row.isSuperuser),
    disabled_at: row.isActive ? null : nowMs,
    created_at: row.createdAtMs,
    last_sign_in_at: row.lastSignInAtMs,
    locale: row.locale,
    zoneinfo: row.zoneInfo,
    fields: fieldsText(row.fields),
    with_password: flag(withPassword),
    now: nowMs,
  };
}

function addressJson(row: AddressRow, nowMs: number) {
  return {
    account_id: row.accountId,
    address: row.address,
    address_key: row.key,
    is_primary: flag(row.isPrimary),
    is_verified: flag(row.isVerified),
    now: nowMs,
  };
}

function identityJson(row: ExternalIdentityRow) {
  return {
    account_id: row.accountId,
    provider: row.provider,
    subject: row.subject,
    linked_at: row.linkedAtMs,
    last_sign_in_at: row.lastSignInAtMs,
  };
}
