/** `/account/security/` and below: the overview of passkeys and second factors, authenticator apps, recovery codes. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { Form, nextField, TextField } from '../kit/form.tsx';
import { ownPath } from '../kit/links.ts';
import { Icon } from '../kit/marks.tsx';
import { BackLink, CopyBox, Fact, Facts, Heading, Moment, NoticeLine } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import { QrCode } from '../kit/qr-code.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type {
  AuthenticatorPage,
  AuthenticatorView,
  PasskeyView,
  RecoveryCodesPage,
  SecurityPage,
} from '../models/security.ts';
import { CodeField } from './code-field.tsx';
import { PasskeyFacts } from './passkey-facts.tsx';

const PATH = '/account/security/';

/** The page of passkeys and second factors. */
export function Security({ ui, model }: ViewProps<SecurityPage>): VNode {
  const { say } = ui;
  const { passkeys, authenticators, recoveryCodes, takesPasskeys } = model;
  return (
    <AccountDocument ui={ui} title={say('security.title')} section="security">
      <Heading title={say('security.title')} lead={say('security.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      {(takesPasskeys || passkeys.length > 0) && (
        <Kind
          title={say('passkeys.title')}
          lead={say('passkeys.lead')}
          isAdvised={passkeys.length === 0}
          {...(takesPasskeys ? { add: { href: `${PATH}passkey/`, text: say('passkeys.add') } } : {})}
        >
          {passkeys.map((passkey) => (
            <PasskeyRow key={passkey.id} ui={ui} passkey={passkey} />
          ))}
        </Kind>
      )}
      <Kind
        title={say('authenticators.title')}
        lead={say('authenticators.lead')}
        isAdvised={!takesPasskeys && authenticators.length === 0}
        add={{ href: `${PATH}authenticator/`, text: say('security.add') }}
      >
        {authenticators.map((authenticator) => (
          <AuthenticatorRow key={authenticator.id} ui={ui} authenticator={authenticator} />
        ))}
      </Kind>
      {passkeys.length + authenticators.length > 0 && (
        <>
          <section class="panel">
            <div class="factors-head">
              <h2>{say('security.codes')}</h2>
              <p>{say('security.codesLeft', { count: recoveryCodes })}</p>
            </div>
            <Form ui={ui} action={PATH} class="form-line">
              <button class="button" type="submit" name="do" value="codes">
                {say('security.makeCodes')}
              </button>
            </Form>
          </section>
          <section class="panel">
            <div class="factors-head">
              <h2>{say('security.trusted')}</h2>
              <p>{say('security.trustedText')}</p>
            </div>
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

/** One kind of factor: what it is, those that there are, and the way to one more. */
function Kind(props: {
  readonly title: string;
  readonly lead: string;
  /** The one to begin with. */
  readonly isAdvised: boolean;
  /** Where one is added; none where this server's address does not allow it. */
  readonly add?: { readonly href: string; readonly text: string };
  readonly children: readonly VNode[];
}): VNode {
  const { add, children, isAdvised } = props;
  return (
    <section class="panel factors">
      <div class="factors-head">
        <h2>{props.title}</h2>
        <p>{props.lead}</p>
      </div>
      {children.length > 0 && <ul class="rows">{children}</ul>}
      {add !== undefined && (
        <p class="form-line">
          <a class={isAdvised ? 'button button-primary' : 'button'} href={add.href}>
            {add.text}
          </a>
        </p>
      )}
    </section>
  );
}

function PasskeyRow({ ui, passkey }: { readonly ui: Ui; readonly passkey: PasskeyView }): VNode {
  const { say } = ui;
  const { id, label: name } = passkey;
  return (
    <li class="row">
      <Icon name="passkey" />
      <div class="row-body">
        <h3 class="row-title">
          <bdi class="long">{name}</bdi>
        </h3>
        <PasskeyFacts ui={ui} passkey={passkey} />
      </div>
      <p class="row-act">
        <a
          class="button button-small"
          href={`${PATH}passkey/${encodeURIComponent(id)}/`}
          aria-label={say('passkeys.changeOf', { name })}
        >
          {say('passkeys.change')}
        </a>
      </p>
    </li>
  );
}

function AuthenticatorRow({
  ui,
  authenticator,
}: {
  readonly ui: Ui;
  readonly authenticator: AuthenticatorView;
}): VNode {
  const { say } = ui;
  const name = authenticator.label === '' ? say('security.authenticator') : authenticator.label;
  return (
    <li class="row">
      <Icon name="phone" />
      <div class="row-body">
        <h3 class="row-title">
          <bdi class="long">{name}</bdi>
        </h3>
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
