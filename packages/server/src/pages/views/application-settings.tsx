/** The settings of an application as it stands, to be read; they are changed in `application-form.tsx`. */
import type { ComponentChildren, VNode } from 'preact';
import { Fact, Facts, Moment } from '../kit/parts.tsx';
import { durationWords, type Ui, type ViewProps } from '../kit/ui.ts';
import type { ApplicationPage } from '../models/applications.ts';

/** All settings, under the names that the form gives them. */
export function ApplicationSettings({ ui, model }: ViewProps<ApplicationPage>): VNode {
  const { say } = ui;
  const { application } = model;
  return (
    <Facts class="facts-ruled">
      <Fact name={say('form.grants')}>{application.grants.map((grant) => grantName(ui, grant)).join(', ')}</Fact>
      <Fact name={say('form.redirectUris')}>
        <Lines ui={ui} lines={application.redirectUris} />
        {application.lastWithoutRedirectUriAtMs !== null && (
          <span class="fact-note">
            {ui.sayRich('application.withoutRedirectUri', {
              when: <Moment ui={ui} atMs={application.lastWithoutRedirectUriAtMs} as="ago" />,
            })}
          </span>
        )}
      </Fact>
      <Fact name={say('form.postLogoutRedirectUris')}>
        <Lines ui={ui} lines={application.postLogoutRedirectUris} />
      </Fact>
      <Fact name={say('form.allowedOrigins')}>
        <Lines ui={ui} lines={application.allowedOrigins} />
      </Fact>
      <Fact name={say('form.scopes')}>
        <Lines ui={ui} lines={application.scopes.map((scope) => scope.name)} inline />
      </Fact>
      <Fact name={say('form.requirePkce')}>
        {yesNo(ui, application.requirePkce)}
        {application.lastWithoutPkceAtMs !== null && (
          <span class="fact-note">
            {ui.sayRich('application.withoutPkce', {
              when: <Moment ui={ui} atMs={application.lastWithoutPkceAtMs} as="ago" />,
            })}
          </span>
        )}
      </Fact>
      <Fact name={say('form.skipConsent')}>{yesNo(ui, application.skipConsent)}</Fact>
      <Fact name={say('form.idTokenAlgorithm')}>{application.idTokenAlgorithm}</Fact>
      <Lifetimes ui={ui} model={model} />
      <Fact name={say('application.owner')}>
        {application.owner === null ? say('applications.ownerSuperusers') : <bdi>{application.owner}</bdi>}
      </Fact>
      <Fact name={say('application.registeredOn')}>
        <Moment ui={ui} atMs={application.createdAtMs} as="date" />
      </Fact>
    </Facts>
  );
}

function Lifetimes({ ui, model }: ViewProps<ApplicationPage>): VNode {
  const { say } = ui;
  const { application } = model;
  const words = (seconds: number | null): ComponentChildren =>
    seconds === null ? say('application.noEnd') : durationWords(ui, seconds);
  const note = (message: 'application.longAccessToken' | 'application.longRefreshToken', atMs: number | null) =>
    atMs !== null && (
      <span class="fact-note">{ui.sayRich(message, { when: <Moment ui={ui} atMs={atMs} as="ago" /> })}</span>
    );
  return (
    <>
      <Fact name={say('application.codeLifetime')}>{words(application.codeLifetimeSeconds)}</Fact>
      <Fact name={say('application.accessLifetime')}>
        {words(application.accessTokenLifetimeSeconds)}
        {note('application.longAccessToken', application.lastLongAccessTokenAtMs)}
      </Fact>
      <Fact name={say('application.refreshLifetime')}>
        {words(application.refreshTokenLifetimeSeconds)}
        {note('application.longRefreshToken', application.lastLongRefreshTokenAtMs)}
      </Fact>
      <Fact name={say('application.refreshIdle')}>{words(application.refreshTokenIdleSeconds)}</Fact>
    </>
  );
}

function Lines(props: { readonly ui: Ui; readonly lines: readonly string[]; readonly inline?: boolean }): VNode {
  if (props.lines.length === 0) return <span class="none">{props.ui.say('word.none')}</span>;
  return (
    <ul class={props.inline === true ? 'code-lines code-lines-inline' : 'code-lines'}>
      {props.lines.map((line) => (
        <li key={line}>
          <code>{line}</code>
        </li>
      ))}
    </ul>
  );
}

function grantName(ui: Ui, grant: string): string {
  switch (grant) {
    case 'authorization-code':
    case 'refresh-token':
    case 'client-credentials':
      return ui.say(`grant.${grant}`);
    default:
      return grant;
  }
}

const yesNo = (ui: Ui, value: boolean): string => ui.say(value ? 'word.yes' : 'word.no');
