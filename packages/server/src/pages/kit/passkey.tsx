/**
 * Where a passkey is asked for: a button that the script `passkeys.js` brings to life, with the fields that it fills in and what it may
 * say. Without script there is no button, and a line that says why.
 *
 * Owns this markup, which is the script's contract. Stands within the form that takes the passkey.
 */
import type { VNode } from 'preact';
import type { PasskeyRequest } from '../models/security.ts';
import { Icon } from './marks.tsx';
import type { Ui } from './ui.ts';

interface PasskeyProps {
  readonly ui: Ui;
  readonly label: string;
  /** What the browser is asked for, or an own-origin path where the script asks, and asks anew when it has waited. */
  readonly request: PasskeyRequest | string;
  /** `create`: a new one. */
  readonly kind?: 'create';
  readonly isPrimary?: boolean;
  /** Where the other way of the page is, seen from here. */
  readonly or?: 'above' | 'below';
  /** What to do where no script runs. */
  readonly scriptless: string;
}

/** The button, with its fields `challenge` and `credential`. */
export function Passkey(props: PasskeyProps): VNode {
  const { ui, request, kind = 'get', or, isPrimary = false } = props;
  const { say } = ui;
  const given = typeof request === 'string' ? { 'data-from': request } : { 'data-options': request.options };
  return (
    <div
      class="passkey"
      data-passkey={kind}
      {...given}
      data-cancelled={say('passkey.cancelled')}
      data-failed={say('passkey.failed')}
      data-known={say('passkey.known')}
      data-unsupported={say('passkey.unsupported')}
    >
      <input type="hidden" name="challenge" value={typeof request === 'string' ? '' : request.challenge} />
      <input type="hidden" name="credential" value="" />
      {or === 'above' && <Or ui={ui} />}
      <button class={isPrimary ? 'button button-primary button-wide' : 'button button-wide'} type="button" hidden>
        <Icon name="passkey" />
        <span>{props.label}</span>
      </button>
      <p class="passkey-said" role="status" />
      {or === 'below' && <Or ui={ui} />}
      <noscript>
        <p class="hint">{props.scriptless}</p>
      </noscript>
    </div>
  );
}

function Or({ ui }: { readonly ui: Ui }): VNode {
  return (
    <p class="or" hidden>
      <span>{ui.say('word.or')}</span>
    </p>
  );
}
