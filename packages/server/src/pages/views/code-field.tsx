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
  /** `app`: an authenticator's alone, since there is no recovery code yet. `recovery`: there is no app. */
  readonly from?: 'app' | 'recovery';
}): VNode {
  const { ui, problem, takesFocus = false, from } = props;
  return (
    <TextField
      ui={ui}
      name="code"
      label={codeLabel(ui, from !== 'recovery')}
      {...(from === 'app' ? {} : { hint: ui.say(from === 'recovery' ? 'hint.recoveryCode' : 'hint.code') })}
      problem={problem}
      autocomplete="one-time-code"
      takesFocus={takesFocus}
      verbatim
    />
  );
}

/** What it is called. @param hasApp whether an authenticator app's may come. */
export function codeLabel(ui: Ui, hasApp: boolean): string {
  return ui.say(hasApp ? 'field.code' : 'field.recoveryCode');
}
