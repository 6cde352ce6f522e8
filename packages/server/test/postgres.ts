/** A PostgreSQL database for a test file of its own. `postgres-setup.ts` starts the server at the first request. */
import pg from 'pg';
import { inject } from 'vitest';

/** Makes an empty database and answers its URL. It goes when the test run ends. */
export async function newPostgresDatabase(): Promise<string> {
  const answer = await fetch(inject('postgresDoor'), { method: 'POST' });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Ends every connection to a database, as a restart of its server does. */
export async function endConnections(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await client.end();
}
