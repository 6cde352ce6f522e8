/** `/account/password/` and `/account/email/`: what one proves oneself with, and where one is written to. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { Form, TextField } from '../kit/form.tsx';
import { Fact, Facts, Heading, NoticeLine } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { EmailPage, PasswordPage } from '../models/account.ts';

/** The password page. The current one is asked for (ASVS 6.2.3), unless there is none. */
export function Password({ ui, model }: ViewProps<PasswordPage>): VNode {
  const { say } = ui;
  const { form, hasPassword } = model;
  const { username } = ui.context.person ?? { username: '' };
  return (
    <AccountDocument ui={ui} title={say('password.title')} section="password" narrow hasProblem={isRefused(form)}>
      <Heading title={say('password.title')} lead={say(hasPassword ? 'password.lead' : 'password.leadNone')} />
      <NoticeLine ui={ui} notice={model.notice} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ current_password: say('field.currentPassword'), password: say('field.newPassword') }}
      />
      <Form ui={ui} action="/account/password/" class="form panel">
        {/* For password managers alone: which account the new password belongs to. The server does not read it. */}
        <input class="away" type="text" name="username" value={username} autocomplete="username" readOnly hidden />
        {hasPassword && (
          <TextField
            ui={ui}
            name="current_password"
            type="password"
            label={say('field.currentPassword')}
            problem={form.fieldProblems.current_password}
            autocomplete="current-password"
          />
        )}
        <TextField
          ui={ui}
          name="password"
          type="password"
          label={say('field.newPassword')}
          hint={say('hint.password', { ...model.passwordRule })}
          problem={form.fieldProblems.password}
          autocomplete="new-password"
          minimumLength={model.passwordRule.minimum}
        />
        <p class="form-end">
          <button class="button button-primary" type="submit">
            {say(hasPassword ? 'password.button' : 'password.buttonSet')}
          </button>
        </p>
      </Form>
    </AccountDocument>
  );
}

/** The e-mail page: the address, and where it may be changed the form for it, with the password (ASVS 7.5.1). */
export function Email({ ui, model }: ViewProps<EmailPage>): VNode {
  const { say } = ui;
  const { form, address } = model;
  return (
    <AccountDocument ui={ui} title={say('email.title')} section="email" narrow hasProblem={isRefused(form)}>
      <Heading title={say('email.title')} lead={say(address === null ? 'email.none' : 'email.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ email: say('email.new'), current_password: say('field.currentPassword') }}
      />
      {address !== null && (
        <Facts class="panel">
          <Fact name={say('field.email')}>
            <bdi class="long">{address}</bdi>
            <span class={model.verified ? 'tag tag-good' : 'tag tag-warn'}>
              {say(model.verified ? 'email.verified' : 'email.unverified')}
            </span>
          </Fact>
        </Facts>
      )}
      {model.canChange ? <EmailForm ui={ui} model={model} /> : <p class="plain">{say('email.cannotChange')}</p>}
    </AccountDocument>
  );
}

function EmailForm({ ui, model }: ViewProps<EmailPage>): VNode {
  const { say } = ui;
  const { values, fieldProblems } = model.form;
  return (
    <Form ui={ui} action="/account/email/" class="form panel">
      <TextField
        ui={ui}
        name="email"
        type="email"
        label={say('email.new')}
        value={values.email}
        problem={fieldProblems.email}
        autocomplete="email"
        verbatim
      />
      <TextField
        ui={ui}
        name="current_password"
        type="password"
        label={say('field.currentPassword')}
        problem={fieldProblems.current_password}
        autocomplete="current-password"
      />
      <p class="form-end">
        <button class="button button-primary" type="submit">
          {say('email.button')}
        </button>
      </p>
    </Form>
  );
}
