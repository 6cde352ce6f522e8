import { describe, expect, it } from 'vitest';
import { requestedScope, scopeRegistry, scopeTokens } from '../../src/protocol/scopes.ts';

const registry = scopeRegistry([{ name: 'invoices:read', description: 'See your invoices' }]);
const application = { scopes: ['openid', 'read', 'invoices:read', 'gone'] };

describe('RFC 6749 §3.3: scope', () => {
  it('gives what is asked for, in that order, each once', () => {
    expect(requestedScope('read  openid read', application, registry, 'person')).toEqual({
      outcome: 'granted',
      scope: ['read', 'openid'],
    });
  });

  it('gives all of the application\u2019s where none is asked for, but no scope that has ceased to exist', () => {
    expect(requestedScope(null, application, registry, 'person')).toEqual({
      outcome: 'granted',
      scope: ['openid', 'read', 'invoices:read'],
    });
  });

  it('gives a person\u2019s sign-in no scope that is the application\u2019s own, unless it is asked for', () => {
    const resourceServer = { scopes: ['read', 'introspection'] };
    const given = (asked: string | null, whose: 'application' | 'person') =>
      requestedScope(asked, resourceServer, registry, whose);
    expect(given(null, 'person')).toEqual({ outcome: 'granted', scope: ['read'] });
    expect(given('introspection', 'person')).toEqual({ outcome: 'granted', scope: ['introspection'] });
    expect(given(null, 'application')).toEqual({ outcome: 'granted', scope: ['read', 'introspection'] });
  });

  it('refuses an application that has none', () => {
    expect(requestedScope(null, { scopes: ['gone'] }, registry, 'person')).toMatchObject({
      error: { code: 'invalid_scope' },
    });
  });

  it.each([
    ['one that is not assigned (ASVS 10.4.11)', 'read write'],
    ['one that does not exist', 'read delete'],
    ['one that has ceased to exist', 'gone'],
    ['a blank value', '  '],
    ['a tab as separator', 'read\topenid'],
  ])('refuses %s', (_, asked) => {
    expect(requestedScope(asked, application, registry, 'person')).toMatchObject({
      outcome: 'refused',
      error: { code: 'invalid_scope' },
    });
  });

  it('answers the same for one that is unknown and one that is not assigned', () => {
    const hintOf = (asked: string) => {
      const outcome = requestedScope(asked, application, registry, 'person');
      return outcome.outcome === 'refused' ? outcome.error.hint : null;
    };
    expect(hintOf('write')).toBe(hintOf('nonsense'));
  });

  it('splits at spaces alone', () => {
    expect(scopeTokens(' a  b ')).toEqual(['a', 'b']);
  });
});

describe('the registry of scopes', () => {
  it('holds the built-in ones with a text of the pages, and declared ones with the operator\u2019s', () => {
    expect([...registry.keys()]).toEqual([
      'openid',
      'profile',
      'email',
      'groups',
      'read',
      'write',
      'offline_access',
      'introspection',
      'invoices:read',
    ]);
    expect(registry.get('read')).toMatchObject({ messageKey: 'scope.read', description: null });
    expect(registry.get('invoices:read')).toMatchObject({ messageKey: null, description: 'See your invoices' });
  });

  it.each(['', 'a b', 'a"b', 'a\\b', 'é', 'x'.repeat(101)])('refuses to declare %j', (name) => {
    expect(() => scopeRegistry([{ name, description: '' }])).toThrow(RangeError);
  });

  it('refuses to declare a scope twice, or one of ours', () => {
    const twice = [
      { name: 'a', description: '' },
      { name: 'a', description: '' },
    ];
    expect(() => scopeRegistry(twice)).toThrow('exists already');
    expect(() => scopeRegistry([{ name: 'openid', description: '' }])).toThrow('exists already');
  });
});
