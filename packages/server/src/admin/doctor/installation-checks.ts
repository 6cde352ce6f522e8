/** What can be wrong behind the public address: mail, clock, database, keys, settings. */
import { type Facts, type Finding, fault, seenOf, warning } from './finding.ts';

const DAY_MS = 86_400_000;
/** Codes live a minute, and DPoP proofs and assertions are refused by their instant. */
const CLOCK_WARNING_MS = 5_000;
const CLOCK_FAULT_MS = 60_000;
const DISK_FAULT_BYTES = 100 * 1024 ** 2;
const DISK_WARNING_BYTES = 1024 ** 3;
/** Sixteen times what the program lets it grow to before it is copied back. */
const WAL_BYTES_MAX = 256 * 1024 ** 2;
const KEY_AGE_MS_MAX = 2 * 365 * DAY_MS;
const MAIL_WAITS_MS_MAX = 30 * 60_000;
const SESSION_MS_MAX = 90 * DAY_MS;
/** PostgreSQL's own limit is 100 unless said, of which some are the superuser's. */
const CONNECTIONS_MAX = 90;

/** Everything of the installation. */
export function* installationFindings(facts: Facts): Generator<Finding> {
  yield* mailFindings(facts);
  yield* clockFindings(facts);
  yield* databaseFindings(facts);
  yield* keyFindings(facts);
  yield* settingFindings(facts);
}

function* mailFindings({ settings, smtpFault, mail }: Facts): Generator<Finding> {
  const { smtpUrl, mailFrom, isLoopback, url } = settings;
  if (smtpUrl === null) {
    if (!isLoopback) {
      yield warning(
        'mail.none',
        'ASVS 6.4.1',
        'No mail is sent: nobody confirms an address, resets a password or hears of a change.',
        'Set DIAPASON_SMTP_URL and DIAPASON_MAIL_FROM.',
      );
    }
    return;
  }
  const smtp = new URL(smtpUrl);
  const host = smtp.hostname;
  if (smtpFault !== null) {
    yield fault(
      'mail.unreachable',
      null,
      `The mail server ${host} does not take mail: ${smtpFault}`,
      'See DIAPASON_SMTP_URL: host, port, name and password.',
    );
  }
  const isLocal =
    /^(localhost|127\.|\[::1\]|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host) || !host.includes('.');
  if (smtp.protocol === 'smtp:' && smtp.password !== '' && !isLocal) {
    yield warning(
      'mail.plain',
      'ASVS 12.2.1',
      `The password for ${host} goes over smtp://, which is encrypted where the server offers it alone.`,
      'Write smtps:// (port 465).',
    );
  }
  const domain = /@([^>\s]+)/.exec(mailFrom)?.[1] ?? '';
  if (!isLoopback && (!domain.includes('.') || /\.(localhost|invalid|test)$/.test(domain))) {
    yield warning(
      'mail.from',
      null,
      `Mail is from ${mailFrom}, a domain that nobody can answer or check.`,
      `Set DIAPASON_MAIL_FROM to an address of the domain of ${new URL(url).hostname}.`,
    );
  }
  if (mail !== null && mail.failedOfLastDay > 0) {
    yield warning(
      'mail.failed',
      null,
      `${mail.failedOfLastDay} message(s) of the last day could not be delivered.`,
      'See: diapason mail list. Once the cause is gone: diapason mail retry --all',
    );
  }
  if (mail?.oldestWaitingMs !== null && mail !== null && mail.oldestWaitingMs > MAIL_WAITS_MS_MAX) {
    yield fault(
      'mail.stuck',
      null,
      `A message has waited for ${Math.round(mail.oldestWaitingMs / 60_000)} minutes.`,
      'See: diapason mail list. Is a server running, and does the mail server take mail?',
    );
  }
}

function* clockFindings({ nowMs, databaseNowMs, metadata }: Facts): Generator<Finding> {
  const clocks = [
    ['the database server', databaseNowMs],
    // Its instants are whole seconds.
    ['the public address', seenOf(metadata)?.dateMs ?? null],
  ] as const;
  for (const [whose, theirs] of clocks) {
    const apart = theirs === null ? 0 : Math.abs(theirs - nowMs);
    const problem = `The clock here and that of ${whose} are ${Math.round(apart / 1_000)} seconds apart.`;
    const remedy = 'Let every machine keep its time by NTP.';
    if (apart > CLOCK_FAULT_MS) yield fault('clock.skew', 'RFC 7519 §4.1.4', problem, remedy, whose);
    else if (apart > CLOCK_WARNING_MS) yield warning('clock.skew', 'RFC 7519 §4.1.4', problem, remedy, whose);
  }
}

function* databaseFindings(facts: Facts): Generator<Finding> {
  const { databaseFault, pendingMigrations, files, disk, walBytes, settings } = facts;
  if (databaseFault !== null) {
    yield fault(
      'database.unreachable',
      null,
      `The database cannot be used: ${databaseFault}`,
      'See DIAPASON_DATABASE.',
    );
    return;
  }
  if (pendingMigrations > 0) {
    yield fault(
      'database.schema',
      null,
      `The database lacks ${pendingMigrations} migration(s) of this version.`,
      'Run: diapason migrate',
    );
  }
  for (const { path, mode } of files) {
    if ((mode & 0o077) === 0) continue;
    const octal = (mode & 0o777).toString(8);
    yield fault(
      'files.readable',
      'ASVS 13.3.1',
      `Others on this machine may read or write ${path} (mode ${octal}).`,
      `Run: chmod 600 ${path}`,
      path,
    );
  }
  if (disk !== null && disk.freeBytes < DISK_FAULT_BYTES) {
    yield fault(
      'database.disk-full',
      null,
      `The disk of the database has ${mebibytes(disk.freeBytes)} MiB left.`,
      'Free some space: nothing can be written without it.',
    );
  } else if (disk !== null && disk.freeBytes < DISK_WARNING_BYTES && disk.freeBytes < disk.totalBytes / 10) {
    yield warning(
      'database.disk-low',
      null,
      `The disk of the database has ${mebibytes(disk.freeBytes)} MiB left.`,
      'Free some space, or move the database.',
    );
  }
  if (walBytes !== null && walBytes > WAL_BYTES_MAX) {
    yield warning(
      'database.wal-large',
      null,
      `The write-ahead log has ${mebibytes(walBytes)} MiB: something reads for so long that it cannot be copied back.`,
      'See which process has the database open, such as a backup that hangs.',
    );
  }
  const database = settings.databaseUrl === null ? null : new URL(settings.databaseUrl);
  if (
    database !== null &&
    !/^(|localhost|127\..*|\[::1\])$/.test(database.hostname) &&
    !/^(require|verify-ca|verify-full|no-verify)$/.test(database.searchParams.get('sslmode') ?? '') &&
    database.searchParams.get('ssl') !== 'true'
  ) {
    yield warning(
      'database.plain',
      'ASVS 12.3.1',
      `The connection to PostgreSQL at ${database.hostname} may be plain.`,
      'Write ?sslmode=verify-full behind the URL.',
    );
  }
  if (facts.auditBrokenAt !== null) {
    yield fault(
      'audit.broken',
      'ASVS 16.4.2',
      `The audit log is broken at line ${facts.auditBrokenAt}.`,
      'See: diapason audit verify',
    );
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}

function* keyFindings({ secretFits, keys, nowMs }: Facts): Generator<Finding> {
  if (!secretFits) {
    yield fault(
      'secret.wrong',
      'ASVS 13.3.1',
      'DIAPASON_SECRET is not the one that the database was made under: no key opens.',
      'Set the former one; a backup is of no use without it either.',
    );
  }
  for (const { kid, algorithm, state, createdAtMs } of keys) {
    if (state !== 'signing' || nowMs - createdAtMs < KEY_AGE_MS_MAX) continue;
    const years = Math.floor((nowMs - createdAtMs) / (365 * DAY_MS));
    yield warning(
      'keys.old',
      'ASVS 11.1.1',
      `The ${algorithm} key ${kid} signs since ${years} years.`,
      `Run: diapason key rotate --algorithm ${algorithm}`,
      kid,
    );
  }
}

function* settingFindings({ settings }: Facts): Generator<Finding> {
  const { isLoopback, signUp, emailVerification, registration, openScopes, sessionLifetimeMs } = settings;
  if (!isLoopback && signUp !== 'closed' && emailVerification === 'optional') {
    yield warning(
      'settings.unverified-addresses',
      'ASVS 6.4.1',
      'Whoever signs up may give an address that is not theirs, and is told of as theirs by others.',
      'Set DIAPASON_EMAIL_VERIFICATION=required.',
    );
  }
  const strong = openScopes.filter((scope) => scope === 'write' || scope === 'introspection');
  if (registration === 'open' && strong.length > 0) {
    yield fault(
      'settings.open-registration',
      'ASVS 10.4.7',
      `Programs that nobody knows register themselves and may ask for ${strong.join(', ')}.`,
      'Take these scopes out of DIAPASON_REGISTRATION_SCOPES, or set DIAPASON_REGISTRATION=token.',
    );
  }
  if (sessionLifetimeMs > SESSION_MS_MAX) {
    yield warning(
      'settings.long-sessions',
      'ASVS 7.3.2',
      `A session lives for ${Math.round(sessionLifetimeMs / DAY_MS)} days.`,
      'Set DIAPASON_SESSION_DAYS lower.',
    );
  }
  if (!isLoopback && (settings.logLevel === 'trace' || settings.logLevel === 'debug')) {
    yield warning(
      'settings.log-level',
      'ASVS 16.2.5',
      `DIAPASON_LOG_LEVEL is ${settings.logLevel}, which is for looking for a fault.`,
      'Set it to info.',
    );
  }
  if (settings.engine === 'postgres' && settings.workers * settings.poolSize > CONNECTIONS_MAX) {
    yield warning(
      'settings.connections',
      null,
      `${settings.workers} workers open up to ${settings.workers * settings.poolSize} connections, more than PostgreSQL takes unless told.`,
      'Lower DIAPASON_WORKERS or the pool, or raise max_connections.',
    );
  }
}
