/**
 * Scopes in plain words: what an application can see, what it can do, and for this person what exactly.
 *
 * Owns which known scope is about seeing and which about doing. The words are messages; an operator's own scope brings its
 * description along.
 */
import type { VNode } from 'preact';
import type { ConsentAccount, ScopeView } from '../models/authorization.ts';
import { Icon } from './marks.tsx';
import type { Ui } from './ui.ts';

/** One scope, said. */
export interface ScopeWords {
  readonly name: string;
  readonly kind: 'see' | 'do';
  readonly words: string;
  /** The person's own values that it opens; none where they are not known or there are none. */
  readonly exactly: readonly string[];
}

/**
 * Puts scopes in words, in their order. `read` is left out beside `profile`, which shows all that it shows and more.
 * @param account the person's values; null: they are not shown.
 */
export function scopeWords(ui: Ui, scopes: readonly ScopeView[], account: ConsentAccount | null): ScopeWords[] {
  const names = new Set(scopes.map((scope) => scope.name));
  return scopes
    .filter((scope) => !(scope.name === 'read' && names.has('profile')))
    .map((scope) => ({ name: scope.name, ...withFields(ui, scope, wordsOf(ui, scope, account), account !== null) }));
}

/** With the operator's fields that the scope opens: their values where values are shown, else their names beside the words. */
function withFields(
  ui: Ui,
  { fields = [] }: ScopeView,
  said: Omit<ScopeWords, 'name'>,
  showsValues: boolean,
): Omit<ScopeWords, 'name'> {
  if (fields.length === 0) return said;
  const { locale } = ui.context;
  const labels = fields.map(({ label }) => label[locale]).join(', ');
  const words = ui.say('scope.withFields', { words: said.words, fields: labels });
  const values = fields.flatMap(({ label, value }) =>
    value === null
      ? []
      : [ui.say('scope.field', { label: label[locale], value: typeof value === 'string' ? value : value[locale] })],
  );
  return { ...said, words, exactly: showsValues ? [...said.exactly, ...values] : said.exactly };
}

/** A list of things seen or done, each with its exact values on a line of its own. */
export function ScopeList({ words }: { readonly words: readonly ScopeWords[] }): VNode {
  return (
    <ul class="scopes">
      {words.map((scope) => (
        <li key={scope.name}>
          <Icon name={scope.kind === 'see' ? 'see' : 'act'} />
          <div class="scope-body">
            <span class="scope-words">{scope.words}</span>
            {scope.exactly.length > 0 && (
              <span class="scope-exactly">
                {scope.exactly.map((value) => (
                  <bdi key={value}>{value}</bdi>
                ))}
              </span>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

function wordsOf(ui: Ui, scope: ScopeView, account: ConsentAccount | null): Omit<ScopeWords, 'name'> {
  switch (scope.name) {
    case 'openid':
      return { kind: 'see', words: ui.say('scope.openid'), exactly: [] };
    case 'profile':
      return { kind: 'see', words: ui.say('scope.profile'), exactly: names(account) };
    case 'read':
      return { kind: 'see', words: ui.say('scope.read'), exactly: names(account) };
    case 'email':
      if (account !== null && account.email === null) {
        return { kind: 'see', words: ui.say('scope.emailNone'), exactly: [] };
      }
      return { kind: 'see', words: ui.say('scope.email'), exactly: account?.email ? [account.email] : [] };
    case 'groups':
      return { kind: 'see', words: ui.say('scope.groups'), exactly: [] };
    case 'write':
      return { kind: 'do', words: ui.say('scope.write'), exactly: [] };
    case 'offline_access':
      return { kind: 'do', words: ui.say('scope.offline_access'), exactly: [] };
    case 'introspection':
      return { kind: 'do', words: ui.say('scope.introspection'), exactly: [] };
    default:
      // The operator's own: in their words, whatever the language.
      return { kind: 'do', words: scope.description ?? ui.say('scope.other', { scope: scope.name }), exactly: [] };
  }
}

function names(account: ConsentAccount | null): string[] {
  if (account === null) return [];
  const fullName = [account.firstName, account.lastName].filter((part) => part !== '').join(' ');
  return [account.username, fullName].filter((part) => part !== '');
}
