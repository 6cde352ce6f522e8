/** Every migration, in its order. A new one goes to the end; a released one is never changed (`migration.ts`). */
import { firstSchema } from './001-first-schema.ts';
import type { Migration } from './migration.ts';

/** All migrations by ascending version, from 1 without a gap. */
export const MIGRATIONS: readonly Migration[] = [firstSchema];
