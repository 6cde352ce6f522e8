/** `/admin/invitations/`: who was invited, and the form that invites. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { ChoiceField, Form, SelectField, SwitchField, TextField } from '../kit/form.tsx';
import { Icon } from '../kit/marks.tsx';
import { CopyBox, Heading, Moment, NoticeLine, Section } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import { LOCALES, languageName } from '../messages.ts';
import type { InvitationLine, InvitationsPage } from '../models/admin.ts';

const PATH = '/admin/invitations/';

/** The page. */
export function Invitations({ ui, model }: ViewProps<InvitationsPage>): VNode {
  const { say } = ui;
  const { form, made, invitations } = model;
  return (
    <AccountDocument
      ui={ui}
      title={say('invitations.title')}
      section="invitations"
      hasProblem={isRefused(form)}
      isShownOnce={made !== null}
    >
      <Heading title={say('invitations.title')} lead={say('invitations.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{
          email: say('field.email'),
          groups: say('invitations.groups'),
          days: say('invitations.days'),
          language: say('invitations.language'),
          superuser: say('invitations.superuser'),
        }}
      />
      {made !== null && <Made ui={ui} made={made} />}
      <NewInvitation ui={ui} model={model} />
      <Section title={say('invitations.list')}>
        {invitations.length === 0 ? (
          <p class="plain">{say('invitations.none')}</p>
        ) : (
          <ul class="rows panel">
            {invitations.map((invitation) => (
              <InvitationRow key={invitation.id} ui={ui} invitation={invitation} />
            ))}
          </ul>
        )}
      </Section>
    </AccountDocument>
  );
}

function Made(props: { readonly ui: Ui; readonly made: NonNullable<InvitationsPage['made']> }): VNode {
  const { ui, made } = props;
  return (
    <section class="new-secret" aria-labelledby="new-link">
      <h2 id="new-link">
        <Icon name="key" />
        {ui.say('invitations.link')}
      </h2>
      <p>{ui.sayRich('invitations.linkText', { address: <bdi class="long">{made.address}</bdi> })}</p>
      <CopyBox ui={ui} id="invitation-link" value={made.link} label={ui.say('invitations.link')} />
    </section>
  );
}

function NewInvitation({ ui, model }: ViewProps<InvitationsPage>): VNode {
  const { say } = ui;
  const { values, fieldProblems } = model.form;
  return (
    <Form ui={ui} action={PATH} class="form panel">
      <h2>{say('invitations.new')}</h2>
      <TextField
        ui={ui}
        name="email"
        type="email"
        label={say('field.email')}
        hint={say(model.hasMail ? 'invitations.emailHint' : 'invitations.emailHintNoMail')}
        value={values.email}
        problem={fieldProblems.email}
        verbatim
      />
      {model.groups.length > 0 && (
        <ChoiceField
          ui={ui}
          kind="checkbox"
          name="groups"
          label={say('invitations.groups')}
          hint={say('invitations.groupsHint')}
          problem={fieldProblems.groups}
          chosen={model.groups.filter(({ isChosen }) => isChosen).map(({ name }) => name)}
          choices={model.groups.map(({ name }) => ({ value: name, text: <bdi>{name}</bdi> }))}
        />
      )}
      <TextField
        ui={ui}
        name="days"
        type="number"
        label={say('invitations.days')}
        hint={say('invitations.daysHint', { maximum: model.daysMax })}
        value={values.days}
        problem={fieldProblems.days}
      />
      {model.hasMail && (
        <SelectField
          ui={ui}
          name="language"
          label={say('invitations.language')}
          value={values.language}
          problem={fieldProblems.language}
          options={LOCALES.map((tag) => ({ value: tag, text: languageName(tag), lang: tag }))}
        />
      )}
      <SwitchField
        ui={ui}
        name="superuser"
        label={say('invitations.superuser')}
        hint={say('invitations.superuserHint')}
        problem={fieldProblems.superuser}
        checked={values.superuser === 'on'}
      />
      <p class="form-end">
        <button class="button button-primary" type="submit">
          {say('invitations.button')}
        </button>
      </p>
    </Form>
  );
}

const TONES = { open: 'tag', accepted: 'tag tag-good', expired: 'tag tag-warn', revoked: 'tag tag-warn' } as const;

function InvitationRow(props: { readonly ui: Ui; readonly invitation: InvitationLine }): VNode {
  const { ui, invitation } = props;
  const { say, sayRich } = ui;
  const { address, state } = invitation;
  const when = <Moment ui={ui} atMs={invitation.createdAtMs} as="date" />;
  return (
    <li class="row">
      <div class="row-body">
        <p class="row-title">
          <bdi class="long">{address}</bdi>
          <span class={TONES[state]}>{say(`invitations.state.${state}`)}</span>
          {invitation.isSuperuser && <span class="tag tag-warn">{say('invitations.superuserTag')}</span>}
        </p>
        <p class="row-note">
          {invitation.invitedBy === null
            ? sayRich('invitations.byOperator', { when })
            : sayRich('invitations.by', { when, username: <bdi>{invitation.invitedBy}</bdi> })}{' '}
          {state === 'open' &&
            sayRich('invitations.until', { when: <Moment ui={ui} atMs={invitation.expiresAtMs} as="time" /> })}
        </p>
        {invitation.groups.length > 0 && (
          <p class="row-note">{say('invitations.toGroups', { groups: invitation.groups.join(', ') })}</p>
        )}
      </div>
      {state === 'open' && (
        <Form ui={ui} action={PATH} class="row-act">
          <button
            class="button button-small"
            type="submit"
            name="revoke"
            value={invitation.id}
            aria-label={say('invitations.revokeOf', { address })}
          >
            {say('invitations.revoke')}
          </button>
        </Form>
      )}
    </li>
  );
}
