/** Scopes as pages show them: the catalogue's words for ours, the operator's for those they declared. */
import type { ScopeView } from '../pages/models/authorization.ts';
import type { ScopeRegistry } from '../protocol/scopes.ts';
import type { FieldValues, ProfileFields } from '../vocabulary/profile-field.ts';

/**
 * In the order given, each with the operator's fields that it opens. A scope that does not exist any more is shown by its bare name.
 * @param values the person's own, where they are shown; null: the fields are named alone.
 */
export function scopeViews(
  names: readonly string[],
  { scopes, profileFields }: { readonly scopes: ScopeRegistry; readonly profileFields: ProfileFields },
  values: FieldValues | null = null,
): readonly ScopeView[] {
  return names.map((name) => ({
    name,
    description: scopes.get(name)?.description ?? null,
    fields: [...profileFields.values()]
      .filter(({ scope }) => scope === name)
      .map((field) => {
        const value = values?.[field.name] ?? null;
        return { label: field.label, value: value === null ? null : (field.choices.get(value) ?? value) };
      }),
  }));
}
