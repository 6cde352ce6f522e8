/** `/o/authorized_tokens/`: what the person allowed, to whom, since when, and its end (ASVS 10.7.3). */
import type { VNode } from 'preact';
import { DetailWords } from '../kit/details.tsx';
import { AccountDocument } from '../kit/document.tsx';
import { EmptyState, Fact, Facts, Heading, Moment, NoticeLine } from '../kit/parts.tsx';
import { type ScopeWords, scopeWords } from '../kit/scopes.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { ConnectionsPage, ConnectionView } from '../models/account.ts';

/** The page of connected applications. */
export function Connections({ ui, model }: ViewProps<ConnectionsPage>): VNode {
  const { say } = ui;
  return (
    <AccountDocument ui={ui} title={say('connections.title')} section="connections">
      <Heading title={say('connections.title')} lead={say('connections.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      {model.connections.length === 0 ? (
        <EmptyState title={say('connections.empty.title')} text={say('connections.empty.text')} />
      ) : (
        <ul class="rows panel">
          {model.connections.map((connection) => (
            <ConnectionRow key={connection.applicationId} ui={ui} connection={connection} />
          ))}
        </ul>
      )}
    </AccountDocument>
  );
}

function ConnectionRow({ ui, connection }: { readonly ui: Ui; readonly connection: ConnectionView }): VNode {
  const { say } = ui;
  const { application, lastUsedAtMs } = connection;
  const words = scopeWords(ui, connection.scopes, null);
  return (
    <li class="row">
      <div class="row-body">
        <h2 class="row-title">
          <bdi>{application.name}</bdi>
          {application.host !== null && <span class="host">{application.host}</span>}
        </h2>
        <Facts class="facts-side">
          <Listed name={say('connections.see')} words={words.filter((scope) => scope.kind === 'see')} />
          <Listed name={say('connections.do')} words={words.filter((scope) => scope.kind === 'do')} />
          {connection.details.length > 0 && (
            <Fact name={say('connections.details')}>
              <ul class="plain-list">
                {connection.details.map((detail, index) => (
                  <li key={index}>
                    <DetailWords ui={ui} detail={detail} />
                  </li>
                ))}
              </ul>
            </Fact>
          )}
          <Fact name={say('connections.since')}>
            <Moment ui={ui} atMs={connection.grantedAtMs} as="date" />
          </Fact>
          <Fact name={say('connections.lastUsed')}>
            {lastUsedAtMs === null ? say('word.never') : <Moment ui={ui} atMs={lastUsedAtMs} as="ago" />}
          </Fact>
        </Facts>
      </div>
      <p class="row-act">
        <a
          class="button button-small"
          href={`/o/authorized_tokens/${encodeURIComponent(connection.applicationId)}/delete/`}
          aria-label={say('connections.endOf', { application: application.name })}
        >
          {say('connections.end')}
        </a>
      </p>
    </li>
  );
}

function Listed({ name, words }: { readonly name: string; readonly words: readonly ScopeWords[] }): VNode | null {
  if (words.length === 0) return null;
  return (
    <Fact name={name}>
      <ul class="plain-list">
        {words.map((scope) => (
          <li key={scope.name}>{scope.words}</li>
        ))}
      </ul>
    </Fact>
  );
}
