/**
 * Pages for people: what every one of them shares. A visit is read once (browser, session, language, form), checked for
 * having come from elsewhere, handed to its handler, and the handler's answer is written with the headers of a page.
 *
 * Owns the visit, the answer and the checks. What a page says and does is the route's file; its HTML is `pages/`.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionFound } from '../accounts/ports.ts';
import { chooseLocale, parseLocale } from '../pages/messages.ts';
import type { AssetName, Brand } from '../pages/models/context.ts';
import { renderPage } from '../pages/render.tsx';
import { lacksSecondFactor, type SecondFactorReader } from '../protocol/second-factor.ts';
import { newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import { type Clock, zoneOrUtc } from '../vocabulary/time.ts';
import type { CookieJar } from './cookies.ts';
import { crossSiteReason, type FormTokens } from './cross-site.ts';
import { readForm } from './form-body.ts';
import { keptText } from './kept-form.ts';
import { localAddress } from './local-address.ts';
import type { AddRoute, Handler, RouteConfig } from './methods.ts';
import { pageHeaders } from './security-headers.ts';
import { UploadedForm } from './upload.ts';
import { type Answer, errorAnswer, ownAddress, queryOf, type SignedInVisit, type Visit } from './visit.ts';

/** What pages need of their surroundings. */
export interface PeopleDeps {
  readonly jar: CookieJar;
  readonly formTokens: FormTokens;
  /** Origin of the public address. */
  readonly ownOrigin: string;
  readonly brand: Brand;
  readonly assetUrl: (name: AssetName) => string;
  /** People sign in here by accounts elsewhere. */
  readonly hasElsewhere: boolean;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly factors: SecondFactorReader;
  /** Whether the sign-in page offers passkeys. */
  readonly takesPasskeys: boolean;
  /** The live session behind a cookie, with its account; notes that it was used. */
  readonly readSession: (session: Secret<'session'>) => Promise<SessionFound | null>;
}

/** Handlers of one path. */
export interface PageHandlers<V extends Visit> {
  readonly get?: (visit: V) => Promise<Answer>;
  readonly post?: (visit: V) => Promise<Answer>;
}

/** Registers pages. */
export interface People {
  /** For anybody. */
  open(path: string, handlers: PageHandlers<Visit>, options?: OpenPageOptions): void;
  /**
   * Signed out, it leads to `/login/` and back; a form that was sent is carried along (`kept-form.ts`). Whoever has no second factor
   * though a group of theirs requires one is led to set one up first.
   */
  signedIn(path: string, handlers: PageHandlers<SignedInVisit>, options?: SignedInPageOptions): void;
  /** Writes an answer outside a page route, as for somebody unknown: it works without the database. */
  write(request: FastifyRequest, answer: Answer): Promise<WrittenPage>;
}

/** What sets a page for anybody apart. */
export interface OpenPageOptions extends Pick<RouteConfig, 'secretPath' | 'head'> {
  /** For endpoints whose POST comes from applications: they read the body and do the checks themselves. */
  readonly posts?: 'from anywhere';
}

/** What sets a page of somebody signed in apart. */
export interface SignedInPageOptions {
  /** One needs it to set a second factor up. */
  readonly beforeSecondFactor?: true;
}

/** A page as text with its headers. */
export interface WrittenPage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

/** @param add registers the routes. */
export function peoplePages(add: AddRoute, deps: PeopleDeps): People {
  const handlerOf =
    (handle: (visit: Visit) => Promise<Answer>, checked = true): Handler =>
    async (request, reply) => {
      const visit = await readVisit(request, deps);
      const refused = checked && request.method === 'POST' ? refusedForm(visit, deps) : null;
      return send(reply, written(refused ?? (await handle(visit)), visit, deps));
    };
  const onlySignedIn =
    (
      handle: (visit: SignedInVisit) => Promise<Answer>,
      { beforeSecondFactor = false }: { beforeSecondFactor?: boolean },
    ) =>
    async (visit: Visit): Promise<Answer> => {
      const { signedIn } = visit;
      if (signedIn !== null) {
        const lacks = !beforeSecondFactor && signedIn.groupRequiresSecondFactor && (await lacksFactor(signedIn, deps));
        return lacks ? secondFactorFirst(visit) : handle({ ...visit, signedIn });
      }
      const kept = visit.request.method === 'POST' ? keptText(visit.form) : null;
      if (kept !== null) return keepingAnswer(ownAddress(visit.request), kept, deps);
      return { seeOther: `/login/?next=${encodeURIComponent(ownAddress(visit.request))}` };
    };
  const register = (path: string, get: Handler | null, post: Handler | null, config: RouteConfig = {}) =>
    add(path, { ...(get === null ? {} : { GET: get }), ...(post === null ? {} : { POST: post }) }, config);
  return {
    open: (path, { get, post }, { posts, ...config } = {}) =>
      register(
        path,
        get === undefined ? null : handlerOf(get),
        post === undefined ? null : handlerOf(post, posts === undefined),
        config,
      ),
    signedIn: (path, { get, post }, options = {}) =>
      register(
        path,
        get === undefined ? null : handlerOf(onlySignedIn(get, options)),
        post === undefined ? null : handlerOf(onlySignedIn(post, options)),
      ),
    write: async (request, answer) =>
      written(answer, await readVisit(request, { ...deps, readSession: async () => null }), deps),
  };
}

function lacksFactor({ session, account }: SessionFound, { factors }: Pick<PeopleDeps, 'factors'>): Promise<boolean> {
  return lacksSecondFactor({ accountId: account.id, amr: session.amr }, factors);
}

/** To the page that says so, and from there back to where they were going. */
function secondFactorFirst({ request }: Visit): Answer {
  const next = request.method === 'GET' ? ownAddress(request) : '/account/';
  return { seeOther: `/account/security/required/?next=${encodeURIComponent(next)}` };
}

/** The session ended while a form was filled in: it is carried through the sign-in. */
function keepingAnswer(next: string, kept: string, { takesPasskeys }: Pick<PeopleDeps, 'takesPasskeys'>): Answer {
  const form = { values: { username: '' }, fieldProblems: {}, formProblem: null };
  const notice = 'typed-kept';
  return {
    page: {
      page: 'sign-in',
      form,
      next,
      kept,
      application: null,
      signUpIsOpen: false,
      canReset: false,
      byMail: false,
      takesPasskeys,
      notice,
      elsewhere: [],
    },
  };
}

async function readVisit(request: FastifyRequest, deps: PeopleDeps): Promise<Visit> {
  const cookies = deps.jar.read(request.headers.cookie);
  const signedIn = cookies.session === null ? null : await deps.readSession(cookies.session);
  const { body } = request;
  const uploaded = body instanceof UploadedForm ? body : null;
  const read = uploaded?.read ?? readForm(typeof body === 'string' ? body : '', request.headers['content-type']);
  return {
    request,
    visitor: {
      networkAddress: request.ip,
      userAgent: request.headers['user-agent'] ?? '',
      browser: cookies.browser,
      session: cookies.session,
    },
    browser: cookies.browser ?? newSecret<'browser'>(deps.randomness),
    signedIn,
    // The cookie first: it is what the person chose last, on this very browser.
    locale: chooseLocale([cookies.locale, signedIn?.account.locale], request.headers['accept-language']),
    localeIsChosen: parseLocale(cookies.locale) !== null || parseLocale(signedIn?.account.locale) !== null,
    query: new URLSearchParams(queryOf(request.url)),
    form: read.outcome === 'read' ? read.form : new URLSearchParams(),
    file: uploaded?.file ?? null,
    formFault: read.outcome === 'read' ? null : read.fault,
  };
}

/** Why a form is not acted upon; null: it is. */
function refusedForm(visit: Visit, deps: PeopleDeps): Answer | null {
  const elsewhere = elsewhereReason(visit, deps.ownOrigin);
  if (elsewhere !== null) {
    const origin = visit.request.headers.origin?.slice(0, 200);
    visit.request.log.warn({ reason: elsewhere, origin }, 'a form from elsewhere was refused');
    return errorAnswer(403, { kind: 'forbidden' });
  }
  if (visit.formFault !== null) {
    visit.request.log.info({ reason: visit.formFault }, 'a body that is no form was refused');
    return errorAnswer(visit.formFault === 'media_type' ? 415 : 400, { kind: 'bad-request' });
  }
  if (!deps.formTokens.check(visit.visitor.browser, visit.form.get('csrf'))) {
    visit.request.log.info('a stale form was refused');
    return errorAnswer(403, { kind: 'stale-form', reopenUrl: reopenUrl(visit, deps.ownOrigin) });
  }
  return null;
}

/** Where the form is to be had anew; where a sign-in was to lead stays in the address. */
function reopenUrl(visit: Visit, ownOrigin: string): string {
  const next = localAddress(visit.form.get('next'), ownOrigin);
  const address = ownAddress(visit.request);
  return next === null || address.includes('?') ? address : `${address}?next=${encodeURIComponent(next)}`;
}

function elsewhereReason(visit: Visit, ownOrigin: string) {
  const { headers } = visit.request;
  const site = headers['sec-fetch-site'];
  return crossSiteReason(
    { origin: headers.origin, secFetchSite: typeof site === 'string' ? site : undefined },
    ownOrigin,
  );
}

/** Whether a POST is our own page's form: for endpoints that applications post to as well. */
export function isOwnForm(visit: Visit, deps: Pick<PeopleDeps, 'formTokens' | 'ownOrigin'>): boolean {
  return (
    elsewhereReason(visit, deps.ownOrigin) === null &&
    deps.formTokens.check(visit.visitor.browser, visit.form.get('csrf'))
  );
}

function written(answer: Answer, visit: Visit, deps: PeopleDeps): WrittenPage {
  const cookies = [...(answer.setCookies ?? [])];
  const isNamed = visit.visitor.browser !== null || ('seeOther' in answer && answer.leavesBrowserAlone === true);
  if (!isNamed) cookies.push(deps.jar.write('browser', visit.browser));
  const setCookie = cookies.length === 0 ? {} : { 'set-cookie': cookies };
  if ('seeOther' in answer) {
    return {
      status: 303,
      headers: { location: answer.seeOther, 'cache-control': 'no-store', ...setCookie },
      body: '',
    };
  }
  if ('json' in answer) {
    return {
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...setCookie },
      body: JSON.stringify(answer.json),
    };
  }
  if ('file' in answer) {
    const { name, contentType, content } = answer.file;
    return {
      status: 200,
      headers: {
        'content-type': contentType,
        'content-disposition': `attachment; filename="${name}"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        ...setCookie,
      },
      body: content,
    };
  }
  const account = answer.signedOut === true ? undefined : visit.signedIn?.account;
  const body = renderPage(answer.page, {
    locale: answer.locale ?? visit.locale,
    brand: deps.brand,
    csrfToken: deps.formTokens.tokenFor(visit.browser),
    // After a POST the switch of languages has to lead to the same sign-in.
    currentPath: reopenUrl(visit, deps.ownOrigin),
    person:
      account === undefined
        ? null
        : {
            username: account.username,
            displayName: `${account.firstName} ${account.lastName}`.trim() || account.username,
            isSuperuser: account.isSuperuser,
            deletesAtMs: account.deletesAtMs,
          },
    reference: visit.request.id,
    assetUrl: deps.assetUrl,
    takesPasskeys: deps.takesPasskeys,
    nowMs: deps.clock(),
    timeZone: zoneOrUtc(account?.zoneInfo ?? null),
    hasElsewhere: deps.hasElsewhere,
  });
  return {
    status: answer.status ?? 200,
    headers: { ...pageHeaders(answer.formActionSources ?? []), ...answer.headers, ...setCookie },
    body,
  };
}

function send(reply: FastifyReply, page: WrittenPage): FastifyReply {
  return reply.code(page.status).headers(page.headers).send(page.body);
}
