/**
 * What has to hold of the protocol, whatever arrives: no exception (which would be a 500), no redirect to what was not
 * registered, no scope that was not assigned, no token that is not ours.
 *
 * Owns the properties, each over the protocol's own functions on real storage and keys; those of JWTs from outside are
 * `signed-properties.ts`. How often each is tried is the
 * caller's: a short run in the tests, a long one by `npm run fuzz`.
 */
import fc from 'fast-check';
import { parseParameters } from '../../packages/server/src/protocol/parameters.ts';
import { checkRedirectUri } from '../../packages/server/src/protocol/redirect-uri.ts';
import { requestedScope } from '../../packages/server/src/protocol/scopes.ts';
import { shownUserCode, typedUserCode } from '../../packages/server/src/protocol/user-code.ts';
import {
  basic,
  CALLBACK,
  CHALLENGE,
  codeFor,
  openServer,
  SECRET,
  text,
  tokensFor,
} from '../../packages/server/test/protocol/server.ts';
import { mustBeAnAnswer, mustBeRegistered, mustLeadToRegistered, type NamedProperty } from './checks.ts';
import { anyText, authorizations, changed, forms } from './inputs.ts';
import { signedProperties } from './signed-properties.ts';

/** The properties on a server of their own. Close it in the end. */
export async function openProperties(): Promise<{
  readonly properties: readonly NamedProperty[];
  close(): Promise<void>;
}> {
  const server = await openServer();
  const confidential = await server.application({ redirectUris: [CALLBACK, 'https://app.example/b?x=1'] });
  const native = await server.application({
    type: 'public',
    grants: ['authorization-code', 'refresh-token'],
    redirectUris: ['http://127.0.0.1/cb', 'http://[::1]:7000/cb', 'com.example.app:/cb'],
  });
  const applications = [confidential, native];
  const person = await server.person();
  const tokens = await tokensFor(server, confidential, person, { scope: 'openid read', redirect_uri: CALLBACK }).catch(
    async () => tokensFor(server, await server.application(), person),
  );
  const code = await codeFor(server, confidential, person, { redirect_uri: CALLBACK });
  const known = {
    client_id: applications.map(({ clientId }) => String(clientId)),
    client_secret: [SECRET],
    redirect_uri: applications.flatMap(({ redirectUris }) => redirectUris),
    scope: ['openid', 'openid profile email read', 'introspection', 'invoices'],
    code: [code],
    refresh_token: [text(tokens, 'refresh_token')],
    token: [text(tokens, 'refresh_token'), text(tokens, 'access_token')],
    access_token: [text(tokens, 'access_token')],
    id_token_hint: [text(tokens, 'id_token')],
    request: [text(tokens, 'id_token')],
    client_assertion: [text(tokens, 'id_token')],
  };
  const headers = authorizations([basic(confidential), `Bearer ${text(tokens, 'access_token')}`]);
  const authorizeForms = forms(known, {
    client_id: String(confidential.clientId),
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  });
  const backForms = forms(known, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK });
  const calls = { form: backForms, authorization: headers };

  const properties: NamedProperty[] = [
    {
      name: 'a redirect URI that is matched is a registered one, but for the port of a loopback address',
      property: fc.asyncProperty(fc.oneof(changed(...known.redirect_uri), anyText), async (asked) => {
        for (const application of applications) mustBeRegistered(asked, application);
        for (const kind of ['web', 'native'] as const) checkRedirectUri(asked, kind);
      }),
    },
    {
      name: 'an authorization request leads nowhere but to its application',
      property: fc.asyncProperty(authorizeForms, fc.boolean(), async (query, signedIn) => {
        const outcome = await server.authorize(query, signedIn ? person.browser : undefined);
        if (outcome.kind === 'redirect') mustLeadToRegistered(outcome.location, applications);
        if (outcome.kind === 'form_post') mustLeadToRegistered(outcome.action, applications);
      }),
    },
    {
      name: 'parameters are parsed without an exception, and none is believed that came twice',
      property: fc.asyncProperty(fc.oneof(authorizeForms, anyText), async (encoded) => {
        const parameters = parseParameters(encoded);
        for (const name of parameters.names()) {
          if (parameters.faultOf(name) !== null && parameters.get(name) !== null) throw new Error(`believed ${name}`);
        }
      }),
    },
    {
      name: 'a scope that is given is one of the application',
      property: fc.asyncProperty(fc.oneof(changed(...known.scope), anyText), async (asked) => {
        const given = requestedScope(asked, confidential, server.deps.scopes, 'person');
        if (given.outcome !== 'refused' && given.scope.some((name) => !confidential.scopes.includes(name))) {
          throw new Error(`gave ${given.scope.join(' ')}`);
        }
      }),
    },
    {
      name: 'a user code that is read is eight letters, and is read again as it is shown',
      property: fc.asyncProperty(fc.oneof(changed('WDJB-MJHT', 'wdjb mjht'), anyText), async (typed) => {
        const read = typedUserCode(typed);
        if (read !== null && (!/^[A-Z]{8}$/.test(read) || typedUserCode(shownUserCode(read)) !== read)) {
          throw new Error(`read ${read}`);
        }
      }),
    },
    {
      name: 'a JWT that was changed is none of ours',
      property: fc.asyncProperty(fc.oneof(changed(...known.id_token_hint), anyText), async (token) => {
        const isOurs = (await server.deps.signer.verifyOwn(token)) !== null;
        if (isOurs && !sameJws(token, text(tokens, 'id_token'))) throw new Error('believed a changed token');
      }),
    },
    {
      name: 'the token endpoint answers',
      property: fc.asyncProperty(fc.record(calls), async ({ form, authorization }) => {
        mustBeAnAnswer(await server.token(form, { authorization }));
      }),
    },
    {
      name: 'the endpoints for pushed requests and for devices answer',
      property: fc.asyncProperty(fc.oneof(authorizeForms, backForms), headers, async (form, authorization) => {
        mustBeAnAnswer(await server.push(form, { authorization }));
        mustBeAnAnswer(await server.deviceAuthorization(form, { authorization }));
      }),
    },
    {
      name: 'introspection answers',
      property: fc.asyncProperty(fc.record(calls), async ({ form, authorization }) => {
        mustBeAnAnswer(await server.introspect(form, { authorization }));
      }),
    },
    {
      name: 'revocation answers',
      property: fc.asyncProperty(fc.record(calls), async ({ form, authorization }) => {
        mustBeAnAnswer(await server.revoke(form, { authorization }));
      }),
    },
    {
      name: 'userinfo and profile answer',
      property: fc.asyncProperty(fc.record(calls), fc.constantFrom('GET', 'POST'), async (call, method) => {
        mustBeAnAnswer(await server.userinfo({ ...call, method }));
        mustBeAnAnswer(await server.profile({ authorization: call.authorization, query: call.form }));
      }),
    },
    {
      name: 'a logout request leads nowhere, since no address is registered for it',
      property: fc.asyncProperty(backForms, async (form) => {
        const outcome = await server.logout(form, person.session);
        if (outcome.kind === 'end' && outcome.location !== null) throw new Error(`led to ${outcome.location}`);
      }),
    },
  ];
  return { properties: [...properties, ...(await signedProperties(server, person))], close: () => server.close() };
}

/** Base64url has more than one text for the same octets: the last character's spare bits may differ. */
function sameJws(one: string, other: string): boolean {
  const octets = (jws: string) => jws.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
  return octets(one).join('.') === octets(other).join('.');
}
