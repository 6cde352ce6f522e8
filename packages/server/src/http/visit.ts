/**
 * One request of a person's browser, and what is answered to it. Owns the shapes, and the answers that say what went wrong; how a visit is
 * read and an answer written is `people.ts`.
 */
import type { FastifyRequest } from 'fastify';
import type { SessionFound } from '../accounts/ports.ts';
import type { Visitor } from '../accounts/visitor.ts';
import type { Locale } from '../pages/messages.ts';
import type { ErrorCase, Page } from '../pages/models/page.ts';
import type { Secret } from '../vocabulary/credentials.ts';
import type { FormFault } from './form-body.ts';

/** One request of a person's browser. */
export interface Visit {
  readonly request: FastifyRequest;
  readonly visitor: Visitor;
  /** The browser's long-lived name: as it brought it, or a new one that goes out with the answer. */
  readonly browser: Secret<'browser'>;
  readonly signedIn: SessionFound | null;
  readonly locale: Locale;
  /** False where nobody chose it and `Accept-Language` alone speaks: an application's `ui_locales` may then. */
  readonly localeIsChosen: boolean;
  readonly query: URLSearchParams;
  /** What was sent; empty unless it is a POST whose body is a form. */
  readonly form: URLSearchParams;
  /** The file that came with the form, at addresses that take one; null: none. */
  readonly file: Buffer | null;
  /** Why the body is no form, which empties `form`; null: it is one, or there is none. */
  readonly formFault: FormFault | null;
}

/** A visit of somebody who is signed in. */
export interface SignedInVisit extends Visit {
  readonly signedIn: SessionFound;
}

/** What a handler answers: a page, or another address. */
export type Answer =
  | {
      readonly page: Page;
      /** 200 unless said. */
      readonly status?: number;
      /** Where the form of this page may lead besides ourselves, as CSP sources. */
      readonly formActionSources?: readonly string[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly setCookies?: readonly string[];
      /** Language of this page where it is not that of the visit (`ui_locales`). */
      readonly locale?: Locale;
      /** The session has ended in this answer: the page greets nobody. */
      readonly signedOut?: true;
    }
  | {
      /** RFC 9700 §4.12: always 303, so that a credential that was posted here is posted nowhere else. */
      readonly seeOther: string;
      readonly setCookies?: readonly string[];
      /** True where the browser is asked to come again with its cookies: it is given no new name meanwhile. */
      readonly leavesBrowserAlone?: true;
    }
  | {
      /** For a script of our own pages. */
      readonly json: object;
      readonly setCookies?: readonly string[];
    }
  | {
      /** To be saved by the browser, and kept by nobody on the way. `name` is plain ASCII. */
      readonly file: { readonly name: string; readonly contentType: string; readonly content: string };
      readonly setCookies?: readonly string[];
    };

/** A page that says what went wrong. */
export function errorAnswer(status: number, error: ErrorCase): Answer {
  return { status, page: { page: 'error', status, error } };
}

/** The same, telling client programs and browsers when to come back (RFC 9110 §10.2.3). */
export function retryLaterAnswer(status: 429 | 503, retryAfterSeconds: number): Answer {
  const error: ErrorCase =
    status === 429 ? { kind: 'too-many-requests', retryAfterSeconds } : { kind: 'unavailable', retryAfterSeconds };
  return { ...errorAnswer(status, error), headers: { 'retry-after': String(retryAfterSeconds) } };
}

/** Path and query of a request, as it came. */
export function ownAddress(request: FastifyRequest): string {
  return request.url;
}

/** The query of a URL without `?`, empty where there is none. */
export function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}
