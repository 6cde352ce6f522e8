/** `/account/sessions/`: where the person is signed in, in words, and the end of each (ASVS 7.5.2). */
import type { VNode } from 'preact';
import { deviceWords } from '../kit/device-words.ts';
import { AccountDocument } from '../kit/document.tsx';
import { Form } from '../kit/form.tsx';
import { Icon } from '../kit/marks.tsx';
import { Fact, Facts, Heading, Moment, NoticeLine } from '../kit/parts.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import { describeUserAgent } from '../kit/user-agent.ts';
import type { SessionsPage, SessionView } from '../models/account.ts';

/** The page of devices. */
export function Sessions({ ui, model }: ViewProps<SessionsPage>): VNode {
  const { say } = ui;
  const others = model.sessions.filter((session) => !session.isCurrent);
  return (
    <AccountDocument ui={ui} title={say('sessions.title')} section="sessions">
      <Heading title={say('sessions.title')} lead={say('sessions.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      <ul class="rows panel">
        {model.sessions.map((session) => (
          <SessionRow key={session.id} ui={ui} session={session} />
        ))}
      </ul>
      {others.length === 0 ? (
        <p class="plain">{say('sessions.onlyThis')}</p>
      ) : (
        <Form ui={ui} action="/account/sessions/" class="form-line">
          <button class="button button-danger" type="submit" name="end" value="others">
            {say('sessions.endOthers')}
          </button>
        </Form>
      )}
    </AccountDocument>
  );
}

function SessionRow({ ui, session }: { readonly ui: Ui; readonly session: SessionView }): VNode {
  const { say } = ui;
  const device = deviceWords(ui, session.userAgent);
  const isHandheld = /iPhone|iPad|Android/.test(describeUserAgent(session.userAgent).system ?? '');
  return (
    <li class="row">
      <Icon name={isHandheld ? 'phone' : 'monitor'} />
      <div class="row-body">
        <h2 class="row-title">
          {device}
          {session.isCurrent && <span class="tag tag-good">{say('sessions.current')}</span>}
        </h2>
        <Facts class="facts-inline">
          <Fact name={say('sessions.lastSeen')}>
            <Moment ui={ui} atMs={session.lastSeenAtMs} as="ago" />
          </Fact>
          <Fact name={say('sessions.signedIn')}>
            <Moment ui={ui} atMs={session.signedInAtMs} as="time" />
          </Fact>
          <Fact name={say('sessions.address')}>
            <bdi class="long">{session.networkAddress}</bdi>
          </Fact>
        </Facts>
      </div>
      {!session.isCurrent && (
        <Form ui={ui} action="/account/sessions/" class="row-act">
          <button
            class="button button-small"
            type="submit"
            name="end"
            value={session.id}
            aria-label={say('sessions.endOf', { device })}
          >
            {say('sessions.end')}
          </button>
        </Form>
      )}
    </li>
  );
}
