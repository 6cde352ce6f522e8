import { describe, expect, it } from 'vitest';
import { type Application, DEFAULT_LIFETIMES } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import type { AuthorizationRequest, DemandedSubject, Prompt } from '../../src/protocol/authorization-request.ts';
import { type AuthorizationFacts, authorizationStep, type Person } from '../../src/protocol/authorization-step.ts';
import { accountId, applicationId, clientId, sessionId } from '../../src/vocabulary/identifiers.ts';

const NOW_MS = Date.UTC(2030, 0, 1);
const ALICE = accountId('alice');

describe('OpenID Connect Core §3.1.2.3: sign-in', () => {
  it('is asked of somebody who is signed out', () => {
    expect(step({}, { person: null })).toEqual({ step: 'login', reason: 'signed_out' });
  });

  it('is not asked of somebody who is signed in and allowed it before', () => {
    expect(step({}, {})).toMatchObject({ step: 'issue', person: { session: { accountId: ALICE } } });
  });

  it.each(['login', 'select_account', 'create'] as const)('is asked again for prompt=%s', (prompt) => {
    expect(step({ prompts: [prompt] }, {})).toEqual({ step: 'login', reason: 'prompt' });
  });

  it('is not asked again once it happened for this request: prompt=login does not loop', () => {
    expect(step({ prompts: ['login'] }, { pendingSinceMs: NOW_MS - 5_000 }).step).toBe('issue');
  });

  it('is asked again when the sign-in is older than the pending request', () => {
    expect(step({ prompts: ['login'] }, { pendingSinceMs: NOW_MS - 999 })).toEqual({ step: 'login', reason: 'prompt' });
  });

  it('is asked again after max_age, and not before', () => {
    expect(step({ maxAgeSeconds: 1 }, {}).step).toBe('issue');
    expect(step({ maxAgeSeconds: 1 }, { nowMs: NOW_MS + 1 })).toEqual({ step: 'login', reason: 'max_age' });
  });

  it('is asked again for max_age=0, however recent it was', () => {
    expect(step({ maxAgeSeconds: 0 }, { nowMs: NOW_MS - 1_000 })).toEqual({ step: 'login', reason: 'max_age' });
    expect(step({ maxAgeSeconds: 0 }, { pendingSinceMs: NOW_MS - 1_000 }).step).toBe('issue');
  });

  it('is asked for when the id_token_hint names somebody else', () => {
    expect(step({ demanded: hinted(ALICE) }, {}).step).toBe('issue');
    expect(step({ demanded: hinted('bob') }, {})).toEqual({ step: 'login', reason: 'other_account' });
  });

  it('ends in login_required when somebody else than the hint names signed in for this request', () => {
    expect(step({ demanded: hinted('bob') }, { pendingSinceMs: NOW_MS - 5_000 })).toMatchObject({
      step: 'error',
      error: { code: 'login_required' },
    });
  });
});

describe('OpenID Connect Core §3.1.2.1, §5.5.1.1: two factors', () => {
  const { session } = person({});
  const signedInTwice = person({ session: { ...session, amr: ['pwd', 'otp', 'mfa'] } });

  it.each(['required', 'wanted'] as const)('are asked for where they are %s and it was one', (secondFactor) => {
    expect(step({ secondFactor }, {})).toEqual({ step: 'login', reason: 'acr' });
    expect(step({ secondFactor }, { person: signedInTwice }).step).toBe('issue');
  });

  it('are not asked for otherwise', () => {
    expect(step({ secondFactor: null }, {}).step).toBe('issue');
  });

  it('that are demanded are set up first by who has no second one, who is not sent to sign in for nothing', () => {
    const none = { lacksSecondFactor: true };
    const setUp = { step: 'set_up_factor', isVoluntary: false };
    expect(step({ secondFactor: 'required' }, none)).toMatchObject(setUp);
    expect(step({ secondFactor: 'required' }, { ...none, pendingSinceMs: NOW_MS - 5_000 })).toMatchObject(setUp);
    // To have declined is no way around a demand.
    expect(step({ secondFactor: 'required' }, { ...none, declinedSecondFactor: true })).toMatchObject(setUp);
    expect(step({ secondFactor: 'required', prompts: ['login'] }, none)).toEqual({ step: 'login', reason: 'prompt' });
    expect(step({ secondFactor: 'required' }, { ...none, mayEnter: false }).step).toBe('closed');
  });

  it('that are demanded and cannot be asked for end in an error, which says whether there is a second one', () => {
    const silent = { secondFactor: 'required', prompts: ['none'] } as const;
    expect(step(silent, {})).toMatchObject({ step: 'error', error: { code: 'login_required' } });
    expect(step(silent, { lacksSecondFactor: true })).toMatchObject({
      step: 'error',
      error: { code: 'unmet_authentication_requirements' },
    });
  });

  it('that are voluntary are offered to who has no second one, once, and not where nobody may be asked', () => {
    const none = { lacksSecondFactor: true };
    expect(step({ secondFactor: 'wanted' }, none)).toMatchObject({ step: 'set_up_factor', isVoluntary: true });
    expect(step({ secondFactor: 'wanted' }, { ...none, declinedSecondFactor: true }).step).toBe('issue');
    expect(step({ secondFactor: 'wanted', prompts: ['none'] }, none).step).toBe('issue');
  });

  it('are not asked for by a group, which is content with somebody having a second one', () => {
    const required = person({ groupRequiresSecondFactor: true });
    expect(step({}, { person: required }).step).toBe('issue');
    expect(step({}, { person: required, lacksSecondFactor: true })).toMatchObject({ isVoluntary: false });
    const wished = { person: required, lacksSecondFactor: true, declinedSecondFactor: true };
    expect(step({ secondFactor: 'wanted' }, wished)).toMatchObject({ step: 'set_up_factor', isVoluntary: false });
    expect(step({ prompts: ['none'] }, { person: required, lacksSecondFactor: true }).step).toBe('error');
  });

  it('that are voluntary are asked for once, and of nobody who may not be asked', () => {
    expect(step({ secondFactor: 'wanted' }, { pendingSinceMs: NOW_MS - 5_000 }).step).toBe('issue');
    expect(step({ secondFactor: 'wanted', prompts: ['none'] }, {}).step).toBe('issue');
  });
});

describe('an application that is for some groups', () => {
  it('is closed to somebody who is in none of them, whatever they allowed before', () => {
    expect(step({}, { mayEnter: false })).toMatchObject({ step: 'closed', person: { session: { accountId: ALICE } } });
  });

  it('asks somebody who is signed out who they are first', () => {
    expect(step({}, { mayEnter: false, person: null })).toEqual({ step: 'login', reason: 'signed_out' });
  });

  it('is access_denied for prompt=none', () => {
    expect(step({ prompts: ['none'] }, { mayEnter: false })).toMatchObject({
      step: 'error',
      error: { code: 'access_denied' },
    });
  });
});

describe('OpenID Connect Core §3.1.2.6: prompt=none', () => {
  it.each([
    ['nobody is signed in', {}, { person: null }],
    ['max_age has passed', { maxAgeSeconds: 0 }, {}],
    ['the hint names somebody else', { demanded: hinted('bob') }, {}],
  ] as const)('is login_required where %s', (_, request, facts) => {
    expect(step({ ...request, prompts: ['none'] }, facts)).toMatchObject({
      step: 'error',
      error: { code: 'login_required' },
    });
  });

  it('is consent_required where the person has to be asked', () => {
    expect(step({ prompts: ['none'], scope: ['write'] }, {})).toMatchObject({
      step: 'error',
      error: { code: 'consent_required' },
    });
  });

  it('issues where nothing has to be asked', () => {
    expect(step({ prompts: ['none'] }, {}).step).toBe('issue');
  });
});

describe('OpenID Connect Core §3.1.2.4: consent', () => {
  it('is asked for the first time with everything new', () => {
    expect(step({}, { person: person({ consent: null }) })).toMatchObject({ step: 'consent', newScope: ['read'] });
  });

  it('is asked again only for more, and says what is new', () => {
    expect(step({ scope: ['read', 'write'] }, {})).toMatchObject({ step: 'consent', newScope: ['write'] });
    expect(step({ scope: [] }, {}).step).toBe('issue');
  });

  it('is asked again for prompt=consent', () => {
    expect(step({ prompts: ['consent'] }, {})).toMatchObject({ step: 'consent', newScope: [] });
  });

  it('is not asked by the organisation\u2019s own application (D24), unless prompt=consent', () => {
    const application = { skipConsent: true };
    const first = { person: person({ consent: null }) };
    expect(step({ application }, first).step).toBe('issue');
    expect(step({ application, prompts: ['consent'] }, first).step).toBe('consent');
  });

  it.each(['http://127.0.0.1:51004/cb', 'http://localhost/cb', 'com.example.app:/cb'])(
    'is asked each time of a public application at %s, skipConsent or not (RFC 8252 §8.6, ASVS 10.7.1)',
    (redirectUri) => {
      const application = { type: 'public', skipConsent: true } as const;
      expect(step({ application, redirectUri }, {})).toMatchObject({ step: 'consent', newScope: [] });
      expect(step({ application, redirectUri, prompts: ['none'] }, {})).toMatchObject({
        error: { code: 'consent_required' },
      });
    },
  );

  it('is asked each time of a native application with a secret, which others have too (RFC 8252 §8.5)', () => {
    const application = { settings: { ...DEFAULT_SETTINGS, applicationType: 'native' } } as const;
    expect(step({ application, redirectUri: 'com.example.app:/cb' }, {}).step).toBe('consent');
    expect(step({ application, redirectUri: 'https://app.example/cb' }, {}).step).toBe('issue');
  });

  it('is remembered for a public application at an https address, and for a confidential one on loopback', () => {
    expect(step({ application: { type: 'public' } }, {}).step).toBe('issue');
    expect(step({ redirectUri: 'http://localhost:9988/cb' }, {}).step).toBe('issue');
  });

  it('comes after sign-in', () => {
    expect(step({ prompts: ['login', 'consent'] }, {}).step).toBe('login');
    expect(step({ prompts: ['login', 'consent'] }, { pendingSinceMs: NOW_MS - 5_000 }).step).toBe('consent');
  });
});

function hinted(sub: string): DemandedSubject {
  return { sub, fromOwnToken: true };
}

interface RequestChange {
  readonly secondFactor?: AuthorizationRequest['secondFactor'];
  readonly application?: Partial<Application>;
  readonly redirectUri?: string;
  readonly prompts?: readonly Prompt[];
  readonly maxAgeSeconds?: number;
  readonly demanded?: DemandedSubject;
  readonly scope?: readonly string[];
}

/** Alice signed in a second ago and allowed `read`. */
function step(change: RequestChange, facts: Partial<AuthorizationFacts>) {
  const request: AuthorizationRequest = {
    redirectUri: 'https://app.example/cb',
    state: null,
    responseMode: 'query',
    pushed: null,
    redirectUriWasSent: true,
    scope: ['read'],
    consentScope: change.scope ?? ['read'],
    details: [],
    context: null,
    codeChallenge: null,
    nonce: null,
    maxAgeSeconds: null,
    demanded: null,
    secondFactor: null,
    loginHint: null,
    uiLocales: [],
    ...change,
    application: { ...APPLICATION, ...change.application },
    prompts: new Set(change.prompts),
  };
  return authorizationStep(request, {
    mayEnter: true,
    lacksSecondFactor: false,
    declinedSecondFactor: false,
    person: person({}),
    subject: ALICE,
    pendingSinceMs: null,
    nowMs: NOW_MS,
    detailTypes: new Map(),
    ...facts,
  });
}

function person(change: Partial<Person>): Person {
  return {
    session: { sessionId: sessionId('s'), accountId: ALICE, authTimeMs: NOW_MS - 1_000, amr: ['pwd'] },
    account: {
      accountId: ALICE,
      idIsNumber: false,
      username: 'alice',
      firstName: '',
      lastName: '',
      email: null,
      emailVerified: false,
      locale: null,
      zoneInfo: null,
      fields: {},
      picture: null,
      updatedAtMs: NOW_MS,
    },
    consent: { scope: ['read'], details: [], grantedAtMs: NOW_MS },
    groupRequiresSecondFactor: false,
    ...change,
  };
}

const APPLICATION: Application = {
  id: applicationId('a'),
  clientId: clientId('a'),
  name: 'A',
  type: 'confidential',
  grants: ['authorization-code'],
  redirectUris: [],
  postLogoutRedirectUris: [],
  allowedOrigins: [],
  scopes: ['read', 'write'],
  requirePkce: false,
  skipConsent: false,
  idTokenAlgorithm: 'RS256',
  ...DEFAULT_LIFETIMES,
  ownerId: null,
  secrets: [],
  disabledAtMs: null,
  lastWithoutPkceAtMs: null,
  lastWithoutRedirectUriAtMs: null,
  lastLongAccessTokenAtMs: null,
  lastLongRefreshTokenAtMs: null,
  provenance: 'made',
  lastUsedAtMs: null,
  createdAtMs: 0,
  updatedAtMs: 0,
  settings: DEFAULT_SETTINGS,
};
