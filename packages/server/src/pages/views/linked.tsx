/** `/account/linked/` and below: accounts elsewhere that open this one, linking another, unlinking one. */
import type { VNode } from 'preact';
import { AccountDocument, EntryDocument } from '../kit/document.tsx';
import { Form } from '../kit/form.tsx';
import { ownPath } from '../kit/links.ts';
import { Icon } from '../kit/marks.tsx';
import { EmptyState, Fact, Facts, Heading, Moment, NoticeLine, Section } from '../kit/parts.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { LinkedAccountView, LinkedPage, LinkPage } from '../models/account.ts';

/** The list. */
export function Linked({ ui, model }: ViewProps<LinkedPage>): VNode {
  const { say } = ui;
  const { accounts, providers } = model;
  return (
    <AccountDocument ui={ui} title={say('linked.title')} section="linked">
      <Heading title={say('linked.title')} lead={say('linked.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      {accounts.length === 0 ? (
        <EmptyState title={say('linked.empty.title')} text={say('linked.empty.text')} />
      ) : (
        <ul class="rows panel">
          {accounts.map((account) => (
            <LinkedRow key={`${account.issuer} ${account.subject}`} ui={ui} account={account} />
          ))}
        </ul>
      )}
      {providers.length > 0 && (
        <Section title={say('linked.add')} lead={say('linked.addLead')}>
          <ul class="elsewhere-list elsewhere-line">
            {providers.map(({ name, href }) => (
              <li key={href}>
                <a class="button" href={ownPath(href)}>
                  <span>{ui.sayRich('linked.addOf', { provider: <bdi>{name}</bdi> })}</span>
                </a>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </AccountDocument>
  );
}

function LinkedRow({ ui, account }: { readonly ui: Ui; readonly account: LinkedAccountView }): VNode {
  const { say } = ui;
  const { provider, label, isUsable, isOnlyWayIn, lastSignInAtMs } = account;
  return (
    <li class="row">
      <Icon name="key" />
      <div class="row-body">
        <h2 class="row-title">
          <bdi>{provider}</bdi>
          {!isUsable && <span class="tag">{say('linked.unusable')}</span>}
        </h2>
        <Facts class="facts-inline">
          {label !== '' && (
            <Fact name={say('linked.as')}>
              <bdi class="long">{label}</bdi>
            </Fact>
          )}
          <Fact name={say('linked.since')}>
            <Moment ui={ui} atMs={account.linkedAtMs} as="date" />
          </Fact>
          <Fact name={say('linked.lastUsed')}>
            {lastSignInAtMs === null ? say('word.never') : <Moment ui={ui} atMs={lastSignInAtMs} as="ago" />}
          </Fact>
        </Facts>
        {isOnlyWayIn && (
          <p class="row-note">
            {say('linked.onlyWayIn')} <a href="/account/password/">{say('linked.setPassword')}</a>
          </p>
        )}
      </div>
      {!isOnlyWayIn && (
        <Form
          ui={ui}
          action="/account/linked/"
          class="row-act"
          hidden={[
            { name: 'issuer', value: account.issuer },
            { name: 'subject', value: account.subject },
          ]}
        >
          <button class="button button-small" type="submit" aria-label={say('linked.unlinkOf', { provider, label })}>
            {say('linked.unlink')}
          </button>
        </Form>
      )}
    </li>
  );
}

/** The question before an account elsewhere is linked: which one it is, and to which account here. */
export function LinkAccount({ ui, model }: ViewProps<LinkPage>): VNode {
  const { say } = ui;
  const { provider, label, username, arrival } = model;
  return (
    <EntryDocument ui={ui} title={say('linkAccount.title', { provider })}>
      <Heading
        title={ui.sayRich('linkAccount.title', { provider: <bdi>{provider}</bdi> })}
        lead={say('linkAccount.lead')}
      />
      <Facts>
        <Fact name={<bdi>{provider}</bdi>}>
          {label === '' ? say('linkAccount.unnamed') : <bdi class="long">{label}</bdi>}
        </Fact>
        <Fact name={say('linkAccount.here')}>
          <bdi class="long">{username}</bdi>
        </Fact>
      </Facts>
      <Form ui={ui} action="/account/linked/add/" hidden={[{ name: 'arrival', value: arrival }]}>
        <button class="button button-primary button-wide" type="submit">
          {say('linkAccount.button')}
        </button>
      </Form>
      <p class="aside">
        <a href="/account/linked/">{say('button.cancel')}</a>
      </p>
    </EntryDocument>
  );
}
