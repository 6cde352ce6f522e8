/** What there is to say of a passkey, in the list and on its own page. */
import type { VNode } from 'preact';
import { Fact, Facts, Moment } from '../kit/parts.tsx';
import type { Ui } from '../kit/ui.ts';
import type { PasskeyView } from '../models/security.ts';

/** Since when, when last, and where it is. */
export function PasskeyFacts({ ui, passkey }: { readonly ui: Ui; readonly passkey: PasskeyView }): VNode {
  const { say } = ui;
  return (
    <Facts class="facts-inline">
      <Fact name={say('security.added')}>
        <Moment ui={ui} atMs={passkey.createdAtMs} as="date" />
      </Fact>
      <Fact name={say('security.lastUsed')}>
        {passkey.lastUsedAtMs === null ? say('word.never') : <Moment ui={ui} atMs={passkey.lastUsedAtMs} as="ago" />}
      </Fact>
      <Fact name={say('passkeys.where')}>
        {say(passkey.isBackupEligible ? 'passkeys.synced' : 'passkeys.oneDevice')}
      </Fact>
    </Facts>
  );
}
