/**
 * Statements on a pool of connections.
 *
 * Owns how values come back (whole numbers as numbers) and transactions. The statements are those of the store's other files.
 */
import { type Pool, type PoolClient, types } from 'pg';

/** Runs one statement and answers its rows. */
export type Query = <Row extends object>(text: string, values: readonly unknown[]) => Promise<Row[]>;

/** What the store's parts work with. */
export interface PostgresQueries {
  /** Its name, checked: it is written into the statements. */
  readonly schema: string;
  readonly query: Query;
  transaction<Result>(work: (run: Query) => Promise<Result>): Promise<Result>;
}

const INT8_OID = 20;
/** Milliseconds since 1970 stay exact in a number for another 285,000 years. */
const numbers = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8_OID ? Number : types.getTypeParser(oid, format ?? 'text')) as typeof types.getTypeParser,
};

/** Statements on this pool. */
export function createPostgresQueries(pool: Pool, schema: string): PostgresQueries {
  const on =
    (connection: Pool | PoolClient): Query =>
    async <Row extends object>(text: string, values: readonly unknown[]) =>
      (await connection.query<Row>({ text, values: [...values], types: numbers })).rows;
  return {
    schema,
    query: on(pool),
    transaction: async (work) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await work(on(client));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      } finally {
        client.release();
      }
    },
  };
}
