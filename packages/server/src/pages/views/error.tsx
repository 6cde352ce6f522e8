/**
 * Every error page: what happened, what to do, and a reference that the log holds too. A protocol error adds the public
 * words for the developer. Nothing here is a button: there is nothing to press by mistake.
 */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { ownPath } from '../kit/links.ts';
import { durationWords, type Ui, type ViewProps } from '../kit/ui.ts';
import type { ErrorCase, ErrorPage } from '../models/page.ts';
import { withNext } from './entry-parts.tsx';

/** An error page. */
export function ErrorView({ ui, model }: ViewProps<ErrorPage>): VNode {
  const { say, context } = ui;
  const { error } = model;
  const { title, what, toDo } = errorWords(ui, error);
  const hint = 'hint' in error ? error.hint : null;
  return (
    <EntryDocument ui={ui} title={title} width="medium" hasProblem silent>
      {model.status >= 400 && <p class="error-status">{model.status}</p>}
      <h1>{title}</h1>
      <p class="lead">{what}</p>
      <p class="error-do">{toDo}</p>
      <p class="answers">
        <WayOn ui={ui} error={error} />
      </p>
      {hint !== null && (
        <details class="error-hint">
          <summary>{say('error.forDevelopers')}</summary>
          <p lang="en">{hint}</p>
        </details>
      )}
      <p class="error-reference">
        {say('error.reference')} <code>{context.reference}</code>
        <span class="error-reference-hint">{say('error.referenceHint')}</span>
      </p>
    </EntryDocument>
  );
}

function WayOn({ ui, error }: { readonly ui: Ui; readonly error: ErrorCase }): VNode {
  if (error.kind === 'stale-form') {
    return (
      <a class="button button-primary" href={ownPath(error.reopenUrl)}>
        {ui.say('error.reopen')}
      </a>
    );
  }
  if (error.kind === 'second-step-expired') {
    return (
      <a class="button button-primary" href={withNext('/login/', error.next)}>
        {ui.say('shell.signIn')}
      </a>
    );
  }
  if (error.kind === 'elsewhere') {
    return (
      <a class="button button-primary" href={ownPath(error.wayOn.href)}>
        {ui.say(`error.elsewhere.${error.wayOn.to}`)}
      </a>
    );
  }
  if (error.kind === 'not-in-group' && error.switchAccountUrl !== null) {
    return (
      <a class="button" href={ownPath(error.switchAccountUrl)}>
        {ui.say('error.not-in-group.other')}
      </a>
    );
  }
  if (ui.context.person === null) {
    return (
      <a class="button" href="/">
        {ui.say('error.home')}
      </a>
    );
  }
  return (
    <a class="button" href="/account/">
      {ui.say('error.account')}
    </a>
  );
}

interface ErrorWords {
  readonly title: string;
  readonly what: string;
  readonly toDo: string;
}

function errorWords(ui: Ui, error: ErrorCase): ErrorWords {
  const { say } = ui;
  switch (error.kind) {
    case 'application-disabled':
      return {
        title: say('error.application-disabled.title', { application: error.application.name }),
        what: say('error.application-disabled.what'),
        toDo: say('error.application-disabled.do'),
      };
    case 'not-in-group':
      return {
        title: say('error.not-in-group.title', { application: error.application.name }),
        what: say('error.not-in-group.what', { username: error.username }),
        toDo:
          error.contact === null
            ? say('error.not-in-group.do')
            : say('error.not-in-group.ask', { contact: error.contact }),
      };
    case 'elsewhere': {
      const { provider, domains, reason } = error;
      return {
        title: say(`error.elsewhere.${reason}.title`),
        what: say(`error.elsewhere.${reason}.what`, { provider }),
        toDo:
          reason === 'domain'
            ? say('error.elsewhere.domain.do', { domains: domains.join(', ') })
            : say(`error.elsewhere.${reason}.do`),
      };
    }
    case 'too-many-requests':
    case 'unavailable':
      return {
        title: say(`error.${error.kind}.title`),
        what: say(`error.${error.kind}.what`),
        toDo: say(`error.${error.kind}.do`, { duration: durationWords(ui, Math.max(1, error.retryAfterSeconds)) }),
      };
    default:
      return {
        title: say(`error.${error.kind}.title`),
        what: say(`error.${error.kind}.what`),
        toDo: say(`error.${error.kind}.do`),
      };
  }
}
