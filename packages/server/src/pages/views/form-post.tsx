/**
 * The page that hands an answer to an application as a form (OAuth 2.0 Form Post Response Mode 1.0 §2). A script sends it;
 * without scripts the button does. No word of it is a question: the person has answered already.
 *
 * Its form is the only one without `csrf`: it goes to the application, which must not learn that token.
 */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { applicationAddress } from '../kit/links.ts';
import { Heading } from '../kit/parts.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { FormPostPage } from '../models/authorization.ts';

/** The page. An address that no answer may go to (see `links.ts`) leaves it without its form. */
export function FormPost({ ui, model }: ViewProps<FormPostPage>): VNode {
  const { say } = ui;
  const action = applicationAddress(model.action);
  const application = <bdi class="named">{model.application.name}</bdi>;
  return (
    <EntryDocument ui={ui} title={say('formPost.title')} script="form-post.js" footless>
      <Heading title={say('formPost.title')} lead={ui.sayRich('formPost.text', { application })} />
      {action !== null && (
        <form method="post" action={action} class="form" data-form-post>
          {model.fields.map((field) => (
            <input key={field.name} type="hidden" name={field.name} value={field.value} />
          ))}
          <button class="button button-primary button-wide" type="submit">
            {say('formPost.button')}
          </button>
        </form>
      )}
    </EntryDocument>
  );
}
