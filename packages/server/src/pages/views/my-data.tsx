/** `/account/data/`: a copy of everything, and the end of the account, which can be taken back for a while. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { Form } from '../kit/form.tsx';
import { Heading, Moment, NoticeLine, Section } from '../kit/parts.tsx';
import { durationWords, type ViewProps } from '../kit/ui.ts';
import type { MyDataPage } from '../models/account.ts';

/** The page. */
export function MyData({ ui, model }: ViewProps<MyDataPage>): VNode {
  const { say } = ui;
  const { deletesAtMs } = model;
  return (
    <AccountDocument ui={ui} title={say('myData.title')} section="data">
      <Heading title={say('myData.title')} />
      <NoticeLine ui={ui} notice={model.notice} />
      <Section title={say('myData.copy.title')} lead={say('myData.copy.text')}>
        <Form ui={ui} action="/account/data/download/" class="form-line">
          <button class="button" type="submit">
            {say('myData.copy.button')}
          </button>
        </Form>
      </Section>
      {deletesAtMs === null ? (
        <Section title={say('myData.delete.title')} lead={<DeletionText ui={ui} model={model} />}>
          <p class="form-line">
            <a class="button button-danger" href="/account/data/delete/">
              {say('myData.delete.button')}
            </a>
          </p>
        </Section>
      ) : (
        <Section
          title={say('myData.keep.title')}
          lead={ui.sayRich('myData.keep.text', { when: <Moment ui={ui} atMs={deletesAtMs} as="time" /> })}
        >
          <Form ui={ui} action="/account/data/keep/" class="form-line">
            <button class="button button-primary" type="submit">
              {say('myData.keep.button')}
            </button>
          </Form>
        </Section>
      )}
    </AccountDocument>
  );
}

function DeletionText({ ui, model }: ViewProps<MyDataPage>): VNode {
  const { graceSeconds } = model;
  return (
    <>
      {graceSeconds === 0
        ? ui.say('myData.delete.atOnce')
        : ui.say('myData.delete.text', { duration: durationWords(ui, graceSeconds) })}
    </>
  );
}
