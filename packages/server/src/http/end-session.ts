/**
 * `/o/logout/`: sign-out that an application asks for (OpenID Connect RP-Initiated Logout 1.0).
 *
 * Owns the question page. The end of this browser's session is `signed-out.ts`. What an application may ask is `protocol/logout.ts`.
 */
import type { FlowTrace } from '../admin/flow-trace-recorder.ts';
import { type LogoutDeps, type LogoutOutcome, logoutEndpoint } from '../protocol/logout.ts';
import { applicationName, localeFor } from './authorize.ts';
import type { FormTokens } from './cross-site.ts';
import { isOwnForm, type People } from './people.ts';
import { sentParts } from './sent-parts.ts';
import { type SignedOutDeps, signedOutAnswer } from './signed-out.ts';
import { type Answer, errorAnswer, queryOf, type Visit } from './visit.ts';

/** What it uses. */
export interface EndSessionDeps extends LogoutDeps, Omit<SignedOutDeps, 'applications'> {
  readonly trace: FlowTrace;
  readonly formTokens: FormTokens;
  readonly ownOrigin: string;
}

/** Registers the route. */
export function endSessionRoutes(people: People, deps: EndSessionDeps): void {
  const handle = async (visit: Visit): Promise<Answer> => {
    const { request, signedIn } = visit;
    // OpenID Connect RP-Initiated Logout 1.0 §2: GET and POST, the latter from the application's own site.
    const confirmed = request.method === 'POST' && isOwnForm(visit, deps);
    const form = new URLSearchParams(visit.form);
    form.delete('csrf');
    const outcome = await logoutEndpoint(
      {
        method: request.method,
        query: queryOf(request.url),
        contentType: request.headers['content-type'] ?? null,
        body: request.method === 'POST' ? form.toString() : '',
        confirmed,
      },
      signedIn === null
        ? null
        : {
            sessionId: signedIn.session.id,
            accountId: signedIn.account.id,
            authTimeMs: signedIn.session.authTimeMs,
            amr: signedIn.session.amr,
          },
      deps,
    );
    return answerOf(outcome, visit, deps);
  };
  people.open('/o/logout/', { get: handle, post: handle }, { posts: 'from anywhere', head: 'refused' });
}

/** For the owner of the application to see. A sign-out that is nobody's is not kept. */
function noteOutcome(outcome: LogoutOutcome, { request }: Visit, { trace }: EndSessionDeps): void {
  const common = { reference: request.id, endpoint: 'logout', networkAddress: request.ip } as const;
  if (outcome.kind === 'error_page') {
    const { error, application } = outcome;
    const result = { outcome: 'refused', error, sent: () => sentParts(request) } as const;
    trace.note({ ...common, clientId: application?.clientId ?? null, result });
    return;
  }
  if (outcome.application === null) return;
  const { clientId } = outcome.application;
  const result =
    outcome.kind === 'ask' ? ({ outcome: 'waiting', step: 'sign_out' } as const) : ({ outcome: 'done' } as const);
  trace.note({ ...common, clientId, result });
}

async function answerOf(outcome: LogoutOutcome, visit: Visit, deps: EndSessionDeps): Promise<Answer> {
  noteOutcome(outcome, visit, deps);
  switch (outcome.kind) {
    case 'error_page':
      visit.request.log.info(
        { error: outcome.error.code, hint: outcome.error.hint, detail: outcome.error.detail },
        'refused',
      );
      return errorAnswer(outcome.status, { kind: 'invalid-request', hint: outcome.error.hint });
    case 'ask':
      return {
        page: {
          page: 'sign-out',
          action: '/o/logout/',
          hidden: outcome.parameters.map(([name, value]) => ({ name, value })),
          application: outcome.application === null ? null : applicationName(outcome.application),
          stayUrl: '/account/',
        },
        formActionSources: outcome.formActionSource === null ? [] : [outcome.formActionSource],
        ...localeFor(visit, outcome.uiLocales),
      };
    case 'end': {
      const { application, location } = outcome;
      return signedOutAnswer(visit, location === null ? null : { application, location }, deps);
    }
    default:
      return outcome satisfies never;
  }
}
