/** `/account/confirm/`: a passkey, or the password again, before something that matters. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form, keptField, nextField, TextField } from '../kit/form.tsx';
import { ownPath } from '../kit/links.ts';
import { Heading } from '../kit/parts.tsx';
import { Passkey } from '../kit/passkey.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { ConfirmIdentityPage } from '../models/account.ts';
import { CodeField, codeLabel } from './code-field.tsx';

/** The page. One that carries a form cannot be shown again in another language. */
export function ConfirmIdentity({ ui, model }: ViewProps<ConfirmIdentityPage>): VNode {
  const { say } = ui;
  const { form, hasPassword, hasApp, kept, next, passkey, elsewhere } = model;
  const canCancel = hasPassword || elsewhere.length > 0;
  const { username } = ui.context.person ?? { username: '' };
  const refused = isRefused(form);
  return (
    <EntryDocument
      ui={ui}
      title={say('confirmIdentity.title')}
      hasProblem={refused}
      silent
      footless={kept !== null}
      takesPasskeys={passkey !== null}
    >
      <Heading title={say('confirmIdentity.title')} lead={say(leadOf(model))} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ current_password: say('field.password'), code: codeLabel(ui, hasApp) }}
      />
      {passkey !== null && (
        <Form ui={ui} action="/account/confirm/" hidden={[...nextField(next), ...keptField(kept)]} class="form-passkey">
          <Passkey
            ui={ui}
            label={say('passkey.use')}
            request={passkey}
            isPrimary
            {...(hasPassword ? { or: 'below' } : {})}
            scriptless={say(hasPassword ? 'signIn.scriptless' : 'confirmIdentity.scriptless')}
          />
        </Form>
      )}
      {hasPassword && (
        <Form ui={ui} action="/account/confirm/" hidden={[...nextField(next), ...keptField(kept)]}>
          {/* For password managers alone: whose password it is. The server does not read it. */}
          <input class="away" type="text" name="username" value={username} autocomplete="username" readOnly hidden />
          <TextField
            ui={ui}
            name="current_password"
            type="password"
            label={say('field.password')}
            problem={form.fieldProblems.current_password}
            autocomplete="current-password"
            takesFocus={!refused && passkey === null}
          />
          {model.hasSecondFactor && (
            <CodeField ui={ui} problem={form.fieldProblems.code} {...(hasApp ? {} : { from: 'recovery' })} />
          )}
          <button class={passkey === null ? 'button button-primary button-wide' : 'button button-wide'} type="submit">
            {say('confirmIdentity.button')}
          </button>
        </Form>
      )}
      {elsewhere.length > 0 && (
        <ul class="elsewhere-list">
          {elsewhere.map(({ name, href }) => (
            <li key={href}>
              <a class="button button-primary button-wide" href={ownPath(href)}>
                <span>{ui.sayRich('confirmIdentity.with', { provider: <bdi>{name}</bdi> })}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
      <p class="aside">
        {ui.sayRich('shell.signedInAs', { name: <bdi class="named">{username}</bdi> })}
        <span class="aside-line">
          <a href={canCancel ? '/account/' : '/logout/'}>{say(canCancel ? 'button.cancel' : 'shell.signOut')}</a>
        </span>
      </p>
    </EntryDocument>
  );
}

function leadOf({ hasPassword, passkey, elsewhere, forDevice }: ConfirmIdentityPage) {
  if (forDevice && (hasPassword || passkey !== null)) return 'confirmIdentity.leadDevice';
  if (passkey !== null) return hasPassword ? 'confirmIdentity.leadEither' : 'confirmIdentity.leadPasskey';
  if (hasPassword) return 'confirmIdentity.lead';
  return elsewhere.length > 0 ? 'confirmIdentity.leadElsewhere' : 'confirmIdentity.signInAgain';
}
