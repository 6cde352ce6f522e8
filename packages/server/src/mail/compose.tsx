/**
 * A message by what it is for → subject, text and HTML, in the language of its reader.
 *
 * Owns what stands in which order, and the links, which are built from the public URL alone (CVE-2025-70948: never from a Host
 * header). HTML is escaped by the renderer, and brings nothing from outside: no image, no font, no script, so that opening a message
 * tells nobody anything. The words are `messages/`.
 */
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { AccountNotice, MailedText, OutgoingMessage } from '../accounts/ports/mail.ts';
import { type MailTexts, mailTexts } from './texts.ts';

/** What every message says of the installation. */
export interface Letterhead {
  /** Public base URL without a trailing slash. */
  readonly url: string;
  readonly brand: string;
  /** `#rrggbb`, for the button. */
  readonly accent: string;
}

/** A message, ready to be sent. */
export interface ComposedMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The parts of a message in their order; null: it has none. */
interface Letter {
  readonly subject: string;
  readonly greeting: string;
  readonly text: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly action: { readonly label: string; readonly url: string } | null;
  readonly code: { readonly before: string; readonly code: string } | null;
  readonly expires: string | null;
  readonly not: string;
}

/** Composes a message. */
export function composeMail(message: OutgoingMessage, letterhead: Letterhead): ComposedMail {
  const texts = mailTexts(message, letterhead.brand);
  const letter = letterOf(message, texts, letterhead);
  const foot = texts.say('foot', { host: new URL(letterhead.url).host });
  return {
    to: message.to,
    // A name that somebody chose cannot begin a second header; nodemailer folds and encodes, this is the belt.
    subject: letter.subject.replace(/[\r\n]+/g, ' '),
    text: asText(letter, foot),
    html: `<!doctype html>${renderToString(<Html letter={letter} foot={foot} texts={texts} letterhead={letterhead} />)}`,
  };
}

function letterOf(message: OutgoingMessage, texts: MailTexts, letterhead: Letterhead): Letter {
  const { say } = texts;
  switch (message.kind) {
    case 'verify-address':
      return secretLetter(message, `${letterhead.url}/email/verify/`, texts, message.next);
    case 'address-known':
    case 'reset-password':
    case 'reset-started':
      return secretLetter(message, `${letterhead.url}/password/reset/`, texts);
    case 'sign-in':
      return secretLetter(message, `${letterhead.url}/login/mail/code/`, texts, message.next);
    case 'address-unknown':
    case 'sign-in-unknown':
      return {
        ...EMPTY,
        subject: say(`${message.kind}.subject`),
        greeting: say('greeting.nobody'),
        text: say(`${message.kind}.text`),
        not: say(`${message.kind}.not`),
      };
    case 'invitation': {
      const values = { invitedBy: message.invitedBy };
      return {
        ...EMPTY,
        subject: say('invitation.subject', values),
        greeting: say('greeting.nobody'),
        text: say('invitation.text', values),
        action: { label: say('invitation.action'), url: `${letterhead.url}${message.path}` },
        expires: say('expires', { when: texts.instant(message.expiresAtMs) }),
        not: say('invitation.not'),
      };
    }
    case 'notice':
      return noticeLetter(message, texts, letterhead);
    default:
      return message satisfies never;
  }
}

const EMPTY = { facts: [], action: null, code: null, expires: null } as const;

/** A message that opens something. @param page where its link leads. */
function secretLetter(
  message: Extract<OutgoingMessage, { readonly secret: MailedText }>,
  page: string,
  { say, instant }: MailTexts,
  next: string | null = null,
): Letter {
  const { kind, username, secret } = message;
  const query = new URLSearchParams({ token: secret.token, ...(next === null ? {} : { next }) });
  const code = secret.code === null ? null : spaced(secret.code);
  return {
    subject: say(`${kind}.subject`),
    greeting: say('greeting', { username }),
    text: say(`${kind}.text`, { username }),
    facts: [],
    action: { label: say(`${kind}.action`), url: `${page}?${query}` },
    code: code === null ? null : { before: say('code.else'), code },
    expires: say('expires', { when: instant(secret.expiresAtMs) }),
    not: say(`${kind}.not`),
  };
}

function noticeLetter(
  { username, notice, happenedAtMs }: Extract<OutgoingMessage, { readonly kind: 'notice' }>,
  { say, instant }: MailTexts,
  { url }: Letterhead,
): Letter {
  return {
    subject: say(`${notice.kind}.subject`, { username, ...valuesOf(notice, instant) }),
    greeting: say('greeting', { username }),
    text: say(`${notice.kind}.text`, { username, ...valuesOf(notice, instant) }),
    facts: [[say('when'), instant(happenedAtMs)], ...placeOf(notice, say)],
    action: { label: say('notice.action'), url: `${url}/account/` },
    code: null,
    expires: null,
    not: say('notice.not', { url: `${url}/password/reset/` }),
  };
}

function valuesOf(notice: AccountNotice, instant: MailTexts['instant']): Readonly<Record<string, string | number>> {
  switch (notice.kind) {
    case 'address-added':
    case 'address-removed':
      return { address: notice.address };
    case 'primary-address-changed':
      return { address: notice.address, former: notice.former };
    case 'passkey-added':
    case 'passkey-removed':
    case 'passkey-cloned':
      return { name: notice.name };
    case 'identity-linked':
    case 'identity-unlinked':
      return { provider: notice.provider };
    case 'recovery-code-used':
      return { left: notice.left };
    case 'deletion-asked':
      return { when: instant(notice.deletedAtMs) };
    default:
      return {};
  }
}

function placeOf(notice: AccountNotice, say: MailTexts['say']): readonly (readonly [string, string])[] {
  if (notice.kind !== 'new-device' && notice.kind !== 'many-failures') return [];
  const device: readonly (readonly [string, string])[] =
    notice.kind === 'new-device' && notice.userAgent !== '' ? [[say('device'), notice.userAgent]] : [];
  return [[say('network'), notice.networkAddress], ...device];
}

/** `12345678` as `1234 5678`: what people read over a shoulder of their own. */
function spaced(code: string): string {
  return code.replace(/^(\d{4})(\d{4})$/, '$1 $2');
}

function asText(letter: Letter, foot: string): string {
  const { action, code } = letter;
  const parts = [
    letter.greeting,
    letter.text,
    letter.facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
    action === null ? '' : `${action.label}:\n${action.url}`,
    code === null ? '' : `${code.before}\n${code.code}`,
    letter.expires ?? '',
    letter.not,
    // RFC 3676 §4.3: what follows is a signature.
    `-- \n${foot}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Mail programs read inline styles and little else; the scheme is left to them, so the colours bear either. */
function Html(props: {
  readonly letter: Letter;
  readonly foot: string;
  readonly texts: MailTexts;
  readonly letterhead: Letterhead;
}): VNode {
  const { letter, foot, texts, letterhead } = props;
  const { action, code } = letter;
  return (
    <html lang={texts.tag}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        <title>{letter.subject}</title>
      </head>
      <body style="margin:0;padding:24px 16px;font:16px/1.5 system-ui,sans-serif">
        <div style="max-width:34em;margin:0 auto">
          <p style="font-weight:600">{letterhead.brand}</p>
          <p>{letter.greeting}</p>
          <p>{letter.text}</p>
          {letter.facts.length > 0 && (
            <p>
              {letter.facts.map(([name, value], index) => (
                <>
                  {index > 0 && <br />}
                  {name}: {value}
                </>
              ))}
            </p>
          )}
          {action !== null && (
            <>
              <p style="margin:24px 0">
                <a href={action.url} style={buttonStyle(letterhead.accent)}>
                  {action.label}
                </a>
              </p>
              <p style="font-size:14px">
                {texts.say('link.else')}
                <br />
                <span style="word-break:break-all">{action.url}</span>
              </p>
            </>
          )}
          {code !== null && (
            <p>
              {code.before}
              <br />
              <strong style="font-size:24px;letter-spacing:2px">{code.code}</strong>
            </p>
          )}
          {letter.expires !== null && <p>{letter.expires}</p>}
          <p>{letter.not}</p>
          <p style="font-size:14px;border-top:1px solid #7f8a8b;padding-top:12px">{foot}</p>
        </div>
      </body>
    </html>
  );
}

function buttonStyle(accent: string): string {
  const dark = luminance(accent) < 0.4;
  return `display:inline-block;padding:10px 20px;border-radius:6px;text-decoration:none;font-weight:600;background:${accent};color:${dark ? '#ffffff' : '#000000'}`;
}

/** Roughly, from 0 to 1: whether white or black stands out on it. */
function luminance(hex: string): number {
  const channel = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16) / 255;
  return 0.2126 * channel(1) ** 2.2 + 0.7152 * channel(3) ** 2.2 + 0.0722 * channel(5) ** 2.2;
}
