/** `/dev/mail/`: messages that were kept instead of being sent, for developers. Their links can be followed. */
import type { ComponentChild, VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { EmptyState, Heading, Moment } from '../kit/parts.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { KeptMailPage } from '../models/mail.ts';

/** The page. */
export function KeptMail({ ui, model }: ViewProps<KeptMailPage>): VNode {
  const { say } = ui;
  return (
    <EntryDocument ui={ui} title={say('keptMail.title')} width="medium">
      <Heading title={say('keptMail.title')} lead={say('keptMail.lead')} />
      {model.messages.length === 0 && <EmptyState title={say('keptMail.none')} text={say('keptMail.noneText')} />}
      {model.messages.map((message) => (
        <article key={message.id} class="panel">
          <h2>{message.subject}</h2>
          <p>
            <bdi class="long">{message.to}</bdi>, <Moment ui={ui} atMs={message.queuedAtMs} as="ago" />
          </p>
          <pre class="letter">{linked(message.text)}</pre>
        </article>
      ))}
    </EntryDocument>
  );
}

/** Addresses stand alone on their lines; only those of the web become links. */
function linked(text: string): ComponentChild[] {
  return text.split(/^(https?:\/\/\S+)$/m).map((piece, index) =>
    index % 2 === 1 ? (
      <a key={index} href={piece}>
        {piece}
      </a>
    ) : (
      piece
    ),
  );
}
