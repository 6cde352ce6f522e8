/** Empty databases for storage tests, on either engine, with a way around the ports for what they do not offer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import pg from 'pg';
import { newPostgresDatabase } from '../postgres.ts';

/** Both engines, for `describe.each`. */
export const ENGINES = ['sqlite', 'postgres'] as const;
/** One of them. */
export type EngineName = (typeof ENGINES)[number];

/** A database that nobody has opened. */
export interface EmptyDatabase {
  /** What `openStorage` takes. */
  readonly database: string;
  /** Runs SQL by a connection of its own; values stand as `$1`, `$2`. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  remove(): Promise<void>;
}

/** Makes one. */
export async function emptyDatabase(engine: EngineName): Promise<EmptyDatabase> {
  return engine === 'sqlite' ? emptySqlite() : emptyPostgres();
}

async function emptySqlite(): Promise<EmptyDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-storage-'));
  const database = join(folder, 'diapason.db');
  return {
    database,
    async sql(text, values = []) {
      const db = new Database(database);
      try {
        const statement = db.prepare<unknown[], Record<string, unknown>>(text.replaceAll(/\$\d+/g, '?'));
        if (statement.reader) return statement.all(...values);
        statement.run(...values);
        return [];
      } finally {
        db.close();
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function emptyPostgres(): Promise<EmptyDatabase> {
  const database = await newPostgresDatabase();
  return {
    database,
    async sql(text, values = []) {
      const client = new pg.Client(database);
      await client.connect();
      try {
        return (await client.query(text, [...values])).rows;
      } finally {
        await client.end();
      }
    },
    // It goes with the others when the run ends.
    remove: async () => undefined,
  };
}

/** Starts a script of `processes/` in a process of its own. */
export function startProcess(script: string, ...options: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(`processes/${script}`, import.meta.url));
  return spawn(process.execPath, [path, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs one to its end and answers what it printed. @throws with what it complained of when it failed. */
export function runProcess(script: string, ...options: readonly string[]): Promise<string> {
  const child = startProcess(script, ...options);
  let printed = '';
  let complaint = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('close', (status) => (status === 0 ? resolve(printed) : reject(new Error(`${script}: ${complaint}`))));
  });
}
