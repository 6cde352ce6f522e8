/**
 * `/o/register/` and `/o/register/:client_id/`: programs that register themselves (RFC 7591) and change or end what they
 * registered (RFC 7592).
 *
 * Owns the reading of the request, the answers, and how many a network may register without a token. The steps are
 * `admin/client-registration.ts`. Nothing of it exists where `DIAPASON_REGISTRATION` is off.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AttemptDeps, attemptAt, countAttempt } from '../accounts/attempt-limits.ts';
import type { FieldProblem, Limited } from '../accounts/problems.ts';
import { networkOf } from '../accounts/visitor.ts';
import { clientMetadataOf, memberOf } from '../admin/client-metadata.ts';
import {
  deleteClient,
  findRegisteredClient,
  type ManagedClient,
  type OpenRegistration,
  type RegisteredClient,
  type RegistrationAccessToken,
  type RegistrationDeps,
  type RegistrationRefusal,
  registerClient,
  registerOpenly,
  updateClient,
} from '../admin/client-registration.ts';
import { messagesIn, type ProblemKey } from '../pages/messages.ts';
import { type Application, isUnverified } from '../protocol/application.ts';
import { bearerOf } from '../protocol/bearer.ts';
import { presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import type { AddRoute } from './methods.ts';

/** What it uses. */
export interface RegistrationRouteDeps extends RegistrationDeps {
  readonly issuer: string;
  readonly failures: AttemptDeps['failures'];
  /** Whether a program may register without a token (`DIAPASON_REGISTRATION=open`). */
  readonly isOpen: boolean;
  readonly bounds: OpenRegistration;
}

/** RFC 7591 §3.2.2 and RFC 6750 §3.1. */
type ErrorCode =
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'unapproved_software_statement'
  | 'invalid_request'
  | 'invalid_token'
  | 'temporarily_unavailable';

/** Registers the routes. */
export function registrationRoutes(add: AddRoute, deps: RegistrationRouteDeps): void {
  const quiet = { quiet: true };
  add(
    '/o/register/',
    {
      POST: async (request, reply) => {
        const token = shownToken(request);
        const isOpen = deps.isOpen && request.headers.authorization === undefined;
        if (token === null && !isOpen) return badToken(reply, 'an initial access token');
        const body = jsonBody(request);
        if ('fault' in body) return refuse(request, reply, 400, 'invalid_request', body.fault);
        const result =
          token === null
            ? await registerCounted(request, body.value, deps)
            : await registerClient(presentedSecret<'initial_access_token'>(token), body.value, deps);
        if (result.outcome === 'limited') return limited(request, reply, result.retryAfterSeconds);
        if (result.outcome !== 'registered') return refusal(request, reply, result);
        const { clientId } = result.application;
        const { provenance } = result.application;
        request.log.info({ event: 'client_registered', clientId, provenance }, 'a client registered itself');
        return answer(reply, 201, registeredBody(result, deps));
      },
    },
    quiet,
  );

  const managed =
    (
      step: (
        client: ManagedClient,
        token: RegistrationAccessToken,
        request: FastifyRequest,
        reply: FastifyReply,
      ) => Promise<FastifyReply>,
    ) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const shown = shownToken(request);
      const token = shown === null ? null : presentedSecret<'registration_access_token'>(shown);
      const { clientId } = request.params as { clientId: string };
      const client = token === null ? null : await findRegisteredClient(token, clientId, deps);
      // RFC 7592 §3: nobody learns whether the client exists.
      if (token === null || client === null) return badToken(reply, 'the registration access token of this client');
      return step(client, token, request, reply);
    };
  add(
    '/o/register/:clientId/',
    {
      GET: managed(async (client, token, _request, reply) =>
        answer(reply, 200, {
          ...clientMetadataOf(client.application, client.secretMethod),
          ...identityOf(client.application, deps),
          registration_access_token: token,
        }),
      ),
      PUT: managed(async (client, token, request, reply) => {
        const body = jsonBody(request);
        if ('fault' in body) return refuse(request, reply, 400, 'invalid_request', body.fault);
        const { clientId } = client.application;
        const fault = updateFault(body.value, clientId);
        if (fault !== null) return refuse(request, reply, 400, 'invalid_request', fault);
        const result = await updateCounted(request, token, client, body.value, deps);
        if (result.outcome === 'limited') return limited(request, reply, result.retryAfterSeconds);
        if (result.outcome !== 'registered') return refusal(request, reply, result);
        request.log.info({ event: 'client_changed', clientId }, 'a client changed its registration');
        return answer(reply, 200, registeredBody(result, deps));
      }),
      DELETE: managed(async (client, _token, request, reply) => {
        const { clientId } = client.application;
        await deleteClient(client, deps);
        request.log.info({ event: 'client_deleted', clientId }, 'a client ended its registration');
        return reply.code(204).header('cache-control', 'no-store').send();
      }),
    },
    quiet,
  );
}

/** RFC 7592 §2.2: what an update has to hold, and must not. */
function updateFault(body: unknown, clientId: string): string | null {
  const given: Readonly<Record<string, unknown>> = typeof body === 'object' && body !== null ? { ...body } : {};
  if (given['client_id'] !== clientId) return 'client_id has to be there and to be that of the address.';
  const kept = [
    'registration_access_token',
    'registration_client_uri',
    'client_secret_expires_at',
    'client_id_issued_at',
  ];
  const found = kept.find((member) => member in given);
  return found === undefined ? null : `${found} is the server's to give: leave it out (RFC 7592 section 2.2).`;
}

/** Each that comes without a token counts, whatever becomes of it: a network that tries many is what is held up. */
async function registerCounted(
  request: FastifyRequest,
  metadata: unknown,
  deps: RegistrationRouteDeps,
): Promise<RegisteredClient | RegistrationRefusal | Limited> {
  const counted = await countAttempt([attemptAt('openRegistrationNetwork', networkOf(request.ip))], deps);
  return counted.outcome === 'limited' ? counted : registerOpenly(metadata, deps.bounds, deps);
}

/** Of what registered openly too: an update may have this server fetch from an address of its own (`sector_identifier_uri`). */
async function updateCounted(
  request: FastifyRequest,
  token: RegistrationAccessToken,
  client: ManagedClient,
  metadata: unknown,
  deps: RegistrationRouteDeps,
): Promise<RegisteredClient | RegistrationRefusal | Limited> {
  if (isUnverified(client.application)) {
    const counted = await countAttempt([attemptAt('openRegistrationNetwork', networkOf(request.ip))], deps);
    if (counted.outcome === 'limited') return counted;
  }
  return updateClient(token, client, metadata, deps.bounds, deps);
}

/** RFC 6585 §4. */
function limited(request: FastifyRequest, reply: FastifyReply, retryAfterSeconds: number): FastifyReply {
  reply.header('retry-after', String(retryAfterSeconds));
  const text =
    'This network has registered or changed many clients. Try again after the seconds of Retry-After, or with a token.';
  return refuse(request, reply, 429, 'temporarily_unavailable', text);
}

function shownToken(request: FastifyRequest): Secret<string> | null {
  const { authorization } = request.headers;
  return authorization === undefined ? null : bearerOf(authorization);
}

function jsonBody(request: FastifyRequest): { readonly value: unknown } | { readonly fault: string } {
  const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') return { fault: 'The body has to be JSON, sent as application/json.' };
  try {
    return { value: JSON.parse(typeof request.body === 'string' ? request.body : '') };
  } catch {
    return { fault: 'The body is not JSON.' };
  }
}

function identityOf(client: Application, deps: RegistrationRouteDeps) {
  return {
    client_id: client.clientId,
    client_id_issued_at: Math.floor(client.createdAtMs / 1_000),
    registration_client_uri: `${deps.issuer}/register/${client.clientId}/`,
  };
}

function registeredBody(result: RegisteredClient, deps: RegistrationRouteDeps): object {
  return {
    ...result.metadata,
    ...identityOf(result.application, deps),
    registration_access_token: result.accessToken,
    // RFC 7591 §3.2.1: 0 for a secret that does not expire.
    ...(result.clientSecret === null ? {} : { client_secret: result.clientSecret, client_secret_expires_at: 0 }),
  };
}

function refusal(request: FastifyRequest, reply: FastifyReply, result: RegistrationRefusal): FastifyReply {
  switch (result.outcome) {
    case 'bad_token':
      return badToken(reply, 'a token of this registration');
    case 'full': {
      const text =
        'As many clients have registered as may. Unused ones are removed in time; the operator can give a token.';
      request.log.warn({ event: 'open_registration_full' }, 'no more clients may register');
      return refuse(request, reply, 503, 'temporarily_unavailable', text);
    }
    case 'bad_metadata': {
      const { member, text } = result.fault;
      const code = member === 'software_statement' ? 'unapproved_software_statement' : codeOf(member);
      return refuse(request, reply, 400, code, `${member} ${text}`);
    }
    case 'refused': {
      const [first] = result.problems;
      const member = memberOf(first?.field ?? '');
      return refuse(request, reply, 400, codeOf(member), result.problems.map(sentence).join(' '));
    }
    default:
      return result satisfies never;
  }
}

function codeOf(member: string): ErrorCode {
  return member === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata';
}

/** The English words of the form, under the member's name. */
function sentence({ field, code, values }: FieldProblem): string {
  const key = code as ProblemKey;
  const words = messagesIn('en', 'Diapason').sayProblem(values === undefined ? { key } : { key, values });
  return field === '' ? words : `${memberOf(field)}: ${words}`;
}

function badToken(reply: FastifyReply, wanted: string): FastifyReply {
  const text = `Send ${wanted}: Authorization: Bearer and the token. It is missing, unknown, expired or used up.`;
  reply.header('www-authenticate', `Bearer realm="diapason", error="invalid_token", error_description="${text}"`);
  return answer(reply, 401, { error: 'invalid_token', error_description: text });
}

function refuse(request: FastifyRequest, reply: FastifyReply, status: number, error: ErrorCode, text: string) {
  request.log.info({ error, hint: text }, 'refused');
  return answer(reply, status, { error, error_description: text });
}

function answer(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply
    .code(status)
    .headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', pragma: 'no-cache' })
    .send(JSON.stringify(body));
}
