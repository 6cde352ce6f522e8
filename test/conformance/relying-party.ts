/**
 * A relying party without a library, for tests that are modelled on modules of the OpenID conformance suite: each step is a
 * request of its own whose answer can be looked at.
 *
 * Owns the steps. What has to come of them is each test's.
 */
import { CALLBACK, openSite, PASSWORD, type RegisteredApplication, register, type Site } from '../black-box/site.ts';
import { formOf, type Person, type Seen } from '../person.ts';

/** Where the browser is sent after a logout. */
export const LOGGED_OUT = 'http://localhost:9/bye';
/** How answers come: as the server does by itself, or as a form. */
export type ResponseMode = 'default' | 'form_post';
/** Parameters of a request; null leaves out one that every request has. */
export type Query = Readonly<Record<string, string | null>>;

/** The tokens of an answer. */
export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
  readonly scope: string;
}

/** An answer of the token endpoint. */
export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A server with two applications and a person who is signed in. */
export async function openRelyingParty(mode: ResponseMode, settings: Readonly<Record<string, string>> = {}) {
  const site: Site = await openSite('SQLite', settings);
  const developer = await site.member('developer');
  const alice = await site.member('alice');
  const registerOne = () => register(developer, { post_logout_redirect_uris: LOGGED_OUT });
  const [first, second] = [await registerOne(), await registerOne()];
  const issuer = `${site.url}/o`;
  const metadata: Readonly<Record<string, unknown>> = JSON.parse(
    await (await fetch(`${issuer}/.well-known/openid-configuration`)).text(),
  );

  const addressOf = (query: Query = {}, application: RegisteredApplication = first) => {
    const all: Query = {
      client_id: application.clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid',
      state: 'the-state',
      nonce: 'the-nonce',
      response_mode: mode === 'default' ? null : mode,
      ...query,
    };
    const sent = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null);
    return `${issuer}/authorize/?${new URLSearchParams(sent)}`;
  };

  /** Allows what is asked, where it is asked. */
  const allowed = async (person: Person, seen: Seen): Promise<Seen> => {
    const asks = seen.document.querySelectorAll('button').some((button) => button.text.trim() === 'Allow');
    return asks ? person.submit(formOf(seen, { button: 'Allow' }), {}, 'Allow') : seen;
  };
  /** What came back to the application. @throws when nothing did, or in another way than was asked for. */
  const arrived = (seen: Seen): URLSearchParams => {
    if (mode === 'form_post') return formOf(seen, { action: new URL(CALLBACK).pathname }).fields;
    if (seen.leftFor === null || !seen.leftFor.href.startsWith(CALLBACK)) throw new Error(`stayed at ${seen.url}`);
    return seen.leftFor.searchParams;
  };
  const answer = async (query: Query = {}, person: Person = alice): Promise<URLSearchParams> =>
    arrived(await allowed(person, await person.open(addressOf(query))));

  const token = async (
    form: Readonly<Record<string, string>>,
    application: RegisteredApplication = first,
  ): Promise<TokenAnswer> => {
    const secret = application.clientSecret ?? '';
    const response = await fetch(`${issuer}/token/`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${application.clientId}:${secret}`)}` },
      body: new URLSearchParams(form),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const redeem = (code: string, more: Readonly<Record<string, string>> = {}) =>
    token({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...more });
  const tokens = async (query: Query = {}, person: Person = alice): Promise<Tokens> => {
    const { status, body } = await redeem((await answer(query, person)).get('code') ?? '');
    if (status !== 200) throw new Error(`no tokens but ${JSON.stringify(body)}`);
    return body as unknown as Tokens;
  };
  const userinfo = async (accessToken: string, request: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${accessToken}` };
    const response = await fetch(`${issuer}/userinfo/`, { headers, ...request });
    const text = await response.text();
    const body: Readonly<Record<string, unknown>> = text === '' ? {} : JSON.parse(text);
    return { status: response.status, body };
  };
  /** A browser of its own in which alice is signed in. */
  const signedIn = async (): Promise<Person> => {
    const person = site.person();
    await person.signIn('alice', PASSWORD);
    return person;
  };
  return {
    site,
    issuer,
    metadata,
    alice,
    first,
    second,
    addressOf,
    allowed,
    arrived,
    answer,
    token,
    redeem,
    tokens,
    userinfo,
    signedIn,
  };
}

/** One that {@link openRelyingParty} opened. */
export type RelyingParty = Awaited<ReturnType<typeof openRelyingParty>>;

/** The claims of an ID token, unverified. */
export function claimsOf(idToken: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
}
