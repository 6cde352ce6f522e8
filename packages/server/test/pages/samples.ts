/**
 * Every page in every state that looks different, with model data. Shared by the page tests and `scripts/gallery.ts`, so
 * that what is tested is what was looked at.
 *
 * Some samples are hard on purpose: the longest names and addresses that the server admits. A list, and so as long as there
 * are states.
 */
import type { Problem } from '../../src/pages/messages.ts';
import type { AccountPage, EventKind, PicturePage } from '../../src/pages/models/account.ts';
import type { ApplicationFormPage, ApplicationPage, ApplicationValues } from '../../src/pages/models/applications.ts';
import type {
  ConsentPage,
  DetailValue,
  DetailView,
  DeviceConsentPage,
  ScopeView,
} from '../../src/pages/models/authorization.ts';
import type { AssetName, PageContext, Person } from '../../src/pages/models/context.ts';
import type { ElsewhereReason, ErrorCase, Page } from '../../src/pages/models/page.ts';
import { peopleSamples } from './people-samples.ts';

/** The instant at which all samples are looked at. */
export const NOW_MS = Date.UTC(2026, 2, 14, 15, 9, 26);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** One page in one state. */
export interface Sample {
  /** Names the screenshot. */
  readonly name: string;
  readonly page: Page;
  readonly person: Person | null;
}

const ALICE: Person = { username: 'alice', displayName: 'Alice Martin', isSuperuser: false, deletesAtMs: null };
const ADMIN: Person = { username: 'admin', displayName: 'admin', isSuperuser: true, deletesAtMs: null };
const LONG_NAMED: Person = {
  username: 'maximiliane.von-hohenstein.2026',
  displayName: 'Maximiliane Alexandra von Hohenstein-Oberursel',
  isSuperuser: false,
  deletesAtMs: null,
};
const LONG_NAME = 'Inter-departmental Library Catalogue and Loan Management';
const LONG_ADDRESS = 'maximiliane.alexandra.von.hohenstein-oberursel@interdepartmental-services.example.org';
const LONG_URI =
  'https://catalogue.library.interdepartmental-services.example.org/accounts/customprovider/login/callback/?environment=production';

/** What a page is shown in, unless a test says otherwise. */
export function sampleContext(change: Partial<PageContext> = {}): PageContext {
  return {
    locale: 'en',
    brand: { name: 'Diapason', logoUrl: null },
    csrfToken: 'csrf-token-of-the-sample',
    currentPath: '/here/?and=there',
    person: null,
    reference: '7f3c9a52-1d0e',
    assetUrl: (name: AssetName) => `/assets/${name}`,
    takesPasskeys: true,
    nowMs: NOW_MS,
    timeZone: 'UTC',
    hasElsewhere: true,
    ...change,
  };
}

const problem = (key: Problem['key'], values?: Problem['values']): Problem =>
  values === undefined ? { key } : { key, values };
const scopes = (...names: string[]): ScopeView[] => names.map((name) => ({ name, description: null }));
const EXAMPLE = { name: 'Example client', host: 'localhost:9988' };
const LIBRARY = { name: LONG_NAME, host: 'catalogue.library.interdepartmental-services.example.org' };
const RULE = { minimum: 8, advised: 15 };
const NEXT = '/o/authorize/?pending=4f1c';

const PASSKEY_REQUEST = { options: '{"challenge":"YSBjaGFsbGVuZ2U"}', challenge: 'c2VhbGVk' };
const CLEAN = { fieldProblems: {}, formProblem: null } as const;

const setUpFactor = (change: object): Page => ({
  page: 'set-up-factor',
  application: EXAMPLE,
  byGroup: false,
  next: NEXT,
  turnBack: { action: '/o/authorize/4f1c/', hidden: [{ name: 'no_factor', value: '1' }] },
  goOnUrl: null,
  switchAccountUrl: `/login/?next=${encodeURIComponent(NEXT)}`,
  ...change,
});

const signIn = (change: object = {}): Page => ({
  page: 'sign-in',
  kept: null,
  form: { values: { username: '' }, ...CLEAN },
  next: null,
  application: null,
  signUpIsOpen: true,
  canReset: true,
  byMail: false,
  takesPasskeys: true,
  notice: null,
  elsewhere: [],
  ...change,
});
const refusedSignIn = (key: Problem['key'], values?: Problem['values']): Page =>
  signIn({
    form: { values: { username: 'alice' }, fieldProblems: {}, formProblem: problem(key, values) },
    next: NEXT,
    application: EXAMPLE,
  });

const passkey = (id: string, label: string, isBackupEligible: boolean) => ({
  id,
  label,
  isBackupEligible,
  createdAtMs: NOW_MS - 40 * DAY_MS,
  lastUsedAtMs: NOW_MS - 5 * MINUTE_MS,
});
const EMPTY_SIGN_UP = { username: '', email: '', first_name: '', last_name: '' };
const profileFields = (wrong: Problem | undefined): AccountPage['fields'] => [
  {
    name: 'field_department',
    label: { en: 'Department', fr: 'Service' },
    kind: 'choice',
    choices: [
      { value: 'it', words: { en: 'Computing', fr: 'Informatique' } },
      { value: 'hr', words: { en: 'Human resources', fr: 'Ressources humaines' } },
    ],
    value: '',
    required: true,
    canChange: true,
    problem: wrong,
  },
  {
    name: 'field_started',
    label: { en: 'First day', fr: 'Premier jour' },
    kind: 'date',
    choices: [],
    value: '2026-01-31',
    required: false,
    canChange: true,
    problem: undefined,
  },
  {
    name: 'field_badge',
    label: { en: 'Badge number', fr: 'Numéro de badge' },
    kind: 'text',
    choices: [],
    value: 'B-440',
    required: false,
    canChange: false,
    problem: undefined,
  },
];

const entrySamples: Sample[] = [
  { name: 'landing', page: { page: 'landing', signUpIsOpen: true }, person: null },
  { name: 'landing-closed', page: { page: 'landing', signUpIsOpen: false }, person: null },
  { name: 'sign-in', page: signIn(), person: null },
  { name: 'sign-in-application', page: signIn({ next: NEXT, application: EXAMPLE }), person: null },
  { name: 'sign-in-no-passkeys', page: signIn({ takesPasskeys: false }), person: null },
  { name: 'sign-in-passkey-wrong', page: refusedSignIn('problem.passkey.wrong'), person: null },
  { name: 'sign-in-long', page: signIn({ application: LIBRARY, signUpIsOpen: false }), person: null },
  { name: 'sign-in-notice', page: signIn({ notice: 'signed-up' }), person: null },
  {
    name: 'sign-in-kept',
    page: signIn({ next: '/account/', kept: 'dXNlcm5hbWU9YWxpY2U', signUpIsOpen: false, notice: 'typed-kept' }),
    person: null,
  },
  {
    name: 'sign-in-elsewhere',
    page: signIn({
      next: NEXT,
      application: EXAMPLE,
      elsewhere: [
        { name: 'Google', href: '/accounts/google/login/' },
        { name: LONG_NAME, href: '/accounts/library/login/' },
      ],
    }),
    person: null,
  },
  {
    name: 'sign-in-link-first',
    page: signIn({ notice: 'link-first', elsewhere: [{ name: 'GitHub', href: '/accounts/github/login/' }] }),
    person: null,
  },
  {
    name: 'elsewhere-sign-up',
    page: {
      page: 'elsewhere-sign-up',
      form: {
        values: { ...EMPTY_SIGN_UP, username: 'alice' },
        ...CLEAN,
        fieldProblems: { username: problem('problem.username.taken') },
      },
      provider: 'Google',
      label: LONG_ADDRESS,
      asksForEmail: false,
      asksForMore: false,
      fields: [],
      invitation: null,
      arrival: 'sealed',
      application: null,
    },
    person: null,
  },
  {
    name: 'elsewhere-sign-up-email',
    page: {
      page: 'elsewhere-sign-up',
      form: { values: EMPTY_SIGN_UP, ...CLEAN },
      provider: 'GitHub',
      label: '',
      asksForEmail: true,
      asksForMore: false,
      fields: [],
      invitation: null,
      arrival: 'sealed',
      application: EXAMPLE,
    },
    person: null,
  },
  {
    name: 'elsewhere-sign-up-whole',
    page: {
      page: 'elsewhere-sign-up',
      form: {
        values: { username: 'alice', email: '', first_name: 'Alice', last_name: LONG_NAME },
        ...CLEAN,
        fieldProblems: { username: problem('problem.username.taken') },
      },
      provider: 'Office',
      label: LONG_ADDRESS,
      asksForEmail: false,
      asksForMore: true,
      fields: profileFields(problem('problem.required')),
      invitation: null,
      arrival: 'sealed',
      application: EXAMPLE,
    },
    person: null,
  },
  {
    name: 'elsewhere-sign-up-invited',
    page: {
      page: 'elsewhere-sign-up',
      form: { values: { username: 'alice', email: '', first_name: 'Alice', last_name: '' }, ...CLEAN },
      provider: 'Office',
      label: '',
      asksForEmail: false,
      asksForMore: true,
      fields: [],
      invitation: {
        address: 'alice@example.org',
        invitedBy: 'admin',
        groups: ['staff'],
        isSuperuser: false,
        expiresAtMs: NOW_MS + 7 * DAY_MS,
      },
      arrival: 'sealed',
      application: null,
    },
    person: null,
  },
  {
    name: 'linked-empty',
    page: {
      page: 'linked',
      accounts: [],
      providers: [
        { name: 'Google', href: '/accounts/google/login/?process=connect' },
        { name: LONG_NAME, href: '/accounts/library/login/?process=connect' },
      ],
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'linked',
    page: {
      page: 'linked',
      accounts: [
        {
          issuer: 'https://accounts.google.com',
          subject: '1',
          provider: 'Google',
          label: 'alice@example.org',
          linkedAtMs: NOW_MS - 40 * DAY_MS,
          lastSignInAtMs: NOW_MS - 3 * MINUTE_MS,
          isUsable: true,
          isOnlyWayIn: false,
        },
        {
          issuer: 'library',
          subject: '7',
          provider: LONG_NAME,
          label: LONG_ADDRESS,
          linkedAtMs: NOW_MS - 400 * DAY_MS,
          lastSignInAtMs: null,
          isUsable: false,
          isOnlyWayIn: false,
        },
      ],
      providers: [{ name: 'GitHub', href: '/accounts/github/login/?process=connect' }],
      notice: 'identity-linked',
    },
    person: ALICE,
  },
  {
    name: 'linked-only-way-in',
    page: {
      page: 'linked',
      accounts: [
        {
          issuer: 'https://github.com',
          subject: '583231',
          provider: 'GitHub',
          label: 'alice',
          linkedAtMs: NOW_MS - DAY_MS,
          lastSignInAtMs: NOW_MS - 3 * MINUTE_MS,
          isUsable: true,
          isOnlyWayIn: true,
        },
      ],
      providers: [],
      notice: 'identity-last',
    },
    person: ALICE,
  },
  {
    name: 'link',
    page: { page: 'link', provider: 'Google', label: LONG_ADDRESS, username: LONG_NAMED.username, arrival: 'sealed' },
    person: LONG_NAMED,
  },
  { name: 'sign-in-reset-done', page: signIn({ notice: 'password-reset' }), person: null },
  {
    name: 'check-mail',
    page: { page: 'check-mail', form: { values: { code: '' }, ...CLEAN }, next: NEXT },
    person: null,
  },
  {
    name: 'check-mail-refused',
    page: {
      page: 'check-mail',
      form: {
        values: { code: '1234 5678' },
        fieldProblems: { code: problem('problem.mailedCode.wrong') },
        formProblem: null,
      },
      next: null,
    },
    person: null,
  },
  {
    name: 'verify-address',
    page: { page: 'verify-address', username: LONG_NAMED.username, address: LONG_ADDRESS, token: 'token', next: null },
    person: null,
  },
  {
    name: 'reset-ask',
    page: { page: 'reset-ask', form: { values: { email: '' }, ...CLEAN }, hasMail: true },
    person: null,
  },
  {
    name: 'reset-ask-refused',
    page: {
      page: 'reset-ask',
      form: {
        values: { email: 'alice@@example.org' },
        fieldProblems: { email: problem('problem.email.invalid') },
        formProblem: null,
      },
      hasMail: true,
    },
    person: null,
  },
  {
    name: 'reset-ask-no-mail',
    page: { page: 'reset-ask', form: { values: { email: '' }, ...CLEAN }, hasMail: false },
    person: null,
  },
  { name: 'reset-sent', page: { page: 'reset-sent' }, person: null },
  {
    name: 'reset-password',
    page: {
      page: 'reset-password',
      form: { values: {}, ...CLEAN },
      token: 'token',
      username: 'alice',
      passwordRule: RULE,
    },
    person: null,
  },
  {
    name: 'reset-password-refused',
    page: {
      page: 'reset-password',
      form: { values: {}, fieldProblems: { password: problem('problem.password.common') }, formProblem: null },
      token: 'token',
      username: 'alice',
      passwordRule: RULE,
    },
    person: null,
  },
  { name: 'sign-in-by-mail', page: signIn({ byMail: true, application: EXAMPLE, next: NEXT }), person: null },
  {
    name: 'mail-sign-in',
    page: { page: 'mail-sign-in', form: { values: { email: '' }, ...CLEAN }, next: null, application: null },
    person: null,
  },
  {
    name: 'mail-sign-in-refused',
    page: {
      page: 'mail-sign-in',
      form: {
        values: { email: 'alice@example' },
        fieldProblems: { email: problem('problem.email.invalid') },
        formProblem: null,
      },
      next: NEXT,
      application: LIBRARY,
    },
    person: null,
  },
  {
    name: 'mail-code',
    page: { page: 'mail-code', form: { values: { code: '' }, ...CLEAN }, next: NEXT, application: EXAMPLE },
    person: null,
  },
  {
    name: 'mail-code-wrong',
    page: {
      page: 'mail-code',
      form: {
        values: { code: '0000 0000' },
        fieldProblems: { code: problem('problem.mailedCode.wrong') },
        formProblem: null,
      },
      next: null,
      application: null,
    },
    person: null,
  },
  {
    name: 'mail-link',
    page: { page: 'mail-link', username: LONG_NAMED.username, token: 'x'.repeat(43), next: NEXT },
    person: null,
  },
  { name: 'kept-mail-none', page: { page: 'kept-mail', messages: [] }, person: null },
  {
    name: 'kept-mail',
    page: {
      page: 'kept-mail',
      messages: [
        {
          id: 'm1',
          to: LONG_ADDRESS,
          subject: 'Confirm your address for Diapason',
          text: `Hello alice,\n\nConfirm the address:\nhttp://localhost:9977/email/verify/?token=${'x'.repeat(43)}\n\nOr type this code:\n1234 5678\n`,
          queuedAtMs: NOW_MS - MINUTE_MS,
        },
      ],
    },
    person: null,
  },
  {
    name: 'second-step',
    page: {
      page: 'second-step',
      form: { values: { trust: '' }, ...CLEAN },
      hasApp: true,
      passkey: null,
      step: 'c2VhbGVk',
      next: null,
      application: null,
      kept: null,
    },
    person: null,
  },
  {
    name: 'second-step-passkey',
    page: {
      page: 'second-step',
      form: { values: { trust: '' }, ...CLEAN },
      hasApp: true,
      passkey: PASSKEY_REQUEST,
      step: 'c2VhbGVk',
      next: NEXT,
      application: EXAMPLE,
      kept: null,
    },
    person: null,
  },
  {
    name: 'second-step-passkey-expired',
    page: {
      page: 'second-step',
      form: { values: { trust: '' }, fieldProblems: {}, formProblem: problem('problem.passkey.expired') },
      hasApp: false,
      passkey: PASSKEY_REQUEST,
      step: 'c2VhbGVk',
      next: null,
      application: null,
      kept: null,
    },
    person: null,
  },
  {
    name: 'second-step-wrong',
    page: {
      page: 'second-step',
      form: {
        values: { trust: 'on' },
        fieldProblems: { code: problem('problem.code.wrong') },
        formProblem: null,
      },
      hasApp: true,
      passkey: null,
      step: 'c2VhbGVk',
      next: NEXT,
      application: LIBRARY,
      kept: null,
    },
    person: null,
  },
  {
    name: 'kept-form',
    page: {
      page: 'kept-form',
      action: '/account/',
      fields: [{ name: 'first_name', value: 'Alice' }],
      username: LONG_NAMED.username,
    },
    person: null,
  },
  { name: 'sign-in-wrong', page: refusedSignIn('problem.signIn.wrong'), person: null },
  {
    name: 'sign-in-missing',
    page: signIn({
      form: {
        values: { username: '' },
        fieldProblems: { username: problem('problem.required'), password: problem('problem.required') },
        formProblem: null,
      },
    }),
    person: null,
  },
  {
    name: 'sign-in-too-many',
    page: refusedSignIn('problem.signIn.tooManyAttempts', { minutes: 12 }),
    person: null,
  },
  { name: 'sign-in-busy', page: refusedSignIn('problem.busy', { seconds: 1 }), person: null },
  {
    name: 'sign-up',
    page: {
      page: 'sign-up',
      fields: [],
      form: { values: EMPTY_SIGN_UP, ...CLEAN },
      next: null,
      application: null,
      passwordRule: RULE,
      elsewhere: [],
    },
    person: null,
  },
  {
    name: 'sign-up-refused',
    page: {
      page: 'sign-up',
      fields: [],
      form: {
        values: { username: 'аlice', email: 'alice@example', first_name: 'Alice', last_name: 'Martin' },
        fieldProblems: {
          username: problem('problem.username.taken'),
          email: problem('problem.email.invalid'),
          password: problem('problem.password.tooShort', { minimum: 8 }),
        },
        formProblem: null,
      },
      next: NEXT,
      application: EXAMPLE,
      passwordRule: RULE,
      elsewhere: [],
    },
    person: null,
  },
  {
    name: 'sign-out',
    page: { page: 'sign-out', action: '/logout/', hidden: [], application: null, stayUrl: '/account/' },
    person: ALICE,
  },
  {
    name: 'sign-out-application',
    page: {
      page: 'sign-out',
      action: '/o/logout/',
      hidden: [{ name: 'client_id', value: 'web-1' }],
      application: LIBRARY,
      stayUrl: '/account/',
    },
    person: LONG_NAMED,
  },
  {
    name: 'sign-out-nobody',
    page: { page: 'sign-out', action: '/logout/', hidden: [], application: null, stayUrl: '/' },
    person: null,
  },
  { name: 'signed-out', page: { page: 'signed-out', told: [], frames: [], application: null }, person: null },
  {
    name: 'signed-out-application',
    page: {
      page: 'signed-out',
      told: [],
      frames: [],
      application: { ...EXAMPLE, returnUrl: 'http://localhost:9988/' },
    },
    person: null,
  },
  {
    name: 'signed-out-told',
    page: {
      page: 'signed-out',
      told: [
        { name: 'Invoices', kind: 'back-channel' },
        { name: 'Wiki', kind: 'front-channel' },
        { name: 'Zeitung', kind: 'none' },
      ],
      // None: nothing outside is loaded by a test.
      frames: [],
      application: { ...EXAMPLE, returnUrl: 'http://localhost:9988/' },
    },
    person: null,
  },
];

const plain = (text: string): DetailValue => ({ kind: 'texts', texts: [{ text, words: null }] });
const amount: DetailValue = { kind: 'number', digits: '1234.50' };
const PAYMENT: DetailView = {
  type: 'payment',
  sentence: {
    en: ['Pay ', amount, ' ', plain('EUR'), ' to ', plain('City of Lyon')],
    fr: ['Payer ', amount, ' ', plain('EUR'), ' à ', plain('City of Lyon')],
  },
  facts: [{ label: { en: 'Reference', fr: 'Référence' }, value: plain('Water bill of March') }],
};
const actions: DetailValue = {
  kind: 'texts',
  texts: [
    { text: 'read', words: { en: 'read', fr: 'lire' } },
    { text: 'write', words: { en: 'change', fr: 'modifier' } },
  ],
};
const FILES: DetailView = {
  type: 'files',
  sentence: { en: ['Do this with your files: ', actions], fr: ['Faire ceci de vos fichiers : ', actions] },
  facts: [
    {
      label: { en: 'At', fr: 'Sur' },
      value: plain('https://files.interdepartmental-services.example.org/catalogue/loans'),
    },
    { label: { en: 'Hidden ones too', fr: 'Cachés aussi' }, value: { kind: 'flag', is: false } },
  ],
};
/** Text that an application chose: as long as may be, with markup, and from right to left. */
const HOSTILE: DetailView = {
  type: 'payment',
  sentence: {
    en: ['Pay ', amount, ' ', plain('EUR'), ' to ', plain('<script>alert(1)</script> <b>nobody</b>')],
    fr: ['Payer ', amount, ' ', plain('EUR'), ' à ', plain('<script>alert(1)</script> <b>nobody</b>')],
  },
  facts: [{ label: { en: 'Reference', fr: 'Référence' }, value: plain(`שלום ${'x'.repeat(180)}`) }],
};

const consent = (change: Partial<ConsentPage> = {}): ConsentPage => ({
  page: 'consent',
  action: '/o/authorize/consent/',
  hidden: [{ name: 'pending', value: '4f1c' }],
  application: EXAMPLE,
  owner: { kind: 'operator' },
  links: [],
  scopes: scopes('openid', 'profile', 'email', 'read'),
  details: [],
  resources: [],
  allowedEarlier: [],
  account: { username: 'alice', firstName: 'Alice', lastName: 'Martin', email: 'alice@example.org' },
  access: { kind: 'renewed', endsAfterSeconds: 90 * 86_400, idleSeconds: 30 * 86_400 },
  switchAccountUrl: '/login/?next=%2Fo%2Fauthorize%2F',
  ...change,
});
const consentSamples: Sample[] = [
  { name: 'consent', page: consent(), person: ALICE },
  {
    name: 'consent-fields',
    page: consent({
      scopes: [
        {
          name: 'profile',
          description: null,
          fields: [
            { label: { en: 'Department', fr: 'Service' }, value: { en: 'Computing', fr: 'Informatique' } },
            { label: { en: 'Badge number', fr: 'Numéro de badge' }, value: 'B-440' },
          ],
        },
      ],
    }),
    person: ALICE,
  },
  {
    name: 'consent-person',
    page: consent({
      owner: { kind: 'person', username: 'bob' },
      scopes: [...scopes('read', 'write', 'introspection'), { name: 'loans', description: 'see and renew your loans' }],
      access: { kind: 'once', seconds: 3_600 },
    }),
    person: ALICE,
  },
  {
    name: 'consent-unverified',
    page: consent({
      owner: { kind: 'nobody' },
      links: [
        { about: 'client', url: 'https://robot.example/', host: 'robot.example' },
        { about: 'policy', url: 'https://robot.example/data', host: 'robot.example' },
        { about: 'tos', url: 'https://terms.example/robot', host: 'terms.example' },
      ],
    }),
    person: ALICE,
  },
  {
    name: 'consent-document',
    page: consent({ owner: { kind: 'document', host: 'robot.example' } }),
    person: ALICE,
  },
  {
    name: 'consent-more',
    page: consent({
      scopes: scopes('openid', 'profile', 'email', 'offline_access'),
      allowedEarlier: ['openid', 'profile'],
    }),
    person: ALICE,
  },
  {
    name: 'consent-long',
    page: consent({
      application: LIBRARY,
      owner: { kind: 'person', username: LONG_NAMED.username },
      scopes: scopes('openid', 'profile', 'email', 'org.example.interdepartmental.catalogue.loans.manage'),
      account: {
        username: LONG_NAMED.username,
        firstName: 'Maximiliane Alexandra',
        lastName: 'von Hohenstein-Oberursel',
        email: 'maximiliane.alexandra.von.hohenstein-oberursel@interdepartmental-services.example.org',
      },
      access: { kind: 'renewed', endsAfterSeconds: null, idleSeconds: null },
    }),
    person: LONG_NAMED,
  },
  {
    name: 'consent-details',
    page: consent({ scopes: scopes('openid', 'profile'), details: [PAYMENT, FILES] }),
    person: ALICE,
  },
  {
    name: 'consent-details-alone',
    page: consent({
      owner: { kind: 'person', username: 'bob' },
      scopes: [],
      details: [HOSTILE, { type: 'org.example.former', sentence: null, facts: [] }],
      access: { kind: 'once', seconds: 3_600 },
    }),
    person: ALICE,
  },
  {
    name: 'consent-resources',
    page: consent({ scopes: scopes('read'), resources: ['files.example.org', 'urn:example:archive'] }),
    person: ALICE,
  },
  {
    name: 'form-post',
    page: {
      page: 'form-post',
      application: LIBRARY,
      action: 'https://catalogue.library.interdepartmental-services.example.org/callback',
      fields: [{ name: 'code', value: 'SplxlOBeZQQYbYS6WxSbIA' }],
    },
    person: ALICE,
  },
  {
    name: 'consent-no-email',
    page: consent({
      account: { username: 'carol', firstName: '', lastName: '', email: null },
      application: { name: 'Desk', host: null },
      access: { kind: 'renewed', endsAfterSeconds: null, idleSeconds: 7 * 86_400 },
    }),
    person: ALICE,
  },
];

const UA = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0',
  safari:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.3 Mobile/15E148 Safari/604.1',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36 Edg/145.0.0.0',
};
const deviceCode = (change: object = {}): Page => ({
  page: 'device-code',
  form: { values: { user_code: '' }, ...CLEAN },
  cameByLink: false,
  ...change,
});
const deviceConsent = (change: Partial<DeviceConsentPage> = {}): DeviceConsentPage => ({
  page: 'device-consent',
  question: 'bG9va3MgbGlrZSB0aGlzLg',
  userCode: 'WDJB-MJHT',
  application: { name: 'Television', host: null },
  owner: { kind: 'operator' },
  links: [],
  scopes: scopes('openid', 'profile', 'email', 'read'),
  details: [],
  resources: [],
  account: { username: 'alice', firstName: 'Alice', lastName: 'Martin', email: 'alice@example.org' },
  access: { kind: 'renewed', endsAfterSeconds: 90 * 86_400, idleSeconds: 30 * 86_400 },
  device: { networkAddress: '203.0.113.42', userAgent: 'TelevisionApp/4.1 (Linux)', askedAtMs: NOW_MS - MINUTE_MS },
  ...change,
});
const deviceSamples: Sample[] = [
  { name: 'device-code', page: deviceCode(), person: ALICE },
  {
    name: 'device-code-link',
    page: deviceCode({ form: { values: { user_code: 'WDJB-MJHT' }, ...CLEAN }, cameByLink: true }),
    person: ALICE,
  },
  {
    name: 'device-code-unknown',
    page: deviceCode({
      form: {
        values: { user_code: 'WDJB-MJHX' },
        fieldProblems: { user_code: problem('problem.userCode.unknown') },
        formProblem: null,
      },
    }),
    person: ALICE,
  },
  { name: 'device-consent', page: deviceConsent(), person: ALICE },
  {
    name: 'device-consent-long',
    page: deviceConsent({
      application: LIBRARY,
      owner: { kind: 'person', username: LONG_NAMED.username },
      scopes: scopes('openid', 'write', 'org.example.interdepartmental.catalogue.loans.manage'),
      account: {
        username: LONG_NAMED.username,
        firstName: 'Maximiliane Alexandra',
        lastName: 'von Hohenstein-Oberursel',
        email: null,
      },
      access: { kind: 'once', seconds: 3_600 },
      device: {
        networkAddress: '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
        userAgent: UA.edge,
        askedAtMs: NOW_MS - 9 * MINUTE_MS,
      },
    }),
    person: LONG_NAMED,
  },
  {
    name: 'device-consent-unknown',
    page: deviceConsent({ device: { networkAddress: '192.0.2.7', userAgent: '', askedAtMs: NOW_MS } }),
    person: ALICE,
  },
  { name: 'device-consent-details', page: deviceConsent({ scopes: scopes('read'), details: [FILES] }), person: ALICE },
  { name: 'device-allowed', page: { page: 'device-result', allowed: true }, person: ALICE },
  { name: 'device-denied', page: { page: 'device-result', allowed: false }, person: ALICE },
];
const session = (id: string, userAgent: string, agoMs: number, change: object = {}) => ({
  id,
  isCurrent: false,
  userAgent,
  networkAddress: '203.0.113.42',
  signedInAtMs: NOW_MS - agoMs - 3 * DAY_MS,
  lastSeenAtMs: NOW_MS - agoMs,
  ...change,
});
const logEvent = (kind: EventKind, agoMs: number, change: object = {}) => ({
  kind,
  detail: null,
  userAgent: UA.firefox,
  networkAddress: '203.0.113.42',
  occurredAtMs: NOW_MS - agoMs,
  ...change,
});
const account = (change: object = {}): Page => ({
  page: 'account',
  form: { values: { username: 'alice', first_name: 'Alice', last_name: 'Martin', locale: '', zoneinfo: '' }, ...CLEAN },
  fields: [],
  timeZones: ['Africa/Abidjan', 'America/Argentina/Buenos_Aires', 'Europe/Paris', 'Pacific/Auckland'],
  notice: null,
  pictureUrl: null,
  email: 'alice@example.org',
  emailVerified: true,
  createdAtMs: Date.UTC(2024, 8, 2),
  sessionCount: 3,
  connectionCount: 1,
  ...change,
});
/** There is no picture behind the samples: the sign of the site stands for one. */
const PICTURE = '/assets/favicon.svg';
const picture = (change: Partial<PicturePage>): PicturePage => ({
  page: 'picture',
  form: { values: {}, ...CLEAN },
  megabytesMax: 5,
  pictureUrl: null,
  notice: null,
  ...change,
});
const accountSamples: Sample[] = [
  { name: 'account', page: account(), person: ALICE },
  { name: 'account-fields', page: account({ fields: profileFields(undefined) }), person: ALICE },
  {
    name: 'account-fields-refused',
    page: account({ fields: profileFields(problem('problem.required')) }),
    person: ALICE,
  },
  { name: 'account-picture', page: account({ pictureUrl: PICTURE }), person: ALICE },
  { name: 'picture-none', page: picture({}), person: ALICE },
  { name: 'picture', page: picture({ pictureUrl: PICTURE, notice: 'picture-saved' }), person: ALICE },
  {
    name: 'picture-refused',
    page: picture({
      pictureUrl: PICTURE,
      form: { values: {}, fieldProblems: { picture: problem('problem.picture.kind') }, formProblem: null },
    }),
    person: ALICE,
  },
  {
    name: 'picture-unavailable',
    page: picture({
      form: { values: {}, fieldProblems: { picture: problem('problem.picture.unavailable') }, formProblem: null },
    }),
    person: ALICE,
  },
  {
    name: 'picture-busy',
    page: picture({
      pictureUrl: PICTURE,
      form: { values: {}, fieldProblems: {}, formProblem: problem('problem.picture.busy', { seconds: 2 }) },
    }),
    person: ALICE,
  },
  { name: 'account-saved', page: account({ notice: 'profile-saved', emailVerified: false }), person: ALICE },
  {
    name: 'account-refused',
    page: account({
      form: {
        values: {
          username: 'bob',
          first_name: 'x'.repeat(151),
          last_name: 'Martin',
          locale: 'fr',
          zoneinfo: 'Europe/Paris',
        },
        fieldProblems: {
          username: problem('problem.username.taken'),
          first_name: problem('problem.text.tooLong', { maximum: 150 }),
        },
        formProblem: null,
      },
    }),
    person: ALICE,
  },
  {
    name: 'account-long',
    page: account({
      form: {
        values: {
          username: LONG_NAMED.username,
          first_name: 'Maximiliane Alexandra',
          last_name: 'von Hohenstein-Oberursel',
          locale: 'en',
          zoneinfo: 'America/Argentina/Buenos_Aires',
        },
        ...CLEAN,
      },
      email: 'maximiliane.alexandra.von.hohenstein-oberursel@interdepartmental-services.example.org',
      sessionCount: 1,
      connectionCount: 0,
    }),
    person: LONG_NAMED,
  },
  {
    name: 'security-off',
    page: {
      page: 'security',
      passkeys: [],
      takesPasskeys: true,
      authenticators: [],
      recoveryCodes: 0,
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'security-passkeys',
    page: {
      page: 'security',
      passkeys: [
        passkey('p1', 'Firefox on Windows', true),
        { ...passkey('p2', 'Blue key', false), lastUsedAtMs: null },
      ],
      takesPasskeys: true,
      authenticators: [],
      recoveryCodes: 10,
      notice: 'passkey-added',
    },
    person: ALICE,
  },
  {
    name: 'security-no-passkeys',
    page: {
      page: 'security',
      passkeys: [],
      takesPasskeys: false,
      authenticators: [],
      recoveryCodes: 0,
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'new-passkey',
    page: {
      page: 'new-passkey',
      form: { values: { label: '' }, ...CLEAN },
      userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
      request: PASSKEY_REQUEST,
      next: null,
    },
    person: ALICE,
  },
  {
    name: 'new-passkey-refused',
    page: {
      page: 'new-passkey',
      form: {
        values: { label: LONG_NAME },
        fieldProblems: { label: problem('problem.text.tooLong', { maximum: 60 }) },
        formProblem: problem('problem.passkey.taken'),
      },
      userAgent: null,
      request: PASSKEY_REQUEST,
      next: null,
    },
    person: LONG_NAMED,
  },
  {
    name: 'passkey',
    page: {
      page: 'passkey',
      passkey: passkey('p1', 'Blue key', false),
      form: { values: { label: 'Blue key' }, ...CLEAN },
    },
    person: ALICE,
  },
  {
    name: 'passkey-last',
    page: {
      page: 'passkey',
      passkey: passkey('p1', LONG_NAME, true),
      form: {
        values: { label: '' },
        fieldProblems: { label: problem('problem.required') },
        formProblem: problem('problem.passkey.lastWayIn'),
      },
    },
    person: LONG_NAMED,
  },
  {
    name: 'security-on',
    page: {
      page: 'security',
      passkeys: [passkey('p1', LONG_NAME, true)],
      takesPasskeys: true,
      authenticators: [
        { id: 'a1', label: 'Telephone', createdAtMs: NOW_MS - 90 * DAY_MS, lastUsedAtMs: NOW_MS - 5 * MINUTE_MS },
        { id: 'a2', label: '', createdAtMs: NOW_MS - DAY_MS, lastUsedAtMs: null },
        { id: 'a3', label: LONG_NAME, createdAtMs: NOW_MS - DAY_MS, lastUsedAtMs: null },
      ],
      recoveryCodes: 9,
      notice: 'authenticator-added',
    },
    person: LONG_NAMED,
  },
  {
    name: 'authenticator',
    page: {
      page: 'authenticator',
      next: null,
      form: { values: { label: '' }, ...CLEAN },
      seed: 'c2VhbGVk',
      uri: 'otpauth://totp/Diapason:alice?issuer=Diapason&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30',
      key: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    },
    person: ALICE,
  },
  {
    name: 'authenticator-wrong',
    page: {
      page: 'authenticator',
      next: null,
      form: {
        values: { label: 'Telephone' },
        fieldProblems: { code: problem('problem.code.wrong') },
        formProblem: null,
      },
      seed: 'c2VhbGVk',
      uri: 'otpauth://totp/Diapason:alice?issuer=Diapason&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30',
      key: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    },
    person: LONG_NAMED,
  },
  {
    name: 'recovery-codes',
    page: {
      page: 'recovery-codes',
      next: null,
      codes: Array.from({ length: 10 }, (_, index) => `k3fm-9xq2-wwpn-7hcd-r4st-v8m${index === 0 ? 'a' : index + 1}`),
    },
    person: ALICE,
  },
  { name: 'set-up-factor', page: setUpFactor({}), person: ALICE },
  {
    name: 'set-up-factor-wished',
    page: setUpFactor({ goOnUrl: `${NEXT}&without=second-factor`, turnBack: null }),
    person: ALICE,
  },
  {
    name: 'set-up-factor-long',
    page: setUpFactor({ application: LIBRARY }),
    person: LONG_NAMED,
  },
  {
    name: 'set-up-factor-group',
    page: setUpFactor({ application: null, byGroup: true, next: '/account/', turnBack: null, switchAccountUrl: null }),
    person: ALICE,
  },
  {
    name: 'confirm-identity-device',
    page: {
      page: 'confirm-identity',
      elsewhere: [],
      form: { values: {}, ...CLEAN },
      hasPassword: true,
      hasSecondFactor: true,
      hasApp: true,
      passkey: null,
      forDevice: true,
      next: '/o/device/?user_code=WDJB-MJHT',
      kept: null,
    },
    person: ALICE,
  },
  {
    name: 'confirm-identity',
    page: {
      page: 'confirm-identity',
      elsewhere: [],
      forDevice: false,
      form: { values: {}, ...CLEAN },
      hasPassword: true,
      hasSecondFactor: false,
      hasApp: false,
      passkey: null,
      next: '/account/email/',
      kept: null,
    },
    person: ALICE,
  },
  {
    name: 'confirm-identity-elsewhere',
    page: {
      page: 'confirm-identity',
      elsewhere: [
        { name: 'Office', href: '/accounts/office/login/?process=confirm&next=%2Faccount%2Fpassword%2F' },
        { name: LONG_NAME, href: '/accounts/library/login/?process=confirm&next=%2Faccount%2Fpassword%2F' },
      ],
      forDevice: false,
      form: { values: {}, ...CLEAN },
      hasPassword: false,
      hasSecondFactor: false,
      hasApp: false,
      passkey: null,
      next: '/account/password/',
      kept: null,
    },
    person: ALICE,
  },
  {
    name: 'confirm-identity-passkey',
    page: {
      page: 'confirm-identity',
      elsewhere: [],
      forDevice: false,
      form: { values: {}, ...CLEAN },
      hasPassword: true,
      hasSecondFactor: true,
      hasApp: false,
      passkey: PASSKEY_REQUEST,
      next: '/account/email/',
      kept: null,
    },
    person: ALICE,
  },
  {
    name: 'confirm-identity-passkey-alone',
    page: {
      page: 'confirm-identity',
      elsewhere: [],
      forDevice: false,
      form: { values: {}, fieldProblems: {}, formProblem: problem('problem.passkey.wrong') },
      hasPassword: false,
      hasSecondFactor: true,
      hasApp: false,
      passkey: PASSKEY_REQUEST,
      next: '/account/email/',
      kept: null,
    },
    person: ALICE,
  },
  {
    name: 'confirm-identity-wrong',
    page: {
      page: 'confirm-identity',
      elsewhere: [],
      forDevice: false,
      form: {
        values: {},
        fieldProblems: { current_password: problem('problem.password.wrongCurrent') },
        formProblem: null,
      },
      hasPassword: true,
      hasSecondFactor: true,
      hasApp: true,
      passkey: null,
      next: '/account/email/',
      kept: 'ZW1haWw9YWxpY2U',
    },
    person: LONG_NAMED,
  },
  {
    name: 'confirm-identity-no-password',
    page: {
      page: 'confirm-identity',
      elsewhere: [],
      forDevice: false,
      form: { values: {}, ...CLEAN },
      hasPassword: false,
      hasSecondFactor: false,
      hasApp: false,
      passkey: null,
      next: '/account/email/',
      kept: null,
    },
    person: ALICE,
  },
  {
    name: 'password',
    page: {
      page: 'password',
      form: { values: {}, ...CLEAN },
      passwordRule: RULE,
      hasPassword: true,
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'password-refused',
    page: {
      page: 'password',
      form: {
        values: {},
        fieldProblems: {
          current_password: problem('problem.password.wrongCurrent'),
          password: problem('problem.password.common'),
        },
        formProblem: null,
      },
      passwordRule: RULE,
      hasPassword: true,
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'password-none',
    page: {
      page: 'password',
      form: { values: {}, ...CLEAN },
      passwordRule: RULE,
      hasPassword: false,
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'sessions',
    page: {
      page: 'sessions',
      sessions: [
        session('s1', UA.firefox, 0, { isCurrent: true }),
        session('s2', UA.safari, 43 * MINUTE_MS, { networkAddress: '2001:db8:85a3:8d3:1319:8a2e:370:7348' }),
        session('s3', UA.edge, 5 * DAY_MS),
        session('s4', 'Something/1.0', 20 * DAY_MS),
      ],
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'sessions-one',
    page: {
      page: 'sessions',
      sessions: [session('s1', UA.firefox, 0, { isCurrent: true })],
      notice: 'other-sessions-ended',
    },
    person: ALICE,
  },
  {
    name: 'log',
    page: {
      page: 'log',
      events: [
        logEvent('signed-out', 0, { networkAddress: '2001:db8:85a3:8d3:1319:8a2e:370:7348' }),
        logEvent('signed-in', 43 * MINUTE_MS, { detail: 'pwd otp' }),
        logEvent('application-allowed', DAY_MS, { detail: LONG_NAME, userAgent: UA.safari }),
        logEvent('address-added', 3 * DAY_MS, {
          detail: 'maximiliane.alexandra.von.hohenstein-oberursel@interdepartmental-services.example.org',
        }),
        logEvent('factors-reset', 9 * DAY_MS, { userAgent: null, networkAddress: null }),
      ],
      earlierUrl: '/account/log/?before=1-2',
      isNewest: false,
    },
    person: ALICE,
  },
  {
    name: 'my-data',
    page: { page: 'my-data', deletesAtMs: null, graceSeconds: 14 * 86_400, notice: 'account-kept' },
    person: ALICE,
  },
  {
    name: 'my-data-at-once',
    page: { page: 'my-data', deletesAtMs: null, graceSeconds: 0, notice: null },
    person: ALICE,
  },
  {
    name: 'my-data-deletion',
    page: { page: 'my-data', deletesAtMs: NOW_MS + 9 * DAY_MS, graceSeconds: 14 * 86_400, notice: null },
    person: { ...ALICE, deletesAtMs: NOW_MS + 9 * DAY_MS },
  },
  { name: 'account-deletion', page: account(), person: { ...ALICE, deletesAtMs: NOW_MS + 9 * DAY_MS } },
  {
    name: 'confirm-delete-account',
    page: { page: 'confirm', question: { kind: 'delete-account', graceSeconds: 14 * 86_400 } },
    person: ALICE,
  },
  {
    name: 'confirm-delete-account-at-once',
    page: { page: 'confirm', question: { kind: 'delete-account', graceSeconds: 0 } },
    person: ALICE,
  },
  {
    name: 'log-empty',
    page: { page: 'log', events: [], earlierUrl: null, isNewest: true },
    person: ALICE,
  },
  {
    name: 'email',
    page: {
      page: 'email',
      form: { values: { email: '' }, ...CLEAN },
      addresses: [
        { address: 'alice@example.org', isPrimary: true, isVerified: true },
        {
          address: 'maximiliane.alexandra.von.hohenstein-oberursel@interdepartmental-services.example.org',
          isPrimary: false,
          isVerified: true,
        },
        { address: 'alice@new.example.net', isPrimary: false, isVerified: false },
      ],
      canChange: true,
      notice: 'email-added',
    },
    person: ALICE,
  },
  {
    name: 'email-refused',
    page: {
      page: 'email',
      form: {
        values: { email: 'alice@@example.org' },
        fieldProblems: { email: problem('problem.email.invalid') },
        formProblem: null,
      },
      addresses: [{ address: 'alice@example.org', isPrimary: true, isVerified: false }],
      canChange: true,
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'email-fixed',
    page: {
      page: 'email',
      form: { values: { email: '' }, ...CLEAN },
      addresses: [],
      canChange: false,
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'connections',
    page: {
      page: 'connections',
      connections: [
        {
          applicationId: 'app-1',
          application: EXAMPLE,
          scopes: scopes('openid', 'profile', 'email', 'read'),
          details: [PAYMENT, FILES],
          grantedAtMs: NOW_MS - 40 * DAY_MS,
          lastUsedAtMs: NOW_MS - 2 * DAY_MS,
        },
        {
          applicationId: 'app-2',
          application: LIBRARY,
          scopes: scopes('read', 'write'),
          details: [],
          grantedAtMs: NOW_MS - 400 * DAY_MS,
          lastUsedAtMs: null,
        },
      ],
      notice: null,
    },
    person: ALICE,
  },
  {
    name: 'connections-empty',
    page: { page: 'connections', connections: [], notice: 'disconnected' },
    person: ALICE,
  },
];

const line = (id: string, name: string, change: object = {}) => ({
  id,
  name,
  clientId: `${id}-q7Zr2mVYbN4xKc8s`,
  clientType: 'confidential' as const,
  owner: null,
  isDisabled: false,
  createdAtMs: Date.UTC(2025, 10, 20),
  ...change,
});
const VALUES: ApplicationValues = {
  name: '',
  client_type: 'confidential',
  grants: ['authorization-code', 'refresh-token'],
  redirect_uris: '',
  post_logout_redirect_uris: '',
  allowed_origins: '',
  scopes: ['openid', 'profile', 'email', 'read'],
  require_pkce: false,
  skip_consent: false,
  id_token_algorithm: 'RS256',
  code_lifetime_seconds: '60',
  access_token_lifetime_seconds: '3600',
  refresh_token_lifetime_seconds: '7776000',
  refresh_token_idle_seconds: '2592000',
};
const form = (change: Partial<ApplicationFormPage> = {}): ApplicationFormPage => ({
  page: 'application-form',
  application: null,
  formId: '0123456789abcdef0123456789abcdef',
  values: VALUES,
  ...CLEAN,
  grantsOffered: ['authorization-code', 'refresh-token', 'client-credentials', 'device-code', 'token-exchange'],
  scopesOffered: scopes('openid', 'profile', 'email', 'groups', 'read', 'write', 'offline_access', 'introspection'),
  algorithmsOffered: ['RS256', 'ES256', 'EdDSA'],
  settings: [
    {
      field: 'client_authentication',
      kind: 'choice',
      options: ['client_secret', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
      value: 'client_secret',
    },
    { field: 'jwks', kind: 'json', options: [], value: '' },
    { field: 'jwks_uri', kind: 'text', options: [], value: '' },
    { field: 'client_uri', kind: 'text', options: [], value: 'https://app.example/' },
    { field: 'policy_uri', kind: 'text', options: [], value: '' },
    { field: 'tos_uri', kind: 'text', options: [], value: '' },
    { field: 'allowed_groups', kind: 'lines', options: [], value: 'staff\nÅse & Cie' },
    { field: 'access_contact', kind: 'text', options: [], value: 'Helpdesk, it@example.org' },
    { field: 'require_dpop', kind: 'switch', options: [], value: false },
    { field: 'tls_client_auth_subject_dn', kind: 'text', options: [], value: '' },
    { field: 'tls_client_auth_san_dns', kind: 'text', options: [], value: '' },
    { field: 'tls_client_auth_san_uri', kind: 'text', options: [], value: '' },
    { field: 'tls_client_auth_san_ip', kind: 'text', options: [], value: '' },
    { field: 'tls_client_auth_san_email', kind: 'text', options: [], value: '' },
    { field: 'tls_client_certificate_bound_access_tokens', kind: 'switch', options: [], value: false },
    { field: 'userinfo_signing_algorithm', kind: 'choice', options: ['none', 'RS256'], value: 'none' },
    { field: 'access_token_format', kind: 'choice', options: ['opaque', 'jwt'], value: 'opaque' },
    {
      field: 'token_exchange',
      kind: 'choice',
      options: ['off', 'impersonation', 'delegation', 'impersonation-and-delegation'],
      value: 'off',
    },
    { field: 'token_exchange_subject_clients', kind: 'lines', options: [], value: '' },
    { field: 'token_exchange_audiences', kind: 'lines', options: [], value: 'calendar\nhttps://api.example.org' },
    {
      field: 'response_modes',
      kind: 'boxes',
      options: ['query', 'fragment', 'form_post', 'query.jwt', 'fragment.jwt', 'form_post.jwt'],
      value: ['query', 'form_post'],
    },
    { field: 'resources', kind: 'lines', options: [], value: 'https://api.example.org/\nurn:example:archive' },
    { field: 'resource_identifiers', kind: 'lines', options: [], value: '' },
    { field: 'fapi_profile', kind: 'choice', options: ['none', 'security', 'message-signing'], value: 'none' },
    { field: 'require_pushed_request', kind: 'switch', options: [], value: false },
    { field: 'redirect_uri_optional', kind: 'switch', options: [], value: false },
    { field: 'require_signed_request', kind: 'switch', options: [], value: true },
  ],
  canSkipConsent: false,
  ...change,
});
const ORIGIN = 'http://localhost:9977';
const application = (
  change: Partial<ApplicationPage> = {},
  fields: Partial<ApplicationPage['application']> = {},
): ApplicationPage => ({
  page: 'application',
  application: {
    id: 'app-1',
    name: 'Example client',
    clientId: 'q7Zr2mVYbN4xKc8sJ1dUe3Lw',
    clientType: 'confidential',
    grants: ['authorization-code', 'refresh-token'],
    redirectUris: ['http://localhost:9988/accounts/customprovider/login/callback/'],
    postLogoutRedirectUris: [],
    allowedOrigins: [],
    scopes: scopes('openid', 'profile', 'email', 'read'),
    requirePkce: false,
    skipConsent: false,
    idTokenAlgorithm: 'RS256',
    codeLifetimeSeconds: 60,
    accessTokenLifetimeSeconds: 3_600,
    refreshTokenLifetimeSeconds: 90 * 86_400,
    refreshTokenIdleSeconds: 30 * 86_400,
    owner: 'alice',
    isDisabled: false,
    lastWithoutPkceAtMs: NOW_MS - 3 * DAY_MS,
    lastWithoutRedirectUriAtMs: NOW_MS - 4 * DAY_MS,
    lastLongAccessTokenAtMs: NOW_MS - 2 * DAY_MS,
    lastLongRefreshTokenAtMs: null,
    createdAtMs: Date.UTC(2025, 10, 20),
    updatedAtMs: NOW_MS - DAY_MS,
    ...fields,
  },
  secrets: [
    { id: 'sec-1', hint: 'x9Qd', createdAtMs: Date.UTC(2025, 10, 20), lastUsedAtMs: NOW_MS - 4 * MINUTE_MS },
    { id: 'sec-2', hint: 'Lk2f', createdAtMs: NOW_MS - DAY_MS, lastUsedAtMs: null },
    { id: 'imported-1', hint: '', createdAtMs: NOW_MS - DAY_MS, lastUsedAtMs: null },
  ],
  newSecret: null,
  secretFormId: 'fedcba9876543210fedcba9876543210',
  secretsMax: 5,
  endpoints: {
    issuer: `${ORIGIN}/o`,
    discovery: `${ORIGIN}/o/.well-known/openid-configuration`,
    authorization: `${ORIGIN}/o/authorize/`,
    token: `${ORIGIN}/o/token/`,
    deviceAuthorization: `${ORIGIN}/o/device-authorization/`,
    userinfo: `${ORIGIN}/o/userinfo/`,
    profile: `${ORIGIN}/profile/`,
    revocation: `${ORIGIN}/o/revoke_token/`,
    introspection: `${ORIGIN}/o/introspect/`,
    endSession: `${ORIGIN}/o/logout/`,
  },
  notice: null,
  ...change,
});
const SECRET = { id: 'sec-1', hint: 'x9Qd', createdAtMs: Date.UTC(2025, 10, 20), lastUsedAtMs: NOW_MS - 4 * MINUTE_MS };

const applicationSamples: Sample[] = [
  {
    name: 'applications',
    page: {
      page: 'applications',
      applications: [line('web', 'Example client'), line('spa', 'Timetable', { clientType: 'public' })],
      showsOwners: false,
      notice: 'application-deleted',
    },
    person: ALICE,
  },
  {
    name: 'applications-all',
    page: {
      page: 'applications',
      applications: [
        line('web', 'Example client'),
        line('cat', LONG_NAME, { owner: LONG_NAMED.username, isDisabled: true }),
        line('spa', 'Timetable', { clientType: 'public', owner: 'bob' }),
      ],
      showsOwners: true,
      notice: null,
    },
    person: ADMIN,
  },
  {
    name: 'applications-empty',
    page: { page: 'applications', applications: [], showsOwners: false, notice: null },
    person: ALICE,
  },
  { name: 'register', page: form(), person: ALICE },
  {
    name: 'register-refused',
    page: form({
      values: {
        ...VALUES,
        client_type: 'public',
        grants: ['client-credentials'],
        redirect_uris: `http://app.example.org/callback\n${LONG_URI}`,
        allowed_origins: 'https://app.example.org/path',
        access_token_lifetime_seconds: 'an hour',
      },
      fieldProblems: {
        name: problem('problem.required'),
        grants: problem('problem.grants.publicClientCredentials'),
        redirect_uris: problem('problem.uri.insecure', { uri: 'http://app.example.org/callback' }),
        allowed_origins: problem('problem.origin.invalid', { origin: 'https://app.example.org/path' }),
        access_token_lifetime_seconds: problem('problem.number.range', { minimum: 60, maximum: 86400 }),
      },
    }),
    person: ALICE,
  },
  {
    name: 'edit',
    page: form({
      application: { id: 'app-1', name: LONG_NAME },
      values: { ...VALUES, name: LONG_NAME, redirect_uris: LONG_URI, refresh_token_lifetime_seconds: '' },
      canSkipConsent: true,
      scopesOffered: [...scopes('openid', 'profile'), { name: 'loans', description: 'see and renew your loans' }],
    }),
    person: ADMIN,
  },
  { name: 'application', page: application(), person: ALICE },
  {
    name: 'application-new-secret',
    page: application({
      notice: 'application-registered',
      newSecret: 'dsk_8s2Jq0ZrWm4YbN6xKc1VtUe3LwPa9HfG5iXoTn7E',
      secrets: [{ id: 'sec-1', hint: 'Tn7E', createdAtMs: NOW_MS, lastUsedAtMs: null }],
    }),
    person: ALICE,
  },
  {
    name: 'application-public',
    page: application(
      { secrets: [] },
      {
        clientType: 'public',
        requirePkce: true,
        lastWithoutPkceAtMs: null,
        lastWithoutRedirectUriAtMs: null,
        lastLongAccessTokenAtMs: null,
        lastLongRefreshTokenAtMs: null,
        allowedOrigins: ['https://timetable.example.org'],
      },
    ),
    person: ALICE,
  },
  {
    name: 'application-long',
    page: application(
      { secretsMax: 2 },
      {
        name: LONG_NAME,
        owner: LONG_NAMED.username,
        isDisabled: true,
        redirectUris: [LONG_URI, 'org.example.catalogue:/callback'],
        postLogoutRedirectUris: ['https://catalogue.library.interdepartmental-services.example.org/'],
        scopes: scopes('openid', 'profile', 'email', 'groups', 'read', 'write', 'offline_access', 'introspection'),
        refreshTokenLifetimeSeconds: null,
        refreshTokenIdleSeconds: null,
        skipConsent: true,
      },
    ),
    person: ADMIN,
  },
  {
    name: 'application-no-secret',
    page: application({ secrets: [], notice: 'secret-removed' }, { grants: ['client-credentials'], redirectUris: [] }),
    person: ALICE,
  },
  {
    name: 'confirm-delete-application',
    page: { page: 'confirm', question: { kind: 'delete-application', id: 'app-1', name: LONG_NAME } },
    person: ALICE,
  },
  {
    name: 'confirm-remove-secret',
    page: {
      page: 'confirm',
      question: { kind: 'remove-secret', id: 'app-1', name: 'Example client', secret: SECRET, isLast: false },
    },
    person: ALICE,
  },
  {
    name: 'confirm-remove-last-secret',
    page: {
      page: 'confirm',
      question: { kind: 'remove-secret', id: 'app-1', name: 'Example client', secret: SECRET, isLast: true },
    },
    person: ALICE,
  },
  {
    name: 'confirm-remove-unused-secret',
    page: {
      page: 'confirm',
      question: {
        kind: 'remove-secret',
        id: 'app-1',
        name: 'Example client',
        secret: { ...SECRET, lastUsedAtMs: null },
        isLast: false,
      },
    },
    person: ALICE,
  },
  {
    name: 'confirm-disconnect',
    page: { page: 'confirm', question: { kind: 'disconnect', id: 'app-1', application: EXAMPLE } },
    person: ALICE,
  },
];

const failure = (status: number, error: ErrorCase, person: Person | null = null): Sample => ({
  name: `error-${error.kind}`,
  page: { page: 'error', status, error },
  person,
});
type ElsewhereWayOn = 'start-again' | 'sign-in' | 'linked' | 'confirm';
const ELSEWHERE_FAILURES: readonly (readonly [number, ElsewhereReason, ElsewhereWayOn])[] = [
  [200, 'cancelled', 'start-again'],
  [400, 'stale', 'start-again'],
  [502, 'unreachable', 'start-again'],
  [403, 'not-accepted', 'sign-in'],
  [403, 'other-account', 'confirm'],
  [403, 'not-anew', 'confirm'],
  [502, 'broken', 'sign-in'],
  [403, 'disabled', 'sign-in'],
  [403, 'closed', 'sign-in'],
  [403, 'invitation', 'sign-in'],
  [403, 'domain', 'sign-in'],
  [409, 'taken', 'linked'],
];

const errorSamples: Sample[] = [
  failure(400, { kind: 'unknown-client', hint: 'client_id is not registered here; see /o/applications/' }),
  failure(400, {
    kind: 'redirect-uri',
    hint: 'redirect_uri is not registered for this client. It must equal a registered one, character for character.',
  }),
  failure(400, { kind: 'invalid-request', hint: null }),
  failure(403, { kind: 'application-disabled', application: LIBRARY }),
  {
    name: 'error-not-in-group',
    page: {
      page: 'error',
      status: 403,
      error: {
        kind: 'not-in-group',
        application: LIBRARY,
        username: LONG_NAMED.username,
        contact: 'Helpdesk, it@example.org, +32 2 555 01 02',
        switchAccountUrl: '/login/?next=%2Fo%2Fauthorize%2F4f1c%2F',
      },
    },
    person: LONG_NAMED,
  },
  {
    name: 'error-not-in-group-plain',
    page: {
      page: 'error',
      status: 403,
      error: { kind: 'not-in-group', application: EXAMPLE, username: 'alice', contact: null, switchAccountUrl: null },
    },
    person: ALICE,
  },
  failure(400, { kind: 'sign-in-expired' }),
  failure(400, { kind: 'second-step-expired', next: NEXT }),
  failure(403, { kind: 'other-browser' }),
  ...ELSEWHERE_FAILURES.map(([status, reason, to]) => ({
    ...failure(status, {
      kind: 'elsewhere',
      reason,
      provider: 'Google',
      wayOn: { to, href: '/login/' },
      domains: ['example.org', 'example.net'],
    }),
    name: `error-elsewhere-${reason}`,
  })),
  failure(400, { kind: 'consent-answered' }, ALICE),
  failure(403, { kind: 'stale-form', reopenUrl: '/account/' }, ALICE),
  failure(403, { kind: 'forbidden' }, ALICE),
  failure(404, { kind: 'not-found' }),
  failure(400, { kind: 'bad-request' }),
  failure(405, { kind: 'method-not-allowed' }),
  failure(413, { kind: 'too-large' }),
  failure(429, { kind: 'too-many-requests', retryAfterSeconds: 900 }),
  failure(503, { kind: 'unavailable', retryAfterSeconds: 5 }),
  failure(500, { kind: 'internal' }),
];

/** All of them. */
export const SAMPLES: readonly Sample[] = [
  ...entrySamples,
  ...consentSamples,
  ...deviceSamples,
  ...accountSamples,
  ...peopleSamples,
  ...applicationSamples,
  ...errorSamples,
];
