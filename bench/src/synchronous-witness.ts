/**
 * Loaded into our server with `--import`: reports `PRAGMA synchronous` as the server's own connection has it, once the server
 * has been in use for a moment. The setting belongs to a connection, so nobody outside could ask.
 *
 * It watches for the first prepared statement, keeps that connection, and then takes itself away.
 */
import Database from 'better-sqlite3';

const { prepare } = Database.prototype;
const connections = new Set<Database.Database>();

Database.prototype.prepare = function witnessed(this: Database.Database, source: string) {
  connections.add(this);
  return prepare.call(this, source);
} as typeof prepare;

// The server announces itself in one line; by then its connection has its settings, and every other has been closed.
const write = process.stderr.write.bind(process.stderr);
process.stderr.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
  if (String(chunk).startsWith('Diapason answers at')) {
    const open = [...connections].filter((connection) => connection.open);
    const [synchronous] = open.map((connection) => Number(connection.pragma('synchronous', { simple: true }))).sort();
    process.stdout.write(`${JSON.stringify({ synchronous })}\n`);
    Database.prototype.prepare = prepare;
    connections.clear();
    process.stderr.write = write;
  }
  return write(chunk, ...rest);
}) as typeof process.stderr.write;
