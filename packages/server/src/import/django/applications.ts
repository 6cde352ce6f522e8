import { judgeHash } from '../../accounts/password-hash-forms.ts';
import type { PasswordHash } from '../../accounts/ports.ts';
import type { Application, ClientSecretRecord, ImportedSecretHash } from '../../protocol/application.ts';
import { presentedClientId } from '../../protocol/client-id.ts';
import { clientSecretHint } from '../../protocol/client-secret.ts';
import { scopeRegistry } from '../../protocol/scopes.ts';
import { type Digest, presentedSecret } from '../../vocabulary/credentials.ts';
import { type ApplicationId, applicationId, type ClientId } from '../../vocabulary/identifiers.ts';
import type { ImportContext, ImportPart } from '../part.ts';
import { BATCH_ROWS, type ImportedRow, importedSecretId } from '../ports.ts';
import type { StagedRow } from '../staging.ts';
import {
  APPLICATION_COLUMNS,
  APPLICATION_TABLE,
  applicationRowName,
  type ReadApplication,
  readApplication,
} from './application-row.ts';
import { accountIdOf, digestOfJson, flagOf, keyOf, textOf } from './reading.ts';
import { accessTokenLifetimes, declaredScopes } from './token-evidence.ts';

/** Applications, their secrets, and scopes. */
export const applicationsPart: ImportPart = {
  name: 'applications',
  tables: () => [APPLICATION_TABLE],
  rowCount: (staging) => staging.countOf(APPLICATION_TABLE.name),
  async carry(context) {
    const { staging, target, report } = context;
    report.kind('application');
    const scopes = declaredScopes(context);
    const builtIn = scopeRegistry();
    if (staging.has(APPLICATION_TABLE.name))
      await target.declareScopes(scopes.filter(({ name }) => !builtIn.has(name)));
    const around = { scopes: scopes.map(({ name }) => name), lifetimes: accessTokenLifetimes(staging) };
    for (const page of pagesOf(context)) await carryPage(page, around, context);
  },
  async verify(context) {
    const { staging, target } = context;
    const around = {
      scopes: declaredScopes(context).map(({ name }) => name),
      lifetimes: accessTokenLifetimes(staging),
    };
    const differences: string[] = [];
    for (const page of pagesOf(context)) differences.push(...(await verifyPage(page, around, { ...context, target })));
    return differences;
  },
};

function pagesOf({ staging }: ImportContext) {
  return staging.pages(APPLICATION_TABLE.name, { columns: APPLICATION_COLUMNS.join(', ') }, BATCH_ROWS);
}

/** What is the same for all of them. */
interface Around {
  readonly scopes: readonly string[];
  /** By the id of the application at the source; '' for one without tokens. In seconds. */
  readonly lifetimes: ReadonlyMap<string, number>;
}

/** A row with everything that is known of it before it is written. */
interface Planned extends ReadApplication {
  readonly row: StagedRow;
  readonly secret: ClientSecretRecord | null;
  readonly digest: Digest;
  readonly secretDigest: Digest;
}

async function carryPage(page: readonly StagedRow[], around: Around, context: ImportContext): Promise<void> {
  const { target, report, nowMs } = context;
  const planned = await planPage(page, around, context);
  const ids = planned.map(({ application }) => application.id);
  const [imported, present] = [await target.findImported('application', ids), await target.findApplications(ids)];
  const taken = await target.findClientIds(planned.map(({ application }) => application.clientId));
  const fresh: Application[] = [];
  const changed: { application: Application; secret: ClientSecretRecord | null | 'kept' }[] = [];
  const recorded: ImportedRow[] = [];
  for (const plan of planned) {
    const { application, secret, digest, secretDigest, row } = plan;
    const before = imported.get(application.id);
    const way = wayOf(
      plan,
      { before, updatedAtMs: present.get(application.id), owner: taken.get(application.clientId) },
      context,
    );
    report.count('application', way);
    if (way !== 'brought' && way !== 'changed') continue;
    for (const finding of plan.findings) report.find(finding);
    if (way === 'brought') fresh.push({ ...application, secrets: secret === null ? [] : [secret] });
    else changed.push({ application, secret: before?.secretDigest?.equals(secretDigest) ? 'kept' : secret });
    recorded.push({
      kind: 'application',
      sourceKey: String(keyOf(row, 'id')),
      digest,
      secretDigest,
      importedAtMs: nowMs,
    });
  }
  if (fresh.length > 0) await target.insertApplications(fresh);
  for (const { application, secret } of changed) await target.updateApplication(application, secret);
  if (recorded.length > 0) await target.recordImported(recorded);
  context.advance(page.length);
}

/** What is known of an application on both sides. */
interface Known {
  readonly before: ImportedRow | undefined;
  /** undefined: there is no such application here. */
  readonly updatedAtMs: number | undefined;
  /** Whose its client id is here. */
  readonly owner: ApplicationId | undefined;
}

type Way = 'brought' | 'changed' | 'unchanged' | 'keptAsHere' | 'leftOut';

function wayOf(plan: Planned, { before, updatedAtMs, owner }: Known, { report }: ImportContext): Way {
  const row = applicationRowName(plan.row);
  if (before === undefined) {
    if (updatedAtMs === undefined && owner === undefined) return 'brought';
    report.find({
      severity: 'refusal',
      code: updatedAtMs === undefined ? 'client-id-taken' : 'application-id-taken',
      row,
      what: 'An application here has its id or its client_id, and does not come from this import.',
      outcome: 'Nothing is written. See: diapason app list; one of the two has to go.',
    });
    return 'leftOut';
  }
  if (updatedAtMs === undefined) {
    report.find({
      severity: 'note',
      code: 'deleted-here',
      row,
      what: 'It was brought before, and was deleted here.',
      outcome: 'It does not come back.',
    });
    return 'leftOut';
  }
  const isSame = before.digest.equals(plan.digest) && before.secretDigest?.equals(plan.secretDigest) === true;
  if (isSame) return 'unchanged';
  if (updatedAtMs === before.importedAtMs) return 'changed';
  report.find({
    severity: 'warning',
    code: 'kept-as-here',
    row,
    what: 'It was changed at the source, and here too since it was brought.',
    outcome: 'It stays as it is here. See: diapason app show.',
  });
  return 'keptAsHere';
}

async function planPage(
  page: readonly StagedRow[],
  around: Around,
  context: ImportContext,
): Promise<readonly Planned[]> {
  const owners = page.map((row) => accountIdOf(row, 'user_id')).filter((id) => id !== null);
  const present = await context.target.findAccounts(owners);
  return page.flatMap((row) => {
    const ids = idsOf(row);
    const secret = ids === null ? null : secretOf(row, ids.id, context);
    if (ids === null || secret === 'refused') {
      context.report.count('application', 'leftOut');
      if (ids === null) reportIds(row, context);
      return [];
    }
    const ownerId = accountIdOf(row, 'user_id');
    const owned = ownerId !== null && present.has(ownerId) ? ownerId : null;
    const key = String(keyOf(row, 'id'));
    const lifetime = around.lifetimes.get(key) ?? around.lifetimes.get('') ?? 0;
    const surroundings = { ...ids, ownerId: owned, scopes: around.scopes, accessTokenLifetimeSeconds: lifetime };
    const read = readApplication(row, { ...surroundings, nowMs: context.nowMs });
    // What the source says, and not when it said so: the time of a change is no change.
    const told = APPLICATION_COLUMNS.filter((name) => name !== 'client_secret' && name !== 'updated');
    const digest = digestOfJson([told.map((name) => textOf(row, name)), around.scopes]);
    return [{ ...read, row, secret, digest, secretDigest: digestOfJson(textOf(row, 'client_secret')) }];
  });
}

function idsOf(row: StagedRow): { readonly id: ApplicationId; readonly clientId: ClientId } | null {
  const key = keyOf(row, 'id');
  const clientId = presentedClientId(textOf(row, 'client_id'));
  return key === null || key.length > 64 || clientId === null ? null : { id: applicationId(key), clientId };
}

function reportIds(row: StagedRow, { report }: ImportContext): void {
  report.find({
    severity: 'warning',
    code: 'client-id-unreadable',
    row: applicationRowName(row),
    what: 'Its id or its client_id is none: 1 to 255 printable ASCII characters are needed (RFC 6749 section A.1).',
    outcome:
      'It is left out, with its tokens. Give it another client_id at the source, or register it here: diapason app create.',
  });
}

/** Django's hashes begin with the name of the algorithm; a generated secret has no dollar sign in it. */
const HASH = /^(pbkdf2_sha256|pbkdf2_sha1|argon2|bcrypt_sha256|bcrypt|scrypt)\$/;

/** The secret as it is kept; null: it has none. `'refused'`: it was reported, and stands against the run. */
function secretOf(
  row: StagedRow,
  id: ApplicationId,
  { report, secrets, options, staging, nowMs }: ImportContext,
): ClientSecretRecord | null | 'refused' {
  const text = textOf(row, 'client_secret');
  if (text === '') return null;
  const record = { id: importedSecretId(id), createdAtMs: nowMs, lastUsedAtMs: null };
  // From 2.4 on an application may say that its secret is kept as it is.
  const isPlain = staging.hasColumn(APPLICATION_TABLE.name, 'hash_client_secret') && !flagOf(row, 'hash_client_secret');
  if (isPlain || !HASH.test(text)) {
    const secret = presentedSecret<'client_secret'>(text);
    return { ...record, mac: secrets.clientSecretMac(secret), importedHash: null, hint: clientSecretHint(secret) };
  }
  const judged = judgeHash(text as PasswordHash);
  if (judged === 'verifiable') return { ...record, mac: null, importedHash: text as ImportedSecretHash, hint: '' };
  const isDropped = options.dropUnreadablePasswords;
  report.find({
    severity: isDropped ? 'warning' : 'refusal',
    code: 'secret-unreadable',
    row: applicationRowName(row),
    what:
      judged === 'too_much_work'
        ? 'The hash of its secret asks for more work than this server does for a stranger.'
        : 'The hash of its secret is of a form that cannot be verified.',
    outcome: isDropped
      ? 'It comes without a secret. Give it one: diapason app secret add.'
      : 'Nothing is written. With --drop-unreadable-passwords it comes without a secret.',
  });
  return isDropped ? null : 'refused';
}

/** Compares what is here with the source, field by field: there are never many applications. */
async function verifyPage(
  page: readonly StagedRow[],
  around: Around,
  context: ImportContext,
): Promise<readonly string[]> {
  const { target, report } = context;
  const planned = await planPage(page, around, context);
  const imported = await target.findImported(
    'application',
    planned.map(({ application }) => application.id),
  );
  const here = await target.readApplications(planned.map(({ application }) => application.id));
  context.advance(page.length);
  return planned.flatMap(({ application, row, secret }) => {
    const found = here.get(application.id);
    report.count('application', found === undefined ? 'leftOut' : 'unchanged');
    if (found === undefined) return [`${applicationRowName(row)} is not here.`];
    if (found.updatedAtMs !== imported.get(application.id)?.importedAtMs) return [];
    const sides: readonly (readonly [string, unknown, unknown])[] = [
      ['client_id', application.clientId, found.clientId],
      ['name', application.name, found.name],
      ['type', application.type, found.type],
      ['grants', application.grants.join(' '), found.grants.join(' ')],
      ['redirect URIs', application.redirectUris.join(' '), found.redirectUris.join(' ')],
      ['skip consent', application.skipConsent, found.skipConsent],
      ['owner', application.ownerId, found.ownerId],
      ['has a secret', secret !== null, found.secrets.length > 0],
    ];
    return sides
      .filter(([, theirs, ours]) => theirs !== ours)
      .map(([name, theirs, ours]) => `${applicationRowName(row)}: ${name} is ${theirs} there and ${ours} here.`);
  });
}
