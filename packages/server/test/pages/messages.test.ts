/** The texts of the pages: complete, used, alike in their parameters, and set as each language sets its signs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import { PROBLEM_VALUES } from '../../src/accounts/problems.ts';
import { MESSAGE_PARAMETERS } from '../../src/pages/message-parameters.ts';
import { chooseLocale, LOCALES, messagesIn, parseLocale, problem } from '../../src/pages/messages.ts';

const pages = join(import.meta.dirname, '../../src/pages');
const read = (locale: string): Record<string, string> =>
  JSON.parse(readFileSync(join(pages, 'messages', `${locale}.json`), 'utf8'));
const files = readdirSync(join(pages, 'messages')).map((file) => file.replace(/\.json$/, ''));
const english = read('en');

type Piece = ReturnType<IntlMessageFormat['getAst']>[number];
/** The parser's own number for plain text. */
const LITERAL = 0;

function parametersOf(pieces: readonly Piece[]): string[] {
  return pieces.flatMap((piece) => {
    if (piece.type === LITERAL || !('value' in piece)) return [];
    const inside =
      'options' in piece ? Object.values(piece.options).flatMap((option) => parametersOf(option.value)) : [];
    return [piece.value, ...inside];
  });
}
const parameters = (text: string): string[] =>
  [...new Set(parametersOf(new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }).getAst()))]
    .filter((name) => name !== 'brand')
    .sort();

/** What the pages' source says: literal keys, and templates such as `error.${kind}.title` as patterns. */
function mentioned(): { readonly literals: Set<string>; readonly patterns: readonly RegExp[] } {
  const source = readdirSync(pages, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && file !== 'message-parameters.ts')
    .map((file) => readFileSync(join(pages, file), 'utf8'))
    .join('\n');
  const literals = new Set([...source.matchAll(/'([a-z][A-Za-z]*\.[\w.-]+)'/g)].map(([, key]) => key ?? ''));
  const patterns = [...source.matchAll(/`([a-z][A-Za-z.]*\.[^`]*\$\{[^`]*)`/g)].map(
    ([, template = '']) =>
      new RegExp(
        `^${template
          .replace(/\$\{[^}]+\}/g, '\0')
          .replace(/\./g, '\\.')
          .replace(/\0/g, '[\\w-]+')}$`,
      ),
  );
  return { literals, patterns };
}

describe('messages', () => {
  it('has every language file among the languages, and none that is missing', () => {
    expect([...LOCALES].sort()).toEqual([...files].sort());
  });

  it('uses each message somewhere in the pages, or lets a flow report it', () => {
    const { literals, patterns } = mentioned();
    const reported = new Set<string>(Object.keys(PROBLEM_VALUES));
    const unused = Object.keys(english).filter(
      (key) => !literals.has(key) && !reported.has(key) && !patterns.some((pattern) => pattern.test(key)),
    );
    expect(unused).toEqual([]);
  });

  it('knows the words of each problem that the flows report, with the same values', () => {
    for (const [code, values] of Object.entries(PROBLEM_VALUES)) {
      expect(Object.keys(english), code).toContain(code);
      expect(parameters(english[code] ?? ''), code).toEqual([...values].sort());
    }
  });

  it('lists the parameters of each message for the type checker', () => {
    const listed: Record<string, readonly string[]> = MESSAGE_PARAMETERS;
    for (const [key, text] of Object.entries(english)) {
      expect(parameters(text), key).toEqual([...(listed[key] ?? [])].sort());
    }
    expect(Object.keys(listed).filter((key) => english[key] === undefined)).toEqual([]);
  });
});

describe.each(files)('messages in %s', (locale) => {
  const texts = read(locale);

  it('are the same as in English, none missing and none more', () => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort());
  });

  it('take the same parameters as in English', () => {
    for (const [key, text] of Object.entries(texts)) {
      expect(parameters(text), key).toEqual(parameters(english[key] ?? ''));
    }
  });

  it('are not empty, not padded, and have no straight quotation marks', () => {
    for (const [key, text] of Object.entries(texts)) {
      expect(text, key).toBe(text.trim());
      expect(text.length, key).toBeGreaterThan(0);
      expect(text, key).not.toMatch(/['"]/);
    }
  });

  it('name their language in itself', () => {
    expect(texts['language.name']).toBe(
      new Intl.DisplayNames([locale], { type: 'language' })
        .of(locale)
        ?.replace(/^./, (letter) => letter.toLocaleUpperCase(locale)),
    );
  });
});

describe('French typography', () => {
  const french = Object.entries(read('fr'));

  it('puts a space that does not break before double signs and inside guillemets', () => {
    for (const [key, text] of french) {
      expect(text, key).not.toMatch(/[^\u202f\u00a0][;!?]/);
      expect(text, key).not.toMatch(/[^\u00a0]:(?!\/\/|\w)/);
      expect(text, key).not.toMatch(/«(?!\u00a0)|(?<!\u00a0)»/);
    }
  });

  it('addresses people as « vous »', () => {
    for (const [key, text] of french) expect(text, key).not.toMatch(/(?<!\p{L})(tu|ton|ta|tes|toi)(?!\p{L})/iu);
  });

  it('differs from the English, but for names and technical words', () => {
    const same = french.filter(([key, text]) => text === english[key]).map(([key]) => key);
    expect(same).toEqual([
      'applications.column.type',
      'application.secrets',
      'application.secretColumn',
      'application.actionColumn',
      'endpoint.userinfo',
      'endpoint.introspection',
      'nav.invitations',
      'invitations.title',
      'activity.application',
    ]);
  });
});

describe('chooseLocale', () => {
  it.each([
    [['fr', 'en'], 'en', 'fr'],
    [[null, 'fr'], 'en', 'fr'],
    [['xx', undefined], 'fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
    [[null], 'de, en;q=0.5, fr;q=0.7', 'fr'],
    [[null], 'fr;q=0, en', 'en'],
    [[null], 'de-DE', 'en'],
    [[null], undefined, 'en'],
    [[null], ';;;q=,,,fr;q=x', 'en'],
  ] as const)('takes what was chosen (%j) before Accept-Language (%s): %s', (chosen, header, expected) => {
    expect(chooseLocale(chosen, header)).toBe(expected);
  });

  it('takes no language that does not exist, however it is named', () => {
    expect(parseLocale('constructor')).toBeNull();
    expect(parseLocale('EN')).toBeNull();
    expect(parseLocale('fr')).toBe('fr');
  });
});

describe('messagesIn', () => {
  it('says plurals, numbers and the brand in the language', () => {
    const { say, sayProblem } = messagesIn('fr', 'Accord');
    expect(say('account.connectionsCount', { count: 0 })).toBe('Aucune application');
    expect(say('account.connectionsCount', { count: 2 })).toBe('2 applications');
    expect(say('landing.lead')).toContain('Accord');
    expect(sayProblem(problem('problem.password.tooLong', { maximum: 1024 }))).toBe(
      'Utilisez 1\u202f024 caractères au plus.',
    );
  });

  it('takes markup in a value for text', () => {
    expect(messagesIn('en', 'D').say('signIn.for', { application: '<b>{x}</b>' })).toBe('to continue to <b>{x}</b>');
  });

  it('throws where a value is missing: a bug, not a text', () => {
    expect(() => messagesIn('en', 'D').sayProblem({ key: 'problem.busy' })).toThrow();
  });
});
