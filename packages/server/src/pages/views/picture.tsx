/** `/account/picture/`: the picture that applications show, a form for a new one, and its end. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { FileField, Form } from '../kit/form.tsx';
import { BackLink, Heading, NoticeLine } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { PicturePage } from '../models/account.ts';

/** The page. */
export function Picture({ ui, model }: ViewProps<PicturePage>): VNode {
  const { say } = ui;
  const { form, pictureUrl } = model;
  return (
    <AccountDocument ui={ui} title={say('picture.title')} section="profile" hasProblem={isRefused(form)}>
      <BackLink href="/account/">{say('picture.back')}</BackLink>
      <Heading title={say('picture.title')} lead={say('picture.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      <ProblemSummary ui={ui} {...form} labels={{ picture: say('picture.field') }} />
      {pictureUrl !== null && (
        <div class="picture-now">
          <img class="picture picture-large" src={pictureUrl} width="128" height="128" alt={say('picture.now')} />
          <Form ui={ui} action="/account/picture/remove/" class="picture-end">
            <button class="button" type="submit">
              {say('picture.remove')}
            </button>
          </Form>
        </div>
      )}
      <Form ui={ui} action="/account/picture/" class="form panel" uploads>
        <FileField
          ui={ui}
          name="picture"
          label={say('picture.field')}
          hint={say('picture.hint', { megabytes: model.megabytesMax })}
          problem={form.fieldProblems.picture}
          accept="image/jpeg,image/png,image/webp,image/gif"
        />
        <p class="form-end">
          <button class="button button-primary" type="submit">
            {say('picture.save')}
          </button>
        </p>
      </Form>
    </AccountDocument>
  );
}
