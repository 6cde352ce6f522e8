/** The question before something is undone. Confirm is a button that posts; Cancel is a link back, and changes nothing. */
import type { ComponentChildren, VNode } from 'preact';
import { AccountDocument, type AccountSection } from '../kit/document.tsx';
import { Form } from '../kit/form.tsx';
import { Heading, Moment } from '../kit/parts.tsx';
import { durationWords, type Ui, type ViewProps } from '../kit/ui.ts';
import type { ConfirmPage } from '../models/page.ts';

/** The page of a question. */
export function Confirm({ ui, model }: ViewProps<ConfirmPage>): VNode {
  const { say } = ui;
  const { section, action, back, title, shownTitle, text, isPossible } = questionIn(ui, model.question);
  return (
    <AccountDocument ui={ui} title={title} section={section}>
      <Heading title={shownTitle} lead={text} />
      <Form ui={ui} action={action} class="form form-answers form-answers-start">
        {isPossible && (
          <button class="button button-danger-solid" type="submit">
            {say('button.confirm')}
          </button>
        )}
        <a class="button" href={back}>
          {say('button.cancel')}
        </a>
      </Form>
    </AccountDocument>
  );
}

interface Question {
  readonly section: AccountSection;
  readonly action: string;
  readonly back: string;
  /** For the window's title. */
  readonly title: string;
  readonly shownTitle: ComponentChildren;
  readonly text: ComponentChildren;
  /** False: the text says why not, and nothing can be confirmed. */
  readonly isPossible: boolean;
}

function questionIn(ui: Ui, question: ConfirmPage['question']): Question {
  const { say, sayRich } = ui;
  switch (question.kind) {
    case 'delete-application': {
      const path = `/o/applications/${encodeURIComponent(question.id)}/`;
      const key = 'confirm.deleteApplication.title';
      return {
        section: 'applications',
        action: `${path}delete/`,
        back: path,
        title: say(key, { application: question.name }),
        shownTitle: sayRich(key, { application: <bdi>{question.name}</bdi> }),
        text: say('confirm.deleteApplication.text'),
        isPossible: true,
      };
    }
    case 'delete-group': {
      const path = `/admin/groups/${encodeURIComponent(question.id)}/`;
      const key = 'confirm.deleteGroup.title';
      return {
        section: 'groups',
        action: `${path}delete/`,
        back: path,
        title: say(key, { group: question.name }),
        shownTitle: sayRich(key, { group: <bdi>{question.name}</bdi> }),
        text: say('confirm.deleteGroup.text', { count: question.memberCount }),
        isPossible: true,
      };
    }
    case 'remove-secret':
      return removeSecret(ui, question);
    case 'delete-account':
      return {
        section: 'data',
        action: '/account/data/delete/',
        back: '/account/data/',
        title: say('confirm.deleteAccount.title'),
        shownTitle: say('confirm.deleteAccount.title'),
        text:
          question.graceSeconds === 0
            ? say('confirm.deleteAccount.atOnce')
            : say('confirm.deleteAccount.text', { duration: durationWords(ui, question.graceSeconds) }),
        isPossible: true,
      };
    case 'disconnect': {
      const { name } = question.application;
      const key = 'confirm.disconnect.title';
      return {
        section: 'connections',
        action: `/o/authorized_tokens/${encodeURIComponent(question.id)}/delete/`,
        back: '/o/authorized_tokens/',
        title: say(key, { application: name }),
        shownTitle: sayRich(key, { application: <bdi>{name}</bdi> }),
        text: say('confirm.disconnect.text'),
        isPossible: true,
      };
    }
    default:
      return question satisfies never;
  }
}

function removeSecret(ui: Ui, question: Extract<ConfirmPage['question'], { kind: 'remove-secret' }>): Question {
  const { say, sayRich } = ui;
  const { secret } = question;
  const path = `/o/applications/${encodeURIComponent(question.id)}/`;
  const key = 'confirm.removeSecret.title';
  return {
    section: 'applications',
    action: `${path}secrets/${encodeURIComponent(secret.id)}/delete/`,
    back: path,
    title: say(key, { hint: secret.hint }),
    shownTitle: sayRich(key, { hint: <code>{secret.hint}</code> }),
    text: question.isLast ? say('confirm.removeSecret.last') : <RemovalEffect ui={ui} question={question} />,
    isPossible: !question.isLast,
  };
}

function RemovalEffect(props: {
  readonly ui: Ui;
  readonly question: Extract<ConfirmPage['question'], { kind: 'remove-secret' }>;
}): VNode {
  const { ui, question } = props;
  const { lastUsedAtMs } = question.secret;
  return (
    <>
      {ui.sayRich('confirm.removeSecret.text', { application: <bdi>{question.name}</bdi> })}{' '}
      {lastUsedAtMs === null
        ? ui.say('confirm.removeSecret.unused')
        : ui.sayRich('confirm.removeSecret.used', { when: <Moment ui={ui} atMs={lastUsedAtMs} as="ago" /> })}
    </>
  );
}
