/** `/account/password/`: what one proves oneself with. Addresses are `addresses.tsx`. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { Form, TextField } from '../kit/form.tsx';
import { Heading, NoticeLine } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { PasswordPage } from '../models/account.ts';

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
