/**
 * Forms: the form itself and its fields, each with its problem beside it. The summary of problems on top is
 * `problem-summary.tsx`.
 *
 * Owns ids, `aria-describedby`, `aria-invalid` and autocomplete. Every id is made from the field's wire name, so a page has
 * at most one field of a name.
 */
import type { ComponentChildren, VNode } from 'preact';
import type { Problem } from '../messages.ts';
import type { Ui } from './ui.ts';

interface FormProps {
  readonly ui: Ui;
  readonly action: string;
  readonly hidden?: readonly { readonly name: string; readonly value: string }[];
  readonly class?: string;
  /** It has a file in it. */
  readonly uploads?: true;
  readonly children: ComponentChildren;
}

/** A form that posts, with its token. */
export function Form({ ui, action, hidden = [], uploads, children, ...rest }: FormProps): VNode {
  return (
    <form
      method="post"
      action={action}
      encType={uploads === true ? 'multipart/form-data' : undefined}
      class={rest.class ?? 'form'}
    >
      <input type="hidden" name="csrf" value={ui.context.csrfToken} />
      {hidden.map((field) => (
        <input key={field.name} type="hidden" name={field.name} value={field.value} />
      ))}
      {children}
    </form>
  );
}

/** `next` as a hidden field, or none. */
export function nextField(next: string | null): readonly { readonly name: string; readonly value: string }[] {
  return next === null ? [] : [{ name: 'next', value: next }];
}

/** A form that waits for this one, as the hidden field `kept`, or none. */
export function keptField(kept: string | null): readonly { readonly name: string; readonly value: string }[] {
  return kept === null ? [] : [{ name: 'kept', value: kept }];
}

/** `form`, by which the server knows one form that came twice; none where that does no harm. */
export function formField(formId: string | null): readonly { readonly name: string; readonly value: string }[] {
  return formId === null ? [] : [{ name: 'form', value: formId }];
}

interface FieldProps {
  readonly ui: Ui;
  readonly name: string;
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly problem: Problem | undefined;
  /** `tagged`: says so beside the label. `untagged`: it depends on other fields, and the server alone knows. */
  readonly optional?: 'tagged' | 'untagged';
}

interface TextFieldProps extends FieldProps {
  readonly type?: 'text' | 'email' | 'password' | 'number';
  readonly value?: string;
  /** WCAG 1.3.5: what the browser may fill in. */
  readonly autocomplete?: string;
  readonly minimumLength?: number;
  /** The first field of a page whose one purpose is the form. Not where a problem is reported: its summary has the focus. */
  readonly takesFocus?: boolean;
  /** Names and addresses of the machine kind: no spelling, no capitals. */
  readonly verbatim?: boolean;
}

/** A single line. A password is never filled in again. */
export function TextField(props: TextFieldProps): VNode {
  const { ui } = props;
  const input = <Input {...props} />;
  if (props.type !== 'password') return <FieldFrame {...props}>{input}</FieldFrame>;
  return (
    <FieldFrame {...props}>
      <span class="password" data-show={ui.say('shell.showPassword')} data-hide={ui.say('shell.hidePassword')}>
        {input}
      </span>
    </FieldFrame>
  );
}

function Input(props: TextFieldProps): VNode {
  const attributes = {
    ...described(props),
    name: props.name,
    autocomplete: props.autocomplete ?? 'off',
    autocapitalize: props.verbatim === true ? ('none' as const) : undefined,
    spellcheck: props.verbatim === true ? false : undefined,
    minLength: props.minimumLength,
    required: props.optional === undefined,
    autofocus: props.takesFocus === true,
  };
  // Spelled out: preact's types tie the ARIA roles that an input may have to its type.
  switch (props.type) {
    case 'password':
      return <input {...attributes} type="password" />;
    case 'email':
      return <input {...attributes} type="email" inputMode="email" value={props.value} />;
    case 'number':
      return <input {...attributes} type="text" inputMode="numeric" value={props.value} />;
    default:
      return <input {...attributes} type="text" value={props.value} />;
  }
}

/** A file of the person's own. @param props.accept media types, by commas: what the browser offers first, and no check. */
export function FileField(props: FieldProps & { readonly accept: string }): VNode {
  return (
    <FieldFrame {...props}>
      <input {...described(props)} type="file" name={props.name} accept={props.accept} required />
    </FieldFrame>
  );
}

/** Several lines of the machine kind, such as one address to a line. */
export function LinesField(props: FieldProps & { readonly value: string; readonly rows: number }): VNode {
  return (
    <FieldFrame {...props}>
      <textarea
        {...described(props)}
        name={props.name}
        rows={props.rows}
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        required={props.optional === undefined}
        value={props.value}
      />
    </FieldFrame>
  );
}

/** One of a few values. */
export function SelectField(
  props: FieldProps & {
    readonly value: string;
    readonly options: readonly { readonly value: string; readonly text: string; readonly lang?: string }[];
  },
): VNode {
  return (
    <FieldFrame {...props}>
      <select {...described(props)} name={props.name}>
        {props.options.map(({ value, text, lang }) => (
          <option key={value} value={value} lang={lang} selected={value === props.value}>
            {text}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}

/** One of many values, in groups. */
export function GroupedSelectField(
  props: FieldProps & {
    readonly value: string;
    /** Before the groups. */
    readonly first: { readonly value: string; readonly text: string };
    readonly groups: readonly {
      readonly label: string;
      readonly options: readonly { readonly value: string; readonly text: string }[];
    }[];
  },
): VNode {
  const { value, first, groups } = props;
  return (
    <FieldFrame {...props}>
      <select {...described(props)} name={props.name}>
        <option value={first.value} selected={first.value === value}>
          {first.text}
        </option>
        {groups.map(({ label, options }) => (
          <optgroup key={label} label={label}>
            {options.map((option) => (
              <option key={option.value} value={option.value} selected={option.value === value}>
                {option.text}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </FieldFrame>
  );
}

/** Radio buttons or boxes under one legend, each with a line of explanation. */
export function ChoiceField(
  props: FieldProps & {
    readonly kind: 'radio' | 'checkbox';
    readonly chosen: readonly string[];
    readonly choices: readonly { readonly value: string; readonly text: ComponentChildren; readonly hint?: string }[];
  },
): VNode {
  const { ui, name, label, hint, problem } = props;
  return (
    <fieldset
      class={problem === undefined ? 'field choices' : 'field choices field-bad'}
      id={fieldId(name)}
      aria-describedby={describedBy(props)}
      tabIndex={-1}
    >
      <legend>{label}</legend>
      {hint !== undefined && (
        <p class="hint" id={`${fieldId(name)}-hint`}>
          {hint}
        </p>
      )}
      <FieldProblem ui={ui} name={name} problem={problem} />
      {props.choices.map((choice) => (
        <Choice
          key={choice.value}
          id={`${fieldId(name)}-${choice.value}`}
          kind={props.kind}
          name={name}
          value={choice.value}
          checked={props.chosen.includes(choice.value)}
          text={choice.text}
          hint={choice.hint}
        />
      ))}
    </fieldset>
  );
}

/** One box that is on or off. */
export function SwitchField(props: FieldProps & { readonly checked: boolean; readonly hint: string }): VNode {
  return (
    <div class="field">
      <FieldProblem ui={props.ui} name={props.name} problem={props.problem} />
      <Choice
        id={fieldId(props.name)}
        kind="checkbox"
        name={props.name}
        value="on"
        checked={props.checked}
        text={props.label}
        hint={props.hint}
      />
    </div>
  );
}

function FieldFrame(props: FieldProps & { readonly children: ComponentChildren }): VNode {
  const { ui, name, label, hint, problem, optional } = props;
  return (
    <div class={problem === undefined ? 'field' : 'field field-bad'}>
      <label for={fieldId(name)}>
        {label}
        {optional === 'tagged' && <span class="optional"> {ui.say('field.optional')}</span>}
      </label>
      {props.children}
      <FieldProblem ui={ui} name={name} problem={problem} />
      {hint !== undefined && (
        <p class="hint" id={`${fieldId(name)}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

function FieldProblem(props: Pick<FieldProps, 'ui' | 'name' | 'problem'>): VNode | null {
  if (props.problem === undefined) return null;
  return (
    <p class="problem" id={`${fieldId(props.name)}-problem`}>
      {props.ui.sayProblem(props.problem)}
    </p>
  );
}

function Choice(props: {
  readonly id: string;
  readonly kind: 'radio' | 'checkbox';
  readonly name: string;
  readonly value: string;
  readonly checked: boolean;
  readonly text: ComponentChildren;
  readonly hint: string | undefined;
}): VNode {
  const hintId = `${props.id}-hint`;
  return (
    <div class="choice">
      <input
        type={props.kind}
        id={props.id}
        name={props.name}
        value={props.value}
        checked={props.checked}
        aria-describedby={props.hint === undefined ? undefined : hintId}
      />
      <label for={props.id}>{props.text}</label>
      {props.hint !== undefined && (
        <p class="hint" id={hintId}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

/** The id of a field, to link to. */
export const fieldId = (name: string): string => `field-${name}`;

function describedBy({ name, hint, problem }: FieldProps): string | undefined {
  const ids = [
    ...(problem === undefined ? [] : [`${fieldId(name)}-problem`]),
    ...(hint === undefined ? [] : [`${fieldId(name)}-hint`]),
  ];
  return ids.length === 0 ? undefined : ids.join(' ');
}

function described(props: FieldProps) {
  return {
    id: fieldId(props.name),
    'aria-describedby': describedBy(props),
    'aria-invalid': props.problem === undefined ? undefined : ('true' as const),
  };
}
