/** Scopes as pages show them: the catalogue's words for ours, the operator's for those they declared. */
import type { ScopeView } from '../pages/models/authorization.ts';
import type { ScopeRegistry } from '../protocol/scopes.ts';

/** In the order given. A scope that does not exist any more is shown by its bare name. */
export function scopeViews(names: readonly string[], registry: ScopeRegistry): readonly ScopeView[] {
  return names.map((name) => ({ name, description: registry.get(name)?.description ?? null }));
}
