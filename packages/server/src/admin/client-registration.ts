/**
 * OAuth 2.0 Dynamic Client Registration (RFC 7591) and its management (RFC 7592), with an initial access token that the
 * operator made, or, where registration is open, without one.
 *
 * Owns the steps and their tokens. What a member of the metadata means is `client-metadata.ts`; the rules of an application
 * are those of the form. What is registered with a token belongs to the superusers, and people are asked about it as about any
 * other. What is registered without one is unverified (`isUnverified`) and bounded by {@link OpenRegistration} (ASVS 10.4.7).
 */
import { type FieldProblem, fieldProblem } from '../accounts/problems.ts';
import { type Application, type GrantName, isUnverified } from '../protocol/application.ts';
import { isTlsMethod, type MutualTls } from '../protocol/client-certificate.ts';
import { matchClientSecret } from '../protocol/client-secret.ts';
import type { Audited } from '../vocabulary/audited.ts';
import { digestOf, newSecret, presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import { applicationId } from '../vocabulary/identifiers.ts';
import { type ApplicationFields, completeApplication, parseApplicationFields } from './application-input.ts';
import { OPERATOR, SUPERUSER_SCOPES } from './application-rules.ts';
import { type ApplicationDeps, changedApplication, newApplication, newId } from './applications.ts';
import {
  type ClientMetadataFault,
  type ClientMetadataRead,
  clientMetadataOf,
  grantTypesOf,
  readClientMetadata,
} from './client-metadata.ts';
import type { ApplicationStore, NewRegistration, RegistrationStore, SecretMethod } from './ports.ts';

/** What registration uses. */
export interface RegistrationDeps extends Omit<ApplicationDeps, 'applications'> {
  /** What a program does to itself is in the log of requests; the audit log is of people's doing. */
  readonly applications: ApplicationStore;
  readonly registrations: RegistrationStore;
  /** RFC 8705; null: no certificate of a client can arrive here. */
  readonly mutualTls: MutualTls | null;
  /** RFC 8707: what the operator lets every application name that registers itself; none can choose any. */
  readonly registrationResources: readonly string[];
}

/** What open registration gives at most. */
export interface OpenRegistration {
  readonly grants: readonly GrantName[];
  readonly scopes: readonly string[];
  /** Unverified applications that exist at the same time. */
  readonly clientsMax: number;
}

/** Opens registration to whoever holds it, a number of times. */
export type InitialAccessToken = Secret<'initial_access_token'>;
/** RFC 7592 §1.3: opens one client's registration. */
export type RegistrationAccessToken = Secret<'registration_access_token'>;

/** Why nothing was registered or changed. */
export type RegistrationRefusal =
  /** No such token, or not any more, or not of this client (RFC 7592 §3: the same answer for each). */
  | { readonly outcome: 'bad_token' }
  /** As many unverified applications exist as may. */
  | { readonly outcome: 'full' }
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
  deps: Pick<RegistrationDeps, 'clock' | 'randomness'> & {
    readonly registrations: Audited<Pick<RegistrationStore, 'createInitialAccess'>>;
  },
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
  const initialAccess = digestOf(token);
  if (!(await deps.registrations.isInitialAccess(initialAccess, deps.clock()))) return { outcome: 'bad_token' };
  const read = readClientMetadata(metadata, { certificates: deps.mutualTls !== null });
  if (read.outcome === 'refused') return { outcome: 'bad_metadata', fault: read.fault };
  return store(read, { provenance: 'made', initialAccess, unverifiedMax: 0 }, deps);
}

/** RFC 7591 §3 without a token. Who asks how often is counted by the caller. */
export async function registerOpenly(
  metadata: unknown,
  bounds: OpenRegistration,
  deps: RegistrationDeps,
): Promise<RegisteredClient | RegistrationRefusal> {
  const certificates = deps.mutualTls !== null;
  const read = readClientMetadata(metadata, { scopesMost: bounds.scopes, certificates });
  if (read.outcome === 'refused') return { outcome: 'bad_metadata', fault: read.fault };
  const fault = outOfBounds(read.fields, bounds);
  if (fault !== null) return { outcome: 'bad_metadata', fault };
  const { clientsMax } = bounds;
  return store(read, { provenance: 'self-registered', initialAccess: null, unverifiedMax: clientsMax }, deps);
}

type ReadMetadata = Extract<ClientMetadataRead, { readonly outcome: 'read' }>;

async function store(
  { fields, secretMethod }: ReadMetadata,
  step: Pick<NewRegistration, 'initialAccess' | 'unverifiedMax'> & Pick<Application, 'provenance'>,
  deps: RegistrationDeps,
): Promise<RegisteredClient | RegistrationRefusal> {
  const { provenance, ...rest } = step;
  const parsed = parseApplicationFields(fields);
  const complete = parsed.outcome === 'refused' ? parsed : completeApplication(parsed.value);
  if (complete.outcome === 'refused') return complete;
  const reserved = reservedScope(complete.value.scopes, null);
  if (reserved !== null) return { outcome: 'refused', problems: [reserved] };
  const made = await newApplication(applicationId(newId(deps)), complete.value, OPERATOR, deps);
  if (made.outcome === 'refused') return made;
  const settings = { ...made.application.settings, resources: deps.registrationResources };
  const application: Application = { ...made.application, provenance, settings };
  const accessToken = newSecret<'registration_access_token'>(deps.randomness);
  const accessDigest = digestOf(accessToken);
  const nowMs = deps.clock();
  const result = await deps.registrations.register({ ...rest, application, accessDigest, secretMethod, nowMs });
  switch (result.outcome) {
    case 'registered':
      return registered({ application, secretMethod }, accessToken, made.secret);
    case 'bad_token':
    case 'full':
      return { outcome: result.outcome };
    case 'id_taken':
      throw new Error('random bits came twice: the source of randomness is broken');
    default:
      return result.outcome satisfies never;
  }
}

/** ASVS 10.4.7: what nobody answers for gets what was set for such, and nothing beyond it. */
function outOfBounds(fields: ApplicationFields, { grants, scopes }: OpenRegistration): ClientMetadataFault | null {
  const wanted = (given: unknown) => (Array.isArray(given) ? given : []);
  const beyond = wanted(fields.grants).find((name) => !grants.includes(name));
  if (beyond !== undefined) {
    const text = `may hold ${grantTypesOf(grants).join(', ')} and nothing else for a client that registers without a token.`;
    return { member: 'grant_types', text };
  }
  // RFC 9396: what a detail lets do is the operator's to give.
  if (wanted(fields.authorization_details_types).length > 0) {
    const text = 'is not for a client that registers without a token.';
    return { member: 'authorization_details_types', text };
  }
  if (wanted(fields.scopes).every((name) => scopes.includes(name))) return null;
  return {
    member: 'scope',
    text: `may hold ${scopes.join(' ')} and nothing else for a client that registers without a token.`,
  };
}

/** A client as its registration has it. */
export interface ManagedClient {
  readonly application: Application;
  readonly secretMethod: SecretMethod;
}

/** RFC 7592 §2.1 and §2: the client that the token is of; null: none, or another than the address names. */
export async function findRegisteredClient(
  token: RegistrationAccessToken,
  clientId: string,
  deps: RegistrationDeps,
): Promise<ManagedClient | null> {
  const found = await deps.registrations.findByAccess(digestOf(token));
  const application = found === null ? null : await deps.applications.findApplication(found.applicationId);
  if (found === null || application === null) return null;
  const isThis = application.clientId === clientId && application.disabledAtMs === null;
  return isThis ? { application, secretMethod: found.secretMethod } : null;
}

/**
 * RFC 7592 §2.2: replaces all of the metadata; what is left out has its default again. The token is another afterwards, and of
 * any number of updates with one token one is made.
 * @param bounds those of open registration; they hold for what was registered openly, whether or not it is open now.
 */
export async function updateClient(
  token: RegistrationAccessToken,
  { application: before, secretMethod }: ManagedClient,
  metadata: unknown,
  bounds: OpenRegistration,
  deps: RegistrationDeps,
): Promise<RegisteredClient | RegistrationRefusal> {
  const isOpen = isUnverified(before);
  const certificates = deps.mutualTls !== null || isTlsMethod(before.settings.clientAuthentication);
  const read = readClientMetadata(metadata, { certificates, ...(isOpen ? { scopesMost: bounds.scopes } : {}) });
  if (read.outcome === 'refused') return { outcome: 'bad_metadata', fault: read.fault };
  const unsuitable = secretFault(metadata, before, deps);
  if (unsuitable !== null) return { outcome: 'bad_metadata', fault: unsuitable };
  const proof = clientMetadataOf(before, secretMethod)['token_endpoint_auth_method'];
  if (read.authenticationMethod !== proof && !bySecret(read.authenticationMethod, proof)) {
    const text = `is ${String(proof)} and stays so: what a client can keep secret is known when it is made. Register anew.`;
    return { outcome: 'bad_metadata', fault: { member: 'token_endpoint_auth_method', text } };
  }
  const fault = isOpen ? outOfBounds(read.fields, bounds) : null;
  if (fault !== null) return { outcome: 'bad_metadata', fault };
  const parsed = parseApplicationFields(read.fields);
  if (parsed.outcome === 'refused') return parsed;
  const { type: _type, ...change } = parsed.value;
  const reserved = reservedScope(change.scopes ?? [], before);
  if (reserved !== null) return { outcome: 'refused', problems: [reserved] };
  const changed = await changedApplication(before, change, OPERATOR, deps);
  if (changed.outcome === 'refused') return changed;
  const { application } = changed;
  const next = newSecret<'registration_access_token'>(deps.randomness);
  const digests = { presented: digestOf(token), next: digestOf(next) };
  const { outcome } = await deps.registrations.update({ application, ...digests, secretMethod: read.secretMethod });
  if (outcome === 'bad_token') return { outcome };
  return registered({ application, secretMethod: read.secretMethod }, next, null);
}

/** RFC 7592 §2.3: the client ends its registration. */
export async function deleteClient(
  { application }: Pick<ManagedClient, 'application'>,
  { applications }: Pick<RegistrationDeps, 'applications'>,
): Promise<void> {
  await applications.deleteApplication(application.id);
}

/** RFC 7592 §2.2: a secret may be repeated, and has to be the client's own then; it is never chosen. */
function secretFault(
  metadata: unknown,
  { secrets }: Application,
  { clientSecretKey }: RegistrationDeps,
): ClientMetadataFault | null {
  const given: Readonly<Record<string, unknown>> =
    typeof metadata === 'object' && metadata !== null ? { ...metadata } : {};
  const secret = given['client_secret'];
  if (secret === undefined || secret === null) return null;
  const isOwn =
    typeof secret === 'string' &&
    matchClientSecret(presentedSecret<'client_secret'>(secret), secrets, clientSecretKey) !== null;
  if (isOwn) return null;
  const text = 'is not that of this client; a client does not choose its own. Repeat it as it is, or leave it out.';
  return { member: 'client_secret', text };
}

function registered(
  { application, secretMethod }: ManagedClient,
  accessToken: RegistrationAccessToken,
  clientSecret: Secret<'client_secret'> | null,
): RegisteredClient {
  const metadata = clientMetadataOf(application, secretMethod);
  return { outcome: 'registered', application, metadata, accessToken, clientSecret };
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
