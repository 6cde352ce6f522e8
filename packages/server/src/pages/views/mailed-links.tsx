/** `/email/verify/` and `/password/reset/`: what people see between asking for a message and having done what it is for. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form, nextField, TextField } from '../kit/form.tsx';
import { Heading } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { CheckMailPage, ResetAskPage, ResetPasswordPage, VerifyAddressPage } from '../models/mail.ts';
import { withNext } from './entry-parts.tsx';

/** "Check your mail", with a field for the code. */
export function CheckMail({ ui, model }: ViewProps<CheckMailPage>): VNode {
  const { say } = ui;
  const { form, next } = model;
  const refused = isRefused(form);
  return (
    <EntryDocument ui={ui} title={say('checkMail.title')} hasProblem={refused} silent={refused}>
      <Heading title={say('checkMail.title')} lead={say('checkMail.lead')} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ code: say('field.mailedCode') }}
      />
      <Form ui={ui} action="/email/verify/" hidden={nextField(next)}>
        <TextField
          ui={ui}
          name="code"
          label={say('field.mailedCode')}
          hint={say('checkMail.codeHint')}
          value={form.values.code}
          problem={form.fieldProblems.code}
          autocomplete="one-time-code"
          verbatim
        />
        <button class="button button-primary button-wide" type="submit">
          {say('checkMail.button')}
        </button>
      </Form>
      <p class="aside">
        {say('checkMail.nothing')} <a href={withNext('/login/', next)}>{say('shell.signIn')}</a>
      </p>
    </EntryDocument>
  );
}

/** The page behind the link: it confirms by a button alone. */
export function VerifyAddress({ ui, model }: ViewProps<VerifyAddressPage>): VNode {
  const { say, sayRich } = ui;
  return (
    <EntryDocument ui={ui} title={say('verifyAddress.title')}>
      <Heading
        title={say('verifyAddress.title')}
        lead={sayRich('verifyAddress.lead', {
          address: <bdi class="long">{model.address}</bdi>,
          username: <bdi class="named">{model.username}</bdi>,
        })}
      />
      <p class="question">{say('verifyAddress.warning')}</p>
      <Form ui={ui} action="/email/verify/" hidden={[{ name: 'token', value: model.token }, ...nextField(model.next)]}>
        <button class="button button-primary button-wide" type="submit">
          {say('button.confirm')}
        </button>
      </Form>
    </EntryDocument>
  );
}

/** Asks for the address of whoever forgot their password. */
export function ResetAsk({ ui, model }: ViewProps<ResetAskPage>): VNode {
  const { say } = ui;
  const { form, hasMail } = model;
  const refused = isRefused(form);
  return (
    <EntryDocument ui={ui} title={say('reset.title')} hasProblem={refused} silent={refused}>
      <Heading title={say('reset.title')} lead={say(hasMail ? 'reset.lead' : 'reset.noMail')} />
      {hasMail && (
        <>
          <ProblemSummary
            ui={ui}
            formProblem={form.formProblem}
            fieldProblems={form.fieldProblems}
            labels={{ email: say('field.email') }}
          />
          <Form ui={ui} action="/password/reset/">
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
              {say('reset.button')}
            </button>
          </Form>
        </>
      )}
      <p class="aside">
        <a href="/login/">{say('reset.back')}</a>
      </p>
    </EntryDocument>
  );
}

/** The same words, whoever asked. */
export function ResetSent({ ui }: { readonly ui: ViewProps<never>['ui'] }): VNode {
  const { say } = ui;
  return (
    <EntryDocument ui={ui} title={say('checkMail.title')}>
      <Heading title={say('checkMail.title')} lead={say('reset.sent')} />
      <p>{say('reset.sentElse')}</p>
      <p class="aside">
        <a href="/login/">{say('reset.back')}</a>
      </p>
    </EntryDocument>
  );
}

/** Takes the new password. */
export function ResetPassword({ ui, model }: ViewProps<ResetPasswordPage>): VNode {
  const { say, sayRich } = ui;
  const { form, username } = model;
  const refused = isRefused(form);
  return (
    <EntryDocument ui={ui} title={say('reset.newTitle')} hasProblem={refused} silent={refused}>
      <Heading
        title={say('reset.newTitle')}
        lead={sayRich('reset.newLead', { username: <bdi class="named">{username}</bdi> })}
      />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ password: say('field.newPassword') }}
      />
      <Form ui={ui} action="/password/reset/" hidden={[{ name: 'token', value: model.token }]}>
        {/* For password managers alone: which account the new password belongs to. The server does not read it. */}
        <input class="away" type="text" name="username" value={username} autocomplete="username" readOnly hidden />
        <TextField
          ui={ui}
          name="password"
          type="password"
          label={say('field.newPassword')}
          hint={say('hint.password', { ...model.passwordRule })}
          problem={form.fieldProblems.password}
          autocomplete="new-password"
          minimumLength={model.passwordRule.minimum}
          takesFocus={!refused}
        />
        <button class="button button-primary button-wide" type="submit">
          {say('reset.newButton')}
        </button>
      </Form>
    </EntryDocument>
  );
}
