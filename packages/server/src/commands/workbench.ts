/**
 * What the commands about accounts, applications and keys need, put together for one command.
 *
 * Owns the wiring of use cases without a server, as `app.ts` owns it with one. The rules stand behind the use cases.
 */

import { lookup } from 'node:dns/promises';
import { accountEvents } from '../accounts/events.ts';
import { createNotices } from '../accounts/notices.ts';
import { createPasswordHasher } from '../accounts/password-hashing.ts';
import type { MailOutbox, Notices } from '../accounts/ports/mail.ts';
import type { ApplicationDeps } from '../admin/applications.ts';
import { loadScopes } from '../admin/declared-scopes.ts';
import type { Administration } from '../admin/ports/audit.ts';
import type { StartResetDeps } from '../admin/start-reset.ts';
import type { UserDeps } from '../admin/users.ts';
import { outboxFor } from '../app/mail.ts';
import { openPasswordPolicy } from '../app/passwords.ts';
import type { Config } from '../config.ts';
import { createHardenedFetch, isLoopbackHttp } from '../fetch/hardened-fetch.ts';
import { createKeyEncryption, type KeyEncryption, WrongSecretError } from '../keys/key-encryption.ts';
import { mailSecretsOf } from '../keys/mail-secrets.ts';
import { loadServerKeys } from '../keys/server-keys.ts';
import type { Mailing } from '../mail/outbox.ts';
import type { ClientSecretKey } from '../protocol/client-secret.ts';
import type { Storage } from '../storage/storage.ts';
import type { Audited } from '../vocabulary/audited.ts';
import { systemRandomness } from '../vocabulary/credentials.ts';
import { withDatabase } from './database.ts';
import { operatorOfMachine } from './operator.ts';
import { type Outcome, refused } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** The arguments of the use cases, and the storage behind them. */
export interface Workbench {
  readonly storage: Storage;
  readonly users: UserDeps;
  readonly applications: ApplicationDeps;
  readonly encryption: KeyEncryption;
  /** What commands change, in the name of whoever runs them. */
  readonly administration: Administration;
  /** What is written to people, and what stands in their own logs. */
  readonly telling: Omit<StartResetDeps, 'mailedSecrets' | 'sessions'> & {
    readonly mailing: Mailing;
    /** In which mail goes out, as BCP 47 tags. */
    readonly languages: readonly string[];
    readonly notices: Notices;
  };
}

/** Runs `work` on the database of the settings, under its secret. A wrong secret is a refusal, before anything is changed. */
export async function withWorkbench(
  terminal: Terminal,
  work: (workbench: Workbench, config: Config) => Promise<Outcome>,
): Promise<Outcome> {
  return withDatabase(terminal, async (storage, config) => {
    const randomness = systemRandomness;
    const { clock } = terminal;
    const administration = storage.administration(operatorOfMachine());
    const encryption = createKeyEncryption(config.secret, randomness);
    try {
      const { clientSecretKey } = await loadServerKeys({
        serverKeys: storage.serverKeys,
        encryption,
        clock,
        randomness,
      });
      const workbench = {
        storage,
        encryption,
        administration,
        users: {
          accounts: administration.accounts,
          passwords: createPasswordHasher({ hashConcurrency: config.hashConcurrency, randomness }),
          profileFields: config.profileFields,
          passwordPolicy: openPasswordPolicy(config, (_fault, detail) =>
            terminal.complain(`diapason: the list of DIAPASON_BREACHED_PASSWORDS did not answer: ${detail}`),
          ),
          clock,
          randomness,
        },
        applications: {
          applications: administration.applications,
          scopes: (await loadScopes(config.declaredScopes, storage.declaredScopes)).registry,
          detailTypes: config.detailTypes,
          clientSecretKey: clientSecretKey as ClientSecretKey,
          fetcher: createHardenedFetch({
            resolve: (hostname) => lookup(hostname, { all: true }),
            allowLoopback: isLoopbackHttp(config.url),
          }),
          clock,
          randomness,
        },
      };
      return await work(
        { ...workbench, telling: tellingOf({ storage, administration }, encryption, config, terminal) },
        config,
      );
    } catch (error) {
      if (error instanceof WrongSecretError) return refused(error.message);
      throw error;
    }
  });
}

function tellingOf(
  { storage, administration }: Pick<Workbench, 'storage' | 'administration'>,
  encryption: KeyEncryption,
  config: Config,
  { clock }: Pick<Terminal, 'clock'>,
): Workbench['telling'] {
  const randomness = systemRandomness;
  const { mailedCodeKey, mailSealing } = mailSecretsOf(encryption);
  const { mailing, outbox, languages } = outboxFor(config, {
    store: administration.outbox,
    sealing: mailSealing,
    clock,
    randomness,
  });
  const { accounts, addresses } = storage;
  return {
    mailing,
    hasMail: mailing !== 'none',
    // Over the audited store: what it queues in the operator's name is written down.
    outbox: outbox as Audited<MailOutbox>,
    languages,
    notices: createNotices({ accounts, addresses, outbox, clock }),
    events: accountEvents({ accountEvents: storage.accountEvents, clock, randomness }),
    mailedCodeKey,
    clock,
    randomness,
  };
}
