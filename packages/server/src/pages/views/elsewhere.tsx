/** Signing in by an account elsewhere: the links on the sign-in pages, and the page on which a new person chooses a username. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form, TextField } from '../kit/form.tsx';
import { ownPath } from '../kit/links.ts';
import { Heading } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { ProviderLink } from '../models/context.ts';
import type { ElsewhereSignUpPage } from '../models/sign-in.ts';
import { InvitationFacts } from './invitation-facts.tsx';
import { NameFields } from './name-fields.tsx';
import { fieldLabels, fieldProblemsOf, ProfileFields } from './profile-fields.tsx';

/** One link a provider, below the form. Links and not buttons: a form may lead to our own pages alone. */
export function ElsewhereLinks({
  ui,
  links,
  words = 'elsewhere.signInWith',
}: {
  readonly ui: Ui;
  readonly links: readonly ProviderLink[];
  readonly words?: 'elsewhere.signInWith' | 'elsewhere.continueWith';
}): VNode | null {
  if (links.length === 0) return null;
  return (
    <nav class="elsewhere" aria-label={ui.say('elsewhere.ways')}>
      <p class="elsewhere-or" aria-hidden="true">
        <span>{ui.say('elsewhere.or')}</span>
      </p>
      <ul class="elsewhere-list">
        {links.map(({ name, href }) => (
          <li key={href}>
            <a class="button button-wide" href={ownPath(href)}>
              <span>{ui.sayRich(words, { provider: <bdi>{name}</bdi> })}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** `/accounts/social/signup/`. */
export function ElsewhereSignUp({ ui, model }: ViewProps<ElsewhereSignUpPage>): VNode {
  const { say } = ui;
  const { form, provider, label, arrival, asksForEmail, asksForMore, fields, invitation } = model;
  const fieldProblems = { ...form.fieldProblems, ...fieldProblemsOf(fields) };
  const refused = isRefused({ ...form, fieldProblems });
  const title = say(asksForMore ? 'elsewhere.signUp.whole' : 'elsewhere.signUp.title');
  const named = <bdi class="named">{provider}</bdi>;
  const as = <bdi class="long">{label}</bdi>;
  return (
    <EntryDocument ui={ui} title={title} hasProblem={refused} silent={refused}>
      <Heading
        title={title}
        lead={
          label === ''
            ? ui.sayRich(asksForMore ? 'elsewhere.signUp.wholeLead' : 'elsewhere.signUp.lead', { provider: named })
            : ui.sayRich(asksForMore ? 'elsewhere.signUp.wholeLeadAs' : 'elsewhere.signUp.leadAs', {
                provider: named,
                label: as,
              })
        }
      />
      {invitation !== null && <InvitationFacts ui={ui} terms={invitation} />}
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={fieldProblems}
        labels={{
          username: say('field.username'),
          email: say('field.email'),
          first_name: say('field.firstName'),
          last_name: say('field.lastName'),
          ...fieldLabels(ui, fields),
        }}
      />
      <Form ui={ui} action="/accounts/social/signup/" hidden={[{ name: 'arrival', value: arrival }]}>
        <TextField
          ui={ui}
          name="username"
          label={say('field.username')}
          hint={say('elsewhere.signUp.usernameHint')}
          value={form.values.username}
          problem={form.fieldProblems.username}
          autocomplete="username"
          takesFocus={!refused}
          verbatim
        />
        {asksForMore && <NameFields ui={ui} values={form.values} fieldProblems={form.fieldProblems} />}
        {asksForEmail && (
          <TextField
            ui={ui}
            name="email"
            type="email"
            label={say('field.email')}
            hint={say('signUp.emailHint')}
            value={form.values.email}
            problem={form.fieldProblems.email}
            autocomplete="email"
            verbatim
          />
        )}
        {asksForMore && <ProfileFields ui={ui} fields={fields} />}
        <button class="button button-primary button-wide" type="submit">
          {say('signUp.button')}
        </button>
      </Form>
      <p class="aside">
        <span>{say('elsewhere.signUp.have')}</span>{' '}
        <a href="/login/?next=%2Faccount%2Flinked%2F">{say('elsewhere.signUp.signInFirst')}</a>
      </p>
    </EntryDocument>
  );
}
