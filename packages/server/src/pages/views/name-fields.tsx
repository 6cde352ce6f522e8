/** First and last name, as sign-up and profile ask for them. */
import type { VNode } from 'preact';
import { TextField } from '../kit/form.tsx';
import type { Ui } from '../kit/ui.ts';
import type { FormState } from '../models/context.ts';

type Names = FormState<'first_name' | 'last_name'>;

/** Both fields, side by side where there is room. Neither has to be given: people have one name, or three. */
export function NameFields(props: {
  readonly ui: Ui;
  readonly values: Names['values'];
  readonly fieldProblems: Names['fieldProblems'];
}): VNode {
  const { ui, values, fieldProblems } = props;
  return (
    <div class="field-pair">
      <TextField
        ui={ui}
        name="first_name"
        label={ui.say('field.firstName')}
        value={values.first_name}
        problem={fieldProblems.first_name}
        autocomplete="given-name"
        optional="tagged"
      />
      <TextField
        ui={ui}
        name="last_name"
        label={ui.say('field.lastName')}
        value={values.last_name}
        problem={fieldProblems.last_name}
        autocomplete="family-name"
        optional="tagged"
      />
    </div>
  );
}
