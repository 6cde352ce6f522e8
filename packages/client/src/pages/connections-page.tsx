/**
 * The page of linked accounts.
 *
 * Owns its markup: each link and unlink is a form of its own, so that it works without JavaScript.
 */
import { document, PostForm } from './layout.tsx';
import type { ConnectionsView, Frame } from './views.ts';

/** The accounts that a person can sign in with, and those that can be added. */
export function connectionsPage(view: ConnectionsView, frame: Frame): string {
  const { text, links } = frame;
  const day = new Intl.DateTimeFormat(frame.language, { dateStyle: 'long', timeZone: 'UTC' });
  return document(frame, {
    title: text.connectionsTitle,
    wide: true,
    children: (
      <>
        <div class="card">
          <h1>{text.connectionsTitle}</h1>
          <p class="lead">{view.accounts.length === 0 ? text.connectionsNone : text.connectionsIntro}</p>
          {view.error === null ? null : (
            <p class="problem" role="alert">
              {view.error}
            </p>
          )}
          <ul class="rows">
            {view.accounts.map((account) => (
              <li key={account.id}>
                <div>
                  <strong>{account.providerName}</strong> {account.username}
                  <div class="soft">
                    {text.linkedSince} {day.format(account.linkedAtMs)} · <span class="mono">{account.uid}</span>
                  </div>
                </div>
                {view.onlyWayIn ? null : (
                  <PostForm frame={frame} action={links.connections}>
                    <input type="hidden" name="account" value={account.id} />
                    <button
                      class="button second"
                      type="submit"
                      aria-label={text.unlinkLabel(account.providerName, account.username ?? account.uid)}
                    >
                      {text.unlink}
                    </button>
                  </PostForm>
                )}
              </li>
            ))}
          </ul>
          {view.onlyWayIn ? <p class="soft">{text.onlyWayIn}</p> : null}
        </div>
        {view.linkable.length === 0 ? null : (
          <div class="card">
            <h2>{text.linkAnother}</h2>
            <ul class="stack">
              {view.linkable.map((provider) => (
                <li key={provider.id}>
                  <PostForm frame={frame} action={provider.href}>
                    <button class="button second block" type="submit">
                      {text.link(provider.name)}
                    </button>
                  </PostForm>
                </li>
              ))}
            </ul>
          </div>
        )}
      </>
    ),
  });
}
