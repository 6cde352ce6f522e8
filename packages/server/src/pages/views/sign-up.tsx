/** `/signup/`: a new account. Names are optional; the password's rule is said before it is broken. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form, nextField, TextField } from '../kit/form.tsx';
import { Heading } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { SignUpPage } from '../models/sign-in.ts';
import { ElsewhereLinks } from './elsewhere.tsx';
import { ForApplication, withNext } from './entry-parts.tsx';
import { NameFields } from './name-fields.tsx';
import { fieldLabels, fieldProblemsOf, ProfileFields } from './profile-fields.tsx';

/** The sign-up page. */
export function SignUp({ ui, model }: ViewProps<SignUpPage>): VNode {
  const { say } = ui;
  const { form, application, next, fields } = model;
  const problems = { ...form.fieldProblems, ...fieldProblemsOf(fields) };
  const refused = isRefused({ ...form, fieldProblems: problems });
  return (
    <EntryDocument ui={ui} title={say('signUp.title')} hasProblem={refused} silent={refused}>
      <Heading
        title={say('signUp.title')}
        lead={
          application === null ? (
            say('signUp.lead')
          ) : (
            <ForApplication ui={ui} message="signUp.for" application={application} />
          )
        }
      />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={problems}
        labels={{
          username: say('field.username'),
          email: say('field.email'),
          first_name: say('field.firstName'),
          last_name: say('field.lastName'),
          ...fieldLabels(ui, fields),
          password: say('field.password'),
        }}
      />
      <Form ui={ui} action="/signup/" hidden={nextField(next)}>
        <SignUpFields ui={ui} model={model} takesFocus={!refused} />
        <button class="button button-primary button-wide" type="submit">
          {say('signUp.button')}
        </button>
      </Form>
      <ElsewhereLinks ui={ui} links={model.elsewhere} />
      <p class="aside">
        {say('signUp.haveAccount')} <a href={withNext('/login/', next)}>{say('shell.signIn')}</a>
      </p>
    </EntryDocument>
  );
}

function SignUpFields(props: { readonly ui: Ui; readonly model: SignUpPage; readonly takesFocus: boolean }): VNode {
  const { ui, model } = props;
  const { say } = ui;
  const { values, fieldProblems } = model.form;
  return (
    <>
      <TextField
        ui={ui}
        name="username"
        label={say('field.username')}
        hint={say('signUp.usernameHint')}
        value={values.username}
        problem={fieldProblems.username}
        autocomplete="username"
        takesFocus={props.takesFocus}
        verbatim
      />
      <TextField
        ui={ui}
        name="email"
        type="email"
        label={say('field.email')}
        hint={say('signUp.emailHint')}
        value={values.email}
        problem={fieldProblems.email}
        autocomplete="email"
        verbatim
      />
      <NameFields ui={ui} values={values} fieldProblems={fieldProblems} />
      <ProfileFields ui={ui} fields={model.fields} />
      <TextField
        ui={ui}
        name="password"
        type="password"
        label={say('field.password')}
        hint={say('hint.password', { ...model.passwordRule })}
        problem={fieldProblems.password}
        autocomplete="new-password"
        minimumLength={model.passwordRule.minimum}
      />
    </>
  );
}
