/**
 * The document around every page, and the pieces that pages are made of.
 *
 * Owns landmarks, the navigation, notices, and how a field is tied to its help and its error.
 */
import type { ComponentChildren, InputHTMLAttributes, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { LANGUAGES } from './messages/messages.ts';
import type { FormErrors, Frame, ProviderLink } from './views.ts';

/** A whole document. `wide` for tables and forms with long values; `refresh` to go on by itself. */
export function document(
  frame: Frame,
  page: { title: string; wide?: boolean; refresh?: string; children: ComponentChildren },
): string {
  const { text, links } = frame;
  return `<!doctype html>${renderToString(
    <html lang={frame.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${page.title} · ${frame.name}`}</title>
        {page.refresh === undefined ? null : <meta http-equiv="refresh" content={`0;url=${page.refresh}`} />}
        <link rel="stylesheet" href={frame.stylesheet} />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <a class="skip" href="#content">
          {text.skipToContent}
        </a>
        <header class="bar">
          <div class="bar-inner">
            <a class="brand" href={links.profile}>
              {frame.name}
            </a>
            <Navigation frame={frame} />
          </div>
        </header>
        <main id="content" tabIndex={-1} class={page.wide === true ? 'wide' : undefined}>
          {frame.notice === null ? null : (
            <p class="notice" role="status">
              {text.notices[frame.notice]}
            </p>
          )}
          {page.children}
        </main>
        <footer>
          <nav aria-label={text.languageLabel}>
            <ul>
              {links.languages.map(({ language, href, current }) => (
                <li key={language}>
                  {current ? (
                    <span aria-current="true">{languageName(language)}</span>
                  ) : (
                    <a href={href} lang={language} hreflang={language}>
                      {languageName(language)}
                    </a>
                  )}
                </li>
              ))}
            </ul>
          </nav>
        </footer>
      </body>
    </html>,
  )}`;
}

function languageName(language: string): string {
  return LANGUAGES.find((each) => each.language === language)?.name ?? language;
}

function Navigation({ frame }: { frame: Frame }): VNode | null {
  const { text, links, user } = frame;
  if (user === null) return null;
  return (
    <nav aria-label={text.mainNavigation}>
      <ul>
        <li>
          <a href={links.profile}>{text.profile}</a>
        </li>
        <li>
          <a href={links.connections}>{text.connections}</a>
        </li>
        {user.isSuperuser && links.admin !== null ? (
          <li>
            <a href={links.admin}>{text.administration}</a>
          </li>
        ) : null}
        <li>
          <a href={links.logout}>{text.signOut}</a>
        </li>
      </ul>
    </nav>
  );
}

/** A form that posts, with its token, and its own error above the fields. */
export function PostForm(props: {
  frame: Frame;
  action: string;
  error?: string | null | undefined;
  children: ComponentChildren;
}): VNode {
  return (
    <form method="post" action={props.action}>
      <input type="hidden" name={props.frame.formToken.name} value={props.frame.formToken.value} />
      {props.error === undefined || props.error === null ? null : (
        <p class="problem" role="alert">
          {props.error}
        </p>
      )}
      {props.children}
    </form>
  );
}

interface FieldProps {
  readonly frame: Frame;
  readonly name: string;
  /** Where two forms of a page have a field of one name. */
  readonly id?: string;
  readonly label: string;
  readonly value?: string;
  readonly type?: 'text' | 'email' | 'password' | 'url';
  readonly autocomplete?: string;
  readonly required?: boolean;
  readonly help?: string | null;
  readonly errors: FormErrors;
  readonly maxLength?: number;
  readonly plain?: boolean;
}

/** A labelled input; its help and its error are read out with it. */
export function Field(props: FieldProps): VNode {
  const id = props.id ?? `id_${props.name}`;
  const error = props.errors[props.name];
  const help = props.help ?? null;
  const describedBy = [error === undefined ? [] : [`${id}_error`], help === null ? [] : [`${id}_help`]]
    .flat()
    .join(' ');
  const required = props.required !== false;
  const attributes = {
    id,
    name: props.name,
    autocomplete: props.autocomplete ?? 'off',
    required,
    maxLength: props.maxLength,
    'aria-describedby': describedBy === '' ? undefined : describedBy,
    'aria-invalid': error === undefined ? undefined : ('true' as const),
    // Names and addresses are no sentences.
    autocapitalize: props.plain === true ? ('none' as const) : undefined,
    autocorrect: props.plain === true ? 'off' : undefined,
    spellcheck: props.plain === true ? false : undefined,
  };
  return (
    <div class="field">
      <label for={id}>
        {props.label}
        {required ? null : <span class="soft"> ({props.frame.text.optional})</span>}
      </label>
      {input(props.type ?? 'text', attributes, props.value ?? '')}
      {help === null ? null : (
        <p class="help" id={`${id}_help`}>
          {help}
        </p>
      )}
      {error === undefined ? null : (
        <p class="error" id={`${id}_error`}>
          {error}
        </p>
      )}
    </div>
  );
}

type InputAttributes = Omit<InputHTMLAttributes<HTMLInputElement>, 'type' | 'value' | 'list' | 'role'>;

/** Preact types each kind of input apart. A password is never written back. */
function input(type: NonNullable<FieldProps['type']>, attributes: InputAttributes, value: string): VNode {
  switch (type) {
    case 'password':
      return <input {...attributes} type="password" />;
    case 'email':
      return <input {...attributes} type="email" value={value} />;
    case 'url':
      return <input {...attributes} type="url" value={value} />;
    case 'text':
      return <input {...attributes} type="text" value={value} />;
  }
}

/** One link for each provider. `firstId` names the first one's element. */
export function ProviderLinks(props: { frame: Frame; providers: readonly ProviderLink[]; firstId?: string }): VNode {
  return (
    <ul class="stack">
      {props.providers.map((provider, index) => (
        <li key={provider.id}>
          <a
            class={index === 0 ? 'button block' : 'button second block'}
            href={provider.href}
            id={index === 0 ? props.firstId : undefined}
          >
            {props.frame.text.signInWith(provider.name)}
          </a>
        </li>
      ))}
    </ul>
  );
}
