/**
 * The administration pages: the credentials that this application has at each provider.
 *
 * Owns their markup. The fields `provider`, `name`, `client_id` and `secret` have the names that Django's admin gives them.
 * A stored secret is never part of a page.
 */
import { CredentialFields } from './account-pages.tsx';
import { document, Field, PostForm } from './layout.tsx';
import type {
  AdminIndexView,
  AdminSignInView,
  Frame,
  SocialAppDeleteView,
  SocialAppFormView,
  SocialAppListView,
} from './views.ts';

/** For superusers alone. */
export function adminSignInPage(view: AdminSignInView, frame: Frame): string {
  const { text, links } = frame;
  return document(frame, {
    title: text.adminSignInTitle,
    children: (
      <div class="card">
        <h1>{text.adminSignInTitle}</h1>
        <p class="lead">{view.signedInAs === null ? text.adminSignInIntro : text.adminSignedInAs(view.signedInAs)}</p>
        <PostForm frame={frame} action={links.adminLogin ?? ''} error={view.errors['form']}>
          {view.next === null ? null : <input type="hidden" name="next" value={view.next} />}
          <CredentialFields frame={frame} username={view.username} errors={view.errors} />
          <div class="actions">
            <button class="button block" type="submit">
              {text.signIn}
            </button>
          </div>
        </PostForm>
      </div>
    ),
  });
}

/** What can be administered. */
export function adminIndexPage(view: AdminIndexView, frame: Frame): string {
  return document(frame, {
    title: frame.text.adminTitle,
    wide: true,
    children: (
      <>
        <h1>{frame.text.adminTitle}</h1>
        <AppsCard view={view} frame={frame} heading="h2" />
      </>
    ),
  });
}

/** The social apps. */
export function socialAppListPage(view: SocialAppListView, frame: Frame): string {
  return document(frame, {
    title: frame.text.socialApps,
    wide: true,
    children: <AppsCard view={view} frame={frame} heading="h1" />,
  });
}

function AppsCard({ view, frame, heading: Heading }: { view: SocialAppListView; frame: Frame; heading: 'h1' | 'h2' }) {
  const { text } = frame;
  return (
    <div class="card">
      <Heading>{text.socialApps}</Heading>
      <p class="lead">{view.apps.length === 0 ? text.socialAppsNone : text.socialAppsIntro}</p>
      <ul class="rows">
        {view.apps.map((app) => (
          <li key={app.href}>
            <div>
              <a href={app.href}>
                <strong>{app.name}</strong>
              </a>
              <div class="soft">
                {app.provider} · <span class="mono">{app.clientId}</span>
              </div>
            </div>
          </li>
        ))}
      </ul>
      <div class="actions">
        <a class="button" href={view.addHref}>
          {text.addSocialApp}
        </a>
      </div>
    </div>
  );
}

/** Adds or changes a social app. Without JavaScript the hints are for all providers at once. */
export function socialAppFormPage(view: SocialAppFormView, frame: Frame): string {
  const { text } = frame;
  const title = view.adding ? text.addSocialApp : text.changeSocialApp;
  const [only] = view.providers.length === 1 ? view.providers : [];
  const chosen = only ?? view.providers.find((provider) => provider.id === view.values.provider);
  return document(frame, {
    title,
    wide: true,
    children: (
      <div class="card">
        <h1>{title}</h1>
        <ul class="plain">
          {view.providers.map((provider) => (
            <li key={provider.id}>
              <span class="soft">
                {view.providers.length > 1 ? `${provider.name} – ` : null}
                {text.redirectUri}
              </span>
              <span class="mono">{provider.redirectUri}</span>
              {provider.fixed ? <span class="soft">{text.providerFixed}</span> : null}
            </li>
          ))}
        </ul>
        <PostForm frame={frame} action={view.action} error={view.errors['form']}>
          <ProviderSelect view={view} frame={frame} />
          <Field
            frame={frame}
            name="name"
            label={text.name}
            value={view.values.name}
            help={text.nameHelp}
            errors={view.errors}
            maxLength={100}
          />
          <Field
            frame={frame}
            name="client_id"
            label={text.clientId}
            value={view.values.client_id}
            errors={view.errors}
            maxLength={255}
            plain
          />
          <Field
            frame={frame}
            name="secret"
            type="password"
            label={text.secret}
            help={view.hasSecret ? text.secretKept : text.secretHelp}
            autocomplete="off"
            required={false}
            errors={view.errors}
          />
          <SettingFields view={view} frame={frame} />
          <AddressFields view={view} frame={frame} />
          <Field
            frame={frame}
            name="scope"
            label={text.scope}
            value={view.values.scope}
            help={chosen === undefined ? null : text.scopeHelp(chosen.scope)}
            required={false}
            errors={view.errors}
            plain
          />
          <div class="actions">
            <button class="button" type="submit">
              {text.save}
            </button>
            <a href={frame.links.socialApps ?? ''}>{text.cancel}</a>
            {view.deleteHref === null ? null : (
              <a class="button danger" href={view.deleteHref}>
                {text.delete}
              </a>
            )}
          </div>
        </PostForm>
      </div>
    ),
  });
}

/** What providers need beside client id and secret. Without JavaScript those of all are there, each with its provider's name. */
function SettingFields({ view, frame }: { view: SocialAppFormView; frame: Frame }) {
  const { text } = frame;
  return (
    <>
      {view.providers.flatMap(({ name, settings }) =>
        settings.map(({ field, label, example, fallback }) => (
          <Field
            key={field}
            frame={frame}
            name={field}
            label={view.providers.length > 1 ? `${name} – ${label}` : label}
            value={view.values.settings[field] ?? ''}
            help={fallback === null ? text.settingHelp(name, example) : text.addressHelp(fallback)}
            required={fallback === null && view.providers.length === 1}
            errors={view.errors}
            maxLength={255}
            plain
          />
        )),
      )}
    </>
  );
}

/** Where the server is, for providers that may be anywhere. */
function AddressFields({ view, frame }: { view: SocialAppFormView; frame: Frame }) {
  const { text } = frame;
  const adjustable = view.providers.filter((provider) => provider.adjustable);
  const chosen =
    adjustable.find((provider) => provider.id === view.values.provider) ??
    (adjustable.length === 1 ? adjustable[0] : undefined);
  if (adjustable.length === 0) return null;
  const others =
    adjustable.length < view.providers.length ? text.addressesFor(adjustable.map(({ name }) => name)) : null;
  const words = (...parts: (string | null)[]) => parts.filter((each) => each !== null).join(' ');
  return (
    <>
      <Field
        frame={frame}
        name="server_url"
        type="url"
        label={text.serverUrl}
        value={view.values.server_url}
        help={words(others, addressHelp(frame, chosen?.serverUrl))}
        required={false}
        errors={view.errors}
        plain
      />
      <Field
        frame={frame}
        name="backchannel_url"
        type="url"
        label={text.backChannelUrl}
        value={view.values.backchannel_url}
        help={words(text.backChannelHelp, addressHelp(frame, chosen?.backChannelUrl))}
        required={false}
        errors={view.errors}
        plain
      />
    </>
  );
}

function addressHelp(frame: Frame, address: string | null | undefined): string | null {
  return address === undefined || address === null ? null : frame.text.addressHelp(address);
}

function ProviderSelect({ view, frame }: { view: SocialAppFormView; frame: Frame }) {
  const error = view.errors['provider'];
  return (
    <div class="field">
      <label for="id_provider">{frame.text.provider}</label>
      <select
        id="id_provider"
        name="provider"
        required
        aria-describedby={error === undefined ? undefined : 'id_provider_error'}
        aria-invalid={error === undefined ? undefined : 'true'}
      >
        {view.providers.map((provider) => (
          <option key={provider.id} value={provider.id} selected={provider.id === view.values.provider}>
            {provider.name === provider.id ? provider.id : `${provider.name} (${provider.id})`}
          </option>
        ))}
      </select>
      {error === undefined ? null : (
        <p class="error" id="id_provider_error">
          {error}
        </p>
      )}
    </div>
  );
}

/** Asks before it deletes. */
export function socialAppDeletePage(view: SocialAppDeleteView, frame: Frame): string {
  const { text } = frame;
  return document(frame, {
    title: text.deleteSocialAppTitle(view.name),
    children: (
      <div class="card">
        <h1>{text.deleteSocialAppTitle(view.name)}</h1>
        <p class="lead">{text.deleteSocialAppBody(view.provider)}</p>
        <PostForm frame={frame} action={view.action} error={view.error}>
          <div class="actions">
            <button class="button danger" type="submit">
              {text.delete}
            </button>
            <a href={view.cancelHref}>{text.cancel}</a>
          </div>
        </PostForm>
      </div>
    ),
  });
}
