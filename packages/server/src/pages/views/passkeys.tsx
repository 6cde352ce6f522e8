/** `/account/security/passkey/` and below: a new passkey, and one that there is. The list is `factors.tsx`. */
import type { VNode } from 'preact';
import { deviceName } from '../kit/device-words.ts';
import { AccountDocument } from '../kit/document.tsx';
import { Form, nextField, TextField } from '../kit/form.tsx';
import { BackLink, Heading } from '../kit/parts.tsx';
import { Passkey as PasskeyButton } from '../kit/passkey.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { NewPasskeyPage, PasskeyPage } from '../models/security.ts';
import { PasskeyFacts } from './passkey-facts.tsx';

const PATH = '/account/security/';

/** Adding a passkey. The first name is that of the browser, which is right for most. */
export function NewPasskey({ ui, model }: ViewProps<NewPasskeyPage>): VNode {
  const { say } = ui;
  const { form, userAgent } = model;
  return (
    <AccountDocument
      ui={ui}
      title={say('newPasskey.title')}
      section="security"
      narrow
      takesPasskeys
      hasProblem={isRefused(form)}
    >
      <BackLink href={PATH}>{say('security.title')}</BackLink>
      <Heading title={say('newPasskey.title')} lead={say('newPasskey.lead')} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ label: say('passkeys.label') }}
      />
      <Form ui={ui} action={`${PATH}passkey/`} hidden={nextField(model.next)} class="form panel">
        <TextField
          ui={ui}
          name="label"
          label={say('passkeys.label')}
          hint={say('passkeys.labelHint')}
          value={userAgent === null ? form.values.label : deviceName(ui, userAgent)}
          problem={form.fieldProblems.label}
        />
        <PasskeyButton
          ui={ui}
          kind="create"
          isPrimary
          label={say('newPasskey.button')}
          request={model.request}
          scriptless={say('newPasskey.scriptless')}
        />
      </Form>
    </AccountDocument>
  );
}

/** One passkey: its name, and its end. */
export function Passkey({ ui, model }: ViewProps<PasskeyPage>): VNode {
  const { say } = ui;
  const { form, passkey } = model;
  const path = `${PATH}passkey/${encodeURIComponent(passkey.id)}/`;
  return (
    <AccountDocument ui={ui} title={passkey.label} section="security" narrow hasProblem={isRefused(form)}>
      <BackLink href={PATH}>{say('security.title')}</BackLink>
      <Heading title={<bdi class="long">{passkey.label}</bdi>} lead={say('passkey.lead')} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ label: say('passkeys.label') }}
      />
      <section class="panel">
        <PasskeyFacts ui={ui} passkey={passkey} />
      </section>
      <Form ui={ui} action={path} class="form panel">
        <TextField
          ui={ui}
          name="label"
          label={say('passkeys.label')}
          hint={say('passkeys.labelHint')}
          value={form.values.label}
          problem={form.fieldProblems.label}
        />
        <p class="form-end">
          <button class="button button-primary" type="submit">
            {say('passkey.rename')}
          </button>
        </p>
      </Form>
      <section class="panel">
        <div class="factors-head">
          <h2>{say('passkey.removeTitle')}</h2>
          <p>{say('passkey.removeText')}</p>
        </div>
        <Form ui={ui} action={path} class="form-line">
          <button class="button button-danger" type="submit" name="do" value="remove">
            {say('security.remove')}
          </button>
        </Form>
      </section>
    </AccountDocument>
  );
}
