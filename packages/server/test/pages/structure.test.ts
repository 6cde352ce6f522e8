/**
 * What must hold on every page in every state: its structure as a browser reads it, the contract of the forms (design,
 * "Behaviour that others rely on"), and that nothing which came from outside becomes markup.
 */
import fc from 'fast-check';
import type { Browser, Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../../test/browser.ts';
import { LOCALES } from '../../src/pages/messages.ts';
import type { Page } from '../../src/pages/models/page.ts';
import { renderPage } from '../../src/pages/render.tsx';
import { SAMPLES, sampleContext } from './samples.ts';

let browser: Browser;
let tab: Tab;
beforeAll(async () => {
  browser = await launchBrowser();
  tab = await browser.newPage({ javaScriptEnabled: true });
});
afterAll(() => browser.close());

const sample = (name: string) => {
  const found = SAMPLES.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no sample ${name}`);
  return found;
};
const html = (name: string, locale: 'en' | 'fr' = 'en') => {
  const { page, person } = sample(name);
  return renderPage(page, sampleContext({ locale, person }));
};

/** Everything the checks need of a document, read by the browser's own parser. Runs in the browser. */
function readDocument(text: string) {
  const page = new DOMParser().parseFromString(text, 'text/html');
  const all = (selector: string) => [...page.querySelectorAll(selector)];
  const labelled = (field: Element) =>
    field.hasAttribute('aria-label') || page.querySelector(`label[for="${field.id}"]`) !== null;
  const referred = all('[aria-describedby]').flatMap((element) =>
    (element.getAttribute('aria-describedby') ?? '').split(' '),
  );
  const ids = all('[id]').map((element) => element.id);
  return {
    language: page.documentElement.lang,
    title: page.title,
    h1: all('h1').map((heading) => heading.textContent),
    mains: all('main').length,
    skipTarget: page.querySelector(page.querySelector('.skip')?.getAttribute('href') ?? 'none')?.tagName,
    inlineCode: all('style, script:not([src]), [style]').length,
    handlers: all('*').flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith('on'))),
    foreign: all('link[href], script[src], img[src]')
      .map((element) => element.getAttribute('href') ?? element.getAttribute('src') ?? '')
      .filter((address) => !address.startsWith('/')),
    unlabelled: all('input:not([type=hidden], [hidden]), select, textarea')
      .filter((field) => !labelled(field))
      .map((field) => field.outerHTML),
    doubleIds: ids.filter((id, index) => ids.indexOf(id) !== index),
    danglingReferences: referred.filter((id) => page.getElementById(id) === null),
    // One that leads to an application must not tell it the token.
    formsWithWrongToken: all('form[method=post]').filter(
      (form) =>
        (form.querySelector('input[name=csrf]') === null) === (form.getAttribute('action') ?? '').startsWith('/'),
    ).length,
    // A search changes nothing, and its address can be kept.
    formsThatGet: all('form:not([method=post], .search[method=get])').length,
    buttons: all('button').map((button) => (button.getAttribute('aria-label') ?? button.textContent ?? '').trim()),
    untypedButtons: all('button:not([type])').length,
    autofocus: all('[autofocus]').map((element) => element.getAttribute('role') ?? element.getAttribute('name')),
    invalid: all('[aria-invalid=true]').map((field) => field.getAttribute('name')),
    linked: all('[role=alert] a').map((link) => page.querySelector(link.getAttribute('href') ?? 'none') !== null),
    untranslated: page.body.textContent?.match(/\{\w+\}|\[object Object\]|undefined|NaN/g) ?? [],
  };
}

describe.each(LOCALES)('every page in %s', (locale) => {
  it.each(SAMPLES.map(({ name }) => name))('%s is well made', async (name) => {
    const read = await tab.evaluate(readDocument, html(name, locale));
    expect(read.language).toBe(locale);
    expect(read.title).toMatch(/.+ · Diapason$/);
    expect(read.h1).toHaveLength(1);
    expect(read.h1[0]).not.toBe('');
    expect(read.mains).toBe(1);
    expect(read.skipTarget).toBe('MAIN');
    expect(read).toMatchObject({
      inlineCode: 0,
      handlers: [],
      foreign: [],
      unlabelled: [],
      doubleIds: [],
      danglingReferences: [],
      formsWithWrongToken: 0,
      formsThatGet: 0,
      untypedButtons: 0,
      untranslated: [],
    });
    expect(read.autofocus.length).toBeLessThanOrEqual(1);
  });
});

describe('a refused form', () => {
  it.each([
    ['sign-in-missing', ['username', 'password']],
    ['sign-up-refused', ['username', 'email', 'password']],
    ['account-refused', ['username', 'first_name']],
    ['password-refused', ['current_password', 'password']],
    ['email-refused', ['email']],
    ['register-refused', ['name', 'redirect_uris', 'allowed_origins', 'access_token_lifetime_seconds']],
  ])('%s marks its fields, links to them, and puts the focus on what is wrong', async (name, fields) => {
    const read = await tab.evaluate(readDocument, html(name));
    expect(read.title).toMatch(/^Problem: /);
    expect(read.autofocus).toEqual(['alert']);
    expect(read.invalid).toEqual(fields);
    expect(read.linked).toEqual(read.linked.map(() => true));
    expect(read.linked.length).toBeGreaterThanOrEqual(fields.length);
  });

  it('keeps what was typed, and never a password', () => {
    expect(html('sign-up-refused')).toContain('value="alice@example"');
    expect(html('sign-up-refused')).not.toMatch(/<input[^>]*type="password"[^>]*value=/);
  });
});

describe('the forms that others rely on', () => {
  it('has the fields of sign-in by their names, one password field, and next', async () => {
    await tab.setContent(html('sign-in-application'));
    const form = tab.locator('form[action="/login/"]');
    expect(
      await form.locator('input').evaluateAll((fields) => fields.map((field) => field.getAttribute('name'))),
    ).toEqual(['csrf', 'next', 'username', 'password']);
    expect(await tab.locator('input[type=password]').count()).toBe(1);
    expect(await tab.getByRole('button', { name: 'Sign in', exact: true }).count()).toBe(1);
    expect(await tab.getByRole('link', { name: 'Create an account' }).getAttribute('href')).toBe(
      '/signup/?next=%2Fo%2Fauthorize%2F%3Fpending%3D4f1c',
    );
  });

  it('has the fields of sign-up by their names', async () => {
    await tab.setContent(html('sign-up'));
    const names = await tab
      .locator('form[action="/signup/"] input:not([type=hidden])')
      .evaluateAll((fields) => fields.map((field) => [field.getAttribute('name'), field.getAttribute('autocomplete')]));
    expect(names).toEqual([
      ['username', 'username'],
      ['email', 'email'],
      ['first_name', 'given-name'],
      ['last_name', 'family-name'],
      ['password', 'new-password'],
    ]);
  });

  it('answers consent with allow=Authorize, or with nothing', async () => {
    await tab.setContent(html('consent'));
    const sent = (name: string) =>
      tab.getByRole('button', { name, exact: true }).evaluate((button) => {
        const form = button.closest('form');
        return form instanceof HTMLFormElement ? [...new FormData(form, button as HTMLButtonElement).entries()] : null;
      });
    expect(await sent('Allow')).toEqual([
      ['csrf', 'csrf-token-of-the-sample'],
      ['pending', '4f1c'],
      ['allow', 'Authorize'],
    ]);
    expect(await sent('Cancel')).toEqual([
      ['csrf', 'csrf-token-of-the-sample'],
      ['pending', '4f1c'],
    ]);
  });

  it.each([
    ['sign-out', 'Sign out'],
    ['confirm-delete-application', 'Confirm'],
    ['confirm-remove-secret', 'Confirm'],
    ['confirm-disconnect', 'Confirm'],
  ])('ends %s with the button %s', async (name, button) => {
    const read = await tab.evaluate(readDocument, html(name));
    expect(read.buttons.filter((text) => text === button)).toHaveLength(1);
  });

  it('confirms nothing that is not possible', async () => {
    const read = await tab.evaluate(readDocument, html('confirm-remove-last-secret'));
    expect(read.buttons).toEqual(['English', 'Français']);
  });

  it('offers no way to another language where a secret would be lost with the page', async () => {
    expect(html('application')).toContain('action="/language/"');
    expect(html('application-new-secret')).not.toContain('action="/language/"');
  });

  it('switches the language by a form that comes back to this page', async () => {
    await tab.setContent(html('account', 'fr'));
    const form = tab.locator('form[action="/language/"]');
    expect(await form.locator('input[name=next]').inputValue()).toBe('/here/?and=there');
    expect(
      await form.locator('button').evaluateAll((all) => all.map((one) => [one.getAttribute('lang'), one.textContent])),
    ).toEqual([
      ['en', 'English'],
      ['fr', 'Français'],
    ]);
  });

  // Whatever stands between somebody and the application that they go to.
  const WAYS_IN = [
    'sign-in',
    'second-step',
    'sign-up',
    'confirm-identity',
    'kept-form',
    'set-up-factor',
    'check-mail',
    'mail-sign-in',
    'mail-code',
    'mail-link',
    'consent',
    'error',
  ];
  const plain = SAMPLES.filter(({ page }) => WAYS_IN.includes(page.page));
  it.each(plain.map(({ name }) => name))(
    '%s has no other button that says allow, continue or confirm',
    async (name) => {
      const read = await tab.evaluate(readDocument, html(name));
      const said = read.buttons.filter((text) => /allow|continue|confirm/i.test(text));
      expect(said).toEqual(sample(name).page.page === 'consent' ? ['Allow'] : []);
    },
  );
});

/** The model with every text in it replaced, but for the words that choose what is shown. */
function withTexts(value: unknown, text: string, key = ''): unknown {
  const CHOOSING = [
    'page',
    'kind',
    'key',
    'client_type',
    'clientType',
    'notice',
    'action',
    'field',
    'state',
    'about',
    'reason',
    'to',
    'outcome',
    'endpoint',
    'step',
  ];
  if (typeof value === 'string') return CHOOSING.includes(key) ? value : text;
  if (Array.isArray(value)) return value.map((item) => withTexts(item, text, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withTexts(item, text, name)]));
}

/** Tags as the renderer writes them: every attribute in double quotes. What is left must be text. */
const TAG = /<\/?[a-z][a-z0-9]*((?:\s+[a-zA-Z:-]+(?:="[^"]*")?)*)\s*\/?>/g;
function attributesOf(text: string): string[] {
  return [...text.matchAll(TAG)].flatMap(([, attributes = '']) =>
    [...attributes.matchAll(/([a-zA-Z:-]+)(?:="[^"]*")?/g)].map(([, name = '']) => name),
  );
}

describe('hostile text', () => {
  const known = new Set(SAMPLES.flatMap(({ name }) => attributesOf(html(name))));
  const pieces = fc.constantFrom(
    '<script>alert(1)</script>',
    '"',
    "'",
    '>',
    '<',
    '&',
    '&lt;',
    ' onfocus=alert(1) autofocus ',
    '</textarea>',
    '</title>',
    '<!--',
    ']]>',
    '`',
    '{name}',
    'javascript:alert(1)',
    // Schemes of an application's own: what has one can be a link.
    'A:',
    'https://',
    '\u202e',
    '\u0000',
    '\n',
    'é',
    '💥',
  );
  const texts = fc
    .array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 8 })
    .map((parts) => parts.join(''));

  it.each(SAMPLES.map(({ name }) => name))('stays text on %s', (name) => {
    fc.assert(
      fc.property(texts, (text) => {
        const { page, person } = sample(name);
        const shown = renderPage(
          withTexts(page, text) as Page,
          sampleContext({
            person: person && { username: text, displayName: text, deletesAtMs: null, isSuperuser: person.isSuperuser },
            brand: { name: text, logoUrl: null },
            csrfToken: text,
            currentPath: text,
            reference: text,
          }),
        ).replace('<!doctype html>', '');
        expect(shown.replace(TAG, '')).not.toContain('<');
        for (const attribute of attributesOf(shown)) expect(known).toContain(attribute);
        expect(shown).not.toMatch(/href="(javascript|data|vbscript):/i);
      }),
      { numRuns: 15 },
    );
  });

  it('never leads to another site where a path of ours is meant', () => {
    for (const [name, field] of [
      ['sign-out', 'stayUrl'],
      ['consent', 'switchAccountUrl'],
    ] as const) {
      for (const path of ['//evil.example', '/\\evil.example', 'https://evil.example', '/\t/evil.example', '']) {
        const shown = renderPage({ ...sample(name).page, [field]: path } as Page, sampleContext());
        expect(shown, path).not.toMatch(/href="[^"]*evil/);
      }
    }
  });
});
