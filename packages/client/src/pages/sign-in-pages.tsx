/**
 * The pages on the way through a provider: choosing a username, going on, and what went wrong.
 *
 * Owns their markup. None of them is a dead end: each has a way on.
 */
import { CredentialFields } from './account-pages.tsx';
import { document, Field, PostForm } from './layout.tsx';
import type { FailureView, Frame, OnwardView, SocialSignUpView } from './views.ts';

/** A first sign-in whose username cannot be used here: choose another, or link the account that has it. */
export function socialSignUpPage(view: SocialSignUpView, frame: Frame): string {
  const { text, links } = frame;
  return document(frame, {
    title: text.socialSignUpTitle,
    children: (
      <>
        <h1>{text.socialSignUpTitle}</h1>
        <p class="lead">
          {view.reason === 'taken'
            ? text.socialSignUpTaken(view.providerName, view.providerUsername)
            : text.socialSignUpUnusable(view.providerName)}
        </p>
        <section class="card" aria-labelledby="choose">
          <h2 id="choose">{text.chooseTitle}</h2>
          <p class="soft">{text.chooseHelp}</p>
          <PostForm frame={frame} action={links.socialSignUp} error={view.choose.errors['form']}>
            <input type="hidden" name="action" value="choose" />
            <Field
              frame={frame}
              name="username"
              label={text.username}
              value={view.choose.username}
              autocomplete="username"
              errors={view.choose.errors}
              maxLength={150}
              plain
            />
            <div class="actions">
              <button class="button block" type="submit">
                {text.chooseButton}
              </button>
            </div>
          </PostForm>
        </section>
        {view.localSignIn ? (
          <section class="card" aria-labelledby="link">
            <h2 id="link">{text.linkTitle}</h2>
            <p class="soft">{text.linkHelp(view.providerName)}</p>
            <PostForm frame={frame} action={links.socialSignUp} error={view.link.errors['form']}>
              <input type="hidden" name="action" value="link" />
              <CredentialFields frame={frame} username={view.link.username} errors={view.link.errors} idPrefix="link" />
              <div class="actions">
                <button class="button second block" type="submit">
                  {text.linkButton}
                </button>
              </div>
            </PostForm>
          </section>
        ) : null}
        <p>
          <a href={view.startAgain}>{text.cancelAndBack}</a>
        </p>
      </>
    ),
  });
}

/** What happened, in plain words, and a way on; the code and the reference are for whoever is asked for help. */
export function failurePage(view: FailureView, frame: Frame): string {
  const { text } = frame;
  const failure = text.failures[view.code];
  const provider = view.providerName ?? frame.name;
  const ways = {
    start_again: text.startAgain,
    sign_in: text.signIn,
    connections: text.connections,
    back: text.backToProfile,
  };
  return document(frame, {
    title: failure.title,
    children: (
      <div class="card">
        <h1>{failure.title}</h1>
        <p class="lead">{view.message ?? failure.body(provider)}</p>
        <div class="actions">
          <a class="button" href={view.href} id="way-on">
            {ways[view.wayOn]}
          </a>
          {frame.user !== null && view.wayOn !== 'back' ? <a href={frame.links.profile}>{text.backToProfile}</a> : null}
        </div>
        <dl class="fine">
          <dt>{text.failureCode}</dt>
          <dd class="mono" id="failure-code">
            {view.code}
          </dd>
          {view.providerError === null ? null : (
            <>
              <dt>{text.providerSaid}</dt>
              <dd class="mono">{view.providerError}</dd>
            </>
          )}
          <dt>{text.failureReference}</dt>
          <dd class="mono" id="failure-reference">
            {view.reference}
          </dd>
        </dl>
      </div>
    ),
  });
}

/**
 * Between a form of ours and a provider. A redirect would do, were it not for `form-action`: Chromium applies it to every
 * redirect after a form, and where a provider leads on to is not ours to know.
 */
export function onwardPage(view: OnwardView, frame: Frame): string {
  const { text } = frame;
  return document(frame, {
    title: text.onwardTitle(view.providerName),
    refresh: view.href,
    children: (
      <div class="card">
        <h1>{text.onwardTitle(view.providerName)}</h1>
        <p class="lead">
          {text.onwardBody} <a href={view.href}>{text.onwardLink(view.providerName)}</a>.
        </p>
      </div>
    ),
  });
}
