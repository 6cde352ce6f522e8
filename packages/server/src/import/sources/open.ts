/**
 * Which kind of source a text names, and opening it.
 */
import { open } from 'node:fs/promises';
import { openDumpdataSource } from './dumpdata.ts';
import { openMysqlSource } from './mysql.ts';
import { openPostgresSource } from './postgres.ts';
import { type Source, SourceError } from './source.ts';
import { openSqliteSource } from './sqlite.ts';

const GZIP_MAGIC = Buffer.of(0x1f, 0x8b);

/**
 * Opens a source: `postgres://…`, `mysql://…`, an SQLite file, or a fixture of `manage.py dumpdata` (also compressed by gzip).
 * A file is known by how it begins, not by its name.
 * @throws SourceError
 */
export async function openSource(text: string): Promise<Source> {
  if (/^postgres(ql)?:/.test(text)) return openPostgresSource(text);
  if (/^(mysql|mariadb):/.test(text)) return openMysqlSource(text);
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1];
  if (scheme !== undefined) {
    throw new SourceError(
      'bad_url',
      `A source cannot be ${scheme}://; give an SQLite file, postgres://…, mysql://…, or a fixture of "manage.py dumpdata".`,
    );
  }
  const beginning = await beginningOf(text);
  if (beginning.subarray(0, 15).toString('latin1') === 'SQLite format 3') return openSqliteSource(text);
  const isCompressed = beginning.subarray(0, 2).equals(GZIP_MAGIC);
  if (isCompressed || /^\ufeff?\s*\[/.test(beginning.toString('utf8'))) return openDumpdataSource(text, isCompressed);
  throw new SourceError(
    'not_a_database',
    `${text} is ${beginning.length === 0 ? 'empty' : 'neither an SQLite database nor a fixture of "manage.py dumpdata" in JSON'}.`,
  );
}

async function beginningOf(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new SourceError('not_found', `There is no file ${path}.`);
    if (code === 'EISDIR')
      throw new SourceError('not_a_database', `${path} is a directory; name the database file in it.`);
    throw new SourceError('not_readable', `${path} cannot be read (${code}).`, { cause: error });
  }
}
