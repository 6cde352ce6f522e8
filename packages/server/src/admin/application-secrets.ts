/**
 * The secrets of an application: several at a time, so that one is replaced without a pause (D12). A secret is answered once, when it is
 * made, and never again (D10). Owns adding and removing; whose the application is, is `applications.ts`.
 */
import { fieldProblem, type Refused, refused } from '../accounts/problems.ts';
import type { ClientSecretRecord } from '../protocol/application.ts';
import type { Secret } from '../vocabulary/credentials.ts';
import type { ApplicationId } from '../vocabulary/identifiers.ts';
import type { Actor } from './application-rules.ts';
import {
  type ApplicationDeps,
  findApplication,
  type NotFound,
  newId,
  newSecretRecord,
  type SentBefore,
  TWICE,
} from './applications.ts';
import { type FormId, idMadeBy } from './sent-form.ts';

/** Two for a replacement, three more for those who forget to remove. Each is compared at every authentication. */
export const SECRETS_PER_APPLICATION_MAX = 5;

/** Outcome of a new secret. */
export type AddSecretResult =
  | {
      readonly outcome: 'added';
      /** Shown now and never again. */
      readonly secret: Secret<'client_secret'>;
      readonly record: ClientSecretRecord;
    }
  | Refused
  | NotFound;

/** Adds a secret beside those that there are; all of them open. Two at once may pass the limit together: it is no lock. */
export async function addSecret(id: ApplicationId, actor: Actor, deps: ApplicationDeps): Promise<AddSecretResult> {
  const result = await addSecretAs(newId(deps), id, actor, deps);
  if (result.outcome === 'sent_before') throw new Error(TWICE);
  return result;
}

/** Adds the secret of a form: sent twice, it adds one. */
export function addSecretByForm(
  form: FormId,
  id: ApplicationId,
  actor: Actor,
  deps: ApplicationDeps,
): Promise<AddSecretResult | SentBefore> {
  return addSecretAs(idMadeBy(form, 'client_secret', id), id, actor, deps);
}

async function addSecretAs(
  secretId: string,
  id: ApplicationId,
  actor: Actor,
  deps: ApplicationDeps,
): Promise<AddSecretResult | SentBefore> {
  const found = await findApplication(id, actor, deps);
  if (found.outcome === 'not_found') return found;
  const { application } = found;
  if (application.secrets.some((secret) => secret.id === secretId)) return { outcome: 'sent_before' };
  if (application.type === 'public') return refused(fieldProblem('', 'problem.secrets.public'));
  if (application.secrets.length >= SECRETS_PER_APPLICATION_MAX) {
    return refused(fieldProblem('', 'problem.secrets.tooMany', { maximum: SECRETS_PER_APPLICATION_MAX }));
  }
  const { secret, record } = newSecretRecord(secretId, deps);
  const { outcome } = await deps.applications.addSecret(id, record);
  switch (outcome) {
    case 'added':
      return { outcome, secret, record };
    case 'id_taken':
      return { outcome: 'sent_before' };
    case 'not_found':
      return { outcome };
    default:
      return outcome satisfies never;
  }
}

/**
 * Removes a secret: it opens nothing from now on. The last one of a confidential application stays, for without it nobody can
 * sign in there; add the next one first.
 */
export async function removeSecret(
  id: ApplicationId,
  secretId: string,
  actor: Actor,
  deps: Pick<ApplicationDeps, 'applications'>,
): Promise<{ readonly outcome: 'removed' } | Refused | NotFound> {
  const found = await findApplication(id, actor, deps);
  if (found.outcome === 'not_found') return found;
  const { type, secrets } = found.application;
  if (!secrets.some((secret) => secret.id === secretId)) return { outcome: 'not_found' };
  if (type === 'confidential' && secrets.length === 1) return refused(fieldProblem('', 'problem.secrets.last'));
  const { outcome } = await deps.applications.removeSecret(id, secretId);
  return { outcome };
}
