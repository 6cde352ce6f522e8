/**
 * The only wiring: builds storage, keys, hashing and the log, hands each part what it needs, and mounts HTTP.
 *
 * Owns nothing but the connections, and the machine's clock and randomness, which are read nowhere else.
 */
import { lookup } from 'node:dns/promises';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { relyingPartyOf } from './accounts/passkey-ceremonies.ts';
import { createPasswordHasher } from './accounts/password-hashing.ts';
import { noteSessionUse, readSession } from './accounts/sessions.ts';
import { createClientDocuments } from './admin/client-documents.ts';
import { loadScopes, SCOPES_REFRESH_MS } from './admin/declared-scopes.ts';
import { createFlowTraceRecorder } from './admin/flow-trace-recorder.ts';
import { wireAccounts } from './app/accounts.ts';
import { loadBrand } from './app/brand.ts';
import { endpointUrls } from './app/endpoint-urls.ts';
import { openKeys } from './app/keys.ts';
import { openMail } from './app/mail.ts';
import { wireProtocol } from './app/protocol.ts';
import { cleanRegularly, tellRegularly } from './app/regular-work.ts';
import { versionOfProgram } from './commands/version.ts';
import type { Config } from './config.ts';
import { redirectUriOf } from './elsewhere/providers.ts';
import { createHardenedFetch, isLoopbackHttp } from './fetch/hardened-fetch.ts';
import { accountRoutes, connectionRoutes } from './http/account.ts';
import { activityRoutes } from './http/activity.ts';
import { activityStreamRoute } from './http/activity-stream.ts';
import { addressRoutes } from './http/addresses.ts';
import { adminGroupRoutes } from './http/admin-groups.ts';
import { adminInvitationRoutes } from './http/admin-invitations.ts';
import { applicationRoutes } from './http/applications.ts';
import { authorizeRoutes } from './http/authorize.ts';
import { certificateReader, NO_CERTIFICATES } from './http/client-certificate.ts';
import { confirmIdentityRoutes } from './http/confirm-identity.ts';
import { cookieJar } from './http/cookies.ts';
import { formTokens } from './http/cross-site.ts';
import { deviceRoutes } from './http/device.ts';
import { elsewhereRoutes } from './http/elsewhere.ts';
import { elsewhereSignUpRoutes } from './http/elsewhere-sign-up.ts';
import { endSessionRoutes } from './http/end-session.ts';
import { invitationRoutes } from './http/invitations.ts';
import { keptMailRoutes } from './http/kept-mail.ts';
import { lastResort } from './http/last-resort.ts';
import { linkedRoutes } from './http/linked.ts';
import { mailSignInRoutes } from './http/mail-sign-in.ts';
import { mailedLinkRoutes } from './http/mailed-links.ts';
import { allowedMethods, routeAdder } from './http/methods.ts';
import { metricsRoute } from './http/metrics.ts';
import { listenWithMutualTls } from './http/mutual-tls-listener.ts';
import { myDataRoutes } from './http/my-data.ts';
import { passkeyRoutes, passkeySignInRoutes } from './http/passkeys.ts';
import { type People, peoplePages } from './http/people.ts';
import { pictureRoutes, servePictures } from './http/picture.ts';
import { plainRoutes } from './http/plain.ts';
import { programRoutes } from './http/programs.ts';
import { registrationRoutes } from './http/registration.ts';
import { secondStepRoutes } from './http/second-step.ts';
import { securityRoutes } from './http/security.ts';
import { createServer } from './http/server.ts';
import { signInRoutes } from './http/sign-in.ts';
import { acceptUploads } from './http/upload.ts';
import { openStorage } from './storage/storage.ts';
import { StorageError } from './storage/storage-error.ts';
import { createMetrics, type Metrics, type MetricsText } from './telemetry/metrics.ts';
import { digestOf, type Secret, systemRandomness } from './vocabulary/credentials.ts';

/** A server that answers. */
export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:9977`. */
  readonly url: string;
  /** Answers what is under way, then ends; closes the database last. Idempotent. */
  close(): Promise<void>;
}

/** Makes what `/metrics` reads. */
export type MetricsOf = (own: Metrics) => () => Promise<MetricsText>;
const alone: MetricsOf = (own) => () => own.read();

/** Requests under way at a clean end get this long before their connections are cut. */
const DRAIN_MS = 10_000;
/** So long what applications attempted waits in memory: an owner who looks on sees it within a second or two. */
const ACTIVITY_WAITS_MS = 500;

/**
 * Starts the server on an open, migrated database.
 * @param metricsOf how the figures of this process become those of `/metrics`: of several processes, all of them.
 * @throws StorageError when the database cannot be used, WrongSecretError when it was made under another secret, and what
 *   `listen` throws (`EADDRINUSE` and the like).
 */
export async function startServer(config: Config, metricsOf: MetricsOf = alone): Promise<RunningServer> {
  const clock = Date.now;
  const randomness = systemRandomness;
  // Of several processes each line says which.
  const base = config.workers > 1 ? { pid: process.pid } : null;
  const logger = pino({ level: config.logLevel, base });
  const storage = await openStorage({
    database: config.database.engine === 'sqlite' ? config.database.file : config.database.url,
    poolSize: config.poolSize,
    clock,
  });
  try {
    return await serve();
  } catch (error) {
    await storage.close();
    throw error;
  }

  async function serve(): Promise<RunningServer> {
    const keys = await openKeys(config.secret, { storage, clock, randomness });
    const secure = config.url.startsWith('https:');
    const ownOrigin = new URL(config.url).origin;
    let draining = false;

    const jar = cookieJar(secure);
    const tokens = formTokens(keys.formTokenKey);
    const { registry: scopes, refresh: refreshScopes } = await loadScopes(
      config.declaredScopes,
      storage.declaredScopes,
    );
    // A lost database is told by every request; the scopes at hand stay good meanwhile.
    const refreshing = setInterval(() => refreshScopes().catch(() => undefined), SCOPES_REFRESH_MS);
    refreshing.unref();
    const relyingParty = relyingPartyOf(config.url, config.brand.name);
    const passwords = createPasswordHasher({ hashConcurrency: config.hashConcurrency, randomness });
    const metrics = createMetrics({
      ...{ version: versionOfProgram(), engine: storage.engine, outbox: storage.outbox, clock },
      ping: () => storage.ping(),
      hashing: () => passwords.load(),
    });
    const { assets, logoUrl } = loadBrand(config);
    const sessionReading = {
      sessions: storage.sessions,
      sessionLimits: config,
      clock,
      touchFailed: (error: unknown) => logger.error({ err: error }, 'a session could not be noted as used'),
    };

    const noted = allowedMethods();
    const server = createServer(
      {
        allowedMethods: noted,
        logger,
        randomness,
        secure,
        trustedProxies: config.trustedProxies === 0 ? false : config.trustedProxies,
        isUnavailable: (error) => error instanceof StorageError,
        answered: metrics.answered,
      },
      lastResort(() => people),
    );
    const refuse = lastResort(() => people);
    const adderFor = (scope: FastifyInstance) =>
      routeAdder(scope, noted, async (request, reply) => {
        const shown = await refuse(request, { status: 405, kind: 'method_not_allowed' });
        return reply.headers(shown.headers).send(shown.body);
      });
    const add = adderFor(server);
    const sessionOf = async (cookie: string | undefined) => {
      const { session } = jar.read(cookie);
      return session === null ? null : readSession(session, sessionReading);
    };
    const peopleDeps = {
      jar,
      formTokens: tokens,
      ownOrigin,
      brand: { name: config.brand.name, logoUrl },
      assetUrl: assets.url,
      hasElsewhere: config.identityProviders.length > 0,
      clock,
      randomness,
      factors: storage.factors,
      takesPasskeys: relyingParty !== null,
      readSession: (session: Secret<'session'>) => readSession(session, sessionReading),
    };
    const people: People = peoplePages(add, peopleDeps);

    const fetcher = createHardenedFetch({
      resolve: (hostname) => lookup(hostname, { all: true }),
      allowLoopback: isLoopbackHttp(config.url),
      networks: config.fetchNetworks,
    });
    const trace = createFlowTraceRecorder({
      store: storage.flowTrace,
      applications: storage.applications,
      clock,
      count: config.activity.count,
      later: (work) => setTimeout(work, ACTIVITY_WAITS_MS).unref(),
      failed: (error) => logger.warn({ err: error }, 'attempts of applications could not be kept'),
    });
    const protocol = wireProtocol(config, { storage, keys, fetcher, scopes, clock, randomness });
    const mail = openMail(config, { store: storage.outbox, sealing: keys.mailSealing, clock, randomness }, logger);
    const account = wireAccounts(config, {
      ...{
        storage,
        keys,
        fetcher,
        scopes,
        passwords,
        metrics,
        relyingParty,
        mail,
        jar,
        ownOrigin,
        logger,
        clock,
        randomness,
      },
    });
    assets.route(add);
    const registration = {
      ...protocol,
      registrations: storage.registrations,
      registrationResources: config.registrationResources,
      failures: storage.failures,
      bounds: config.unverified,
    };
    const documentsFor =
      config.clientDocuments &&
      createClientDocuments({ ...registration, ...config.clientDocuments, known: storage.applications });
    programRoutes(add, { ...protocol, trace, certificateOf: certificatesOf(config), documentsFor });
    if (config.registration !== 'off') {
      registrationRoutes(add, { ...registration, isOpen: config.registration === 'open' });
    }
    authorizeRoutes(people, {
      ...protocol,
      events: account.events,
      trace,
      documentsFor,
      accounts: storage.accounts,
      sessionWasUsed: ({ sessionId }, lastSeenAtMs) => noteSessionUse({ id: sessionId, lastSeenAtMs }, sessionReading),
    });
    deviceRoutes(people, { ...protocol, accounts: storage.accounts, failures: storage.failures });
    const signedOut = {
      issuer: config.issuer,
      pairwiseKey: keys.pairwiseKey,
      logoutNotices: storage.logoutNotices,
      events: account.events,
    };
    endSessionRoutes(people, {
      ...protocol,
      ...signedOut,
      trace,
      sessions: storage.sessions,
      jar,
      formTokens: tokens,
      ownOrigin,
    });
    secondStepRoutes(people, { ...account, pending: protocol });
    const signIn = { ...account, ...signedOut, pending: protocol };
    signInRoutes(people, signIn);
    if (relyingParty !== null) passkeySignInRoutes(people, signIn);
    mailedLinkRoutes(people, account);
    if (config.signInByMail) mailSignInRoutes(people, { ...account, pending: protocol });
    if (mail.mailing === 'development') keptMailRoutes(people, { ownOrigin, readMail: mail.readKept });
    accountRoutes(people, account);
    servePictures(add, storage, async (request, reply) => {
      const shown = await refuse(request, { status: 404, kind: 'not_found' });
      return reply.code(404).headers(shown.headers).send(shown.body);
    });
    // Of its own: nothing else takes a body of this kind or size.
    server.register(async (uploading) => {
      acceptUploads(uploading, { isSignedIn: async ({ headers }) => (await sessionOf(headers.cookie)) !== null });
      pictureRoutes(peoplePages(adderFor(uploading), peopleDeps), account);
    });
    myDataRoutes(people, account);
    addressRoutes(people, account);
    confirmIdentityRoutes(people, account);
    invitationRoutes(people, account);
    adminInvitationRoutes(people, account);
    adminGroupRoutes(people, account);
    securityRoutes(people, account);
    passkeyRoutes(people, account);
    elsewhereRoutes(people, { ...account, pending: protocol });
    elsewhereSignUpRoutes(people, { ...account, pending: protocol });
    linkedRoutes(people, account);
    connectionRoutes(people, account);
    applicationRoutes(people, { ...protocol, accounts: storage.accounts, endpoints: endpointUrls(config.url) });
    metricsRoute(add, { ...config, readMetrics: metricsOf(metrics) });
    activityRoutes(people, { ...storage, activity: config.activity });
    const streams = activityStreamRoute(add, {
      ...storage,
      jar,
      clock,
      lookAtSession: (session) => storage.sessions.findSession(digestOf(session), clock()),
    });
    plainRoutes(people, add, { ...account, ping: () => storage.ping(), isDraining: () => draining });

    for (const { id } of config.identityProviders) {
      const redirectUri = redirectUriOf(config.url, id);
      logger.info({ event: 'provider', provider: id, redirectUri }, 'people may sign in by accounts elsewhere');
    }
    await server.listen({ host: config.host, port: config.port });
    const listener = config.mutualTls?.listener ?? null;
    const withCertificates =
      listener === null ? null : await listenWithMutualTls({ ...listener, host: config.host }, server.routing);
    const cleaning = cleanRegularly(
      {
        storage,
        unverified: config.unverified,
        abandonedSignUpMs: config.abandonedSignUpMs,
        auditKeptMs: config.auditKeptMs,
        activityMs: config.activity.keptMs,
        clock,
        spread: Math.random,
      },
      logger,
    );
    const mailing = mail.start();
    const telling = tellRegularly(
      {
        issuer: config.issuer,
        logoutNotices: storage.logoutNotices,
        applications: storage.applications,
        signer: keys.signer,
        pairwiseKey: keys.pairwiseKey,
        fetcher,
        clock,
        randomness,
        attempted: ({ clientId, reason, attempt }, state, detail) =>
          logger.info(
            { event: 'logout_notice', clientId, reason, attempt, state, detail },
            'application told of a logout',
          ),
      },
      logger,
    );
    return {
      url: addressOf(server.addresses()),
      close: async () => {
        if (draining) return;
        draining = true;
        streams.close();
        const cut = setTimeout(() => {
          server.server.closeAllConnections();
          withCertificates?.cut();
        }, DRAIN_MS);
        await Promise.all([server.close(), withCertificates?.close()]);
        cleaning.stop();
        clearInterval(refreshing);
        await trace.flush();
        await telling.stop();
        await mailing.stop();
        keys.close();
        clearTimeout(cut);
        await storage.close();
      },
    };
  }
}

/** Headers are believed from addresses alone (`config/mutual-tls.ts` refuses a count beside one). */
function certificatesOf({ mutualTls, trustedProxies }: Config) {
  if (mutualTls === null) return NO_CERTIFICATES;
  return certificateReader(mutualTls.header, typeof trustedProxies === 'number' ? [] : trustedProxies);
}

function addressOf(addresses: readonly (AddressInfo | string)[]): string {
  const [first] = addresses;
  if (first === undefined || typeof first === 'string') return first ?? '';
  return first.family === 'IPv6' ? `http://[${first.address}]:${first.port}` : `http://${first.address}:${first.port}`;
}
