/** `/account/log/`: what happened to the account, for its owner to read (ASVS 6.3.5). */
import type { VNode } from 'preact';
import { deviceWords } from '../kit/device-words.ts';
import { AccountDocument } from '../kit/document.tsx';
import { ownPath } from '../kit/links.ts';
import { EmptyState, Fact, Facts, Heading, Moment } from '../kit/parts.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { LogEventView, LogPage } from '../models/account.ts';

/** The log, one page of it. */
export function Log({ ui, model }: ViewProps<LogPage>): VNode {
  const { say } = ui;
  return (
    <AccountDocument ui={ui} title={say('log.title')} section="log">
      <Heading title={say('log.title')} lead={say('log.lead')} />
      {model.events.length === 0 ? (
        <EmptyState title={say('log.empty.title')} text={say('log.empty.text')} />
      ) : (
        <ul class="rows panel">
          {model.events.map((event, index) => (
            <EventRow key={index} ui={ui} event={event} />
          ))}
        </ul>
      )}
      {(model.earlierUrl !== null || !model.isNewest) && (
        <p class="answers form-line">
          {!model.isNewest && (
            <a class="button" href="/account/log/">
              {say('log.newest')}
            </a>
          )}
          {model.earlierUrl !== null && (
            <a class="button" href={ownPath(model.earlierUrl)}>
              {say('log.earlier')}
            </a>
          )}
        </p>
      )}
    </AccountDocument>
  );
}

function EventRow({ ui, event }: { readonly ui: Ui; readonly event: LogEventView }): VNode {
  const { say } = ui;
  const detail = event.kind === 'signed-in' ? factorWords(ui, event.detail ?? '') : event.detail;
  return (
    <li class="row">
      <div class="row-body">
        <h2 class="row-title">{say(`event.${event.kind}`)}</h2>
        {detail !== null && detail !== '' && (
          <p class="plain">
            <bdi class="long">{detail}</bdi>
          </p>
        )}
        <Facts class="facts-inline">
          <Fact name={say('log.when')}>
            <Moment ui={ui} atMs={event.occurredAtMs} as="time" />
          </Fact>
          {event.userAgent !== null && <Fact name={say('log.device')}>{deviceWords(ui, event.userAgent)}</Fact>}
          {event.networkAddress !== null && (
            <Fact name={say('sessions.address')}>
              <bdi class="long">{event.networkAddress}</bdi>
            </Fact>
          )}
        </Facts>
      </div>
    </li>
  );
}

/** RFC 8176 §2: what somebody signed in with. A way that has no words of ours is not named. */
function factorWords({ say }: Ui, amr: string): string {
  const words = amr.split(' ').map((factor) => {
    switch (factor) {
      case 'pwd':
        return say('factor.pwd');
      case 'otp':
        return say('factor.otp');
      case 'hwk':
      case 'swk':
      case 'pop':
        return say('factor.passkey');
      default:
        return null;
    }
  });
  return [...new Set(words.filter((word) => word !== null))].join(', ');
}
