/** `/login/`: username or address, password, or a passkey, and why one is here. One password field, one button that sends it. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form, keptField, nextField, TextField } from '../kit/form.tsx';
import { Heading, NoticeLine } from '../kit/parts.tsx';
import { Passkey } from '../kit/passkey.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { SignInPage } from '../models/sign-in.ts';
import { ElsewhereLinks } from './elsewhere.tsx';
import { ForApplication, withNext } from './entry-parts.tsx';

/** The sign-in page. One that carries a form cannot be shown again in another language. */
export function SignIn({ ui, model }: ViewProps<SignInPage>): VNode {
  const { say } = ui;
  const { form, application, next, kept } = model;
  const refused = isRefused(form);
  return (
    <EntryDocument
      ui={ui}
      title={say('signIn.title')}
      hasProblem={refused}
      silent={refused}
      footless={kept !== null}
      takesPasskeys={model.takesPasskeys}
    >
      <Heading
        title={say('signIn.title')}
        lead={application !== null && <ForApplication ui={ui} message="signIn.for" application={application} />}
      />
      <NoticeLine ui={ui} notice={model.notice} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ username: say('field.usernameOrEmail'), password: say('field.password') }}
      />
      <Form ui={ui} action="/login/" hidden={[...nextField(next), ...keptField(kept)]}>
        <TextField
          ui={ui}
          name="username"
          label={say('field.usernameOrEmail')}
          value={form.values.username}
          problem={form.fieldProblems.username}
          autocomplete={model.takesPasskeys ? 'username webauthn' : 'username'}
          takesFocus={!refused && form.values.username === ''}
          verbatim
        />
        <TextField
          ui={ui}
          name="password"
          type="password"
          label={say('field.password')}
          problem={form.fieldProblems.password}
          autocomplete="current-password"
          takesFocus={!refused && form.values.username !== ''}
        />
        <button class="button button-primary button-wide" type="submit">
          {say('signIn.button')}
        </button>
      </Form>
      {model.takesPasskeys && (
        <Form ui={ui} action="/login/passkey/" hidden={[...nextField(next), ...keptField(kept)]} class="form-passkey">
          <Passkey
            ui={ui}
            label={say('passkey.use')}
            request="/login/passkey/options/"
            or="above"
            scriptless={say('signIn.scriptless')}
          />
        </Form>
      )}
      {model.byMail && (
        <p class="aside">
          <a href={withNext('/login/mail/', next)}>{say('signIn.byMail')}</a>
        </p>
      )}
      <ElsewhereLinks ui={ui} links={model.elsewhere} />
      {model.canReset && (
        <p class="aside">
          <a href="/password/reset/">{say('signIn.forgotten')}</a>
        </p>
      )}
      {model.signUpIsOpen && (
        <p class="aside">
          {say('signIn.noAccount')} <a href={withNext('/signup/', next)}>{say('signIn.createAccount')}</a>
        </p>
      )}
    </EntryDocument>
  );
}
