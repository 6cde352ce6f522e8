/** What the flows and pages of people are handed: the ports of `accounts/` and `admin/` with what is behind each, for all of them alike. */
import type { Logger } from 'pino';
import { AttemptTurns } from '../accounts/attempt-turns.ts';
import { accountEvents } from '../accounts/events.ts';
import { createNotices } from '../accounts/notices.ts';
import type { RelyingParty } from '../accounts/passkey-ceremonies.ts';
import type { PasswordHasher } from '../accounts/password-hashing.ts';
import { createPictureMaker } from '../accounts/picture-maker.ts';
import type { AccountEvents } from '../accounts/ports/events.ts';
import { fieldsOfPerson } from '../accounts/profile-fields.ts';
import type { Config } from '../config.ts';
import { createElsewhere } from '../elsewhere/providers.ts';
import type { CookieJar } from '../http/cookies.ts';
import { MAIL_LANGUAGES } from '../mail/texts.ts';
import { LOCALES } from '../pages/messages.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { TIME_ZONES } from '../vocabulary/time.ts';
import type { RunningMail } from './mail.ts';
import { openPasswordPolicy } from './passwords.ts';
import type { ProtocolParts } from './protocol.ts';

/** What it is made of. */
export interface AccountParts extends ProtocolParts {
  readonly passwords: PasswordHasher;
  readonly metrics: Pick<Metrics, 'happened'>;
  /** null: no passkeys at this address. */
  readonly relyingParty: RelyingParty | null;
  readonly mail: RunningMail;
  readonly jar: CookieJar;
  readonly ownOrigin: string;
  readonly logger: Logger;
}

/** Connects it. */
export function wireAccounts(config: Config, parts: AccountParts) {
  const {
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
  } = parts;
  const { outbox } = mail;
  return {
    accounts: storage.accounts,
    sessions: storage.sessions,
    connections: storage.connections,
    factors: storage.factors,
    passkeys: storage.passkeys,
    relyingParty,
    factorSecrets: keys.factorSecrets,
    oneTime: storage.replays,
    elsewhere: createElsewhere({
      ...config,
      suggestedFields: fieldsOfPerson(config.profileFields, 'sign-up'),
      baseUrl: config.url,
      fetcher,
      clock,
      randomness,
    }),
    elsewhereSealing: keys.elsewhereSealing,
    externalIdentities: storage.externalIdentities,
    issuerName: config.brand.name,
    failures: storage.failures,
    knownBrowsers: storage.knownBrowsers,
    passwords,
    notices: createNotices({ accounts: storage.accounts, addresses: storage.addresses, outbox, clock }),
    outbox,
    hasMail: mail.mailing !== 'none',
    addresses: storage.addresses,
    mailedSecrets: storage.mailedSecrets,
    mailedCodeKey: keys.mailedCodeKey,
    events: counted(accountEvents({ accountEvents: storage.accountEvents, clock, randomness }), metrics),
    accountEvents: storage.accountEvents,
    personalData: storage.personalData,
    pictures: storage.pictures,
    makePicture: createPictureMaker((error) => logger.error({ err: error }, 'the image library does not load')),
    groups: storage.groups,
    invitations: storage.invitations,
    administration: storage.administration,
    baseUrl: config.url,
    brandName: config.brand.name,
    deletionGraceMs: config.deletionGraceMs,
    attemptTurns: new AttemptTurns(),
    sessionLimits: config,
    emailVerification: config.emailVerification,
    passwordPolicy: openPasswordPolicy(config, (fault, detail) =>
      logger.warn({ fault, detail }, 'the list of breached passwords did not answer'),
    ),
    applications: storage.applications,
    locales: LOCALES,
    languages: MAIL_LANGUAGES,
    profileFields: config.profileFields,
    timeZones: TIME_ZONES,
    scopes,
    detailTypes: config.detailTypes,
    jar,
    ownOrigin,
    signUpIsOpen: config.signUp === 'open',
    byInvitation: config.signUp === 'invitation',
    signInByMail: config.signInByMail,
    signUpDomains: config.signUpDomains,
    clock,
    randomness,
  };
}

/** Each that is recorded is a figure of `/metrics` too. */
function counted(events: AccountEvents, metrics: Pick<Metrics, 'happened'>): AccountEvents {
  return {
    record(accountId, event, origin) {
      metrics.happened(event.kind);
      return events.record(accountId, event, origin);
    },
    line(accountId, event, origin) {
      metrics.happened(event.kind);
      return events.line(accountId, event, origin);
    },
  };
}
