/**
 * A running server with people and applications on it, for the tests that look at it from outside alone.
 *
 * Owns the set-up: which engine, who exists, how an application is registered (on the pages, as a developer does). It knows
 * nothing of the server's insides.
 */
import { newPostgresDatabase } from '../../packages/server/test/postgres.ts';
import { formOf, Person, type Seen, textOf, type Values, wordsOf } from '../person.ts';
import { type Running, SERVER_PROGRAM, startServer, succeed, temporaryFolder } from '../programs.ts';

/** The engines that the key flows run on. */
export const ENGINES = ['SQLite', 'PostgreSQL'] as const;
/** One of them. */
export type Engine = (typeof ENGINES)[number];

/** The password of everybody here. */
export const PASSWORD = 'le vent dans les cordes';

/** A server for one test file. */
export interface Site extends Running {
  /** The public address. */
  readonly url: string;
  /** Where it listens, where that is another address. */
  readonly listening: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a command beside the server, on its database, and answers what it printed as JSON. */
  command(options: readonly string[], input?: string): Promise<unknown>;
  /** The same for a command that prints nothing of interest. @throws when it fails. */
  perform(options: readonly string[], input?: string): Promise<void>;
  /** A fresh browser. */
  person(headers?: Readonly<Record<string, string>>): Person;
  /** A fresh browser in which somebody just signed up under this name. */
  member(username: string): Promise<Person>;
  dispose(): Promise<void>;
}

/** Starts a server on an empty database. */
export async function openSite(engine: Engine, settings: Readonly<Record<string, string>> = {}): Promise<Site> {
  const folder = await temporaryFolder();
  const large: Record<string, string> =
    engine === 'PostgreSQL'
      ? { DIAPASON_DATABASE: await newPostgresDatabase(), DIAPASON_SECRET: 'a-secret-of-at-least-32-characters' }
      : {};
  const server = await startServer(folder.path, { ...large, ...settings });
  const person = (headers?: Readonly<Record<string, string>>) => new Person(server, headers);
  return {
    ...server,
    person,
    async command(options, input) {
      const printed = await succeed(SERVER_PROGRAM, [...options, '--json'], server.environment, input);
      return JSON.parse(printed);
    },
    async perform(options, input) {
      await succeed(SERVER_PROGRAM, options, server.environment, input);
    },
    async member(username) {
      const member = person();
      const seen = await member.signUp({ username, password: PASSWORD });
      if (!seen.url.startsWith(`${server.url}/account/`)) throw new Error(`${seen.url}: ${wordsOf(seen)}`);
      return member;
    },
    async dispose() {
      await server.stop();
      await folder.dispose();
    },
  };
}

/** An application as its developer knows it. */
export interface RegisteredApplication {
  /** Path of its page. */
  readonly path: string;
  readonly clientId: string;
  /** null for a public one. */
  readonly clientSecret: string | null;
}

/** Where nobody listens: what arrives there is read from the redirect. */
export const CALLBACK = 'http://localhost:9/callback';

/** Registers an application on the form, as whoever is signed in. Values that are not given stay as the form has them. */
export async function register(developer: Person, values: Values = {}): Promise<RegisteredApplication> {
  const page = await developer.open('/o/applications/register/');
  const given = { name: 'An application', redirect_uris: CALLBACK, ...values };
  return registered(await developer.submit(formOf(page, { field: 'redirect_uris' }), given));
}

/** Reads the page that answers a registration. @throws with what it says when nothing was registered. */
export function registered(seen: Seen): RegisteredApplication {
  const shown = seen.document.getElementById('client-secret');
  const id = seen.document.querySelector('a[href$="/update/"]')?.getAttribute('href') ?? '';
  return {
    path: id.replace(/update\/$/, ''),
    clientId: textOf(seen, 'client-id'),
    clientSecret: shown === null ? null : shown.text.trim(),
  };
}
