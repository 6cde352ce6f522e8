import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completeApplication,
  type PostedForm,
  parseApplicationFields,
  parseApplicationForm,
} from '../../src/admin/application-input.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';

/** The form as a browser posts it. */
const form = (changes: PostedForm = {}): PostedForm => ({
  name: 'Calendar',
  client_type: 'confidential',
  grants: 'authorization-code',
  redirect_uris: 'https://calendar.example/callback\r\n  https://calendar.example/other \r\n',
  post_logout_redirect_uris: '',
  allowed_origins: 'https://calendar.example',
  scopes: ['openid', 'read', 'openid'],
  id_token_algorithm: 'ES256',
  code_lifetime_seconds: '60',
  access_token_lifetime_seconds: ' 3600 ',
  refresh_token_lifetime_seconds: '',
  refresh_token_idle_seconds: '86400',
  ...changes,
});
const parsed = (changes: PostedForm = {}, purpose: 'register' | 'update' = 'register') => {
  const result =
    purpose === 'register'
      ? parseApplicationForm(form(changes), purpose)
      : parseApplicationForm(form(changes), purpose);
  if (result.outcome === 'refused') throw new Error(JSON.stringify(result.problems));
  return result.value;
};
const problemOf = (changes: PostedForm) => {
  const result = parseApplicationForm(form(changes), 'register');
  return result.outcome === 'refused' ? result.problems : [];
};

describe('the application form', () => {
  it('is read into one typed value: lines to lists, each once, boxes to booleans, empty ends to none', () => {
    expect(parsed()).toEqual({
      name: 'Calendar',
      type: 'confidential',
      grants: ['authorization-code', 'refresh-token'],
      redirectUris: ['https://calendar.example/callback', 'https://calendar.example/other'],
      postLogoutRedirectUris: [],
      allowedOrigins: ['https://calendar.example'],
      scopes: ['openid', 'read'],
      requirePkce: false,
      skipConsent: false,
      idTokenAlgorithm: 'ES256',
      codeLifetimeSeconds: 60,
      accessTokenLifetimeSeconds: 3_600,
      refreshTokenLifetimeSeconds: null,
      refreshTokenIdleSeconds: 86_400,
      settings: DEFAULT_SETTINGS,
    });
    expect(parsed({ require_pkce: 'on', skip_consent: 'on' })).toMatchObject({ requirePkce: true, skipConsent: true });
  });

  it('fills in settings at a registration, and at an update leaves alone what the form does not have', () => {
    expect(parsed().settings).toEqual(DEFAULT_SETTINGS);
    expect(parsed({ access_token_format: 'jwt' }).settings).toEqual({ ...DEFAULT_SETTINGS, accessTokenFormat: 'jwt' });
    expect(parsed({}, 'update').settings?.accessTokenFormat).toBeUndefined();
    expect(problemOf({ access_token_format: 'yaml' })).toEqual([
      { field: 'access_token_format', code: 'problem.choice.unknown' },
    ]);
  });

  it('reads what an application demands of its requests, its resources and its public keys', () => {
    const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
    const settings = parsed({
      response_modes: ['form_post', 'query'],
      resources: 'https://api.example/\nurn:example:files https://api.example/',
      jwks: JSON.stringify({ keys: [jwk] }),
      require_pushed_request: 'on',
    }).settings;
    expect(settings).toEqual({
      ...DEFAULT_SETTINGS,
      responseModes: ['query', 'form_post'],
      resources: ['https://api.example/', 'urn:example:files'],
      jwks: { keys: [jwk] },
      requirePushedRequest: true,
    });
    expect(parsed({ jwks: '' }, 'update').settings).toMatchObject({ jwks: null, requirePushedRequest: false });
  });

  it('takes boxes of which none is ticked for none, where the form has them', () => {
    const settings = { authorizationDetailsTypes: ['files'] };
    expect(parsed({ authorization_details_types: ['', 'files'] }).settings).toMatchObject(settings);
    expect(parsed({ authorization_details_types: '' }).settings).toMatchObject({ authorizationDetailsTypes: [] });
    expect(problemOf({ response_modes: '' })).toEqual([{ field: 'response_modes', code: 'problem.required' }]);
  });

  it.each([
    [
      'a response mode that does not exist',
      { response_modes: ['web_message'] },
      'response_modes',
      'problem.choice.unknown',
    ],
    [
      'a type of authorization details that can be no name',
      { authorization_details_types: ['a b'] },
      'authorization_details_types',
      'problem.detailsTypes.unknown',
    ],
    ['a resource with a fragment', { resources: 'https://api.example/#x' }, 'resources', 'problem.resource.invalid'],
    ['a resource that is no URI', { resource_identifiers: 'api' }, 'resource_identifiers', 'problem.resource.invalid'],
    ['keys that are no key set', { jwks: '{}' }, 'jwks', 'problem.jwks.invalid'],
    ['a private key', { jwks: '{"keys":[{"kty":"EC","d":"x"}]}' }, 'jwks', 'problem.jwks.private'],
    ['a key of no use', { jwks: '{"keys":[{"kty":"EC","crv":"P-192","x":"x"}]}' }, 'jwks', 'problem.jwks.key'],
  ])('refuses %s', (_, form, field, code) => {
    expect(problemOf(form)).toMatchObject([{ field, code }]);
  });

  it('adds refresh-token to a new authorization-code application, not to another, and not again at an update', () => {
    expect(parsed({ grants: 'authorization-code' }).grants).toEqual(['authorization-code', 'refresh-token']);
    expect(parsed({ grants: 'client-credentials' }).grants).toEqual(['client-credentials']);
    expect(parsed({ grants: 'authorization-code' }, 'update').grants).toEqual(['authorization-code']);
  });

  it('fills in what the form did not offer', () => {
    const { name, client_type, grants, redirect_uris, scopes } = form();
    const result = parseApplicationForm({ name, client_type, grants, redirect_uris, scopes }, 'register');
    expect(result).toMatchObject({
      outcome: 'parsed',
      value: {
        idTokenAlgorithm: 'RS256',
        codeLifetimeSeconds: 60,
        accessTokenLifetimeSeconds: 3_600,
        refreshTokenLifetimeSeconds: 90 * 86_400,
        refreshTokenIdleSeconds: 30 * 86_400,
      },
    });
  });

  it.each<[string, PostedForm, object]>([
    ['an empty name', { name: '  ' }, { field: 'name', code: 'problem.required' }],
    [
      'a name that is too long',
      { name: 'x'.repeat(256) },
      { field: 'name', code: 'problem.text.tooLong', values: { maximum: 255 } },
    ],
    ['a name with a direction mark', { name: 'Bank\u202e' }, { field: 'name', code: 'problem.text.controlCharacters' }],
    ['a type that does not exist', { client_type: 'secret' }, { field: 'client_type', code: 'problem.choice.unknown' }],
    ['no type', { client_type: undefined }, { field: 'client_type', code: 'problem.choice.unknown' }],
    ['a grant that does not exist', { grants: 'password' }, { field: 'grants', code: 'problem.choice.unknown' }],
    [
      'an algorithm that is none of ours',
      { id_token_algorithm: 'HS256' },
      { field: 'id_token_algorithm', code: 'problem.choice.unknown' },
    ],
    [
      'a code that lives longer than ten minutes (ASVS 10.4.3)',
      { code_lifetime_seconds: '601' },
      { field: 'code_lifetime_seconds', code: 'problem.number.range', values: { minimum: 10, maximum: 600 } },
    ],
    [
      'a lifetime that is no number',
      { access_token_lifetime_seconds: '1e3' },
      {
        field: 'access_token_lifetime_seconds',
        code: 'problem.number.range',
        values: { minimum: 60, maximum: 2_592_000 },
      },
    ],
    [
      'a negative lifetime',
      { refresh_token_idle_seconds: '-5' },
      {
        field: 'refresh_token_idle_seconds',
        code: 'problem.number.range',
        values: { minimum: 300, maximum: 315_360_000 },
      },
    ],
    [
      'more addresses than are kept',
      { redirect_uris: Array.from({ length: 51 }, (_, index) => `https://a.example/${index}`).join('\n') },
      { field: 'redirect_uris', code: 'problem.uri.tooMany', values: { maximum: 50 } },
    ],
  ])('refuses %s', (_what, changes, problem) => expect(problemOf(changes)).toEqual([problem]));

  it('says all that is wrong at once, each field once', () => {
    expect(
      problemOf({ name: '', client_type: 'x', grants: ['a', 'b'], code_lifetime_seconds: 'x' }).map(
        ({ field }) => field,
      ),
    ).toEqual(['name', 'client_type', 'grants', 'code_lifetime_seconds']);
  });

  it('never throws, whatever is posted', () => {
    const value = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string())), { nil: undefined });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(form()), '__proto__', 'x'), value), (posted) => {
        expect(['parsed', 'refused']).toContain(parseApplicationForm(posted, 'register').outcome);
      }),
      { numRuns: 500 },
    );
  });
});

describe('fields from a program', () => {
  it('that are absent stay unspoken', () => {
    expect(parseApplicationFields({ name: 'New name' })).toEqual({ outcome: 'parsed', value: { name: 'New name' } });
    expect(parseApplicationFields({ refresh_token_lifetime_seconds: null })).toEqual({
      outcome: 'parsed',
      value: { refreshTokenLifetimeSeconds: null },
    });
  });

  it('of the wrong kind are refused by name', () => {
    const result = parseApplicationFields({ name: 5, grants: 'authorization-code', require_pkce: 'yes', scopes: [1] });
    expect(result).toEqual({
      outcome: 'refused',
      problems: [
        { field: 'name', code: 'problem.required' },
        { field: 'grants', code: 'problem.grants.required' },
        { field: 'scopes', code: 'problem.choice.unknown' },
        { field: 'require_pkce', code: 'problem.choice.unknown' },
      ],
    });
  });

  it('have to name, type and grants of a new application', () => {
    expect(completeApplication({})).toEqual({
      outcome: 'refused',
      problems: [
        { field: 'name', code: 'problem.required' },
        { field: 'client_type', code: 'problem.required' },
        { field: 'grants', code: 'problem.grants.required' },
      ],
    });
  });
});
