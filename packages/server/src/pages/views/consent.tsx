/**
 * The question whether an application may: who asks, what it would see and do, where and for how long, and as whom one answers
 * (ASVS 10.7.2). The two answers are buttons of the same size; nothing is ticked or unticked.
 */
import type { ComponentChildren, VNode } from 'preact';
import { DetailList } from '../kit/details.tsx';
import { EntryDocument } from '../kit/document.tsx';
import { Form } from '../kit/form.tsx';
import { applicationAddress, ownPath } from '../kit/links.ts';
import { Icon } from '../kit/marks.tsx';
import { ScopeList, type ScopeWords, scopeWords } from '../kit/scopes.tsx';
import { durationWords, type Ui, type ViewProps } from '../kit/ui.ts';
import type {
  ApplicationLink,
  ApplicationOwner,
  ConsentAccess,
  ConsentPage,
  DetailView,
} from '../models/authorization.ts';

/** The consent page. */
export function Consent({ ui, model }: ViewProps<ConsentPage>): VNode {
  const { say } = ui;
  const isMore = model.allowedEarlier.length > 0;
  const words = scopeWords(
    ui,
    model.scopes.filter((scope) => !model.allowedEarlier.includes(scope.name)),
    model.account,
  );
  const earlier = scopeWords(
    ui,
    model.scopes.filter((scope) => model.allowedEarlier.includes(scope.name)),
    null,
  );
  const title = isMore ? 'consent.titleMore' : 'consent.title';
  return (
    <EntryDocument ui={ui} title={say(title, { application: model.application.name })} width="medium">
      <div class="heading consent-heading">
        <h1>{ui.sayRich(title, { application: <bdi>{model.application.name}</bdi> })}</h1>
        <Requester ui={ui} model={model} />
      </div>
      <Asked ui={ui} words={words} details={model.details} resources={model.resources} isMore={isMore} />
      {earlier.length > 0 && (
        <details class="earlier">
          <summary>{say('consent.already')}</summary>
          <ScopeList words={earlier} />
        </details>
      )}
      <Duration ui={ui} access={model.access} />
      <Form ui={ui} action={model.action} hidden={model.hidden} class="form form-answers">
        {/* The name and value that django-oauth-toolkit's form sends: scripts that press it go on working. */}
        <button class="button button-primary" type="submit" name="allow" value="Authorize">
          {say('consent.allow')}
        </button>
        <button class="button" type="submit">
          {say('button.cancel')}
        </button>
      </Form>
      <SignedInAs ui={ui} model={model} />
    </EntryDocument>
  );
}

function Requester({ ui, model }: ViewProps<ConsentPage>): VNode {
  const { application, owner } = model;
  return (
    <>
      {application.host !== null && (
        <p class="lead">{ui.sayRich('consent.host', { host: <span class="host-inline">{application.host}</span> })}</p>
      )}
      <Owner ui={ui} owner={owner} />
      <Links ui={ui} links={model.links} />
    </>
  );
}

/** Who answers for the application. */
export function Owner({ ui, owner }: { readonly ui: Ui; readonly owner: ApplicationOwner }): VNode {
  return owner.kind === 'operator' ? (
    <p class="vouched">
      <Icon name="check" />
      <span>{ui.say('consent.ownerOperator')}</span>
    </p>
  ) : (
    <p class="vouched vouched-not">
      <Icon name="alert" />
      <span>{strangerWords(ui, owner)}</span>
    </p>
  );
}

function strangerWords(ui: Ui, owner: Exclude<ApplicationOwner, { readonly kind: 'operator' }>): ComponentChildren {
  switch (owner.kind) {
    case 'person':
      return ui.sayRich('consent.ownerPerson', { username: <bdi>{owner.username}</bdi> });
    case 'nobody':
      return ui.say('consent.ownerNobody');
    case 'document':
      return ui.sayRich('consent.ownerDocument', { host: <span class="host-inline">{owner.host}</span> });
    default:
      return owner satisfies never;
  }
}

/** What the application says of itself elsewhere: as text, with the host, so that nobody takes it for ours. */
export function Links({ ui, links }: { readonly ui: Ui; readonly links: readonly ApplicationLink[] }): VNode | null {
  const known = links.flatMap((link) => {
    const address = applicationAddress(link.url);
    return address === null ? [] : [{ ...link, address }];
  });
  if (known.length === 0) return null;
  return (
    <ul class="plain-list">
      {known.map(({ about, address, host }) => (
        <li key={about}>
          <a href={address} rel="noopener noreferrer nofollow">
            {ui.sayRich(`consent.link.${about}`, { host: <bdi>{host}</bdi> })}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** What is asked for: what would be seen, and what done. */
export function Asked(props: {
  readonly ui: Ui;
  readonly words: readonly ScopeWords[];
  readonly details: readonly DetailView[];
  readonly resources: readonly string[];
  readonly isMore: boolean;
}): VNode {
  const { say } = props.ui;
  const seen = props.words.filter((scope) => scope.kind === 'see');
  const done = props.words.filter((scope) => scope.kind === 'do');
  return (
    <div class="asked">
      {seen.length > 0 && <h2>{say(props.isMore ? 'consent.seeMore' : 'consent.see')}</h2>}
      {seen.length > 0 && <ScopeList words={seen} />}
      {done.length > 0 && <h2>{say(props.isMore ? 'consent.doMore' : 'consent.do')}</h2>}
      {done.length > 0 && <ScopeList words={done} />}
      {props.details.length > 0 && <h2>{say('consent.details')}</h2>}
      {props.details.length > 0 && <DetailList ui={props.ui} details={props.details} />}
      <Where ui={props.ui} resources={props.resources} />
      <p class="asked-never">{say('consent.neverPassword')}</p>
    </div>
  );
}

/** RFC 8707: where the access can be used. */
function Where({ ui, resources }: { readonly ui: Ui; readonly resources: readonly string[] }): VNode | null {
  if (resources.length === 0) return null;
  return (
    <>
      <h2>{ui.say('consent.where')}</h2>
      <ul class="plain-list">
        {resources.map((name) => (
          <li key={name}>
            <bdi class="host-inline">{name}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}

/** How long the access lasts, in words. */
export function Duration({ ui, access }: { readonly ui: Ui; readonly access: ConsentAccess }): VNode {
  return (
    <div class="lasting">
      <Icon name="clock" />
      <p>
        {lastingWords(ui, access)} {ui.say('consent.endAnyTime')}
      </p>
    </div>
  );
}

function lastingWords(ui: Ui, access: ConsentAccess): string {
  if (access.kind === 'once') return ui.say('consent.accessOnce', { duration: durationWords(ui, access.seconds) });
  const duration = access.endsAfterSeconds === null ? null : durationWords(ui, access.endsAfterSeconds);
  const idle = access.idleSeconds === null ? null : durationWords(ui, access.idleSeconds);
  if (duration !== null && idle !== null) return ui.say('consent.accessEndsIdle', { duration, idle });
  if (duration !== null) return ui.say('consent.accessEnds', { duration });
  if (idle !== null) return ui.say('consent.accessIdle', { idle });
  return ui.say('consent.accessOpen');
}

function SignedInAs({ ui, model }: ViewProps<ConsentPage>): VNode {
  return (
    <p class="aside">
      {ui.sayRich('shell.signedInAs', { name: <bdi class="named">{model.account.username}</bdi> })}
      <span class="aside-line">
        {ui.say('consent.notYou')} <a href={ownPath(model.switchAccountUrl)}>{ui.say('consent.switch')}</a>
      </span>
    </p>
  );
}
