/**
 * A person with a browser that runs no scripts: opens pages, fills in the forms that these hold, presses buttons. Over plain
 * HTTP and a parser, so that a whole sign-in takes milliseconds.
 *
 * Owns the browser's part: cookies, redirects within the server, what a form sends. A redirect that leads elsewhere, as the
 * one back to an application does, is not followed: its address is `leftFor`. What is expected of a page is each test's.
 */
import { type HTMLElement, parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

/** Where a person's browser finds the server. */
export interface ServerAddress {
  /** What the address bar shows, and cookies belong to. */
  readonly url: string;
  /** Where the connection really goes, as behind a reverse proxy; the same unless said. */
  readonly listening?: string;
}

/** What the browser shows at the end of a visit. */
export interface Seen {
  /** The address bar. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly document: HTMLElement;
  /** Every answer on the way, this one last. */
  readonly answers: readonly { readonly url: string; readonly status: number; readonly headers: Headers }[];
  /** Where the server led to outside of itself, with what it carries; null: nowhere. */
  readonly leftFor: URL | null;
}

/** A form of a page, as the browser would send it untouched. */
export interface Form {
  /** Absolute. */
  readonly action: string;
  readonly fields: URLSearchParams;
  readonly buttons: readonly { readonly text: string; readonly name: string | null; readonly value: string }[];
  /** The page that it stands on: the `Origin` that a browser sends. */
  readonly origin: string;
}

/** What to fill in: text for a field, a list for boxes; null takes the field out. */
export type Values = Readonly<Record<string, string | readonly string[] | null>>;

/** One request, as the browser makes it. */
export interface PersonRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams | FormData;
}

const REDIRECTS_MAX = 10;

/** One person's browser. */
export class Person {
  readonly server: ServerAddress;
  readonly cookies = new CookieJar();
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers what the browser sends with each request, such as `accept-language`. */
  constructor(server: ServerAddress, headers: Readonly<Record<string, string>> = {}) {
    this.server = server;
    this.#headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'accept-language': 'en', ...headers };
  }

  /** Opens an address of the server and follows where it leads. */
  open(address: string): Promise<Seen> {
    return this.#follow(address, {});
  }

  /** Sends a form, filled in, by the button with this text (unless said, the first). */
  submit(form: Form, values: Values = {}, button?: string): Promise<Seen> {
    return this.#follow(form.action, {
      method: 'POST',
      headers: { origin: form.origin, 'sec-fetch-site': 'same-origin' },
      body: filledIn(form, values, button),
    });
  }

  /** One request with this browser's cookies, whose answer is not followed. */
  async send(address: string, request: PersonRequest = {}): Promise<Response> {
    const url = new URL(address, this.server.url);
    const listening = new URL(this.server.listening ?? this.server.url);
    const cookie = await this.cookies.getCookieString(url.href);
    const response = await fetch(new URL(url.pathname + url.search, listening), {
      method: request.method ?? 'GET',
      headers: { ...this.#headers, ...(cookie === '' ? {} : { cookie }), ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) await this.cookies.setCookie(line, url.href);
    return response;
  }

  /** The value of one of its cookies; null without one. */
  async cookie(name: string): Promise<string | null> {
    const found = await this.cookies.getCookies(this.server.url);
    return found.find(({ key }) => key === name)?.value ?? null;
  }

  /** Signs in on the sign-in page `at`, or on the one at `/login/`. */
  async signIn(username: string, password: string, at?: Seen): Promise<Seen> {
    const page = at ?? (await this.open('/login/'));
    return this.submit(formOf(page, { field: 'password' }), { username, password });
  }

  /** Signs up on the page `at`, or on the one at `/signup/`. Unless said, the other fields are made from the username. */
  async signUp(values: Values & { readonly username: string; readonly password: string }, at?: Seen): Promise<Seen> {
    const page = at ?? (await this.open('/signup/'));
    const { username } = values;
    const rest = { email: `${username}@example.org`, first_name: 'First', last_name: 'Last' };
    return this.submit(formOf(page, { field: 'email' }), { ...rest, ...values });
  }

  /** Answers a consent page. @returns where the server leads back to. @throws when it leads nowhere. */
  async allow(consent: Seen, button: 'Allow' | 'Cancel' = 'Allow'): Promise<URL> {
    const seen = await this.submit(formOf(consent, { button }), {}, button);
    return leftFor(seen);
  }

  async #follow(address: string, request: PersonRequest): Promise<Seen> {
    const answers: { url: string; status: number; headers: Headers }[] = [];
    let url = new URL(address, this.server.url);
    let next = request;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
      const response = await this.send(url.href, next);
      const { status, headers } = response;
      const text = await response.text();
      answers.push({ url: url.href, status, headers });
      const location = status >= 300 && status < 400 ? headers.get('location') : null;
      const target = location === null ? null : new URL(location, url);
      if (target === null || target.origin !== new URL(this.server.url).origin) {
        return { url: url.href, status, headers, text, document: parse(text), answers, leftFor: target };
      }
      // Fetch §4.4: 307 and 308 send the body again; the others become a GET.
      if (status !== 307 && status !== 308) next = {};
      url = target;
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects: ${answers.map((answer) => answer.url).join(' ')}`);
  }
}

/** Which of a page's forms is meant: the one with this field, this button, or this path. */
export type FormChoice = { readonly field: string } | { readonly button: string } | { readonly action: string };

/** A form of a page. @throws with what the page says when it has no such form. */
export function formOf(seen: Seen, choice: FormChoice): Form {
  const forms = seen.document.querySelectorAll('form').map((element) => readForm(element, seen));
  const found = forms.find((form) => {
    if ('field' in choice) return form.fields.has(choice.field);
    if ('button' in choice) return form.buttons.some(({ text }) => text === choice.button);
    return new URL(form.action).pathname === choice.action;
  });
  if (found === undefined) throw new Error(`no form with ${JSON.stringify(choice)} at ${seen.url}: ${wordsOf(seen)}`);
  return found;
}

/** Where a visit ended outside of the server. @throws with what the page says when it ended on it. */
export function leftFor(seen: Seen): URL {
  if (seen.leftFor === null) throw new Error(`${seen.url} leads nowhere, ${seen.status}: ${wordsOf(seen)}`);
  return seen.leftFor;
}

/** What a page says, on one line. */
export function wordsOf(seen: Pick<Seen, 'document'>): string {
  const main = seen.document.querySelector('main') ?? seen.document;
  return main.structuredText.replace(/\s+/g, ' ').trim();
}

/** The text of the element with this id. @throws when there is none. */
export function textOf(seen: Seen, id: string): string {
  const found = seen.document.getElementById(id);
  if (found === null) throw new Error(`no element ${id} at ${seen.url}: ${wordsOf(seen)}`);
  return found.text.trim();
}

function readForm(element: HTMLElement, seen: Seen): Form {
  const fields = new URLSearchParams();
  for (const field of element.querySelectorAll('input, select, textarea')) {
    const name = field.getAttribute('name');
    if (name !== undefined && isSent(field)) fields.append(name, sentValue(field));
  }
  return {
    action: new URL(element.getAttribute('action') ?? seen.url, seen.url).href,
    fields,
    buttons: element.querySelectorAll('button').map((button) => ({
      text: button.text.trim(),
      name: button.getAttribute('name') ?? null,
      value: button.getAttribute('value') ?? '',
    })),
    origin: new URL(seen.url).origin,
  };
}

/** HTML §4.10.21.4: a box that is not ticked is not sent. */
function isSent(field: HTMLElement): boolean {
  const isBox = ['checkbox', 'radio'].includes(field.getAttribute('type') ?? '');
  return !isBox || field.hasAttribute('checked');
}

function sentValue(field: HTMLElement): string {
  if (field.tagName === 'TEXTAREA') return field.text;
  if (field.tagName !== 'SELECT') return field.getAttribute('value') ?? '';
  const options = field.querySelectorAll('option');
  const chosen = options.find((option) => option.hasAttribute('selected')) ?? options[0];
  return chosen?.getAttribute('value') ?? '';
}

function filledIn(form: Form, values: Values, buttonText: string | undefined): URLSearchParams {
  const body = new URLSearchParams(form.fields);
  for (const [name, value] of Object.entries(values)) {
    body.delete(name);
    for (const one of value === null ? [] : [value].flat()) body.append(name, one);
  }
  const button = buttonText === undefined ? form.buttons[0] : form.buttons.find(({ text }) => text === buttonText);
  if (buttonText !== undefined && button === undefined) throw new Error(`no button ${buttonText} in ${form.action}`);
  if (button !== undefined && button.name !== null) body.append(button.name, button.value);
  return body;
}
