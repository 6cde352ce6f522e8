/** Samples of invitations and of the pages by which superusers manage people. As `samples.ts`, of which it is a part. */

import type { Person } from '../../src/pages/models/context.ts';
import type { InvitationPage } from '../../src/pages/models/invitation.ts';
import type { Page } from '../../src/pages/models/page.ts';

const NOW_MS = Date.UTC(2026, 2, 14, 15, 9, 26);
const DAY_MS = 86_400_000;
const ALICE: Person = { username: 'alice', displayName: 'Alice Martin', isSuperuser: false, deletesAtMs: null };
const ADMIN: Person = { username: 'admin', displayName: 'admin', isSuperuser: true, deletesAtMs: null };
const LONG_ADDRESS = 'maximiliane.alexandra.von.hohenstein-oberursel@interdepartmental-services.example.org';
const CLEAN = { fieldProblems: {}, formProblem: null } as const;

const invitation = (change: Partial<InvitationPage> = {}): InvitationPage => ({
  page: 'invitation',
  token: 'token',
  address: 'alice@example.org',
  invitedBy: 'admin',
  groups: ['staff', 'Équipe du lundi'],
  isSuperuser: false,
  expiresAtMs: NOW_MS + 7 * DAY_MS,
  way: {
    kind: 'sign_up',
    form: { values: { username: '', first_name: '', last_name: '' }, ...CLEAN },
    fields: [],
    passwordRule: { minimum: 8, advised: 15 },
    elsewhere: [],
  },
  ...change,
});

const NEW_INVITATION = { email: '', groups: '', days: '7', language: 'en', superuser: '' };

/** As `samples.ts` has it, which imports this file. */
interface Sample {
  readonly name: string;
  readonly page: Page;
  readonly person: Person | null;
}

/** Them. */
export const peopleSamples: readonly Sample[] = [
  { name: 'invitation', page: invitation(), person: null },
  {
    name: 'invitation-refused',
    page: invitation({
      address: LONG_ADDRESS,
      isSuperuser: true,
      invitedBy: null,
      groups: [],
      way: {
        kind: 'sign_up',
        form: {
          values: { username: 'bob', first_name: 'Bob', last_name: '' },
          fieldProblems: {
            username: { key: 'problem.username.taken' },
            password: { key: 'problem.password.tooShort', values: { minimum: 8 } },
          },
          formProblem: null,
        },
        fields: [
          {
            name: 'field_department',
            label: { en: 'Department', fr: 'Service' },
            kind: 'text',
            choices: [],
            value: '',
            required: true,
            canChange: true,
            problem: { key: 'problem.required' },
          },
        ],
        passwordRule: { minimum: 8, advised: 15 },
        elsewhere: [
          { name: 'Google', href: '/accounts/google/login/?invitation=token' },
          { name: 'Office', href: '/accounts/office/login/?invitation=token' },
        ],
      },
    }),
    person: null,
  },
  { name: 'invitation-sign-in', page: invitation({ way: { kind: 'sign_in' } }), person: null },
  { name: 'invitation-join', page: invitation({ way: { kind: 'join', username: 'alice' } }), person: ALICE },
  {
    name: 'invitation-other',
    page: invitation({ address: LONG_ADDRESS, way: { kind: 'other_account', username: 'alice' } }),
    person: ALICE,
  },
  { name: 'invitation-only', page: { page: 'invitation-only' }, person: null },
  ...(['unknown', 'accepted', 'expired', 'revoked'] as const).map(
    (reason): Sample => ({
      name: `error-invitation-${reason}`,
      page: { page: 'error', status: 410, error: { kind: `invitation-${reason}` } },
      person: null,
    }),
  ),
  {
    name: 'invitations-none',
    page: {
      page: 'invitations',
      form: { values: NEW_INVITATION, ...CLEAN },
      groups: [],
      daysMax: 90,
      hasMail: false,
      invitations: [],
      made: null,
      notice: null,
    },
    person: ADMIN,
  },
  {
    name: 'invitations',
    page: {
      page: 'invitations',
      form: { values: NEW_INVITATION, ...CLEAN },
      groups: [
        { name: 'staff', isChosen: false },
        { name: 'Équipe du lundi', isChosen: true },
      ],
      daysMax: 90,
      hasMail: true,
      invitations: [
        {
          id: 'one',
          address: LONG_ADDRESS,
          state: 'open',
          groups: ['staff', 'Équipe du lundi'],
          isSuperuser: true,
          invitedBy: 'admin',
          createdAtMs: NOW_MS - DAY_MS,
          expiresAtMs: NOW_MS + 6 * DAY_MS,
        },
        {
          id: 'two',
          address: 'bob@example.org',
          state: 'accepted',
          groups: ['staff'],
          isSuperuser: false,
          invitedBy: null,
          createdAtMs: NOW_MS - 2 * DAY_MS,
          expiresAtMs: NOW_MS + 5 * DAY_MS,
        },
        {
          id: 'three',
          address: 'carol@example.org',
          state: 'expired',
          groups: [],
          isSuperuser: false,
          invitedBy: 'admin',
          createdAtMs: NOW_MS - 20 * DAY_MS,
          expiresAtMs: NOW_MS - 13 * DAY_MS,
        },
      ],
      made: null,
      notice: 'invitation-sent',
    },
    person: ADMIN,
  },
  {
    name: 'invitations-link',
    page: {
      page: 'invitations',
      form: { values: NEW_INVITATION, ...CLEAN },
      groups: [],
      daysMax: 90,
      hasMail: false,
      invitations: [],
      made: {
        address: 'dave@example.org',
        link: 'https://id.example.org/invitation/?token=c0mwlXXcC0ZbEyeTrKLkoHC5EI8jVTNNKx4ZhfQq5ms',
      },
      notice: null,
    },
    person: ADMIN,
  },
  {
    name: 'invitations-refused',
    page: {
      page: 'invitations',
      form: {
        values: { email: 'bob@@example.org', groups: '', days: '900', language: 'en', superuser: 'on' },
        fieldProblems: {
          email: { key: 'problem.email.invalid' },
          days: { key: 'problem.number.range', values: { minimum: 1, maximum: 90 } },
        },
        formProblem: null,
      },
      groups: [{ name: 'staff', isChosen: true }],
      daysMax: 90,
      hasMail: true,
      invitations: [],
      made: null,
      notice: null,
    },
    person: ADMIN,
  },
  {
    name: 'groups-none',
    page: { page: 'groups', form: { values: { name: '' }, ...CLEAN }, groups: [], notice: null },
    person: ADMIN,
  },
  {
    name: 'groups',
    page: {
      page: 'groups',
      form: {
        values: { name: 'staff' },
        fieldProblems: { name: { key: 'problem.group.taken' } },
        formProblem: null,
      },
      groups: [
        { id: 'one', name: 'staff', memberCount: 128, createdAtMs: NOW_MS - 400 * DAY_MS },
        {
          id: 'two',
          name: 'Inter-departmental Library Catalogue and Loan Management: readers of the second floor',
          memberCount: 0,
          createdAtMs: NOW_MS - DAY_MS,
        },
      ],
      notice: null,
    },
    person: ADMIN,
  },
  {
    name: 'group',
    page: {
      page: 'group',
      id: 'one',
      name: 'staff',
      memberCount: 128,
      requiresSecondFactor: true,
      form: { values: { user: '' }, ...CLEAN },
      search: '',
      members: [
        { id: '1', username: 'alice', fullName: 'Alice Martin', addedAtMs: NOW_MS - DAY_MS },
        {
          id: '2',
          username: 'maximiliane.von-hohenstein.2026',
          fullName: 'Maximiliane Alexandra von Hohenstein-Oberursel',
          addedAtMs: NOW_MS - 40 * DAY_MS,
        },
        { id: '3', username: 'bob', fullName: '', addedAtMs: NOW_MS - 40 * DAY_MS },
      ],
      moreUrl: '/admin/groups/one/?after=3+bob',
      notice: 'member-added',
    },
    person: ADMIN,
  },
  {
    name: 'group-empty',
    page: {
      page: 'group',
      id: 'two',
      name: 'Équipe du lundi',
      memberCount: 0,
      requiresSecondFactor: false,
      form: {
        values: { user: 'nobody' },
        fieldProblems: { user: { key: 'problem.user.unknown' } },
        formProblem: null,
      },
      search: '',
      members: [],
      moreUrl: null,
      notice: null,
    },
    person: ADMIN,
  },
  {
    name: 'group-not-found',
    page: {
      page: 'group',
      id: 'one',
      name: 'staff',
      memberCount: 128,
      requiresSecondFactor: true,
      form: { values: { user: '' }, ...CLEAN },
      search: 'zoe',
      members: [],
      moreUrl: null,
      notice: null,
    },
    person: ADMIN,
  },
  {
    name: 'group-delete',
    page: { page: 'confirm', question: { kind: 'delete-group', id: 'one', name: 'staff', memberCount: 128 } },
    person: ADMIN,
  },
  {
    name: 'activity',
    page: {
      page: 'activity',
      application: { id: 'wiki', name: 'Wiki de l’équipe' },
      keptDays: 14,
      search: '',
      attempts: [
        {
          reference: 'kJ3x_9QmT0ab',
          occurredAtMs: NOW_MS - 2_000,
          endpoint: 'authorization',
          alike: 12,
          network: null,
          result: {
            outcome: 'refused',
            reason: 'redirect_uri',
            error: 'invalid_request',
            hint: 'The redirect_uri is not registered for this application. It must be the same text, trailing slash included.',
            detail: null,
            section: 'RFC 6749 §3.1.2.3, RFC 9700 §2.1',
            comparisons: [
              {
                parameter: 'redirect_uri',
                asked: [
                  { text: 'https://wiki.example.org', differs: false },
                  { text: ':8443', differs: true },
                  { text: '/accounts/office/login/callback/', differs: false },
                ],
                registered: [
                  [
                    { text: 'https://wiki.example.org', differs: false },
                    { text: '', differs: true },
                    { text: '/accounts/office/login/callback/', differs: false },
                  ],
                  [{ text: 'https://wiki-preview.interdepartmental-services.example.org/callback', differs: false }],
                ],
                more: 3,
              },
            ],
          },
        },
        {
          reference: 'b8d_Xq20PLmn',
          occurredAtMs: NOW_MS - 61_000,
          endpoint: 'token',
          alike: 0,
          network: null,
          result: {
            outcome: 'refused',
            reason: 'client_secret_wrong',
            error: 'invalid_client',
            hint: 'Client authentication failed: the client_id is unknown, or its secret is missing or wrong.',
            detail: 'no secret of the application is this one',
            section: 'RFC 6749 §2.3.1',
            comparisons: [],
          },
        },
        {
          reference: 'Zt-4m1cQ8u7w',
          occurredAtMs: NOW_MS - 75_000,
          endpoint: 'token',
          alike: 0,
          network: null,
          result: { outcome: 'done' },
        },
        {
          reference: 'p0o9i8u7y6t5',
          occurredAtMs: NOW_MS - 76_000,
          endpoint: 'authorization',
          alike: 0,
          network: null,
          result: { outcome: 'waiting', step: 'consent' },
        },
      ],
      earlierUrl: '/o/applications/wiki/activity/?before=1.a',
      isNewest: true,
      streamUrl: null,
    },
    person: ALICE,
  },
  {
    name: 'activity-empty',
    page: {
      page: 'activity',
      application: { id: 'wiki', name: 'Wiki' },
      keptDays: 1,
      search: '',
      attempts: [],
      earlierUrl: null,
      isNewest: true,
      streamUrl: null,
    },
    person: ALICE,
  },
  {
    name: 'activity-not-found',
    page: {
      page: 'activity',
      application: { id: 'wiki', name: 'Wiki' },
      keptDays: 14,
      search: 'kJ3x_9QmT0ab',
      attempts: [],
      earlierUrl: null,
      isNewest: true,
      streamUrl: null,
    },
    person: ALICE,
  },
  {
    name: 'activity-all',
    page: {
      page: 'activity',
      application: null,
      keptDays: 14,
      search: '',
      attempts: [
        {
          reference: 'kJ3x_9QmT0ab',
          occurredAtMs: NOW_MS - 2_000,
          endpoint: 'token',
          alike: 0,
          application: null,
          network: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
          result: {
            outcome: 'refused',
            reason: 'unknown_client',
            error: 'invalid_client',
            hint: 'Client authentication failed: the client_id is unknown, or its secret is missing or wrong.',
            detail: null,
            section: 'RFC 6749 §2.2',
            comparisons: [
              {
                parameter: 'client_id',
                asked: [{ text: 'wiki-of-the-former-installation', differs: false }],
                registered: [],
                more: 0,
              },
            ],
          },
        },
        {
          reference: 'b8d_Xq20PLmn',
          occurredAtMs: NOW_MS - DAY_MS,
          endpoint: 'pushed_request',
          alike: 0,
          application: { id: 'wiki', name: 'Wiki de l’équipe' },
          network: null,
          result: {
            outcome: 'refused',
            reason: 'scope',
            error: 'invalid_scope',
            hint: 'A scope in the request does not exist or is not assigned to this application. See the scopes in its settings.',
            detail: null,
            section: 'RFC 6749 §3.3',
            comparisons: [
              {
                parameter: 'scope',
                asked: [
                  { text: 'openid', differs: false },
                  { text: ' ', differs: false },
                  { text: 'reports:write', differs: true },
                ],
                registered: [[{ text: 'openid profile email read', differs: false }]],
                more: 0,
              },
            ],
          },
        },
      ],
      earlierUrl: '/admin/activity/?before=1.a',
      isNewest: false,
      streamUrl: null,
    },
    person: ADMIN,
  },
];
