/**
 * `diapason user …`. Owns output and the words of refusals; the rules are `admin/users.ts`.
 * The JSON form of an account is documented in docs/commands.md and changes only by additions.
 */
import type { Account } from '../accounts/ports.ts';
import { startReset } from '../admin/start-reset.ts';
import * as admin from '../admin/users.ts';
import type { Config } from '../config.ts';
import { done, json, type Outcome, refused, usage } from './outcome.ts';
import { refusedFor } from './problems.ts';
import { askPassword, askToGoOn } from './questions.ts';
import { instant, isoInstant, record, table } from './table.ts';
import type { SecretOptions, Terminal } from './terminal.ts';
import { type Workbench, withWorkbench } from './workbench.ts';

/** Options of `user create`. */
export interface CreateUserOptions extends SecretOptions {
  readonly username: string;
  readonly email: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly field?: readonly string[];
  readonly json?: true;
}

interface Json {
  readonly json?: true;
}

/** `user create`: an account, whose address counts as verified. */
export async function createUser(options: CreateUserOptions, terminal: Terminal): Promise<Outcome> {
  const fields = valuesIn(options.field ?? []);
  if (fields === null) return FIELD_USAGE;
  const password = await askPassword(options, terminal);
  if ('end' in password) return password.end;
  const user = {
    username: options.username,
    email: options.email,
    firstName: options.firstName ?? '',
    lastName: options.lastName ?? '',
    password: password.value,
    isSuperuser: false,
    fields,
  };
  return withWorkbench(terminal, async ({ users }) => {
    const result = await admin.createUser(user, users);
    return result.outcome === 'created' ? showAccount(result.account, options) : refusedFor(result);
  });
}

/** `user set-field`: values of the fields that the operator declares; an empty one takes a field out. */
export async function setUserFields(name: string, fields: readonly string[], terminal: Terminal): Promise<Outcome> {
  const values = valuesIn(fields);
  if (values === null) return FIELD_USAGE;
  return withUser(name, terminal, async (account, { users }) => {
    const result = await admin.setUserFields(account, values, users);
    switch (result.outcome) {
      case 'updated':
        return done(`The profile of ${account.username} is changed.`);
      case 'not_found':
        return notFound(name);
      default:
        return refusedFor(result);
    }
  });
}

/** What a field looks like. */
export const FIELD_USAGE = usage('A field is given as name=value.');

/** `name=value` each; null: one is not. */
export function valuesIn(given: readonly string[]): Readonly<Record<string, string>> | null {
  const pairs = given.map((text) => /^([^=]{1,40})=([\s\S]*)$/.exec(text));
  return pairs.some((pair) => pair === null)
    ? null
    : Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

/** `user list`: all of them, in the order of usernames. */
export async function listUsers(options: Json & { readonly search?: string }, terminal: Terminal): Promise<Outcome> {
  return withWorkbench(terminal, async ({ users }) => {
    const accounts: Account[] = [];
    for await (const account of admin.everyUser(options.search ?? null, users)) accounts.push(account);
    if (options.json) return json(accounts.map(accountJson));
    const rows = accounts.map((account) => [
      account.username,
      account.email ?? '-',
      `${account.firstName} ${account.lastName}`.trim() || '-',
      stateOf(account),
      instant(account.lastSignInAtMs),
    ]);
    return done(table(['USERNAME', 'EMAIL', 'NAME', 'STATE', 'LAST SIGN-IN'], rows, 'No accounts.'));
  });
}

/** `user show`. */
export async function showUser(name: string, options: Json, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account) => showAccount(account, options));
}

/** `user set-password`: every session of the account ends. */
export async function setUserPassword(name: string, options: SecretOptions, terminal: Terminal): Promise<Outcome> {
  const password = await askPassword(options, terminal);
  if ('end' in password) return password.end;
  const secret = password.value;
  if (secret === null) return usage('Give --password-stdin, --password-file or --password-env.');
  return withUser(name, terminal, async (account, { users }) => {
    const result = await admin.setUserPassword(account, secret, users);
    switch (result.outcome) {
      case 'updated':
        return done(`The password of ${account.username} is set, and every session of the account has ended.`);
      case 'not_found':
        return notFound(name);
      default:
        return refusedFor(result);
    }
  });
}

/** `user reset-password`: a link by which the person chooses a password; mailed, or printed where there is no mail. */
export async function resetPassword(
  name: string,
  options: Json & { readonly endSessions?: true },
  terminal: Terminal,
): Promise<Outcome> {
  return withUser(name, terminal, async (account, { administration, telling }, config) => {
    const { mailedSecrets, sessions } = administration;
    const started = await startReset(account, options.endSessions === true, { ...telling, mailedSecrets, sessions });
    if (started.outcome === 'disabled') {
      return refused(`${account.username} is disabled. Let them in again first: diapason user enable`);
    }
    const link = started.outcome === 'to_hand_over' ? `${config.url}/password/reset/?token=${started.token}` : null;
    const mailedTo = started.outcome === 'mailed' ? started.to : null;
    if (options.json) {
      const expires_at = isoInstant(started.expiresAtMs);
      return json({ username: account.username, mailed_to: mailedTo, link, expires_at });
    }
    const sessionsEnded = options.endSessions === true ? ' Every session of the account has ended.' : '';
    const until = instant(started.expiresAtMs);
    if (link !== null) {
      return done(
        `${account.username} chooses a password here, once, until ${until}. Give the link to nobody else:\n${link}${sessionsEnded === '' ? '' : `\n${sessionsEnded.trim()}`}`,
      );
    }
    const kept = telling.mailing === 'development' ? ' (kept to be read at /dev/mail/)' : '';
    return done(
      `A link by which ${account.username} chooses a password goes to ${mailedTo}${kept}; it is good once, until ${until}.${sessionsEnded}`,
    );
  });
}

/** `user reset-factors`. */
export async function resetFactors(name: string, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account, { administration, telling }) => {
    const removed = await admin.resetFactors(account.id, { factors: administration.factors, ...telling });
    const what = removed === 1 ? '1 authenticator app' : `${removed} authenticator apps`;
    return done(`${account.username} signs in without a second step now: ${what} removed, and sessions have ended.`);
  });
}

/** `user disable`. */
export async function disableUser(name: string, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account, { users }) => {
    const { outcome } = await admin.disableUser(account.id, users);
    if (outcome === 'not_found') return notFound(name);
    return done(`${account.username} is disabled: sessions have ended, and tokens are revoked.`);
  });
}

/** `user enable`. */
export async function enableUser(name: string, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account, { users }) => {
    const { outcome } = await admin.enableUser(account.id, users);
    return outcome === 'not_found' ? notFound(name) : done(`${account.username} may sign in again.`);
  });
}

/** `user keep`: the account stays, though its owner asked for its end. */
export async function keepUser(name: string, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account, { users }) => {
    const { outcome } = await admin.keepUser(account.id, users);
    return outcome === 'not_asked'
      ? refused(`Nobody asked for the deletion of ${account.username}.`)
      : done(`${account.username} stays. Applications have to ask for access again.`);
  });
}

/** `user delete`. Asks a person at a terminal first. */
export async function deleteUser(name: string, options: { readonly yes?: true }, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account, { users }) => {
    const goOn = await askToGoOn(options, `Delete ${account.username} with everything of the account?`, terminal);
    if ('end' in goOn) return goOn.end;
    if (!goOn.value) return refused('Nothing was changed.');
    const { outcome } = await admin.deleteUser(account.id, users);
    return outcome === 'not_found' ? notFound(name) : done(`${account.username} is deleted.`);
  });
}

/** One account, as `user create`, `user show` and `create-superuser` print it. */
export function showAccount(account: Account, options: Json): Outcome {
  if (options.json) return json(accountJson(account));
  return done(
    record([
      ['id', account.id],
      ['username', account.username],
      ['email', account.email === null ? null : `${account.email}${account.emailVerified ? '' : ' (not verified)'}`],
      ['first name', account.firstName],
      ['last name', account.lastName],
      ['language', account.locale],
      ['time zone', account.zoneInfo],
      ['picture', account.picture === null ? null : 'yes'],
      ...Object.entries(account.fields).map(([field, value]): [string, string] => [field, value]),
      ['state', stateOf(account)],
      ['created', instant(account.createdAtMs)],
      ['last sign-in', instant(account.lastSignInAtMs)],
      ['deleted on', account.deletesAtMs === null ? null : instant(account.deletesAtMs)],
    ]),
  );
}

/** Finds the account by username, address or id, and goes on with it. */
export async function withUser(
  name: string,
  terminal: Terminal,
  work: (account: Account, workbench: Workbench, config: Config) => Promise<Outcome>,
): Promise<Outcome> {
  return withWorkbench(terminal, async (workbench, config) => {
    const account = await admin.findUser(name, workbench.users);
    return account === null ? notFound(name) : work(account, workbench, config);
  });
}

/** Refuses a name that is nobody's. */
export function notFound(name: string): Outcome {
  return refused(`No account has the username, address or id ${JSON.stringify(name)}. See: diapason user list`);
}

function stateOf(account: Account): string {
  const words = [
    account.isSuperuser ? 'superuser' : null,
    account.disabledAtMs === null ? null : 'disabled',
    account.hasPassword ? null : 'no password',
    account.deletesAtMs === null ? null : 'to be deleted',
  ].filter((word) => word !== null);
  return words.length === 0 ? 'active' : words.join(', ');
}

function accountJson(account: Account) {
  return {
    // As on the wire: a number where it came from Django (docs/commands.md).
    id: account.idIsNumber ? Number(account.id) : account.id,
    username: account.username,
    email: account.email,
    email_verified: account.emailVerified,
    first_name: account.firstName,
    last_name: account.lastName,
    locale: account.locale,
    zoneinfo: account.zoneInfo,
    fields: account.fields,
    is_superuser: account.isSuperuser,
    is_active: account.disabledAtMs === null,
    has_password: account.hasPassword,
    created_at: isoInstant(account.createdAtMs),
    updated_at: isoInstant(account.updatedAtMs),
    disabled_at: isoInstant(account.disabledAtMs),
    last_sign_in_at: isoInstant(account.lastSignInAtMs),
    deletion_due_at: isoInstant(account.deletesAtMs),
  };
}
