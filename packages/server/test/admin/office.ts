/** What managing applications is tested with: an installation, and people who may and may not. */

import type { ApplicationInput } from '../../src/admin/application-input.ts';
import type { Actor } from '../../src/admin/application-rules.ts';
import type { ApplicationDeps } from '../../src/admin/applications.ts';
import { DEFAULT_APPLICATION_SCOPES, DEFAULT_LIFETIMES } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import type { ClientSecretKey } from '../../src/protocol/client-secret.ts';
import type { FetchOutcome } from '../../src/protocol/fetcher.ts';
import { scopeRegistry } from '../../src/protocol/scopes.ts';
import { addUser, type Installation } from '../accounts/installation.ts';
import { detailTypes } from '../protocol/detail-types.ts';

/** An application that every rule allows. */
export function wanted(changes: Partial<ApplicationInput> = {}): ApplicationInput {
  return {
    name: 'Calendar',
    type: 'confidential',
    grants: ['authorization-code', 'refresh-token'],
    redirectUris: ['https://calendar.example/callback'],
    postLogoutRedirectUris: [],
    allowedOrigins: [],
    scopes: DEFAULT_APPLICATION_SCOPES,
    requirePkce: false,
    skipConsent: false,
    idTokenAlgorithm: 'RS256',
    ...DEFAULT_LIFETIMES,
    settings: DEFAULT_SETTINGS,
    ...changes,
  };
}

/** What the use cases need, over an installation's storage. */
export function applicationDeps({ deps }: Installation): ApplicationDeps {
  return {
    ...deps,
    detailTypes: detailTypes(),
    scopes: scopeRegistry([{ name: 'payroll', description: 'See your payslips' }]),
    clientSecretKey: CLIENT_SECRET_KEY,
    fetcher: {
      fetch: async ({ url }) =>
        DOCUMENTS.get(url) ?? { outcome: 'failed', fault: 'not_found', detail: 'no', status: null },
    },
  };
}

/** What is at which address. */
export const DOCUMENTS = new Map<string, FetchOutcome>();

/** The key that an installation keeps client secrets under. */
export const CLIENT_SECRET_KEY = Buffer.alloc(32, 7) as ClientSecretKey;

/** A person of this name, as an actor. */
export async function actor(installation: Installation, username: string, isSuperuser = false): Promise<Actor> {
  const account = await addUser(installation, username, { isSuperuser });
  return { accountId: account.id, isSuperuser };
}
