/**
 * `/o/applications/:id/`: what its developer needs to connect it, from top to bottom in the order of need: the client id,
 * the secret (in the answer that made it, and never again), the addresses, the settings.
 */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { Form, formField } from '../kit/form.tsx';
import { Icon } from '../kit/marks.tsx';
import { BackLink, CopyBox, Fact, Facts, Heading, Moment, NoticeLine, Section, Table } from '../kit/parts.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { ApplicationPage, EndpointUrls } from '../models/applications.ts';
import { ApplicationSettings } from './application-settings.tsx';

/** The page of one application. */
export function Application({ ui, model }: ViewProps<ApplicationPage>): VNode {
  const { say } = ui;
  const { application } = model;
  const path = `/o/applications/${encodeURIComponent(application.id)}/`;
  const actions = (
    <>
      <a class="button" href={`${path}activity/`}>
        {say('activity.link')}
      </a>
      <a class="button" href={`${path}update/`}>
        {say('application.edit')}
      </a>
      <a class="button button-danger" href={`${path}delete/`}>
        {say('application.delete')}
      </a>
    </>
  );
  return (
    <AccountDocument ui={ui} title={application.name} section="applications" isShownOnce={model.newSecret !== null}>
      <BackLink href="/o/applications/">
        {say(ui.context.person?.isSuperuser === true ? 'applications.titleAll' : 'applications.title')}
      </BackLink>
      <Heading title={<bdi>{application.name}</bdi>} lead={<Tags ui={ui} model={model} />} actions={actions} />
      <NoticeLine ui={ui} notice={model.notice} />
      {application.isDisabled && (
        <p class="warning">
          <Icon name="alert" />
          <span>{say('application.disabledNote')}</span>
        </p>
      )}
      <NewSecret ui={ui} model={model} />
      <Section title={say('application.clientId')}>
        <CopyBox ui={ui} id="client-id" value={application.clientId} label={say('application.clientId')} />
      </Section>
      <Secrets ui={ui} model={model} path={path} />
      <Section title={say('application.endpoints')} lead={say('application.endpointsHint')}>
        <Endpoints ui={ui} model={model} />
      </Section>
      <Section title={say('application.settings')}>
        <ApplicationSettings ui={ui} model={model} />
      </Section>
    </AccountDocument>
  );
}

function Tags({ ui, model }: ViewProps<ApplicationPage>): VNode {
  const { clientType, isDisabled } = model.application;
  return (
    <>
      <span class="tag">{ui.say(`clientType.${clientType}`)}</span>
      {isDisabled && <span class="tag tag-warn">{ui.say('applications.disabled')}</span>}
    </>
  );
}

function NewSecret({ ui, model }: ViewProps<ApplicationPage>): VNode | null {
  if (model.newSecret === null) return null;
  return (
    <section class="new-secret" aria-labelledby="new-secret">
      <h2 id="new-secret">
        <Icon name="key" />
        {ui.say('application.newSecret')}
      </h2>
      <p>{ui.say('application.newSecretText')}</p>
      <CopyBox ui={ui} id="client-secret" value={model.newSecret} label={ui.say('application.newSecret')} />
    </section>
  );
}

function Secrets({ ui, model, path }: ViewProps<ApplicationPage> & { readonly path: string }): VNode {
  const { say } = ui;
  if (model.application.clientType === 'public') {
    return (
      <Section title={say('application.secrets')}>
        <p class="plain">{say('application.publicNote')}</p>
      </Section>
    );
  }
  const isFull = model.secrets.length >= model.secretsMax;
  return (
    <Section
      title={say('application.secrets')}
      lead={say(model.secrets.length === 0 ? 'application.secretsNone' : 'application.secretsHint')}
    >
      {model.secrets.length > 0 && <SecretTable ui={ui} model={model} path={path} />}
      {isFull ? (
        <p class="plain">{say('application.secretsFull')}</p>
      ) : (
        <Form ui={ui} action={`${path}secrets/`} hidden={formField(model.secretFormId)} class="form-line">
          <button class="button" type="submit">
            {say('application.addSecret')}
          </button>
        </Form>
      )}
    </Section>
  );
}

function SecretTable({ ui, model, path }: ViewProps<ApplicationPage> & { readonly path: string }): VNode {
  const { say } = ui;
  return (
    <Table
      label={say('application.secrets')}
      columns={[
        say('application.secretColumn'),
        say('application.createdColumn'),
        say('application.usedColumn'),
        say('application.actionColumn'),
      ]}
      rows={model.secrets.map((secret) => ({
        key: secret.id,
        cells: [
          // Of an imported one, which may be short or known by its hash alone, nothing is shown.
          secret.hint === ''
            ? say('application.secretImported')
            : ui.sayRich('application.secretEnding', { hint: <code>{secret.hint}</code> }),
          <Moment key="created" ui={ui} atMs={secret.createdAtMs} as="date" />,
          secret.lastUsedAtMs === null ? (
            say('word.never')
          ) : (
            <Moment key="used" ui={ui} atMs={secret.lastUsedAtMs} as="ago" />
          ),
          // The only one cannot be removed: the application would be locked out.
          model.secrets.length === 1 ? (
            <span class="none">{say('application.onlySecret')}</span>
          ) : (
            <a
              key="remove"
              class="danger-link"
              href={`${path}secrets/${encodeURIComponent(secret.id)}/delete/`}
              aria-label={
                secret.hint === ''
                  ? say('application.removeSecretImported')
                  : say('application.removeSecretOf', { hint: secret.hint })
              }
            >
              {say('application.removeSecret')}
            </a>
          ),
        ],
      }))}
    />
  );
}

/** The one that is enough for OpenID Connect first, then the path of a sign-in, then the rest. */
const ENDPOINTS = [
  'issuer',
  'discovery',
  'authorization',
  'token',
  'deviceAuthorization',
  'userinfo',
  'profile',
  'revocation',
  'introspection',
  'endSession',
] as const satisfies readonly (keyof EndpointUrls)[];

function Endpoints({ ui, model }: ViewProps<ApplicationPage>): VNode {
  return (
    <Facts class="facts-copy">
      {ENDPOINTS.map((name) => (
        <Fact key={name} name={ui.say(`endpoint.${name}`)}>
          <CopyBox ui={ui} id={`endpoint-${name}`} value={model.endpoints[name]} label={ui.say(`endpoint.${name}`)} />
        </Fact>
      ))}
    </Facts>
  );
}
