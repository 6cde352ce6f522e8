/** The one field for a code: of an authenticator app, or for recovery. */
import type { VNode } from 'preact';
import { TextField } from '../kit/form.tsx';
import type { Ui } from '../kit/ui.ts';
import type { Problem } from '../messages.ts';

/** The field `code`. Text, not a number: recovery codes have letters, and a code may begin with 0. */
export function CodeField(props: {
  readonly ui: Ui;
  readonly problem: Problem | undefined;
  readonly takesFocus?: boolean;
  /** `app`: an authenticator's alone, since there is no recovery code yet. */
  readonly from?: 'app';
}): VNode {
  const { ui, problem, takesFocus = false, from } = props;
  return (
    <TextField
      ui={ui}
      name="code"
      label={ui.say('field.code')}
      {...(from === undefined ? { hint: ui.say('hint.code') } : {})}
      problem={problem}
      autocomplete="one-time-code"
      takesFocus={takesFocus}
      verbatim
    />
  );
}
