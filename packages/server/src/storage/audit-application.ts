/** What a change of an application was, for the audit log: each setting that differs, as it was and as it is. Owns its bounds. */
import type { AuditValue } from '../admin/ports/audit.ts';
import type { Application } from '../protocol/application.ts';

/** Said in full up to here, in characters of JSON: a redirect URI or a scope list. Of longer ones, how long they are. */
const VALUE_CHARACTERS_MAX = 500;

/** Nothing that somebody decides on; secrets least of all. */
const LEFT_OUT = new Set<keyof Application>([
  'id',
  'clientId',
  'secrets',
  'provenance',
  'disabledAtMs',
  'lastUsedAtMs',
  'lastWithoutPkceAtMs',
  'lastWithoutRedirectUriAtMs',
  'lastLongAccessTokenAtMs',
  'lastLongRefreshTokenAtMs',
  'createdAtMs',
  'updatedAtMs',
  'settings',
]);

/** The settings that differ, by their names. */
export function applicationChanges(before: Application, after: Application): AuditValue {
  const changes = [...differences(flat(before), flat(after))];
  return Object.fromEntries(changes);
}

function flat(application: Application): ReadonlyMap<string, unknown> {
  const own = Object.entries(application).filter(([name]) => !LEFT_OUT.has(name as keyof Application));
  return new Map([...own, ...Object.entries(application.settings)]);
}

function* differences(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): Generator<[string, AuditValue]> {
  for (const [name, value] of after) {
    const from = before.get(name) ?? null;
    if (JSON.stringify(from) !== JSON.stringify(value ?? null)) yield [name, { from: shown(from), to: shown(value) }];
  }
}

function shown(value: unknown): AuditValue {
  const json = JSON.stringify(value ?? null);
  return json.length <= VALUE_CHARACTERS_MAX ? (JSON.parse(json) as AuditValue) : `(${json.length} characters)`;
}
