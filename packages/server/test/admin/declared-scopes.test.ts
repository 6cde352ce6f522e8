import { describe, expect, it } from 'vitest';
import { loadScopes } from '../../src/admin/declared-scopes.ts';
import type { DeclaredScope } from '../../src/protocol/scopes.ts';

describe('scopes that are declared in the database', () => {
  it('stand beside the built-in ones and those of the settings, which win where they have the same name', async () => {
    const configured = [{ name: 'reports', description: 'See your reports' }];
    const { registry } = await loadScopes(configured, {
      listDeclaredScopes: async () => [
        { name: 'invoices', description: 'See your invoices' },
        { name: 'read', description: 'Reading scope' },
        { name: 'reports', description: 'Reports' },
      ],
    });
    expect(registry.get('invoices')?.description).toBe('See your invoices');
    expect(registry.get('reports')?.description).toBe('See your reports');
    expect(registry.get('read')).toMatchObject({ messageKey: 'scope.read', description: null });
  });

  it('come and go in the registry that everybody holds', async () => {
    let declared: readonly DeclaredScope[] = [];
    const { registry, refresh } = await loadScopes([], { listDeclaredScopes: async () => declared });
    expect(registry.has('invoices')).toBe(false);
    declared = [{ name: 'invoices', description: 'See your invoices' }];
    await refresh();
    expect([...registry.keys()].at(-1)).toBe('invoices');
    declared = [];
    await refresh();
    expect(registry.has('invoices')).toBe(false);
    expect(registry.has('openid')).toBe(true);
  });

  it('stay as they were while the database is lost', async () => {
    let isLost = false;
    const store = {
      listDeclaredScopes: async () => {
        if (isLost) throw new Error('the database is lost');
        return [{ name: 'invoices', description: 'See your invoices' }];
      },
    };
    const { registry, refresh } = await loadScopes([], store);
    isLost = true;
    await expect(refresh()).rejects.toThrow('lost');
    expect(registry.has('invoices')).toBe(true);
  });

  it('are left out where their name is none', async () => {
    const { registry } = await loadScopes([], {
      listDeclaredScopes: async () => [{ name: 'two words', description: 'x' }],
    });
    expect(registry.has('two words')).toBe(false);
  });
});
