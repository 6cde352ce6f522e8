/** A second factor is asked for, and there is none yet: who asks, what it is, where to set it up, and the ways out. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form } from '../kit/form.tsx';
import { ownPath } from '../kit/links.ts';
import { Heading } from '../kit/parts.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { SetUpFactorPage } from '../models/security.ts';
import { withNext } from './entry-parts.tsx';

/** The page. */
export function SetUpFactor({ ui, model }: ViewProps<SetUpFactorPage>): VNode {
  const { say, sayRich } = ui;
  const { next, turnBack, goOnUrl, switchAccountUrl } = model;
  const { takesPasskeys } = ui.context;
  const { username } = ui.context.person ?? { username: '' };
  return (
    <EntryDocument ui={ui} title={say('setUpFactor.title')} width="medium">
      <Heading title={say('setUpFactor.title')} lead={whoAsks(ui, model)} />
      <p class="question">{say(takesPasskeys ? 'setUpFactor.text' : 'setUpFactor.textApp')}</p>
      <div class="answers">
        {takesPasskeys && (
          <a class="button button-primary" href={withNext('/account/security/passkey/', next)}>
            {say('passkeys.add')}
          </a>
        )}
        <a
          class={takesPasskeys ? 'button' : 'button button-primary'}
          href={withNext('/account/security/authenticator/', next)}
        >
          {say('security.add')}
        </a>
        {goOnUrl !== null && (
          <a class="button" href={ownPath(goOnUrl)}>
            {say('setUpFactor.later')}
          </a>
        )}
        {turnBack !== null && (
          <Form ui={ui} action={turnBack.action} hidden={turnBack.hidden} class="answer">
            <button class="button" type="submit">
              {say('button.cancel')}
            </button>
          </Form>
        )}
      </div>
      <p class="aside">
        {sayRich('shell.signedInAs', { name: <bdi class="named">{username}</bdi> })}
        <span class="aside-line">
          {switchAccountUrl === null ? (
            <a href="/logout/">{say('shell.signOut')}</a>
          ) : (
            <a href={ownPath(switchAccountUrl)}>{say('error.not-in-group.other')}</a>
          )}
        </span>
      </p>
    </EntryDocument>
  );
}

function whoAsks({ say, sayRich }: Ui, { application, byGroup, goOnUrl }: SetUpFactorPage) {
  if (byGroup || application === null) return say('setUpFactor.byGroup');
  const name = <bdi class="named">{application.name}</bdi>;
  return sayRich(goOnUrl === null ? 'setUpFactor.byApplication' : 'setUpFactor.wished', { application: name });
}
