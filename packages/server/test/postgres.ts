/** A PostgreSQL database for a test file of its own. `postgres-setup.ts` starts the server at the first request. */
import { inject } from 'vitest';

/** Makes an empty database and answers its URL. It goes when the test run ends. */
export async function newPostgresDatabase(): Promise<string> {
  const answer = await fetch(inject('postgresDoor'), { method: 'POST' });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}
