/** What `diapason user …` changes of an account: output and the words of refusals. The rules are `admin/user-changes.ts`. */
import * as admin from '../admin/user-changes.ts';
import { setSuperuser } from '../admin/users.ts';
import { LOCALES } from '../pages/messages.ts';
import { done, json, type Outcome, refused, usage } from './outcome.ts';
import { refusedFor } from './problems.ts';
import { isoInstant, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { FIELD_USAGE, notFound, showAccount, valuesIn, withUser } from './users.ts';
import type { Workbench } from './workbench.ts';

/** Options of `user update`; an empty text takes away. */
export interface UpdateUserOptions {
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly language?: string;
  readonly timeZone?: string;
  readonly field?: readonly string[];
  readonly superuser?: boolean;
  readonly json?: true;
}

/** `user update`: what is not named stays. */
export async function updateUser(name: string, options: UpdateUserOptions, terminal: Terminal): Promise<Outcome> {
  const { json: _, superuser, ...named } = options;
  if (Object.keys(named).length === 0 && superuser === undefined) return usage('Say what is to change; see --help.');
  const fields = valuesIn(options.field ?? []);
  if (fields === null) return FIELD_USAGE;
  return withUser(name, terminal, async (account, { users, telling }) => {
    const { username, firstName, lastName } = options;
    const change = {
      ...(username === undefined ? {} : { username }),
      ...(firstName === undefined ? {} : { firstName }),
      ...(lastName === undefined ? {} : { lastName }),
      ...(options.language === undefined ? {} : { locale: options.language }),
      ...(options.timeZone === undefined ? {} : { zoneInfo: options.timeZone }),
      fields,
    };
    let after = account;
    if (Object.keys(named).length > 0) {
      const result = await admin.updateUser(account, change, { ...users, events: telling.events, locales: LOCALES });
      if (result.outcome === 'refused') return refusedFor(result);
      if (result.outcome === 'not_found') return notFound(name);
      after = result.account;
    }
    if (superuser !== undefined && (await setSuperuser(account.id, superuser, users)).outcome === 'not_found') {
      return notFound(name);
    }
    return showAccount({ ...after, isSuperuser: superuser ?? after.isSuperuser }, options);
  });
}

/** `user address list`. */
export async function listAddresses(
  name: string,
  options: { readonly json?: true },
  terminal: Terminal,
): Promise<Outcome> {
  return withUser(name, terminal, async (account, { storage }) => {
    const listed = await admin.listUserAddresses(account, storage);
    if (options.json) {
      return json(
        listed.map(({ address, isPrimary, verifiedAtMs }) => ({
          email: address,
          primary: isPrimary,
          verified_at: isoInstant(verifiedAtMs),
        })),
      );
    }
    const rows = listed.map(({ address, isPrimary, verifiedAtMs }) => [
      address,
      isPrimary ? 'primary' : '-',
      verifiedAtMs === null ? 'not verified' : 'verified',
    ]);
    return done(table(['EMAIL', 'ROLE', 'STATE'], rows, 'No addresses.'));
  });
}

/** `user address add`. */
export async function addAddress(
  name: string,
  email: string,
  options: { readonly primary?: true },
  terminal: Terminal,
): Promise<Outcome> {
  return withUser(name, terminal, async (account, workbench) => {
    const deps = addressDeps(workbench);
    const result = await admin.addUserAddress(account, email, deps);
    if (result.outcome === 'refused') return refusedFor(result);
    if (result.outcome === 'not_found') return notFound(name);
    if (options.primary === true) await admin.makeUserAddressPrimary(account, email, deps);
    const role = options.primary === true ? 'the primary address' : 'a verified address';
    return done(`${result.address} is ${role} of ${account.username}.`);
  });
}

/** `user address primary`. */
export async function makePrimary(name: string, email: string, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account, workbench) => {
    const { outcome } = await admin.makeUserAddressPrimary(account, email, addressDeps(workbench));
    return outcome === 'not_found'
      ? refused(
          `${account.username} has no verified address ${JSON.stringify(email)}. To add it: diapason user address add`,
        )
      : done(`${email} is the primary address of ${account.username}.`);
  });
}

/** `user address remove`. */
export async function removeAddress(name: string, email: string, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account, workbench) => {
    const { outcome } = await admin.removeUserAddress(account, email, addressDeps(workbench));
    return outcome === 'not_found'
      ? refused(
          `${account.username} has no address ${JSON.stringify(email)} beside the primary one, which stays until another is primary.`,
        )
      : done(`${email} is no address of ${account.username} any more.`);
  });
}

/** `user remove-picture`. */
export async function removePicture(name: string, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account, { administration: { pictures }, telling }) => {
    const { outcome } = await admin.removeUserPicture(account, { ...telling, pictures });
    return done(
      outcome === 'removed'
        ? `The picture of ${account.username} is removed.`
        : `${account.username} has no picture. Nothing was changed.`,
    );
  });
}

/** `user end-sessions`. */
export async function endSessions(name: string, terminal: Terminal): Promise<Outcome> {
  return withUser(name, terminal, async (account, { administration: { sessions }, telling }) => {
    const ended = await admin.endUserSessions(account, { ...telling, sessions });
    const what = ended === 1 ? '1 session has' : `${ended} sessions have`;
    return done(`${account.username} is signed out everywhere: ${what} ended.`);
  });
}

function addressDeps({ administration: { addresses }, telling }: Workbench): admin.UserAddressDeps {
  return { ...telling, addresses };
}
