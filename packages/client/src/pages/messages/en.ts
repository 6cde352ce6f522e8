/**
 * The pages' texts in English.
 *
 * Plain words, said to the person who reads them. No button of a sign-in or failure page says allow, continue or confirm:
 * those words belong to the server's consent page.
 */
import type { FailureCode } from '../../core/failure.ts';

/** A failure, as its page says it. */
export interface FailureText {
  readonly title: string;
  /** With the provider's name. */
  readonly body: (provider: string) => string;
}

/** What exactly is wrong is for the developer: the page shows its code. */
const idTokenRefused: FailureText = {
  title: 'This sign-in was refused',
  body: (provider) => `The proof of who you are, as ${provider} sent it, did not pass this application’s checks.`,
};

const failures: Readonly<Record<FailureCode, FailureText>> = {
  provider_unknown: {
    title: 'There is no such way to sign in',
    body: () => 'The address names a sign-in service that this application does not use.',
  },
  provider_not_configured: {
    title: 'Not set up yet',
    body: (provider) =>
      `This application has no credentials for ${provider} yet. Its operator can enter them on the administration pages.`,
  },
  app_secret_unreadable: {
    title: 'Sign-in is not available',
    body: (provider) =>
      `This application can no longer read its credentials for ${provider}. Its operator has to enter them again.`,
  },
  state_missing: {
    title: 'This address belongs to a sign-in',
    body: (provider) =>
      `You came to the last step of a sign-in with ${provider} without its first. Nothing is wrong with your account: start again.`,
  },
  attempt_missing: {
    title: 'This sign-in cannot be completed',
    body: () =>
      'It was not started in this browser, or it was completed already. That happens after the Back button, with a link from someone else, or where cookies are blocked. Nothing is wrong with your account: start again.',
  },
  attempt_expired: {
    title: 'This sign-in took too long',
    body: () => 'It was started more than an hour ago, and is no longer valid. Start again.',
  },
  attempt_other_provider: {
    title: 'This sign-in cannot be completed',
    body: () => 'The answer came from another service than the one you chose, so it was not used. Start again.',
  },
  attempt_other_client: {
    title: 'This sign-in cannot be completed',
    body: (provider) => `The settings for ${provider} were changed while you were signing in. Start again.`,
  },
  issuer_mismatch: {
    title: 'This sign-in was refused',
    body: (provider) =>
      `The answer does not come from the ${provider} that this application knows, so it was not used. If it happens again, tell the operator.`,
  },
  issuer_missing: {
    title: 'This sign-in was refused',
    body: (provider) =>
      `The answer does not say that it comes from ${provider}, so it was not used. If it happens again, tell the operator.`,
  },
  access_denied: {
    title: 'You cancelled',
    body: (provider) => `You were not signed in, and nothing was shared by ${provider}.`,
  },
  authorization_refused: {
    title: 'The sign-in was refused',
    body: (provider) =>
      `${provider} did not accept this application’s request. That is not your mistake; the operator can see the reason in the log.`,
  },
  provider_busy: {
    title: 'Please try again in a moment',
    body: (provider) => `${provider} has trouble answering just now.`,
  },
  authorization_response_invalid: {
    title: 'This sign-in cannot be completed',
    body: (provider) => `The answer of ${provider} is incomplete. Start again.`,
  },
  provider_unreachable: {
    title: 'The sign-in service does not answer',
    body: (provider) =>
      `This application could not reach ${provider}. Nothing is wrong with your account: try again in a moment.`,
  },
  discovery_invalid: {
    title: 'Sign-in is not available',
    body: (provider) =>
      `The address that this application has for ${provider} is not right. Its operator has to correct it.`,
  },
  client_credentials_refused: {
    title: 'Sign-in is not available',
    body: (provider) =>
      `${provider} did not accept the credentials of this application. Nothing is wrong with your account; the application’s operator has to enter them again.`,
  },
  grant_not_allowed: {
    title: 'Sign-in is not available',
    body: (provider) =>
      `${provider} does not allow this application to sign people in yet. Its operator has to change that.`,
  },
  code_refused: {
    title: 'This sign-in is no longer valid',
    body: (provider) => `${provider} says that it took too long, or was completed already. Start again.`,
  },
  token_refused: {
    title: 'The sign-in was refused',
    body: (provider) => `${provider} did not complete the sign-in. The operator can see the reason in the log.`,
  },
  dpop_not_offered: {
    title: 'Sign-in is not available',
    body: (provider) =>
      `This application asks ${provider} for more protection than it has. Its operator has to change that.`,
  },
  token_not_bound: {
    title: 'The sign-in was not completed',
    body: (provider) => `${provider} did not protect the sign-in as this application asks for, so it was not used.`,
  },
  token_response_invalid: {
    title: 'The sign-in was not completed',
    body: (provider) => `${provider} gave an answer that this application does not understand.`,
  },
  id_token_invalid: idTokenRefused,
  id_token_issuer_wrong: idTokenRefused,
  id_token_audience_wrong: idTokenRefused,
  id_token_party_wrong: idTokenRefused,
  id_token_nonce_wrong: idTokenRefused,
  id_token_expired: idTokenRefused,
  id_token_not_yet_valid: idTokenRefused,
  id_token_claim_missing: idTokenRefused,
  id_token_key_unknown: idTokenRefused,
  id_token_algorithm_refused: idTokenRefused,
  id_token_signature_wrong: idTokenRefused,
  subject_mismatch: {
    title: 'This sign-in was refused',
    body: (provider) => `${provider} spoke of two different people in one sign-in, so it was not used.`,
  },
  profile_refused: {
    title: 'Your profile was not shared',
    body: (provider) => `${provider} signed you in, but did not tell this application who you are.`,
  },
  profile_invalid: {
    title: 'Your profile could not be read',
    body: (provider) => `${provider} signed you in, but this application does not understand what it says about you.`,
  },
  logout_token_invalid: {
    title: 'Nobody was signed out',
    body: () => 'A request to sign somebody out did not prove where it came from.',
  },
  account_not_accepted: {
    title: 'Not with this account',
    body: (provider) =>
      `This application does not accept that ${provider} account. If you have another one, such as that of your organisation, sign in with it.`,
  },
  refused_by_application: {
    title: 'You cannot sign in here',
    body: () => 'This application does not take this account.',
  },
  hook_failed: {
    title: 'Something went wrong',
    body: () =>
      'This application could not finish the sign-in, and nothing was kept. Try again in a moment; if it happens again, tell the operator.',
  },
  account_disabled: {
    title: 'This account is disabled',
    body: () => 'The operator of this application has switched your account off here.',
  },
  linked_to_other: {
    title: 'Already linked elsewhere',
    body: (provider) =>
      `That ${provider} account is linked to another account of this application. Sign in there and unlink it first.`,
  },
  link_session_ended: {
    title: 'You are no longer signed in',
    body: () => 'You signed out, or somebody else signed in, before the accounts were linked. Nothing was changed.',
  },
  pending_missing: {
    title: 'This sign-in is over',
    body: () => 'There is no sign-in under way in this browser, or it took too long. Start again.',
  },
  form_cross_site: {
    title: 'This form was not accepted',
    body: () => 'It came from a page that is not part of this application.',
  },
  form_too_large: { title: 'This form was not accepted', body: () => 'It holds more than this application takes.' },
  form_media_type: { title: 'This form was not accepted', body: () => 'It was not sent as a form of a page is sent.' },
  form_repeated_field: { title: 'This form was not accepted', body: () => 'It holds one of its fields twice.' },
  method_not_allowed: { title: 'That does not work here', body: () => 'This address cannot be used in that way.' },
  superuser_required: {
    title: 'For administrators',
    body: () => 'These pages are for the administrators of this application.',
  },
  not_found: {
    title: 'There is nothing here',
    body: () => 'The page you asked for does not exist, or no longer does.',
  },
  unexpected: {
    title: 'Something went wrong',
    body: () => 'That is a mistake in this application, not yours. Try again in a moment.',
  },
};

export const en = {
  signIn: 'Sign in',
  signInWith: (provider: string) => `Sign in with ${provider}`,
  signOut: 'Sign out',
  signUp: 'Sign up',
  cancel: 'Cancel',
  save: 'Save',
  or: 'or',
  skipToContent: 'Skip to the content',
  mainNavigation: 'Main',
  languageLabel: 'Language',
  profile: 'Profile',
  connections: 'Linked accounts',
  administration: 'Administration',
  errorSummary: 'Please look at this again:',

  profileTitle: 'Your profile',
  profileSignedOutTitle: 'You are not signed in',
  profileSignedOut: (name: string) => `Sign in to see your profile on ${name}.`,
  profileFrom: (provider: string) =>
    `As ${provider} told it at your last sign-in. Change it there, and it changes here the next time.`,
  profileLocal: 'An account of this application.',
  username: 'Username',
  firstName: 'First name',
  lastName: 'Last name',
  email: 'Email',
  uid: (provider: string) => `Identifier at ${provider}`,
  uidLabel: 'Identifier',
  none: '—',

  signInTitle: 'Sign in',
  localSignIn: 'With a password of this application',
  password: 'Password',
  newHere: 'New here?',
  haveAccount: 'Have an account already?',
  signUpTitle: 'Sign up',
  signUpWithProviders: 'Nothing to fill in: sign in, and your account is there.',
  localSignUp: 'An account of this application',
  optional: 'optional',
  passwordHelp: '8 characters at least; longer is better.',
  noWayIn: 'No way to sign in has been set up yet.',

  signOutTitle: 'Sign out?',
  signOutQuestion: (name: string, username: string) => `You are signed in to ${name} as ${username}.`,
  signOutEverywhere: (provider: string) => `Sign out of ${provider} as well`,
  signedOutTitle: 'You are signed out',
  signedOut: (name: string) => `You are no longer signed in to ${name} on this device.`,
  stillSignedIn: (provider: string) => `You may still be signed in to ${provider}.`,
  signOutAt: (provider: string) => `Sign out of ${provider}`,
  signInAgain: 'Sign in again',

  connectionsTitle: 'Linked accounts',
  connectionsIntro: 'Accounts that you can sign in with here.',
  connectionsNone: 'No account is linked. You sign in with your password.',
  linkAnother: 'Link another account',
  link: (provider: string) => `Link ${provider}`,
  unlink: 'Unlink',
  unlinkLabel: (provider: string, account: string) => `Unlink ${provider} account ${account}`,
  linkedSince: 'Linked since',
  onlyWayIn: 'This is your only way to sign in, so it cannot be unlinked.',

  socialSignUpTitle: 'Choose a username',
  socialSignUpTaken: (provider: string, username: string) =>
    `You signed in with ${provider} as ${username}, but another account of this application already has the name ${username}.`,
  socialSignUpUnusable: (provider: string) =>
    `You signed in with ${provider}, which gave no username that can be used here.`,
  chooseTitle: 'I am new here',
  chooseHelp: 'Choose another name for this application. Your account with the provider stays as it is.',
  chooseButton: 'Use this name',
  linkTitle: 'That account is mine',
  linkHelp: (provider: string) =>
    `Sign in to it with its password, and it is linked: from then on you reach it with ${provider}.`,
  linkButton: 'Sign in and link',
  cancelAndBack: 'Cancel, and sign in as somebody else',

  onwardTitle: (provider: string) => `Going to ${provider}`,
  onwardBody: 'If nothing happens,',
  onwardLink: (provider: string) => `go to ${provider}`,

  startAgain: 'Start again',
  backToProfile: 'Go to your profile',
  failureCode: 'Code',
  failureReference: 'Reference',
  providerSaid: 'Answer',
  failures,

  adminSignInTitle: 'Administration',
  adminSignInIntro: 'Sign in with an administrator’s account.',
  adminSignedInAs: (username: string) =>
    `You are signed in as ${username}, who is no administrator. Sign in with another account.`,
  adminTitle: 'Administration',
  socialApps: 'Social applications',
  socialAppsIntro: 'The credentials that this application has at each sign-in service.',
  socialAppsNone: 'No credentials have been entered yet.',
  addSocialApp: 'Add social application',
  changeSocialApp: 'Change social application',
  provider: 'Provider',
  name: 'Name',
  nameHelp: 'For this list only.',
  clientId: 'Client id',
  secret: 'Secret key',
  secretHelp:
    'As the server showed it when the application was registered. It is kept encrypted and never shown again.',
  secretKept: 'A secret is kept. Leave this empty to keep it.',
  redirectUri: 'Redirect URI to register at the server',
  serverUrl: 'Server address for the browser',
  backChannelUrl: 'Server address for this application',
  addressHelp: (address: string) => `Leave empty for ${address}.`,
  settingHelp: (provider: string, example: string) => `${provider} needs it. Such as ${example}.`,
  addressesFor: (providers: readonly string[]) => `For ${providers.join(', ')}.`,
  addressFixed: 'Set in code.',
  backChannelHelp: 'Only where it differs, as between containers.',
  scope: 'Scope',
  scopeHelp: (scope: string) => `Leave empty for “${scope}”.`,
  providerFixed: 'The credentials of this provider are set in code.',
  delete: 'Delete',
  deleteSocialAppTitle: (name: string) => `Delete ${name}?`,
  deleteSocialAppBody: (provider: string) =>
    `Nobody can sign in with ${provider} until credentials are entered again. Accounts and links stay.`,
  actions: 'Actions',
  change: 'Change',

  notices: {
    linked: 'The account is linked.',
    linked_before: 'That account was linked already.',
    unlinked: 'The account is no longer linked.',
    last_way_in: 'That is your only way to sign in, so it stays linked.',
    username_kept: 'Your username at the provider has changed, but that name is taken here. You keep the one you have.',
    app_saved: 'The social application was saved.',
    app_deleted: 'The social application was deleted.',
  },

  problems: {
    form_stale:
      'This form was open for too long, or you signed in or out in another tab. Nothing was done; please send it again.',
    required: 'Please fill this in.',
    too_long: 'That is too long.',
    username_taken: 'That name is taken here.',
    username_unusable: 'Letters, digits and common signs, 150 at most, without spaces at the ends.',
    email_unusable: 'That is no email address.',
    credentials_wrong: 'Username and password do not fit together, or the account has no password.',
    attempts_exhausted: (minutes: number) =>
      minutes === 1
        ? 'Too many attempts. Try again in a minute.'
        : `Too many attempts. Try again in ${minutes} minutes.`,
    busy: 'Too much is going on at once. Try again in a moment.',
    account_disabled: 'This account is disabled.',
    password_short: 'Too short: 8 characters at least.',
    password_long: 'Too long: 1,024 characters at most.',
    password_common: 'Too many people use this password. Choose another.',
    password_is_name: 'The password must not be the username or the email address.',
    provider_unknown: 'Choose a provider.',
    provider_taken: 'This provider has credentials already: change those.',
    url_malformed: 'An address such as https://accounts.example.org is expected.',
    url_insecure: 'Beyond this machine the address must begin with https://.',
    scope_malformed: 'Words separated by spaces are expected.',
    client_id_malformed: 'A client id has no control characters.',
    address_fixed: 'The address of this provider is fixed: leave this empty.',
    secret_unusable:
      'This is no secret that the provider uses. Apple’s is the private key, the whole text of the file AuthKey_….p8.',
    setting_malformed: 'This is not of the form that the provider uses.',
  },
};

/** Every text of the pages; those with a gap are functions. */
export type Messages = { readonly [Name in keyof typeof en]: (typeof en)[Name] };
