/**
 * What a backup needs of storage: every row of every table as it is, of one moment, and putting them back in the place of what is there.
 *
 * Owns the shapes. What the file looks like is `import/backup/`.
 */
import type { AuditNote } from '../../admin/ports/audit.ts';

/** A value of a column, the same from both engines. */
export type BackupValue = string | number | Buffer | null;

/** A row, in the order of the columns. */
export type BackupRow = readonly BackupValue[];

/** A table, in the order in which rows may be put back: what a row refers to is there before it. */
export interface BackupTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** So many rows are held at a time; a picture is some tens of KiB. */
export const BACKUP_PAGE_ROWS = 200;

/** Everything that is there, of one moment. */
export interface BackupSource {
  readonly schemaVersion: number;
  readonly tables: readonly BackupTable[];
  pages(table: BackupTable): AsyncGenerator<readonly BackupRow[]>;
}

/** Where rows go back to. */
export interface BackupTarget {
  readonly schemaVersion: number;
  readonly tables: readonly BackupTable[];
  /** Whether there is anything that somebody would miss: accounts, applications, groups, a line of the audit log. */
  isEmpty(): Promise<boolean>;
  /** Deletes every row of every table. */
  clear(): Promise<void>;
  /** At most {@link BACKUP_PAGE_ROWS}. `columns` are those of the rows. */
  insert(table: BackupTable, rows: readonly BackupRow[]): Promise<void>;
  /** The last line of the audit log that came along is followed by this one. */
  note(note: AuditNote): Promise<void>;
}

/** Whole databases. */
export interface BackupStore {
  /** Reads, beside everybody who writes. Nothing of this process may write meanwhile. */
  reading<Result>(work: (source: BackupSource) => Promise<Result>): Promise<Result>;
  /** Runs `work` in one transaction, which is kept where it answers so, and rolled back otherwise and when it throws. */
  restoring<Result>(
    work: (target: BackupTarget) => Promise<{ readonly keep: boolean; readonly result: Result }>,
  ): Promise<Result>;
}
