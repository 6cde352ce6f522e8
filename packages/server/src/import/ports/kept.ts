/**
 * What an export holds: the shapes of kinds and fields, and the ports by which their rows are read and written.
 *
 * Which kinds there are, and what their columns say, is `kept-kinds.ts`.
 */

/**
 * What a field holds. In the file `instant` is ISO 8601 in UTC with milliseconds, `flag` true or false, `octets` base64url, `words` a
 * list of texts without spaces, `list` a list of texts, `object` an object or a list; every other is as it is.
 */
export type FieldForm = 'text' | 'integer' | 'instant' | 'flag' | 'octets' | 'words' | 'list' | 'object';

/** A field. */
export interface KeptField {
  readonly form: FieldForm;
  readonly nullable: boolean;
  /** The texts that it may be. */
  readonly oneOf?: readonly string[];
}

/** A kind. */
export interface KeptKind {
  readonly name: KeptKindName;
  readonly table: string;
  /** The columns of the primary key. */
  readonly key: readonly [string, ...string[]];
  /** In the order of the file. */
  readonly fields: Readonly<Record<string, KeptField>>;
  /** Columns that follow from the fields, and are not in the file. */
  readonly derived: readonly string[];
  /** Fields that name a row of another kind, which has that field alone as its key. */
  readonly references: Readonly<Record<string, KeptKindName>>;
  /** What no two rows may have in common beside the key. `where` is SQL over the columns. */
  readonly unique: readonly { readonly columns: readonly [string, ...string[]]; readonly where: string }[];
  /** Whether an export of the applications alone has it. */
  readonly isOfApplications: boolean;
}

/** The kinds, in an order in which each comes after those that it names. */
export const KEPT_KIND_NAMES = [
  'group',
  'account',
  'picture',
  'address',
  'membership',
  'invitation',
  'social_account',
  'totp',
  'passkey',
  'recovery_code',
  'account_event',
  'application',
  'client_secret',
  'registration_access',
  'declared_scope',
  'consent',
  'token_family',
  'access_token',
  'signing_key',
  'imported_row',
] as const;
/** One of {@link KEPT_KIND_NAMES}. */
export type KeptKindName = (typeof KEPT_KIND_NAMES)[number];

/** A row as it lies in the columns of its table. */
export type KeptRow = Readonly<Record<string, string | number | Buffer | null>>;

/** Reads everything, of one moment. */
export interface ExportStore {
  /** Runs `work` on what is there now; what is written meanwhile does not show. Nobody waits for it. */
  exporting<Result>(work: (source: ExportSource) => Promise<Result>): Promise<Result>;
}

/** What can be read of that moment. */
export interface ExportSource {
  /** The rows of a kind in the order of their keys, hundreds at a time. Of tokens those that are good at `nowMs`. */
  pages(kind: KeptKind, nowMs: number): AsyncIterable<readonly KeptRow[]>;
}

/** Writing what an export holds. */
export interface KeptTarget {
  /** Whether there are neither accounts nor groups nor applications here. */
  isEmpty(): Promise<boolean>;
  /** Writes rows, {@link BATCH_ROWS} at most, with all their columns. A declared scope or a signing key that is here stays as it is here. */
  insertKept(kind: KeptKind, rows: readonly KeptRow[]): Promise<void>;
}
