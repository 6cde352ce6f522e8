/** What `diapason doctor` finds, and the facts that it judges by. Owns the shapes; facts are gathered by `commands/doctor-facts.ts`. */
import type { Application } from '../../protocol/application.ts';

/** Something that is wrong. */
export interface Finding {
  /** A name that never gets another meaning, such as `tls.certificate-expired`. */
  readonly code: string;
  /** `fault`: something does not work, or an attacker gets something by it. `warning`: it should be otherwise. */
  readonly severity: 'fault' | 'warning';
  /** What it is about where there are several: a `client_id`, a username, a file; null: the installation. */
  readonly about: string | null;
  /** RFC and section, or ASVS 5.0 number; null: neither speaks of it. */
  readonly reference: string | null;
  /** What is wrong, and what to do. */
  readonly problem: string;
  readonly remedy: string;
}

/** What was seen at a public address. */
export interface Probe {
  readonly status: number;
  readonly location: string | null;
  readonly setCookies: readonly string[];
  readonly strictTransportSecurity: string | null;
  /** The answer's own clock. */
  readonly dateMs: number | null;
  readonly body: string;
  /** null: plain http. */
  readonly certificate: {
    readonly validToMs: number;
    /** Why it is not trusted, as OpenSSL calls it; null: it is. */
    readonly fault: string | null;
  } | null;
}

/** A probe, or why there is none. */
export type Probed = { readonly seen: Probe } | { readonly fault: string };

/** Everything that is judged. What could not be asked is null, and stands in `skipped`. */
export interface Facts {
  readonly nowMs: number;
  readonly settings: {
    readonly url: string;
    readonly issuer: string;
    readonly isLoopback: boolean;
    readonly trustedProxies: number | readonly string[];
    readonly workers: number;
    readonly poolSize: number;
    readonly engine: 'sqlite' | 'postgres';
    readonly databaseUrl: string | null;
    readonly signUp: 'open' | 'invitation' | 'closed';
    readonly emailVerification: 'required' | 'optional';
    readonly registration: 'off' | 'token' | 'open';
    readonly openScopes: readonly string[];
    readonly smtpUrl: string | null;
    readonly mailFrom: string;
    readonly sessionLifetimeMs: number;
    readonly logLevel: string;
  };
  /** `<issuer>/.well-known/openid-configuration`, the sign-in page, and the same host by plain http. */
  readonly metadata: Probed | null;
  readonly signInPage: Probed | null;
  readonly plainHttp: Probed | null;
  /** null: it answers, or no mail is sent; else what it said. */
  readonly smtpFault: string | null;
  readonly mail: { readonly failedOfLastDay: number; readonly oldestWaitingMs: number | null } | null;
  /** Of the database server; null: it is this machine's. */
  readonly databaseNowMs: number | null;
  readonly databaseFault: string | null;
  readonly pendingMigrations: number;
  /** Files that hold secrets, with who may read them. */
  readonly files: readonly { readonly path: string; readonly mode: number }[];
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null;
  readonly walBytes: number | null;
  /** Whether the secret opens what is in the database. */
  readonly secretFits: boolean;
  readonly keys: readonly {
    readonly kid: string;
    readonly algorithm: string;
    readonly state: string;
    readonly createdAtMs: number;
  }[];
  readonly applications: readonly Application[];
  readonly superusers: readonly {
    readonly username: string;
    readonly hasSecondFactor: boolean;
    readonly isDisabled: boolean;
  }[];
  /** null: it was not checked. `line`: where the audit log breaks. */
  readonly auditBrokenAt: number | null;
}

/** Makes one. */
export function fault(
  code: string,
  reference: string | null,
  problem: string,
  remedy: string,
  about: string | null = null,
): Finding {
  return { code, severity: 'fault', about, reference, problem, remedy };
}

/** Makes one. */
export function warning(
  code: string,
  reference: string | null,
  problem: string,
  remedy: string,
  about: string | null = null,
): Finding {
  return { code, severity: 'warning', about, reference, problem, remedy };
}

/** What was seen; null: nothing. */
export function seenOf(probed: Probed | null): Probe | null {
  return probed !== null && 'seen' in probed ? probed.seen : null;
}
