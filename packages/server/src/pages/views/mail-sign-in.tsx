/** `/login/mail/` and `/login/mail/code/`: signing in by a mailed code. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form, nextField, TextField } from '../kit/form.tsx';
import { Heading } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { MailCodePage, MailLinkPage, MailSignInPage } from '../models/mail.ts';
import { ForApplication, withNext } from './entry-parts.tsx';

/** Asks for the address. */
export function MailSignIn({ ui, model }: ViewProps<MailSignInPage>): VNode {
  const { say } = ui;
  const { form, next, application } = model;
  const refused = isRefused(form);
  return (
    <EntryDocument ui={ui} title={say('mailSignIn.title')} hasProblem={refused} silent={refused}>
      <Heading
        title={say('mailSignIn.title')}
        lead={
          application === null ? (
            say('mailSignIn.lead')
          ) : (
            <ForApplication ui={ui} message="signIn.for" application={application} />
          )
        }
      />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ email: say('field.email') }}
      />
      <Form ui={ui} action="/login/mail/" hidden={nextField(next)}>
        <TextField
          ui={ui}
          name="email"
          type="email"
          label={say('field.email')}
          value={form.values.email}
          problem={form.fieldProblems.email}
          autocomplete="email"
          takesFocus={!refused}
          verbatim
        />
        <button class="button button-primary button-wide" type="submit">
          {say('mailSignIn.button')}
        </button>
      </Form>
      <p class="aside">
        <a href={withNext('/login/', next)}>{say('mailSignIn.password')}</a>
      </p>
    </EntryDocument>
  );
}

/** "Check your mail": the same words, whoever asked. */
export function MailCode({ ui, model }: ViewProps<MailCodePage>): VNode {
  const { say } = ui;
  const { form, next } = model;
  const refused = isRefused(form);
  return (
    <EntryDocument ui={ui} title={say('checkMail.title')} hasProblem={refused} silent={refused}>
      <Heading title={say('checkMail.title')} lead={say('mailCode.lead')} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ code: say('field.mailedCode') }}
      />
      <Form ui={ui} action="/login/mail/code/" hidden={nextField(next)}>
        <TextField
          ui={ui}
          name="code"
          label={say('field.mailedCode')}
          hint={say('checkMail.codeHint')}
          value={form.values.code}
          problem={form.fieldProblems.code}
          autocomplete="one-time-code"
          takesFocus={!refused}
          verbatim
        />
        <button class="button button-primary button-wide" type="submit">
          {say('shell.signIn')}
        </button>
      </Form>
      <p class="aside">
        {say('mailCode.nothing')} <a href={withNext('/login/mail/', next)}>{say('mailCode.again')}</a>
      </p>
    </EntryDocument>
  );
}

/** The page behind the link: a button alone signs in. */
export function MailLink({ ui, model }: ViewProps<MailLinkPage>): VNode {
  const { say, sayRich } = ui;
  const { token, next, username } = model;
  return (
    <EntryDocument ui={ui} title={say('signIn.title')}>
      <Heading
        title={say('signIn.title')}
        lead={sayRich('mailLink.lead', { username: <bdi class="named">{username}</bdi> })}
      />
      <Form ui={ui} action="/login/mail/code/" hidden={[{ name: 'token', value: token }, ...nextField(next)]}>
        <button class="button button-primary button-wide" type="submit">
          {say('shell.signIn')}
        </button>
      </Form>
      <p class="aside">
        <a href={withNext('/login/', next)}>{say('mailSignIn.password')}</a>
      </p>
    </EntryDocument>
  );
}
