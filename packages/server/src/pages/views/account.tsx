/** `/account/`: the profile form, and at a glance what else there is to this account. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { Form, GroupedSelectField, SelectField, TextField } from '../kit/form.tsx';
import { Fact, Facts, Heading, Moment, NoticeLine } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import { LOCALES, languageName } from '../messages.ts';
import type { AccountPage } from '../models/account.ts';
import { NameFields } from './name-fields.tsx';
import { fieldLabels, fieldProblemsOf, ProfileFields } from './profile-fields.tsx';

/** The profile page. */
export function Account({ ui, model }: ViewProps<AccountPage>): VNode {
  const { say } = ui;
  const { form, fields } = model;
  const problems = { ...form.fieldProblems, ...fieldProblemsOf(fields) };
  const refused = isRefused({ ...form, fieldProblems: problems });
  return (
    <AccountDocument ui={ui} title={say('account.title')} section="profile" hasProblem={refused}>
      <Heading title={say('account.title')} lead={say('account.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={problems}
        labels={{
          username: say('field.username'),
          first_name: say('field.firstName'),
          last_name: say('field.lastName'),
          locale: say('field.locale'),
          zoneinfo: say('field.zoneinfo'),
          ...fieldLabels(ui, fields),
        }}
      />
      <div class="split">
        <ProfileForm ui={ui} model={model} />
        <Overview ui={ui} model={model} />
      </div>
    </AccountDocument>
  );
}

function ProfileForm({ ui, model }: ViewProps<AccountPage>): VNode {
  const { say } = ui;
  const { values, fieldProblems } = model.form;
  const languages = LOCALES.map((tag) => ({ value: tag, text: languageName(tag), lang: tag }));
  return (
    <Form ui={ui} action="/account/" class="form panel">
      <TextField
        ui={ui}
        name="username"
        label={say('field.username')}
        hint={say('account.usernameHint')}
        value={values.username}
        problem={fieldProblems.username}
        autocomplete="username"
        verbatim
      />
      <NameFields ui={ui} values={values} fieldProblems={fieldProblems} />
      <SelectField
        ui={ui}
        name="locale"
        label={say('field.locale')}
        value={values.locale}
        problem={fieldProblems.locale}
        options={[{ value: '', text: say('account.localeAuto') }, ...languages]}
      />
      <GroupedSelectField
        ui={ui}
        name="zoneinfo"
        label={say('field.zoneinfo')}
        hint={say('account.zoneinfoHint')}
        value={values.zoneinfo}
        problem={fieldProblems.zoneinfo}
        first={{ value: '', text: say('account.zoneinfoNone') }}
        groups={zoneGroups(model.timeZones)}
      />
      <ProfileFields ui={ui} fields={model.fields} />
      <p class="form-end">
        <button class="button button-primary" type="submit">
          {say('account.save')}
        </button>
      </p>
    </Form>
  );
}

/** By continent, as the names have them: `Europe/Paris` is Paris in Europe. */
function zoneGroups(zones: readonly string[]) {
  const groups = new Map<string, { value: string; text: string }[]>();
  for (const zone of zones) {
    const slash = zone.indexOf('/');
    const continent = slash === -1 ? zone : zone.slice(0, slash);
    const group = groups.get(continent) ?? [];
    groups.set(continent, group);
    group.push({ value: zone, text: zone.slice(slash + 1).replaceAll('_', ' ') });
  }
  return [...groups].map(([label, options]) => ({ label, options }));
}

function Overview({ ui, model }: ViewProps<AccountPage>): VNode {
  const { say } = ui;
  return (
    <section class="glance" aria-label={say('account.overview')}>
      <Facts>
        <Fact name={say('account.picture')}>
          <a class="picture-link" href="/account/picture/">
            {model.pictureUrl !== null && <img class="picture" src={model.pictureUrl} width="64" height="64" alt="" />}
            <span>{say(model.pictureUrl === null ? 'account.pictureAdd' : 'account.pictureChange')}</span>
          </a>
        </Fact>
        <Fact name={say('account.email')}>
          <a href="/account/email/">{model.email ?? say('account.noEmail')}</a>
          {model.email !== null && (
            <span class="fact-note">{say(model.emailVerified ? 'email.verified' : 'email.unverified')}</span>
          )}
        </Fact>
        <Fact name={say('account.sessions')}>
          <a href="/account/sessions/">{say('account.sessionsCount', { count: model.sessionCount })}</a>
        </Fact>
        <Fact name={say('account.connections')}>
          <a href="/o/authorized_tokens/">{say('account.connectionsCount', { count: model.connectionCount })}</a>
        </Fact>
        <Fact name={say('account.since')}>
          <Moment ui={ui} atMs={model.createdAtMs} as="date" />
        </Fact>
      </Facts>
    </section>
  );
}
