/**
 * `/o/register/` and `/o/register/:client_id/`: programs that register themselves (RFC 7591) and change or end what they
 * registered (RFC 7592).
 *
 * Owns the reading of the request and the answers. The steps are `admin/client-registration.ts`. Nothing of it exists where
 * `DIAPASON_REGISTRATION` is off.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FieldProblem } from '../accounts/problems.ts';
import { OPERATOR } from '../admin/application-rules.ts';
import { deleteApplication } from '../admin/applications.ts';
import { clientMetadataOf, memberOf } from '../admin/client-metadata.ts';
import {
  findRegisteredClient,
  type RegisteredClient,
  type RegistrationAccessToken,
  type RegistrationDeps,
  type RegistrationRefusal,
  registerClient,
  updateClient,
} from '../admin/client-registration.ts';
import { messagesIn, type ProblemKey } from '../pages/messages.ts';
import type { Application } from '../protocol/application.ts';
import { bearerOf } from '../protocol/bearer.ts';
import { presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import type { AddRoute } from './methods.ts';

/** What it uses. */
export interface RegistrationRouteDeps extends RegistrationDeps {
  readonly issuer: string;
}

/** RFC 7591 §3.2.2 and RFC 6750 §3.1. */
type ErrorCode =
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'unapproved_software_statement'
  | 'invalid_request'
  | 'invalid_token';

/** Registers the routes. */
export function registrationRoutes(add: AddRoute, deps: RegistrationRouteDeps): void {
  const quiet = { quiet: true };
  add(
    '/o/register/',
    {
      POST: async (request, reply) => {
        const token = shownToken(request);
        if (token === null) return badToken(reply, 'an initial access token');
        const body = jsonBody(request);
        if ('fault' in body) return refuse(request, reply, 400, 'invalid_request', body.fault);
        const result = await registerClient(presentedSecret<'initial_access_token'>(token), body.value, deps);
        if (result.outcome !== 'registered') return refusal(request, reply, result);
        const { clientId } = result.application;
        request.log.info({ event: 'client_registered', clientId }, 'a client registered itself');
        return answer(reply, 201, registeredBody(result, deps));
      },
    },
    quiet,
  );

  const managed =
    (
      step: (
        client: Application,
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
          ...clientMetadataOf(client),
          ...identityOf(client, deps),
          registration_access_token: token,
        }),
      ),
      PUT: managed(async (client, token, request, reply) => {
        const body = jsonBody(request);
        if ('fault' in body) return refuse(request, reply, 400, 'invalid_request', body.fault);
        const fault = updateFault(body.value, client);
        if (fault !== null) return refuse(request, reply, 400, 'invalid_request', fault);
        const result = await updateClient(token, client, body.value, deps);
        if (result.outcome !== 'registered') return refusal(request, reply, result);
        request.log.info({ event: 'client_changed', clientId: client.clientId }, 'a client changed its registration');
        return answer(reply, 200, registeredBody(result, deps));
      }),
      DELETE: managed(async (client, _token, request, reply) => {
        await deleteApplication(client.id, OPERATOR, deps);
        request.log.info({ event: 'client_deleted', clientId: client.clientId }, 'a client ended its registration');
        return reply.code(204).header('cache-control', 'no-store').send();
      }),
    },
    quiet,
  );
}

/** RFC 7592 §2.2: what an update has to hold, and must not. */
function updateFault(body: unknown, client: Application): string | null {
  const given: Readonly<Record<string, unknown>> = typeof body === 'object' && body !== null ? { ...body } : {};
  if (given['client_id'] !== client.clientId) return 'client_id has to be there and to be that of the address.';
  const kept = [
    'registration_access_token',
    'registration_client_uri',
    'client_secret_expires_at',
    'client_id_issued_at',
  ];
  const found = [...kept, 'client_secret'].find((member) => member in given);
  return found === undefined ? null : `${found} is the server's to give: leave it out (RFC 7592 section 2.2).`;
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
