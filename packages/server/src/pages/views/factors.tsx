/** `/account/security/` and below: second factors. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { Form, nextField, TextField } from '../kit/form.tsx';
import { ownPath } from '../kit/links.ts';
import { BackLink, CopyBox, Fact, Facts, Heading, Moment, NoticeLine } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import { QrCode } from '../kit/qr-code.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { AuthenticatorPage, AuthenticatorView, RecoveryCodesPage, SecurityPage } from '../models/security.ts';
import { CodeField } from './code-field.tsx';

const PATH = '/account/security/';

/** The page of second factors. */
export function Security({ ui, model }: ViewProps<SecurityPage>): VNode {
  const { say } = ui;
  const { authenticators, recoveryCodes } = model;
  const isOn = authenticators.length > 0;
  return (
    <AccountDocument ui={ui} title={say('security.title')} section="security">
      <Heading
        title={say('security.title')}
        lead={say(isOn ? 'security.leadOn' : 'security.leadOff')}
        actions={
          <a class="button button-primary" href={`${PATH}authenticator/`}>
            {say('security.add')}
          </a>
        }
      />
      <NoticeLine ui={ui} notice={model.notice} />
      {isOn && (
        <>
          <ul class="rows panel">
            {authenticators.map((authenticator) => (
              <AuthenticatorRow key={authenticator.id} ui={ui} authenticator={authenticator} />
            ))}
          </ul>
          <section class="panel">
            <h2>{say('security.codes')}</h2>
            <p>{say('security.codesLeft', { count: recoveryCodes })}</p>
            <Form ui={ui} action={PATH} class="form-line">
              <button class="button" type="submit" name="do" value="codes">
                {say('security.makeCodes')}
              </button>
            </Form>
          </section>
          <section class="panel">
            <h2>{say('security.trusted')}</h2>
            <p>{say('security.trustedText')}</p>
            <Form ui={ui} action={PATH} class="form-line">
              <button class="button" type="submit" name="do" value="forget">
                {say('security.forget')}
              </button>
            </Form>
          </section>
        </>
      )}
      <p class="plain">
        {say('security.elsewhere')} <a href="/account/sessions/">{say('nav.sessions')}</a>
      </p>
    </AccountDocument>
  );
}

function AuthenticatorRow({
  ui,
  authenticator,
}: {
  readonly ui: ViewProps<SecurityPage>['ui'];
  readonly authenticator: AuthenticatorView;
}): VNode {
  const { say } = ui;
  const name = authenticator.label === '' ? say('security.authenticator') : authenticator.label;
  return (
    <li class="row">
      <div class="row-body">
        <h2 class="row-title">
          <bdi class="long">{name}</bdi>
        </h2>
        <Facts class="facts-inline">
          <Fact name={say('security.added')}>
            <Moment ui={ui} atMs={authenticator.createdAtMs} as="date" />
          </Fact>
          <Fact name={say('security.lastUsed')}>
            {authenticator.lastUsedAtMs === null ? (
              say('word.never')
            ) : (
              <Moment ui={ui} atMs={authenticator.lastUsedAtMs} as="ago" />
            )}
          </Fact>
        </Facts>
      </div>
      <Form ui={ui} action={PATH} class="row-act">
        <button
          class="button button-small"
          type="submit"
          name="remove"
          value={authenticator.id}
          aria-label={say('security.removeOf', { name })}
        >
          {say('security.remove')}
        </button>
      </Form>
    </li>
  );
}

/** Adding an authenticator app. Its form cannot be shown again in another language: the seed is in it alone. */
export function Authenticator({ ui, model }: ViewProps<AuthenticatorPage>): VNode {
  const { say } = ui;
  const { form } = model;
  return (
    <AccountDocument
      ui={ui}
      title={say('authenticator.title')}
      section="security"
      narrow
      isShownOnce
      hasProblem={isRefused(form)}
    >
      <BackLink href={PATH}>{say('security.title')}</BackLink>
      <Heading title={say('authenticator.title')} lead={say('authenticator.lead')} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ code: say('field.code'), label: say('authenticator.label') }}
      />
      <section class="panel">
        <QrCode text={model.uri} label={say('authenticator.qr')} />
        <p>{say('authenticator.byHand')}</p>
        <CopyBox ui={ui} id="seed-key" label={say('authenticator.key')} value={model.key} />
        {model.uri.startsWith('otpauth://') && (
          <p>
            <a href={model.uri}>{say('authenticator.open')}</a>
          </p>
        )}
      </section>
      <Form
        ui={ui}
        action={`${PATH}authenticator/`}
        hidden={[{ name: 'seed', value: model.seed }, ...nextField(model.next)]}
        class="form panel"
      >
        <CodeField ui={ui} problem={form.fieldProblems.code} from="app" />
        <TextField
          ui={ui}
          name="label"
          label={say('authenticator.label')}
          hint={say('authenticator.labelHint')}
          value={form.values.label}
          problem={form.fieldProblems.label}
          optional="tagged"
        />
        <p class="form-end">
          <button class="button button-primary" type="submit">
            {say('authenticator.button')}
          </button>
        </p>
      </Form>
    </AccountDocument>
  );
}

/** The codes, once. */
export function RecoveryCodes({ ui, model }: ViewProps<RecoveryCodesPage>): VNode {
  const { say } = ui;
  return (
    <AccountDocument ui={ui} title={say('recoveryCodes.title')} section="security" narrow isShownOnce>
      <Heading title={say('recoveryCodes.title')} lead={say('recoveryCodes.lead')} />
      <section class="panel">
        <ol class="codes">
          {model.codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
        <p>{say('recoveryCodes.text')}</p>
      </section>
      <p class="form-line">
        <a class="button button-primary" href={ownPath(model.next ?? PATH)}>
          {say('recoveryCodes.done')}
        </a>
      </p>
    </AccountDocument>
  );
}
