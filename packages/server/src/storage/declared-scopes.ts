/** Scopes that were declared in the database: implements `DeclaredScopeStore`. An import writes them. */
import type { DeclaredScopeStore } from '../admin/ports.ts';
import { query } from './query.ts';
import type { Engine } from './transition.ts';

const queries = {
  list: query((db) => db.selectFrom('declared_scope').select(['name', 'description']).orderBy('name')),
};

/** Makes the store. */
export function createDeclaredScopeStore(engine: Engine): DeclaredScopeStore {
  const q = engine.prepare('declared_scopes', queries);
  return { listDeclaredScopes: () => engine.readAll(q.list, {}) };
}
