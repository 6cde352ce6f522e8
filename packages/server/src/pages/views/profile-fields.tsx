/** The fields that the operator declares, as the profile and the sign-up ask for them. */
import type { VNode } from 'preact';
import { SelectField, TextField } from '../kit/form.tsx';
import { Fact, Facts } from '../kit/parts.tsx';
import type { Ui } from '../kit/ui.ts';
import type { Problem } from '../messages.ts';
import type { ProfileFieldView } from '../models/profile-field.ts';

/** Those that can be filled in; those of the operator as facts below them, where they hold something. */
export function ProfileFields(props: { readonly ui: Ui; readonly fields: readonly ProfileFieldView[] }): VNode {
  const { ui, fields } = props;
  const { locale } = ui.context;
  const shown = fields.filter(({ canChange, value }) => !canChange && value !== '');
  return (
    <>
      {fields
        .filter(({ canChange }) => canChange)
        .map((field) => (
          <Field key={field.name} ui={ui} field={field} />
        ))}
      {shown.length > 0 && (
        <Facts class="terms">
          {shown.map((field) => (
            <Fact key={field.name} name={field.label[locale]}>
              <bdi class="long">{choiceWords(ui, field)}</bdi>
            </Fact>
          ))}
        </Facts>
      )}
    </>
  );
}

/** Their labels by their names, for the summary of problems. */
export function fieldLabels(ui: Ui, fields: readonly ProfileFieldView[]): Readonly<Record<string, string>> {
  return Object.fromEntries(fields.map(({ name, label }) => [name, label[ui.context.locale]]));
}

/** Their problems by their names. */
export function fieldProblemsOf(fields: readonly ProfileFieldView[]): Readonly<Record<string, Problem | undefined>> {
  return Object.fromEntries(fields.map(({ name, problem }) => [name, problem]));
}

function choiceWords(ui: Ui, { choices, value }: ProfileFieldView): string {
  return choices.find((choice) => choice.value === value)?.words[ui.context.locale] ?? value;
}

function Field({ ui, field }: { readonly ui: Ui; readonly field: ProfileFieldView }): VNode {
  const { locale } = ui.context;
  const { name, value, problem, kind } = field;
  const label = field.label[locale];
  const common = { ui, name, label, value, problem };
  if (kind === 'choice') {
    const options = field.choices.map((choice) => ({ value: choice.value, text: choice.words[locale] }));
    // A choice that is offered no longer stays until another one is made.
    const known = value === '' || field.choices.some((choice) => choice.value === value);
    const first = { value: '', text: ui.say(field.required ? 'profileField.choose' : 'profileField.none') };
    const former = known ? [] : [{ value, text: value }];
    return (
      <SelectField
        {...common}
        options={[first, ...options, ...former]}
        {...(field.required ? {} : { optional: 'tagged' as const })}
      />
    );
  }
  const hint = kind === 'date' ? ui.say('profileField.dateHint') : undefined;
  return (
    <TextField
      {...common}
      {...(hint === undefined ? {} : { hint })}
      {...(field.required ? {} : { optional: 'tagged' as const })}
      verbatim={kind !== 'text'}
    />
  );
}
