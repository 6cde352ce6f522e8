/**
 * Signing in with a provider: leaving for it, and coming back.
 *
 * Owns what becomes of an identified person: sign in, create a user, ask for another username, or link. The protocol's checks
 * are in `protocol/`.
 */
import { type Failure, failure } from '../core/failure.ts';
import type { Kit } from '../core/kit.ts';
import { attemptPath, pageLinks, redirectUri } from '../core/links.ts';
import { redirectTo, renderFailure, renderPage } from '../core/render.ts';
import type { PostedForm, Visit } from '../core/visit.ts';
import { type Attempt, attemptCookies, forgetAttempt, newAttempt } from '../protocol/attempt.ts';
import { authorizationRequestUrl } from '../protocol/authorization-request.ts';
import { type Identity, identify, matchAttempt } from '../protocol/authorization-response.ts';
import { DPOP_ALGORITHM, offersDpop } from '../protocol/dpop-key.ts';
import { protocolFailure } from '../protocol/protocol-failures.ts';
import type { Provider } from '../providers/provider.ts';
import type { CookieToSet } from '../web/cookies.ts';
import { readNextPath } from '../web/next-path.ts';
import { arrive } from './arrival.ts';
import { linkIdentity } from './connections.ts';
import { authorizationResponse } from './form-post-response.ts';
import { findProtocolClient, findProviderClient } from './provider-client.ts';

/** GET /accounts/<provider>/login/: to the provider, at once. */
export async function startSocialSignIn(visit: Visit, kit: Kit, provider: Provider): Promise<Response> {
  if (visit.canonicalUrl !== null) return redirectTo(visit.canonicalUrl, kit, { status: 302 });
  const next = readNextPath(visit.query.get('next'), kit.settings.url);
  const started = await start(visit, kit, provider, { next: next ?? kit.settings.signedInPath, linkTo: null });
  if (started.kind === 'failure') {
    return renderFailure(visit, kit, started, { provider, ...(next === null ? {} : { next }) });
  }
  return redirectTo(started.url, kit, { cookies: started.cookies, status: 302 });
}

/** POST /accounts/<provider>/login/: the same, to link the account to the person who is signed in. */
export async function startLinking(visit: Visit, form: PostedForm, kit: Kit, provider: Provider): Promise<Response> {
  const links = pageLinks(visit, kit.settings);
  // Only a form of ours may start this: a foreign page could otherwise link its own account to whoever is signed in.
  if (visit.session === null || form.stale) return redirectTo(links.connections, kit);
  const started = await start(visit, kit, provider, { next: links.connections, linkTo: visit.session.user.id });
  if (started.kind === 'failure') return renderFailure(visit, kit, started, { provider });
  const view = { providerName: provider.name, href: started.url };
  return renderPage(visit, kit, 'onward', view, { cookies: started.cookies });
}

async function start(
  visit: Visit,
  kit: Kit,
  provider: Provider,
  intent: Pick<Attempt, 'next' | 'linkTo'>,
): Promise<{ kind: 'started'; url: string; cookies: readonly CookieToSet[] } | Failure> {
  const client = await findProviderClient(provider, kit);
  if ('kind' in client) return client;
  const found = await findProtocolClient(provider, client, kit);
  if (found.kind === 'failure') return found;
  const withKey = provider.dpop === true;
  // Of a server without metadata it shows when its tokens come.
  if (withKey && provider.protocol === 'oidc' && !offersDpop(found.protocol.configuration.serverMetadata())) {
    return failure('dpop_not_offered', `the metadata of "${provider.id}" offers no DPoP with ${DPOP_ALGORITHM}`, {
      hint: 'leave `dpop` out for this provider, or switch it on at the server',
    });
  }
  const withNonce = provider.protocol === 'oidc';
  const attempt = newAttempt({ ...intent, provider: provider.id, clientId: client.clientId, withNonce, withKey }, kit);
  try {
    const uri = redirectUri(provider, kit.settings);
    const url = await authorizationRequestUrl(provider, client, found.protocol, attempt, uri);
    const cookies = attemptCookies(attempt, attemptPath(provider, kit.settings), visit.cookies, kit.sealer);
    return { kind: 'started', url, cookies };
  } catch (error) {
    return protocolFailure(error, 'discovery', `authorization endpoint of "${provider.id}"`);
  }
}

/** GET /accounts/<provider>/login/callback/ */
export async function finishSocialSignIn(visit: Visit, kit: Kit, provider: Provider): Promise<Response> {
  // 1. `state`: ours, of this browser, for this provider. The code is worth nothing before that.
  const response = authorizationResponse(visit, kit, provider);
  const attempt = matchAttempt(provider, response, visit.cookies, kit);
  if ('kind' in attempt) return renderFailure(visit, kit, attempt, { provider });

  // 2. The attempt is used up, however it ends.
  const spent = forgetAttempt(attempt.state, attemptPath(provider, kit.settings));
  const refuse = (failed: Failure) =>
    renderFailure(visit, kit, failed, { provider, next: attempt.next, cookies: [spent] });

  // 3. Still the client that asked.
  const client = await findProviderClient(provider, kit);
  if ('kind' in client) return refuse(client);
  if (client.clientId !== attempt.clientId) {
    return refuse(failure('attempt_other_client', 'the credentials were changed while somebody was signing in'));
  }
  const found = await findProtocolClient(provider, client, kit);
  if (found.kind === 'failure') return refuse(found);

  // 4. Who it is.
  const uri = redirectUri(provider, kit.settings);
  const identity = await identify(provider, found.protocol, attempt, response, uri);
  if (identity.kind === 'failure') return refuse(identity);

  // 5. What becomes of it.
  return settle(visit, kit, provider, attempt, identity, spent);
}

async function settle(
  visit: Visit,
  kit: Kit,
  provider: Provider,
  attempt: Attempt,
  identity: Identity,
  spent: CookieToSet,
): Promise<Response> {
  if (attempt.linkTo !== null) return linkIdentity(visit, kit, provider, identity, attempt.linkTo, spent);
  const pending = {
    provider: provider.id,
    issuer: identity.issuer,
    subject: identity.subject,
    fields: identity.fields,
    idToken: identity.idToken,
    sid: identity.sid,
    tokens: kit.settings.keepTokens
      ? {
          accessToken: identity.tokens.accessToken,
          refreshToken: identity.tokens.refreshToken,
          expiresAtMs:
            identity.tokens.lifetimeSeconds === null ? null : kit.now() + identity.tokens.lifetimeSeconds * 1000,
          dpopKey: identity.tokens.dpopKey,
        }
      : null,
    next: attempt.next,
  };
  return arrive(visit, kit, provider, pending, [spent], identity.profile);
}
