/**
 * How a table of Django's is asked for: its name, and the columns without which it is not one.
 *
 * Owns the words in which a part says what it reads, and the copy into the staging database. What the columns mean is the part's.
 */
import { type Source, SourceError } from '../sources/source.ts';
import type { Staging } from '../staging.ts';

/** A table that a part reads. */
export interface TableSpec {
  /** Its name in the staging database. */
  readonly name: string;
  /** Its name at the source; unless said, the same. */
  readonly sourceName?: string;
  /** Whether a source without it is refused. */
  readonly isRequired: boolean;
  /** Columns without which it is refused. The first is the primary key. */
  readonly required: readonly [string, ...string[]];
  /** Columns that some versions have; null where this one has not. */
  readonly optional?: readonly string[];
  /** Columns under another name at the source, of whose columns it is told: ours to the source's. */
  readonly renamed?: (present: readonly string[]) => Readonly<Record<string, string>>;
}

/**
 * Copies a table into the staging database, as far as the source has it.
 * @throws SourceError `no_table` or `no_column`.
 */
export async function stageTable(spec: TableSpec, source: Source, staging: Staging): Promise<void> {
  const sourceName = spec.sourceName ?? spec.name;
  const columns = [...spec.required, ...(spec.optional ?? [])];
  const present = await source.columnsOf(sourceName);
  if (present === null) {
    if (spec.isRequired)
      throw new SourceError('no_table', `${source.name} has no table ${JSON.stringify(sourceName)}.`);
    staging.create(spec.name, columns, null);
    return;
  }
  const renamed = spec.renamed?.(present) ?? {};
  const nameAtSource = (column: string) => renamed[column] ?? column;
  const missing = spec.required.filter((column) => !present.includes(nameAtSource(column)));
  if (missing.length > 0) {
    throw new SourceError(
      'no_column',
      `The table ${JSON.stringify(sourceName)} of ${source.name} has no column ${missing.map((column) => JSON.stringify(nameAtSource(column))).join(', ')}: it was made by a version that this import does not know, or by another program.`,
    );
  }
  const read = columns.filter((column) => present.includes(nameAtSource(column)));
  staging.create(spec.name, columns, read);
  for await (const batch of source.read(sourceName, read.map(nameAtSource))) staging.insert(spec.name, read, batch);
}
