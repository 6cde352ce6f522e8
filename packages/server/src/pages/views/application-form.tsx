/**
 * `/o/applications/register/` and `…/:id/update/`: every setting of an application, each with what it means in one line.
 *
 * Owns the order and the grouping. What is not often needed lies folded up, unless something is wrong in there.
 */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { ChoiceField, Form, formField, LinesField, SelectField, SwitchField, TextField } from '../kit/form.tsx';
import { BackLink, Heading } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import { durationWords, type Ui, type ViewProps } from '../kit/ui.ts';
import type { MessageKey } from '../messages.ts';
import type { ApplicationField, ApplicationFormPage, SettingFieldName, SettingView } from '../models/applications.ts';

/** The form for a new or a known application. */
export function ApplicationForm({ ui, model }: ViewProps<ApplicationFormPage>): VNode {
  const { say } = ui;
  const { application } = model;
  const action =
    application === null
      ? '/o/applications/register/'
      : `/o/applications/${encodeURIComponent(application.id)}/update/`;
  const back = application === null ? '/o/applications/' : action.replace(/update\/$/, '');
  const title =
    application === null ? say('form.registerTitle') : say('form.editTitle', { application: application.name });
  return (
    <AccountDocument ui={ui} title={title} section="applications" hasProblem={isRefused(model)}>
      <BackLink href={back}>
        {application === null ? say('applications.title') : <bdi>{application.name}</bdi>}
      </BackLink>
      <Heading title={title} lead={say(application === null ? 'form.registerLead' : 'form.editLead')} />
      <ProblemSummary
        ui={ui}
        formProblem={model.formProblem}
        fieldProblems={model.fieldProblems}
        labels={labelsOf(ui)}
      />
      <Form ui={ui} action={action} hidden={formField(model.formId)} class="form form-long">
        <About ui={ui} model={model} />
        <Addresses ui={ui} model={model} />
        <Access ui={ui} model={model} />
        <Security ui={ui} model={model} />
        <p class="form-end">
          <button class="button button-primary" type="submit">
            {say(application === null ? 'form.registerButton' : 'button.save')}
          </button>
          <a class="button" href={back}>
            {say('button.cancel')}
          </a>
        </p>
      </Form>
    </AccountDocument>
  );
}

const LABELS = {
  name: 'form.name',
  client_type: 'form.clientType',
  redirect_uris: 'form.redirectUris',
  post_logout_redirect_uris: 'form.postLogoutRedirectUris',
  allowed_origins: 'form.allowedOrigins',
  grants: 'form.grants',
  scopes: 'form.scopes',
  require_pkce: 'form.requirePkce',
  skip_consent: 'form.skipConsent',
  id_token_algorithm: 'form.idTokenAlgorithm',
  code_lifetime_seconds: 'form.codeLifetimeSeconds',
  access_token_lifetime_seconds: 'form.accessTokenLifetimeSeconds',
  refresh_token_lifetime_seconds: 'form.refreshTokenLifetimeSeconds',
  refresh_token_idle_seconds: 'form.refreshTokenIdleSeconds',
  client_authentication: 'setting.client_authentication',
  jwks: 'setting.jwks',
  jwks_uri: 'setting.jwks_uri',
  client_uri: 'setting.client_uri',
  policy_uri: 'setting.policy_uri',
  tos_uri: 'setting.tos_uri',
  second_factor: 'setting.second_factor',
  allowed_groups: 'setting.allowed_groups',
  access_contact: 'setting.access_contact',
  require_dpop: 'setting.require_dpop',
  tls_client_auth_subject_dn: 'setting.tls_client_auth_subject_dn',
  tls_client_auth_san_dns: 'setting.tls_client_auth_san_dns',
  tls_client_auth_san_uri: 'setting.tls_client_auth_san_uri',
  tls_client_auth_san_ip: 'setting.tls_client_auth_san_ip',
  tls_client_auth_san_email: 'setting.tls_client_auth_san_email',
  tls_client_certificate_bound_access_tokens: 'setting.tls_client_certificate_bound_access_tokens',
  userinfo_signing_algorithm: 'setting.userinfo_signing_algorithm',
  application_type: 'setting.application_type',
  id_token_encryption_algorithm: 'setting.id_token_encryption_algorithm',
  id_token_content_encryption: 'setting.id_token_content_encryption',
  subject_type: 'setting.subject_type',
  sector_identifier_uri: 'setting.sector_identifier_uri',
  access_token_format: 'setting.access_token_format',
  backchannel_logout_uri: 'setting.backchannel_logout_uri',
  backchannel_logout_session_required: 'setting.backchannel_logout_session_required',
  frontchannel_logout_uri: 'setting.frontchannel_logout_uri',
  frontchannel_logout_session_required: 'setting.frontchannel_logout_session_required',
  refresh_ends_with_session: 'setting.refresh_ends_with_session',
  token_exchange: 'setting.token_exchange',
  token_exchange_subject_clients: 'setting.token_exchange_subject_clients',
  token_exchange_audiences: 'setting.token_exchange_audiences',
  response_modes: 'setting.response_modes',
  resources: 'setting.resources',
  authorization_details_types: 'setting.authorization_details_types',
  resource_identifiers: 'setting.resource_identifiers',
  fapi_profile: 'setting.fapi_profile',
  require_pushed_request: 'setting.require_pushed_request',
  require_signed_request: 'setting.require_signed_request',
  redirect_uri_optional: 'setting.redirect_uri_optional',
} as const satisfies Record<ApplicationField, MessageKey>;

function labelsOf(ui: Ui): Record<string, string> {
  return Object.fromEntries(Object.entries(LABELS).map(([field, key]) => [field, ui.say(key)]));
}

/** What every field of this form starts from. */
function fieldOf<Field extends Exclude<ApplicationField, SettingFieldName>>(
  { ui, model }: ViewProps<ApplicationFormPage>,
  name: Field,
) {
  const key: (typeof LABELS)[ApplicationField] = LABELS[name];
  return { ui, name, label: ui.say(key), problem: model.fieldProblems[name], value: model.values[name] };
}

function About(props: ViewProps<ApplicationFormPage>): VNode {
  const { say } = props.ui;
  return (
    <section class="panel form-section">
      <h2>{say('form.section.about')}</h2>
      <TextField {...fieldOf(props, 'name')} hint={say('form.nameHint')} />
      <ChoiceField
        {...fieldOf(props, 'client_type')}
        kind="radio"
        chosen={[props.model.values.client_type]}
        choices={(['confidential', 'public'] as const).map((type) => ({
          value: type,
          text: say(`clientType.${type}`),
          hint: say(`clientType.${type}Hint`),
        }))}
      />
    </section>
  );
}

function Addresses(props: ViewProps<ApplicationFormPage>): VNode {
  const { say } = props.ui;
  return (
    <section class="panel form-section">
      <h2>{say('form.section.addresses')}</h2>
      {/* Not `required`: an application of client credentials alone has none, and without script no browser knows. */}
      <LinesField
        {...fieldOf(props, 'redirect_uris')}
        rows={3}
        hint={say('form.redirectUrisHint')}
        optional="untagged"
      />
      <LinesField
        {...fieldOf(props, 'post_logout_redirect_uris')}
        rows={2}
        hint={say('form.postLogoutRedirectUrisHint')}
        optional="tagged"
      />
      <LinesField
        {...fieldOf(props, 'allowed_origins')}
        rows={2}
        hint={say('form.allowedOriginsHint')}
        optional="tagged"
      />
    </section>
  );
}

function Access(props: ViewProps<ApplicationFormPage>): VNode {
  const { ui, model } = props;
  return (
    <section class="panel form-section">
      <h2>{ui.say('form.section.access')}</h2>
      <ChoiceField
        {...fieldOf(props, 'grants')}
        kind="checkbox"
        chosen={model.values.grants}
        choices={model.grantsOffered.map((grant) => grantChoice(ui, grant))}
      />
      <ChoiceField
        {...fieldOf(props, 'scopes')}
        kind="checkbox"
        hint={ui.say('form.scopesHint')}
        chosen={model.values.scopes}
        choices={model.scopesOffered.map((scope) => ({
          value: scope.name,
          text: <code>{scope.name}</code>,
          hint: scopeHint(ui, scope.name, scope.description),
        }))}
      />
    </section>
  );
}

function grantChoice(ui: Ui, grant: string) {
  switch (grant) {
    case 'authorization-code':
    case 'refresh-token':
    case 'client-credentials':
    case 'device-code':
    case 'token-exchange':
      return { value: grant, text: ui.say(`grant.${grant}`), hint: ui.say(`grant.${grant}Hint`) };
    default:
      return { value: grant, text: grant };
  }
}

function scopeHint(ui: Ui, name: string, description: string | null): string {
  switch (name) {
    case 'openid':
    case 'profile':
    case 'email':
    case 'read':
    case 'write':
    case 'offline_access':
    case 'introspection':
      return ui.say(`form.scope.${name}`);
    default:
      return description ?? ui.say('scope.other', { scope: name });
  }
}

function Security(props: ViewProps<ApplicationFormPage>): VNode {
  const { ui, model } = props;
  const { say } = ui;
  return (
    <section class="panel form-section">
      <h2>{say('form.section.security')}</h2>
      <SwitchField
        {...fieldOf(props, 'require_pkce')}
        checked={model.values.require_pkce}
        hint={say('form.requirePkceHint')}
      />
      {model.canSkipConsent && (
        <SwitchField
          {...fieldOf(props, 'skip_consent')}
          checked={model.values.skip_consent}
          hint={say('form.skipConsentHint')}
        />
      )}
      <details class="more" open={LIFETIMES.some((name) => model.fieldProblems[name] !== undefined)}>
        <summary>{say('form.more')}</summary>
        <Tokens {...props} />
      </details>
      <details class="more" open={model.settings.some(({ field }) => model.fieldProblems[field] !== undefined)}>
        <summary>{say('form.advanced')}</summary>
        {model.settings.map((setting) => (
          <Setting {...props} key={setting.field} setting={setting} />
        ))}
      </details>
    </section>
  );
}

/** What is in the folded part, which opens by itself where something is wrong in it. */
const LIFETIMES = [
  'id_token_algorithm',
  'code_lifetime_seconds',
  'access_token_lifetime_seconds',
  'refresh_token_lifetime_seconds',
  'refresh_token_idle_seconds',
] as const;

function Tokens(props: ViewProps<ApplicationFormPage>): VNode {
  const { say } = props.ui;
  return (
    <>
      <SelectField
        {...fieldOf(props, 'id_token_algorithm')}
        hint={say('form.idTokenAlgorithmHint')}
        options={props.model.algorithmsOffered.map((name) => ({ value: name, text: name }))}
      />
      <div class="field-grid">
        <SecondsField {...props} name="code_lifetime_seconds" hint={say('form.codeLifetimeSecondsHint')} />
        <SecondsField
          {...props}
          name="access_token_lifetime_seconds"
          hint={say('form.accessTokenLifetimeSecondsHint')}
        />
        <SecondsField
          {...props}
          name="refresh_token_lifetime_seconds"
          hint={say('form.refreshTokenLifetimeSecondsHint')}
        />
        <SecondsField {...props} name="refresh_token_idle_seconds" hint={say('form.refreshTokenIdleSecondsHint')} />
      </div>
    </>
  );
}

/** Seconds lose nothing and need no unit to be chosen; the hint says what the present number comes to. */
function SecondsField(
  props: ViewProps<ApplicationFormPage> & {
    readonly name: Exclude<(typeof LIFETIMES)[number], 'id_token_algorithm'>;
    readonly hint: string;
  },
): VNode {
  const { ui, model, name } = props;
  const text = model.values[name];
  const now = /^[1-9]\d{0,9}$/.test(text) ? ui.say('form.now', { duration: durationWords(ui, Number(text)) }) : null;
  return (
    <TextField
      {...fieldOf(props, name)}
      type="number"
      // A required field that is folded away could not be shown by a browser that finds it empty.
      optional="untagged"
      hint={
        <>
          {props.hint} {now !== null && <strong>{now}</strong>}
        </>
      }
    />
  );
}

/** The values of a choice are the words of the specifications: they stand as they are in every language. */
function Setting({ ui, model, setting }: ViewProps<ApplicationFormPage> & { readonly setting: SettingView }): VNode {
  const { field: name, kind, value, options } = setting;
  const field = { ui, name, label: ui.say(LABELS[name]), problem: model.fieldProblems[name] };
  const hint = ui.say(`setting.${name}.hint`);
  const choices = options.map((text) => ({ value: text, text }));
  if (typeof value === 'boolean') return <SwitchField {...field} checked={value} hint={hint} />;
  if (typeof value !== 'string') {
    return (
      <>
        {/* Says that the boxes were there, should none be ticked. */}
        <input type="hidden" name={name} value="" />
        <ChoiceField {...field} kind="checkbox" chosen={value} hint={hint} choices={choices} />
      </>
    );
  }
  if (kind === 'choice') return <SelectField {...field} value={value} hint={hint} options={choices} />;
  if (kind === 'text') return <TextField {...field} value={value} hint={hint} optional="tagged" />;
  return <LinesField {...field} value={value} rows={kind === 'json' ? 5 : 2} hint={hint} optional="tagged" />;
}
