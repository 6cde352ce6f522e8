/**
 * Scopes that an import declared in the database, beside the built-in ones and those of `DIAPASON_SCOPES`.
 *
 * Owns the one registry of a process: everybody holds the same, and what another process declared is in it within
 * {@link SCOPES_REFRESH_MS}. Where two declare one name, the settings win.
 */
import {
  type DeclaredScope,
  isScopeToken,
  type ScopeDefinition,
  type ScopeRegistry,
  scopeRegistry,
} from '../protocol/scopes.ts';
import type { DeclaredScopeStore } from './ports.ts';

/** So old is at most what a process knows of them. */
export const SCOPES_REFRESH_MS = 1_000;

/** Loads the registry. `refresh` brings it up to date in place; it throws when the database is lost, and all stays as it was. */
export async function loadScopes(
  configured: readonly DeclaredScope[],
  store: DeclaredScopeStore,
): Promise<{ readonly registry: ScopeRegistry; refresh(): Promise<void> }> {
  const registry = new Map<string, ScopeDefinition>();
  const refresh = async () => {
    const declared = await store.listDeclaredScopes();
    const fixed = scopeRegistry(configured);
    const added = declared.filter(({ name }) => isScopeToken(name) && !fixed.has(name));
    const next = scopeRegistry([...configured, ...added]);
    // In one go: nobody sees half of it.
    registry.clear();
    for (const [name, scope] of next) registry.set(name, scope);
  };
  await refresh();
  return { registry, refresh };
}
