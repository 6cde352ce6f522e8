/** `/invitation/`: what one is invited to, and the one way to accept that is open; and `/signup/` where there is no other way in. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form, TextField } from '../kit/form.tsx';
import { Heading } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { InvitationOnlyPage, InvitationPage } from '../models/invitation.ts';
import { ElsewhereLinks } from './elsewhere.tsx';
import { withNext } from './entry-parts.tsx';
import { InvitationFacts } from './invitation-facts.tsx';
import { NameFields } from './name-fields.tsx';
import { fieldLabels, fieldProblemsOf, ProfileFields } from './profile-fields.tsx';

const PATH = '/invitation/';
type Way<Kind extends InvitationPage['way']['kind']> = Extract<InvitationPage['way'], { readonly kind: Kind }>;

/** The page behind an invitation's link. */
export function Invitation({ ui, model }: ViewProps<InvitationPage>): VNode {
  const { say, sayRich } = ui;
  const { way } = model;
  const refused = way.kind === 'sign_up' && isRefused({ ...way.form, fieldProblems: problemsOf(way) });
  return (
    <EntryDocument ui={ui} title={say('invitation.title')} hasProblem={refused} silent={refused}>
      <Heading
        title={say('invitation.title')}
        lead={
          model.invitedBy === null
            ? say('invitation.lead')
            : sayRich('invitation.leadBy', { username: <bdi class="named">{model.invitedBy}</bdi> })
        }
      />
      <InvitationFacts ui={ui} terms={model} />
      <WayIn ui={ui} model={model} />
    </EntryDocument>
  );
}

function WayIn({ ui, model }: ViewProps<InvitationPage>): VNode {
  const { say, sayRich } = ui;
  const { token, way } = model;
  switch (way.kind) {
    case 'sign_up':
      return <NewAccountForm ui={ui} token={token} way={way} />;
    case 'sign_in':
      return (
        <>
          <p class="after-terms">{say('invitation.signIn')}</p>
          <p class="answers">
            <a
              class="button button-primary button-wide"
              href={withNext('/login/', `${PATH}?token=${encodeURIComponent(token)}`)}
            >
              {say('shell.signIn')}
            </a>
          </p>
        </>
      );
    case 'join':
      return (
        <>
          <p class="after-terms">{sayRich('invitation.join', { username: <bdi class="named">{way.username}</bdi> })}</p>
          <Form
            ui={ui}
            action={PATH}
            hidden={[
              { name: 'token', value: token },
              { name: 'do', value: 'join' },
            ]}
          >
            <button class="button button-primary button-wide" type="submit">
              {say('invitation.joinButton')}
            </button>
          </Form>
        </>
      );
    case 'other_account':
      return (
        <>
          <p class="after-terms">
            {sayRich('invitation.otherAccount', { username: <bdi class="named">{way.username}</bdi> })}
          </p>
          <p class="answers">
            <a class="button" href="/account/email/">
              {say('invitation.addAddress')}
            </a>{' '}
            <a class="button" href="/logout/">
              {say('shell.signOut')}
            </a>
          </p>
        </>
      );
    default:
      return way satisfies never;
  }
}

function problemsOf({ form, fields }: Way<'sign_up'>) {
  return { ...form.fieldProblems, ...fieldProblemsOf(fields) };
}

function NewAccountForm(props: { readonly ui: Ui; readonly token: string; readonly way: Way<'sign_up'> }): VNode {
  const { ui, token, way } = props;
  const { say } = ui;
  const { values, fieldProblems, formProblem } = way.form;
  const problems = problemsOf(way);
  return (
    <>
      <ProblemSummary
        ui={ui}
        formProblem={formProblem}
        fieldProblems={problems}
        labels={{
          username: say('field.username'),
          first_name: say('field.firstName'),
          last_name: say('field.lastName'),
          ...fieldLabels(ui, way.fields),
          password: say('field.password'),
        }}
      />
      <Form ui={ui} action={PATH} hidden={[{ name: 'token', value: token }]}>
        <TextField
          ui={ui}
          name="username"
          label={say('field.username')}
          hint={say('signUp.usernameHint')}
          value={values.username}
          problem={fieldProblems.username}
          autocomplete="username"
          verbatim
        />
        <NameFields ui={ui} values={values} fieldProblems={fieldProblems} />
        <ProfileFields ui={ui} fields={way.fields} />
        <TextField
          ui={ui}
          name="password"
          type="password"
          label={say('field.password')}
          hint={say('hint.password', { ...way.passwordRule })}
          problem={fieldProblems.password}
          autocomplete="new-password"
          minimumLength={way.passwordRule.minimum}
        />
        <button class="button button-primary button-wide" type="submit">
          {say('signUp.button')}
        </button>
      </Form>
      <ElsewhereLinks ui={ui} links={way.elsewhere} words="elsewhere.continueWith" />
      <p class="aside">
        {say('invitation.haveAccount')}{' '}
        <a href={withNext('/login/', `${PATH}?token=${encodeURIComponent(token)}`)}>{say('shell.signIn')}</a>
      </p>
    </>
  );
}

/** Says that accounts are made by invitation. */
export function InvitationOnly({ ui }: ViewProps<InvitationOnlyPage>): VNode {
  const { say } = ui;
  return (
    <EntryDocument ui={ui} title={say('invitationOnly.title')}>
      <Heading title={say('invitationOnly.title')} lead={say('invitationOnly.lead')} />
      <p>{say('invitationOnly.text')}</p>
      <p class="aside">
        {say('signUp.haveAccount')} <a href="/login/">{say('shell.signIn')}</a>
      </p>
    </EntryDocument>
  );
}
