/**
 * OAuth 2.0 Dynamic Client Registration (RFC 7591) and its management (RFC 7592), with an initial access token that the
 * operator made.
 *
 * Owns the steps and their tokens. What a member of the metadata means is `client-metadata.ts`; the rules of an application
 * are those of the form. What is registered belongs to the superusers, and people are asked about it as about any other.
 */
import { type FieldProblem, fieldProblem } from '../accounts/problems.ts';
import type { Application } from '../protocol/application.ts';
import { digestOf, newSecret, type Secret } from '../vocabulary/credentials.ts';
import { completeApplication, parseApplicationFields } from './application-input.ts';
import { OPERATOR, SUPERUSER_SCOPES } from './application-rules.ts';
import { type ApplicationDeps, registerApplication, updateApplication } from './applications.ts';
import { type ClientMetadataFault, clientMetadataOf, readClientMetadata } from './client-metadata.ts';
import type { RegistrationStore } from './ports.ts';

/** What registration uses. */
export interface RegistrationDeps extends ApplicationDeps {
  readonly registrations: RegistrationStore;
}

/** Opens registration to whoever holds it, a number of times. */
export type InitialAccessToken = Secret<'initial_access_token'>;
/** RFC 7592 §1.3: opens one client's registration. */
export type RegistrationAccessToken = Secret<'registration_access_token'>;

/** Why nothing was registered or changed. */
export type RegistrationRefusal =
  /** No such token, or not any more, or not of this client (RFC 7592 §3: the same answer for each). */
  | { readonly outcome: 'bad_token' }
  | { readonly outcome: 'bad_metadata'; readonly fault: ClientMetadataFault }
  | { readonly outcome: 'refused'; readonly problems: readonly FieldProblem[] };

/** A client with what its developer is told, some of it this once. */
export interface RegisteredClient {
  readonly outcome: 'registered';
  readonly application: Application;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly accessToken: RegistrationAccessToken;
  /** null: none was made. */
  readonly clientSecret: Secret<'client_secret'> | null;
}

/** Makes an initial access token. Kept is its digest. */
export async function createInitialAccessToken(
  wanted: { readonly uses: number; readonly expiresAtMs: number },
  deps: Pick<RegistrationDeps, 'registrations' | 'clock' | 'randomness'>,
): Promise<InitialAccessToken> {
  const token = newSecret<'initial_access_token'>(deps.randomness);
  await deps.registrations.createInitialAccess({
    tokenDigest: digestOf(token),
    uses: wanted.uses,
    createdAtMs: deps.clock(),
    expiresAtMs: wanted.expiresAtMs,
  });
  return token;
}

/** RFC 7591 §3. Metadata that is refused costs no use of the token. */
export async function registerClient(
  token: InitialAccessToken,
  metadata: unknown,
  deps: RegistrationDeps,
): Promise<RegisteredClient | RegistrationRefusal> {
  const digest = digestOf(token);
  if (!(await deps.registrations.isInitialAccess(digest, deps.clock()))) return { outcome: 'bad_token' };
  const read = readClientMetadata(metadata);
  if (read.outcome === 'refused') return { outcome: 'bad_metadata', fault: read.fault };
  const parsed = parseApplicationFields(read.fields);
  const complete = parsed.outcome === 'refused' ? parsed : completeApplication(parsed.value);
  if (complete.outcome === 'refused') return complete;
  const reserved = reservedScope(complete.value.scopes, null);
  if (reserved !== null) return { outcome: 'refused', problems: [reserved] };
  if (!(await deps.registrations.spendInitialAccess(digest, deps.clock()))) return { outcome: 'bad_token' };
  const result = await registerApplication(complete.value, OPERATOR, deps);
  if (result.outcome === 'refused') {
    await deps.registrations.returnInitialAccess(digest);
    return result;
  }
  const accessToken = newSecret<'registration_access_token'>(deps.randomness);
  await deps.registrations.storeAccess(result.application.id, digestOf(accessToken));
  return registered(result.application, accessToken, result.secret);
}

/** RFC 7592 §2.1 and §2: the client that the token is of; null: none, or another than the address names. */
export async function findRegisteredClient(
  token: RegistrationAccessToken,
  clientId: string,
  deps: RegistrationDeps,
): Promise<Application | null> {
  const id = await deps.registrations.findByAccess(digestOf(token));
  const application = id === null ? null : await deps.applications.findApplication(id);
  return application?.clientId === clientId && application.disabledAtMs === null ? application : null;
}

/** RFC 7592 §2.2: replaces all of the metadata; what is left out has its default again. The token is another afterwards. */
export async function updateClient(
  token: RegistrationAccessToken,
  before: Application,
  metadata: unknown,
  deps: RegistrationDeps,
): Promise<RegisteredClient | RegistrationRefusal> {
  const read = readClientMetadata(metadata);
  if (read.outcome === 'refused') return { outcome: 'bad_metadata', fault: read.fault };
  const proof = clientMetadataOf(before)['token_endpoint_auth_method'];
  if (read.authenticationMethod !== proof && !bySecret(read.authenticationMethod, proof)) {
    const text = `is ${String(proof)} and stays so: what a client can keep secret is known when it is made. Register anew.`;
    return { outcome: 'bad_metadata', fault: { member: 'token_endpoint_auth_method', text } };
  }
  const parsed = parseApplicationFields(read.fields);
  if (parsed.outcome === 'refused') return parsed;
  const { type: _type, ...change } = parsed.value;
  const reserved = reservedScope(change.scopes ?? [], before);
  if (reserved !== null) return { outcome: 'refused', problems: [reserved] };
  const result = await updateApplication(before.id, change, OPERATOR, deps);
  if (result.outcome === 'not_found') return { outcome: 'bad_token' };
  if (result.outcome === 'refused') return result;
  const next = newSecret<'registration_access_token'>(deps.randomness);
  const rotated = await deps.registrations.rotateAccess(before.id, digestOf(token), digestOf(next));
  return rotated ? registered(result.application, next, null) : { outcome: 'bad_token' };
}

function registered(
  application: Application,
  accessToken: RegistrationAccessToken,
  clientSecret: Secret<'client_secret'> | null,
): RegisteredClient {
  return { outcome: 'registered', application, metadata: clientMetadataOf(application), accessToken, clientSecret };
}

/** Basic and post are one kind of proof here. */
function bySecret(...methods: readonly unknown[]): boolean {
  return methods.every((method) => method === 'client_secret_basic' || method === 'client_secret_post');
}

/** A program that registers itself opens no other's tokens: the operator gives such a scope. */
function reservedScope(wanted: readonly string[], before: Application | null): FieldProblem | null {
  const scope = wanted.find((name) => SUPERUSER_SCOPES.includes(name) && before?.scopes.includes(name) !== true);
  return scope === undefined ? null : fieldProblem('scopes', 'problem.scopes.superuserOnly', { scope });
}
