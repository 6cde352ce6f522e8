/**
 * One part of what is moved: accounts, applications, tokens, keys. Each says which tables it reads, and carries them over.
 *
 * Owns the interface. The order of the parts and the run around them is `django.ts`.
 */
import type { ClientSecretMac } from '../protocol/application.ts';
import type { DeclaredScope } from '../protocol/scopes.ts';
import type { Randomness, Secret } from '../vocabulary/credentials.ts';
import type { TableSpec } from './django/tables.ts';
import type { ImportTarget } from './ports.ts';
import type { ReportWriter } from './report.ts';
import type { Staging } from './staging.ts';

/** What the operator asked for. */
export interface DjangoOptions {
  /** Where the accounts come from. Each remembers its own, so that none names those of the other as gone. */
  readonly origin: 'django' | 'file';
  /** The table of the user model; null: Django's own, `auth_user`. */
  readonly userTable: string | null;
  /** Whether the addresses in the user table count as verified; allauth's own flag does in any case. */
  readonly trustEmails: boolean;
  /** Whether a password that cannot be read is left out instead of refusing the run. */
  readonly dropUnreadablePasswords: boolean;
  /** django-oauth-toolkit's setting SCOPES, each name with its words; null: read off the tokens. */
  readonly scopes: readonly DeclaredScope[] | null;
}

/** Sealing and deriving under the server's secret. */
export interface ImportSecrets {
  sealTotpSeed(id: string, seed: Buffer): Buffer;
  /** HMAC-SHA-256 of a recovery code of an account. */
  recoveryCodeMac(accountId: string, code: string): Buffer;
  clientSecretMac(secret: Secret<'client_secret'>): ClientSecretMac;
}

/** What a part works with. */
export interface ImportContext {
  readonly staging: Staging;
  readonly target: ImportTarget;
  readonly report: ReportWriter;
  readonly options: DjangoOptions;
  readonly secrets: ImportSecrets;
  readonly randomness: Randomness;
  /** The instant of the run: what it writes is of this moment. */
  readonly nowMs: number;
  /** Tells the progress bar of so many rows done. */
  readonly advance: (rows: number) => void;
}

/** A part. Its methods run in the order of the parts, one after the other. */
export interface ImportPart {
  readonly name: string;
  /** The tables that it reads. */
  readonly tables: (options: DjangoOptions) => readonly TableSpec[];
  /** How many rows it will go through, for the progress bar. */
  readonly rowCount: (staging: Staging) => number;
  /** Writes what is new or changed, and reports each row that is not simply brought. Writes nothing of a row that it refuses. */
  readonly carry: (context: ImportContext) => Promise<void>;
  /** Compares counts and a sample with what is here, and answers what differs, one line each. */
  readonly verify: (context: ImportContext) => Promise<readonly string[]>;
}
