/** `/` for somebody who is not signed in: what this is, and the two ways on. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Harmonics } from '../kit/marks.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { LandingPage } from '../models/sign-in.ts';

/** The landing page. */
export function Landing({ ui, model }: ViewProps<LandingPage>): VNode {
  const { say } = ui;
  return (
    <EntryDocument ui={ui} title={say('landing.title')} width="bare">
      <div class="landing">
        <div class="landing-words">
          <h1>{say('landing.title')}</h1>
          <p class="lead">{say('landing.lead')}</p>
          <p class="landing-ways">
            <a class="button button-primary" href="/login/">
              {say('shell.signIn')}
            </a>
            {model.signUpIsOpen && (
              <a class="button" href="/signup/">
                {say('signIn.createAccount')}
              </a>
            )}
          </p>
        </div>
        <Harmonics count={5} />
      </div>
      <ul class="landing-points">
        {(['once', 'yours', 'build'] as const).map((point) => (
          <li key={point}>
            <h2>{say(`landing.${point}.title`)}</h2>
            <p>{say(`landing.${point}.text`)}</p>
          </li>
        ))}
      </ul>
    </EntryDocument>
  );
}
