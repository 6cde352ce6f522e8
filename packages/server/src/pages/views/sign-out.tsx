/** `/logout/` before and after: the question, and the answer that it is done. */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form } from '../kit/form.tsx';
import { applicationAddress, ownPath } from '../kit/links.ts';
import { Heading } from '../kit/parts.tsx';
import type { ViewProps } from '../kit/ui.ts';
import type { SignedOutPage, SignOutPage } from '../models/sign-in.ts';

/** Asks. Opening the address alone ends nothing (OpenID Connect RP-Initiated Logout §2; ASVS 10.6.2). */
export function SignOut({ ui, model }: ViewProps<SignOutPage>): VNode {
  const { say } = ui;
  return (
    <EntryDocument ui={ui} title={say('signOut.title')}>
      <Heading title={say('signOut.title')} lead={<Question ui={ui} model={model} />} />
      <Form ui={ui} action={model.action} hidden={model.hidden} class="form form-answers">
        <button class="button button-primary" type="submit">
          {say('signOut.button')}
        </button>
        {ui.context.person !== null && (
          <a class="button" href={ownPath(model.stayUrl)}>
            {say('signOut.stay')}
          </a>
        )}
      </Form>
    </EntryDocument>
  );
}

function Question({ ui, model }: ViewProps<SignOutPage>): VNode {
  const { person } = ui.context;
  if (person === null) return <>{ui.say('signOut.nobody')}</>;
  const name = <bdi class="named">{person.displayName}</bdi>;
  if (model.application === null) return <>{ui.sayRich('signOut.byYou', { name })}</>;
  const application = <bdi class="named">{model.application.name}</bdi>;
  return <>{ui.sayRich('signOut.byApplication', { application, name })}</>;
}

/** Says that it is done, and offers the way back to the application where there is one. */
export function SignedOut({ ui, model }: ViewProps<SignedOutPage>): VNode {
  const { say } = ui;
  const { application } = model;
  const returnUrl = application?.returnUrl == null ? null : applicationAddress(application.returnUrl);
  return (
    <EntryDocument ui={ui} title={say('signedOut.title')} silent>
      <Heading title={say('signedOut.title')} lead={say('signedOut.text')} />
      <Told ui={ui} model={model} />
      {returnUrl !== null && model.frames.length > 0 && <p>{say('signedOut.continue')}</p>}
      <p class="answers">
        {application !== null && returnUrl !== null && (
          <a class="button button-primary" href={returnUrl}>
            <span>{ui.sayRich('signedOut.backTo', { application: <bdi>{application.name}</bdi> })}</span>
          </a>
        )}
        <a class="button" href="/login/">
          {say('signedOut.signInAgain')}
        </a>
      </p>
    </EntryDocument>
  );
}

/** Which applications were used in the session, and whether they hear of its end. */
function Told({ ui, model }: ViewProps<SignedOutPage>): VNode | null {
  if (model.told.length === 0) return null;
  return (
    <section>
      <h2>{ui.say('signedOut.toldTitle')}</h2>
      <ul>
        {model.told.map(({ name, kind }) => (
          <li key={name}>
            <bdi class="named">{name}</bdi>: {ui.say(`signedOut.told.${kind}`)}
          </li>
        ))}
      </ul>
      {/* They may run their scripts and read their cookies, and lead this page nowhere. */}
      {model.frames.map((url) => (
        <iframe
          key={url}
          src={applicationAddress(url) ?? undefined}
          title={ui.say('signedOut.toldTitle')}
          hidden
          sandbox="allow-scripts allow-same-origin"
          referrerpolicy="no-referrer"
        />
      ))}
    </section>
  );
}
