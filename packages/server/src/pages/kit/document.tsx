/**
 * The HTML document around each page, in its two forms: `EntryDocument`, one card for one act (sign in, allow, confirm,
 * be told), and `AccountDocument`, the signed-in person's pages with their navigation.
 *
 * Owns head, landmarks, brand, navigation and the language form. Everything is from our own files: no inline style or
 * script (the content security policy forbids them).
 */
import type { ComponentChildren, VNode } from 'preact';
import { LOCALES, languageName } from '../messages.ts';
import type { AssetName } from '../models/context.ts';
import { Tone, TuningFork } from './marks.tsx';
import { dateWords, type Ui } from './ui.ts';

interface DocumentProps {
  readonly ui: Ui;
  /** For the window's title; the brand is added. */
  readonly title: string;
  /** True when the page reports a problem: the title says so first, as it is what a screen reader reads first. */
  readonly hasProblem?: boolean;
  /** The page's script, where it is not the one of all others. */
  readonly script?: AssetName;
  /** True: the page asks for a passkey (`passkey.tsx`). */
  readonly takesPasskeys?: boolean;
  readonly children: ComponentChildren;
}

/** A page that asks for one thing. `width`: of its card; `bare`: no card at all. `footless`: it cannot be shown again. */
export function EntryDocument(
  props: DocumentProps & {
    readonly width?: 'narrow' | 'medium' | 'bare';
    readonly silent?: boolean;
    readonly footless?: boolean;
  },
): VNode {
  const { ui, width = 'narrow', footless = false } = props;
  return (
    <Html {...props} layout={`entry entry-${width}`}>
      <header class="entry-head">
        <BrandLink ui={ui} />
        <Tone silent={props.silent === true} />
      </header>
      <main id="main" class={width === 'bare' ? 'entry-main' : 'entry-main card'} tabIndex={-1}>
        {props.children}
      </main>
      {!footless && <Foot ui={ui} />}
    </Html>
  );
}

/** Where the person is in their pages. */
export type AccountSection =
  | 'profile'
  | 'email'
  | 'password'
  | 'security'
  | 'linked'
  | 'sessions'
  | 'log'
  | 'data'
  | 'connections'
  | 'applications'
  /** Of superusers. */
  | 'groups'
  | 'invitations'
  | 'activity';

/**
 * A page of the signed-in person. `narrow`: it is one short form. `isShownOnce`: going away loses what is on it, so that it
 * does not offer another language.
 */
export function AccountDocument(
  props: DocumentProps & {
    readonly section: AccountSection;
    readonly narrow?: boolean;
    readonly isShownOnce?: boolean;
  },
): VNode {
  const { ui, section, narrow = false } = props;
  return (
    <Html {...props} layout="account">
      <header class="bar">
        <div class="bar-inside">
          <BrandLink ui={ui} />
          <PersonMenu ui={ui} />
        </div>
      </header>
      <div class="account-body">
        <AccountNavigation ui={ui} section={section} />
        <main id="main" class={narrow ? 'account-main account-main-narrow' : 'account-main'} tabIndex={-1}>
          {section !== 'data' && <DeletionLine ui={ui} />}
          {props.children}
        </main>
      </div>
      {props.isShownOnce !== true && <Foot ui={ui} />}
    </Html>
  );
}

function Html({
  ui,
  title,
  hasProblem,
  script = 'diapason.js',
  takesPasskeys = false,
  layout,
  children,
}: DocumentProps & { readonly layout: string }): VNode {
  const { assetUrl, brand, locale } = ui.context;
  const shown = hasProblem === true ? ui.say('shell.problemTitle', { title }) : title;
  return (
    <html lang={locale}>
      <head>
        <meta charset="utf-8" />
        <title>{`${shown} · ${brand.name}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href={assetUrl('favicon.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={assetUrl('diapason.css')} />
        <link rel="stylesheet" href={assetUrl('brand.css')} />
        <script src={assetUrl(script)} defer />
        {takesPasskeys && <script src={assetUrl('webauthn.js')} defer />}
        {takesPasskeys && <script src={assetUrl('passkeys.js')} defer />}
      </head>
      <body class={layout}>
        <a class="skip" href="#main">
          {ui.say('shell.skip')}
        </a>
        {children}
      </body>
    </html>
  );
}

function BrandLink({ ui }: { readonly ui: Ui }): VNode {
  const { brand } = ui.context;
  return (
    <a class="brand" href="/">
      {brand.logoUrl === null ? <TuningFork /> : <img class="brand-logo" src={brand.logoUrl} alt="" />}
      <bdi class="brand-name">{brand.name}</bdi>
    </a>
  );
}

function PersonMenu({ ui }: { readonly ui: Ui }): VNode | null {
  const { person } = ui.context;
  if (person === null) return null;
  return (
    <div class="person">
      <a class="person-name" href="/account/" aria-label={ui.say('shell.signedInAs', { name: person.displayName })}>
        <bdi>{person.displayName}</bdi>
      </a>
      <a class="person-out" href="/logout/">
        {ui.say('shell.signOut')}
      </a>
    </div>
  );
}

/** On every account page while it waits: whoever did not ask for it sees it at once. */
function DeletionLine({ ui }: { readonly ui: Ui }): VNode | null {
  const deletesAtMs = ui.context.person?.deletesAtMs ?? null;
  if (deletesAtMs === null) return null;
  return (
    <p class="warning">
      <span>
        {ui.say('shell.deletion', { when: dateWords(ui, deletesAtMs) })}{' '}
        <a href="/account/data/">{ui.say('shell.deletionKeep')}</a>
      </span>
    </p>
  );
}

function AccountNavigation({ ui, section }: { readonly ui: Ui; readonly section: AccountSection }): VNode {
  const applications = ui.context.person?.isSuperuser === true ? 'nav.allApplications' : 'nav.applications';
  const entries = [
    ['profile', '/account/', ui.say('nav.profile')],
    ['email', '/account/email/', ui.say('nav.email')],
    ['password', '/account/password/', ui.say('nav.password')],
    ['security', '/account/security/', ui.say('nav.security')],
    ...(ui.context.hasElsewhere ? ([['linked', '/account/linked/', ui.say('nav.linked')]] as const) : []),
    ['sessions', '/account/sessions/', ui.say('nav.sessions')],
    ['log', '/account/log/', ui.say('nav.log')],
    ['data', '/account/data/', ui.say('nav.data')],
    ['connections', '/o/authorized_tokens/', ui.say('nav.connections')],
    ['applications', '/o/applications/', ui.say(applications)],
    ...(ui.context.person?.isSuperuser === true
      ? ([
          ['groups', '/admin/groups/', ui.say('nav.groups')],
          ['invitations', '/admin/invitations/', ui.say('nav.invitations')],
          ['activity', '/admin/activity/', ui.say('nav.activity')],
        ] as const)
      : []),
  ] as const;
  return (
    <nav class="sections" aria-label={ui.say('shell.you')}>
      <ul>
        {entries.map(([name, href, text]) => (
          <li key={name}>
            <a href={href} aria-current={name === section ? 'page' : undefined}>
              {text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The languages, each in its own name and marked as such (WCAG 3.1.2), as a plain form. */
function Foot({ ui }: { readonly ui: Ui }): VNode {
  const { csrfToken, currentPath, locale } = ui.context;
  return (
    <footer class="foot">
      <form method="post" action="/language/" aria-label={ui.say('shell.languages')}>
        <input type="hidden" name="csrf" value={csrfToken} />
        <input type="hidden" name="next" value={currentPath} />
        {LOCALES.map((tag) => (
          <button
            key={tag}
            type="submit"
            name="locale"
            value={tag}
            lang={tag}
            aria-pressed={tag === locale ? 'true' : 'false'}
          >
            {languageName(tag)}
          </button>
        ))}
      </form>
    </footer>
  );
}
