/** `/login/verify/`: the second step, a passkey or a code, between the password and the session. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form, keptField, nextField, SwitchField } from '../kit/form.tsx';
import { Heading } from '../kit/parts.tsx';
import { Passkey } from '../kit/passkey.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { SecondStepPage } from '../models/sign-in.ts';
import { CodeField, codeLabel } from './code-field.tsx';
import { ForApplication, withNext } from './entry-parts.tsx';

/** The page. It cannot be shown again in another language: what the first step proved is in its form alone. */
export function SecondStep({ ui, model }: ViewProps<SecondStepPage>): VNode {
  const { say } = ui;
  const { form, application, next, kept, step, passkey, hasApp } = model;
  const refused = isRefused(form);
  const hidden = [{ name: 'step', value: step }, ...nextField(next), ...keptField(kept)];
  return (
    <EntryDocument
      ui={ui}
      title={say('secondStep.title')}
      hasProblem={refused}
      silent={refused}
      footless
      takesPasskeys={passkey !== null}
    >
      <Heading
        title={say('secondStep.title')}
        lead={application !== null && <ForApplication ui={ui} message="signIn.for" application={application} />}
      />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ code: codeLabel(ui, hasApp) }}
      />
      <Form ui={ui} action="/login/verify/" hidden={hidden}>
        {passkey !== null && (
          <Passkey
            ui={ui}
            label={say('passkey.use')}
            request={passkey}
            or="below"
            isPrimary
            scriptless={say('secondStep.scriptless')}
          />
        )}
        <CodeField
          ui={ui}
          problem={form.fieldProblems.code}
          takesFocus={!refused && passkey === null}
          {...(hasApp ? {} : { from: 'recovery' })}
        />
        <SwitchField
          ui={ui}
          name="trust"
          label={say('secondStep.trust')}
          hint={say('secondStep.trustHint')}
          checked={form.values.trust === 'on'}
          problem={undefined}
        />
        <button class={passkey === null ? 'button button-primary button-wide' : 'button button-wide'} type="submit">
          {say('secondStep.button')}
        </button>
      </Form>
      <p class="aside">
        <a href={withNext('/login/', next)}>{say('secondStep.startAnew')}</a>
      </p>
    </EntryDocument>
  );
}
