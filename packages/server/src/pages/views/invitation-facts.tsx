/** What an invitation opens, as its page and the page of a new person from elsewhere show it. */
import type { VNode } from 'preact';
import { Fact, Facts, Moment } from '../kit/parts.tsx';
import type { Ui } from '../kit/ui.ts';
import type { InvitationTerms } from '../models/invitation.ts';

/** For whom, into which groups, as what, until when. */
export function InvitationFacts({ ui, terms }: { readonly ui: Ui; readonly terms: InvitationTerms }): VNode {
  const { say } = ui;
  const { address, groups, isSuperuser, expiresAtMs } = terms;
  return (
    <Facts class="terms">
      <Fact name={say('invitation.for')}>
        <bdi class="long">{address}</bdi>
      </Fact>
      {groups.length > 0 && (
        <Fact name={say('invitation.groups')}>
          {groups.map((name, index) => (
            <>
              {index > 0 && ', '}
              <bdi>{name}</bdi>
            </>
          ))}
        </Fact>
      )}
      {isSuperuser && <Fact name={say('invitation.role')}>{say('invitation.superuser')}</Fact>}
      <Fact name={say('invitation.until')}>
        <Moment ui={ui} atMs={expiresAtMs} as="time" />
      </Fact>
    </Facts>
  );
}
