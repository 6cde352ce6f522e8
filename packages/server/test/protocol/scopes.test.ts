import { describe, expect, it } from 'vitest';
import { requestedScope, scopeRegistry, scopeTokens } from '../../src/protocol/scopes.ts';

const registry = scopeRegistry([{ name: 'invoices:read', description: 'See your invoices' }]);
const application = { scopes: ['openid', 'read', 'invoices:read', 'gone'] };

describe('RFC 6749 §3.3: scope', () => {
  it('gives what is asked for, in that order, each once', () => {
    expect(requestedScope('read  openid read', application, registry)).toEqual({
      outcome: 'granted',
      scope: ['read', 'openid'],
    });
  });

  it('gives all of the application\u2019s where none is asked for, but no scope that has ceased to exist', () => {
    expect(requestedScope(null, application, registry)).toEqual({
      outcome: 'granted',
      scope: ['openid', 'read', 'invoices:read'],
    });
  });

  it('refuses an application that has none', () => {
    expect(requestedScope(null, { scopes: ['gone'] }, registry)).toMatchObject({ error: { code: 'invalid_scope' } });
  });

  it.each([
    ['one that is not assigned (ASVS 10.4.11)', 'read write'],
    ['one that does not exist', 'read delete'],
    ['one that has ceased to exist', 'gone'],
    ['a blank value', '  '],
    ['a tab as separator', 'read\topenid'],
  ])('refuses %s', (_, asked) => {
    expect(requestedScope(asked, application, registry)).toMatchObject({
      outcome: 'refused',
      error: { code: 'invalid_scope' },
    });
  });

  it('answers the same for one that is unknown and one that is not assigned', () => {
    const hintOf = (asked: string) => {
      const outcome = requestedScope(asked, application, registry);
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
