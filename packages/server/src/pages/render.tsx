/**
 * A page's view model to its HTML. The only entry that `http/` needs beside the models, `messages.ts` and
 * `brand-stylesheet.ts`.
 *
 * Owns the choice of the view. Does no I/O and reads no clock: the same model and context give the same text.
 */
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { type Ui, uiFor } from './kit/ui.ts';
import type { PageContext } from './models/context.ts';
import type { Page } from './models/page.ts';
import { Account } from './views/account.tsx';
import { Activity } from './views/activity.tsx';
import { Addresses } from './views/addresses.tsx';
import { Application } from './views/application.tsx';
import { ApplicationForm } from './views/application-form.tsx';
import { Applications } from './views/applications.tsx';
import { Confirm } from './views/confirm.tsx';
import { ConfirmIdentity } from './views/confirm-identity.tsx';
import { Connections } from './views/connections.tsx';
import { Consent } from './views/consent.tsx';
import { DeviceCode, DeviceConsent, DeviceResult } from './views/device.tsx';
import { ElsewhereSignUp } from './views/elsewhere.tsx';
import { ErrorView } from './views/error.tsx';
import { Authenticator, RecoveryCodes, Security } from './views/factors.tsx';
import { FormPost } from './views/form-post.tsx';
import { Group, Groups } from './views/groups.tsx';
import { Invitation, InvitationOnly } from './views/invitation.tsx';
import { Invitations } from './views/invitations.tsx';
import { KeptForm } from './views/kept-form.tsx';
import { KeptMail } from './views/kept-mail.tsx';
import { Landing } from './views/landing.tsx';
import { LinkAccount, Linked } from './views/linked.tsx';
import { Log } from './views/log.tsx';
import { MailCode, MailLink, MailSignIn } from './views/mail-sign-in.tsx';
import { CheckMail, ResetAsk, ResetPassword, ResetSent, VerifyAddress } from './views/mailed-links.tsx';
import { MyData } from './views/my-data.tsx';
import { NewPasskey, Passkey } from './views/passkeys.tsx';
import { Picture } from './views/picture.tsx';
import { SecondStep } from './views/second-step.tsx';
import { Password } from './views/security.tsx';
import { Sessions } from './views/sessions.tsx';
import { SetUpFactor } from './views/set-up-factor.tsx';
import { SignIn } from './views/sign-in.tsx';
import { SignedOut, SignOut } from './views/sign-out.tsx';
import { SignUp } from './views/sign-up.tsx';

/** A whole HTML document, beginning with its doctype. */
export function renderPage(page: Page, context: PageContext): string {
  return `<!doctype html>${renderToString(viewOf(page, uiFor(context)))}`;
}

function viewOf(page: Page, ui: Ui): VNode {
  switch (page.page) {
    case 'landing':
      return <Landing ui={ui} model={page} />;
    case 'sign-in':
      return <SignIn ui={ui} model={page} />;
    case 'second-step':
      return <SecondStep ui={ui} model={page} />;
    case 'kept-form':
      return <KeptForm ui={ui} model={page} />;
    case 'elsewhere-sign-up':
      return <ElsewhereSignUp ui={ui} model={page} />;
    case 'sign-up':
      return <SignUp ui={ui} model={page} />;
    case 'sign-out':
      return <SignOut ui={ui} model={page} />;
    case 'signed-out':
      return <SignedOut ui={ui} model={page} />;
    case 'consent':
      return <Consent ui={ui} model={page} />;
    case 'form-post':
      return <FormPost ui={ui} model={page} />;
    case 'device-code':
      return <DeviceCode ui={ui} model={page} />;
    case 'device-consent':
      return <DeviceConsent ui={ui} model={page} />;
    case 'device-result':
      return <DeviceResult ui={ui} model={page} />;
    case 'account':
      return <Account ui={ui} model={page} />;
    case 'password':
      return <Password ui={ui} model={page} />;
    case 'security':
      return <Security ui={ui} model={page} />;
    case 'authenticator':
      return <Authenticator ui={ui} model={page} />;
    case 'new-passkey':
      return <NewPasskey ui={ui} model={page} />;
    case 'passkey':
      return <Passkey ui={ui} model={page} />;
    case 'recovery-codes':
      return <RecoveryCodes ui={ui} model={page} />;
    case 'set-up-factor':
      return <SetUpFactor ui={ui} model={page} />;
    case 'confirm-identity':
      return <ConfirmIdentity ui={ui} model={page} />;
    case 'sessions':
      return <Sessions ui={ui} model={page} />;
    case 'linked':
      return <Linked ui={ui} model={page} />;
    case 'link':
      return <LinkAccount ui={ui} model={page} />;
    case 'my-data':
      return <MyData ui={ui} model={page} />;
    case 'picture':
      return <Picture ui={ui} model={page} />;
    case 'log':
      return <Log ui={ui} model={page} />;
    case 'email':
      return <Addresses ui={ui} model={page} />;
    case 'check-mail':
      return <CheckMail ui={ui} model={page} />;
    case 'mail-sign-in':
      return <MailSignIn ui={ui} model={page} />;
    case 'mail-code':
      return <MailCode ui={ui} model={page} />;
    case 'mail-link':
      return <MailLink ui={ui} model={page} />;
    case 'verify-address':
      return <VerifyAddress ui={ui} model={page} />;
    case 'reset-ask':
      return <ResetAsk ui={ui} model={page} />;
    case 'reset-sent':
      return <ResetSent ui={ui} />;
    case 'reset-password':
      return <ResetPassword ui={ui} model={page} />;
    case 'kept-mail':
      return <KeptMail ui={ui} model={page} />;
    case 'applications':
      return <Applications ui={ui} model={page} />;
    case 'application-form':
      return <ApplicationForm ui={ui} model={page} />;
    case 'application':
      return <Application ui={ui} model={page} />;
    case 'activity':
      return <Activity ui={ui} model={page} />;
    case 'connections':
      return <Connections ui={ui} model={page} />;
    case 'invitation':
      return <Invitation ui={ui} model={page} />;
    case 'invitation-only':
      return <InvitationOnly ui={ui} model={page} />;
    case 'invitations':
      return <Invitations ui={ui} model={page} />;
    case 'groups':
      return <Groups ui={ui} model={page} />;
    case 'group':
      return <Group ui={ui} model={page} />;
    case 'confirm':
      return <Confirm ui={ui} model={page} />;
    case 'error':
      return <ErrorView ui={ui} model={page} />;
    default:
      return page satisfies never;
  }
}
