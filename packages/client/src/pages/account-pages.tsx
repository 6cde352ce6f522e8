/**
 * The pages of a person's own account: profile, sign-in, sign-up, sign-out.
 *
 * Owns their markup. The ids of the profile page (`username`, `first_name`, `last_name`, `email`, `uid`, `login`) are public:
 * other people's scripts read them.
 */
import { document, Field, PostForm, ProviderLinks } from './layout.tsx';
import type { Frame, ProfileView, SignInView, SignOutView, SignUpView } from './views.ts';

/** Who the person is here, or a way to sign in. */
export function profilePage(view: ProfileView, frame: Frame): string {
  const { text } = frame;
  if (view.user === null) {
    return document(frame, {
      title: text.profileSignedOutTitle,
      children: (
        <div class="card">
          <h1>{text.profileSignedOutTitle}</h1>
          <p class="lead">{text.profileSignedOut(frame.name)}</p>
          <ProviderLinks frame={frame} providers={view.providers} firstId="login" />
          {view.providers.length === 0 && !view.localSignIn ? <p>{text.noWayIn}</p> : null}
          {view.localSignIn ? (
            <p>
              <a href={frame.links.login}>{text.localSignIn}</a>
            </p>
          ) : null}
        </div>
      ),
    });
  }
  const rows = [
    ['username', text.username, view.user.username],
    ['first_name', text.firstName, view.user.firstName],
    ['last_name', text.lastName, view.user.lastName],
    ['email', text.email, view.user.email],
    ['uid', view.providerName === null ? text.uidLabel : text.uid(view.providerName), view.uid ?? ''],
  ] as const;
  return document(frame, {
    title: text.profileTitle,
    wide: true,
    children: (
      <div class="card">
        <h1>{text.profileTitle}</h1>
        <p class="lead">{view.providerName === null ? text.profileLocal : text.profileFrom(view.providerName)}</p>
        <dl class="facts">
          {rows.map(([id, label, value]) => (
            <div key={id}>
              <dt>{label}</dt>
              <dd id={id} class={id === 'uid' ? 'mono' : undefined}>
                {value}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    ),
  });
}

/** Providers first, then the local form where there is one. */
export function signInPage(view: SignInView, frame: Frame): string {
  const { text, links } = frame;
  return document(frame, {
    title: text.signInTitle,
    children: (
      <div class="card">
        <h1>{text.signInTitle}</h1>
        <ProviderLinks frame={frame} providers={view.providers} />
        {view.providers.length > 0 && view.localSignIn ? <p class="divider">{text.or}</p> : null}
        {view.localSignIn ? (
          <>
            <h2>{text.localSignIn}</h2>
            <PostForm frame={frame} action={links.login} error={view.errors['form']}>
              {view.next === null ? null : <input type="hidden" name="next" value={view.next} />}
              <CredentialFields frame={frame} username={view.username} errors={view.errors} />
              <div class="actions">
                <button class={view.providers.length > 0 ? 'button second block' : 'button block'} type="submit">
                  {text.signIn}
                </button>
              </div>
            </PostForm>
          </>
        ) : null}
        {view.providers.length === 0 && !view.localSignIn ? <p>{text.noWayIn}</p> : null}
        {view.localSignUp ? (
          <p class="soft">
            {text.newHere} <a href={links.signUp}>{text.signUp}</a>
          </p>
        ) : null}
      </div>
    ),
  });
}

/** Username and password, as password managers know them. */
export function CredentialFields(props: {
  frame: Frame;
  username: string;
  errors: SignInView['errors'];
  idPrefix?: string;
}) {
  const prefix = props.idPrefix ?? 'id';
  return (
    <>
      <Field
        frame={props.frame}
        name="username"
        id={`${prefix}_username`}
        label={props.frame.text.username}
        value={props.username}
        autocomplete="username"
        errors={props.errors}
        maxLength={254}
        plain
      />
      <Field
        frame={props.frame}
        name="password"
        id={`${prefix}_password`}
        label={props.frame.text.password}
        type="password"
        autocomplete="current-password"
        errors={props.errors}
      />
    </>
  );
}

/** Signing in with a provider is signing up; a form of our own where the application has local accounts. */
export function signUpPage(view: SignUpView, frame: Frame): string {
  const { text, links } = frame;
  return document(frame, {
    title: text.signUpTitle,
    children: (
      <div class="card">
        <h1>{text.signUpTitle}</h1>
        {view.providers.length > 0 ? <p class="lead">{text.signUpWithProviders}</p> : null}
        <ProviderLinks frame={frame} providers={view.providers} />
        {view.providers.length > 0 && view.localSignUp ? <p class="divider">{text.or}</p> : null}
        {view.localSignUp ? (
          <>
            <h2>{text.localSignUp}</h2>
            <PostForm frame={frame} action={links.signUp} error={view.errors['form']}>
              {view.next === null ? null : <input type="hidden" name="next" value={view.next} />}
              <Field
                frame={frame}
                name="username"
                label={text.username}
                value={view.values.username}
                autocomplete="username"
                errors={view.errors}
                maxLength={150}
                plain
              />
              <Field
                frame={frame}
                name="email"
                type="email"
                label={text.email}
                value={view.values.email}
                autocomplete="email"
                required={false}
                errors={view.errors}
                maxLength={254}
                plain
              />
              <div class="pair">
                <Field
                  frame={frame}
                  name="first_name"
                  label={text.firstName}
                  value={view.values.first_name}
                  autocomplete="given-name"
                  required={false}
                  errors={view.errors}
                  maxLength={150}
                />
                <Field
                  frame={frame}
                  name="last_name"
                  label={text.lastName}
                  value={view.values.last_name}
                  autocomplete="family-name"
                  required={false}
                  errors={view.errors}
                  maxLength={150}
                />
              </div>
              <Field
                frame={frame}
                name="password"
                type="password"
                label={text.password}
                autocomplete="new-password"
                help={text.passwordHelp}
                errors={view.errors}
              />
              <div class="actions">
                <button class={view.providers.length > 0 ? 'button second block' : 'button block'} type="submit">
                  {text.signUp}
                </button>
              </div>
            </PostForm>
          </>
        ) : null}
        <p class="soft">
          {text.haveAccount} <a href={links.login}>{text.signIn}</a>
        </p>
      </div>
    ),
  });
}

/** Asks before it signs out; afterwards says where the person may still be signed in. */
export function signOutPage(view: SignOutView, frame: Frame): string {
  const { text, links } = frame;
  if (view.signedOut || frame.user === null) {
    return document(frame, {
      title: text.signedOutTitle,
      children: (
        <div class="card">
          <h1>{text.signedOutTitle}</h1>
          <p class="lead">{text.signedOut(frame.name)}</p>
          {view.providerSignOut === null ? null : (
            <p>
              {text.stillSignedIn(view.providerSignOut.name)}{' '}
              <a href={view.providerSignOut.href}>{text.signOutAt(view.providerSignOut.name)}</a>
            </p>
          )}
          <div class="actions">
            <a class="button" href={links.login}>
              {text.signInAgain}
            </a>
          </div>
        </div>
      ),
    });
  }
  return document(
    { ...frame, user: null },
    {
      title: text.signOutTitle,
      children: (
        <div class="card">
          <h1>{text.signOutTitle}</h1>
          <p class="lead">{text.signOutQuestion(frame.name, frame.user.username)}</p>
          <PostForm frame={frame} action={links.logout} error={view.error}>
            {view.everywhereAt === null ? null : (
              <label class="check">
                <input type="checkbox" name="everywhere" value="1" />
                <span>{text.signOutEverywhere(view.everywhereAt)}</span>
              </label>
            )}
            <div class="actions">
              <button class="button" type="submit">
                {text.signOut}
              </button>
              <a href={links.profile}>{text.cancel}</a>
            </div>
          </PostForm>
        </div>
      ),
    },
  );
}
