/**
 * A fixture of `manage.py dumpdata` as a source. Its objects come in any order and it may be a gigabyte, so it is read once, object
 * by object, into a temporary SQLite file without a name (see `staging.ts`); a fixture that is cut off shows then.
 *
 * Owns how a fixture says what a table holds: `auth.user` is `auth_user`, `"user": 1` is `user_id`, and the list `"groups"` of
 * a user is the table `auth_user_groups`.
 */
import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { JSONParser } from '@streamparser/json';
import Database from 'better-sqlite3';
import { type Source, SourceError, type SourceValue } from './source.ts';

const ROWS_AT_A_TIME = 1_000;
/** What is known of a model's objects. */
interface Model {
  readonly label: string;
  readonly fields: Set<string>;
  /** Fields that hold lists: many-to-many. */
  readonly lists: Set<string>;
}

/** Reads the fixture. @throws SourceError `cut_off`, `damaged`, `not_a_database` */
export async function openDumpdataSource(path: string, isCompressed: boolean): Promise<Source> {
  const db = new Database('');
  try {
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.exec('create table object (model text not null, pk, fields text not null)');
    const models = await readFixture(path, isCompressed, db);
    db.exec('create index object_by_model on object (model)');
    return sourceOf(path, db, models);
  } catch (error) {
    db.close();
    throw error;
  }
}

function sourceOf(path: string, db: Database.Database, models: ReadonlyMap<string, Model>): Source {
  return {
    name: path,
    tables: async () => [...models.keys()],
    async columnsOf(table) {
      const model = models.get(tableOf(table));
      if (model !== undefined) return ['id', ...[...model.fields].flatMap((field) => [field, `${field}_id`])];
      const many = manyToMany(table, models);
      return many === null ? null : ['id', many.ownColumn, many.otherColumn];
    },
    async *read(table, columns) {
      const many = manyToMany(table, models);
      const label = models.get(tableOf(table))?.label ?? many?.model.label ?? '';
      const objects = db.prepare<[string], { pk: SourceValue; fields: string }>(
        'select pk, fields from object where model = ?',
      );
      let batch: SourceValue[][] = [];
      for (const { pk, fields } of objects.iterate(label)) {
        const values = JSON.parse(fields) as Record<string, unknown>;
        const where = `${path}: ${label} ${JSON.stringify(pk)}`;
        if (many === null) batch.push(columns.map((column) => (column === 'id' ? pk : fieldOf(values, column, where))));
        else batch.push(...membersOf(many, pk, values, columns, where));
        if (batch.length < ROWS_AT_A_TIME) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    },
    close: async () => void db.close(),
  };
}

async function readFixture(
  path: string,
  isCompressed: boolean,
  db: Database.Database,
): Promise<ReadonlyMap<string, Model>> {
  const models = new Map<string, Model>();
  const insert = db.prepare('insert into object (model, pk, fields) values (?, ?, ?)');
  let number = 0;
  let failure: unknown;
  const parser = new JSONParser({ paths: ['$.*'], keepStack: false });
  parser.onValue = ({ value }) => {
    number += 1;
    const { label, pk, fields } = objectOf(value, `${path}: object ${number}`);
    remember(models, label, fields);
    insert.run(label, pk, JSON.stringify(fields));
  };
  parser.onError = (error) => {
    failure ??= error;
  };
  db.exec('begin');
  for await (const chunk of octetsOf(path, isCompressed)) {
    try {
      parser.write(chunk);
    } catch (error) {
      failure ??= error;
    }
    if (failure !== undefined) throw damaged(path, number, failure);
  }
  if (!parser.isEnded) {
    throw new SourceError(
      'cut_off',
      `${path} is cut off after object ${number}: make it again with "manage.py dumpdata", and see that the disk had room.`,
    );
  }
  db.exec('commit');
  return models;
}

async function* octetsOf(path: string, isCompressed: boolean): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  const stream: Readable = isCompressed ? pipeline(file, createGunzip(), () => undefined) : file;
  let isFirst = true;
  try {
    for await (const chunk of stream) {
      const octets = chunk as Buffer;
      // A byte order mark, which PowerShell's redirection writes.
      yield isFirst && octets[0] === 0xef && octets[1] === 0xbb ? octets.subarray(3) : octets;
      isFirst = false;
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'Z_BUF_ERROR')
      throw new SourceError('cut_off', `${path} is cut off inside its compression: copy it again.`);
    if (code.startsWith('Z_'))
      throw new SourceError('damaged', `${path} is damaged: its compression cannot be undone.`);
    throw new SourceError('not_readable', `${path} cannot be read (${code}).`, { cause: error });
  } finally {
    file.destroy();
  }
}

/** What went wrong while objects were taken out of the parser, or in the parser itself. */
function damaged(path: string, number: number, failure: unknown): SourceError {
  if (failure instanceof SourceError) return failure;
  const reason = failure instanceof Error ? failure.message : String(failure);
  return new SourceError(
    'damaged',
    `${path} is no JSON after object ${number} (${reason}): make it again with "manage.py dumpdata".`,
  );
}

function objectOf(value: unknown, where: string): { label: string; pk: SourceValue; fields: Record<string, unknown> } {
  const object = recordOf(value);
  const label = object?.['model'];
  const fields = recordOf(object?.['fields']);
  if (typeof label !== 'string' || fields === null) {
    throw new SourceError(
      'not_django',
      `${where} has no "model" and "fields": this is no fixture of "manage.py dumpdata".`,
    );
  }
  const pk = object?.['pk'];
  if (typeof pk !== 'string' && typeof pk !== 'number') {
    throw new SourceError(
      'not_django',
      `${where} (${label}) has no "pk": make the fixture without --natural-primary, for accounts keep their ids.`,
    );
  }
  return { label: label.toLowerCase(), pk, fields };
}

function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function remember(models: Map<string, Model>, label: string, fields: Record<string, unknown>): void {
  const table = tableOf(label);
  let model = models.get(table);
  if (model === undefined) {
    model = { label, fields: new Set(), lists: new Set() };
    models.set(table, model);
  }
  for (const [name, value] of Object.entries(fields)) {
    model.fields.add(name);
    if (Array.isArray(value)) model.lists.add(name);
  }
}

/** `auth.user` and `auth_user` are the same to whoever asks. */
function tableOf(name: string): string {
  return name.toLowerCase().replace('.', '_');
}

/** A list of a model as the table that it comes from. */
interface ManyToMany {
  readonly model: Model;
  readonly field: string;
  readonly ownColumn: string;
  readonly otherColumn: string;
}

function manyToMany(table: string, models: ReadonlyMap<string, Model>): ManyToMany | null {
  for (const [name, model] of models) {
    const field = [...model.lists].find((list) => `${name}_${list}` === tableOf(table));
    if (field === undefined) continue;
    const own = model.label.slice(model.label.indexOf('.') + 1);
    return { model, field, ownColumn: `${own}_id`, otherColumn: `${field.replace(/s$/, '')}_id` };
  }
  return null;
}

function* membersOf(
  many: ManyToMany,
  pk: SourceValue,
  values: Record<string, unknown>,
  columns: readonly string[],
  where: string,
): Generator<SourceValue[]> {
  const others = values[many.field];
  if (!Array.isArray(others)) return;
  for (const other of others) {
    const row: Record<string, unknown> = { id: null, [many.ownColumn]: pk, [many.otherColumn]: other };
    yield columns.map((column) => fieldOf(row, column, where));
  }
}

function fieldOf(values: Record<string, unknown>, column: string, where: string): SourceValue {
  const value = column in values ? values[column] : values[column.replace(/_id$/, '')];
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && column.endsWith('_id')) {
    throw new SourceError(
      'not_django',
      `${where} names its ${column.slice(0, -3)} by ${JSON.stringify(value)}: make the fixture without --natural-foreign.`,
    );
  }
  return JSON.stringify(value);
}
