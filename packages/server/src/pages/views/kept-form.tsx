/** After a sign-in that came between: what was typed before is there still, and is sent by whoever typed it. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form } from '../kit/form.tsx';
import { ownPath } from '../kit/links.ts';
import { Heading } from '../kit/parts.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { KeptFormPage } from '../models/sign-in.ts';

/** The page. It cannot be shown again: its form would be lost. */
export function KeptForm({ ui, model }: ViewProps<KeptFormPage>): VNode {
  const { say } = ui;
  return (
    <EntryDocument ui={ui} title={say('kept.title')} footless>
      <Heading title={say('kept.title')} lead={say('kept.lead')} />
      <Form ui={ui} action={ownPath(model.action)} hidden={model.fields}>
        <button class="button button-primary button-wide" type="submit">
          {say('kept.send')}
        </button>
      </Form>
      <p class="aside">
        {ui.sayRich('shell.signedInAs', { name: <bdi class="named">{model.username}</bdi> })}
        <span class="aside-line">
          <a href="/account/">{say('kept.discard')}</a>
        </span>
      </p>
    </EntryDocument>
  );
}
