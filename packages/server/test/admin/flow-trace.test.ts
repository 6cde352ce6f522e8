/** What is kept of attempts: bounded whoever calls, and never a secret. */
import { describe, expect, it } from 'vitest';
import { differenceOf } from '../../src/admin/flow-trace-difference.ts';
import { askedOf, comparisonsOf } from '../../src/admin/flow-trace-facts.ts';
import { createFlowTraceRecorder, type NotedAttempt } from '../../src/admin/flow-trace-recorder.ts';
import type { FlowAttempt } from '../../src/admin/ports/flow-trace.ts';
import type { Application } from '../../src/protocol/application.ts';
import { protocolError } from '../../src/protocol/errors.ts';

const NOTHING = { query: '', body: '', authorization: null };

describe('what may be kept of a request', () => {
  const SECRETS = [
    'client_secret',
    'code',
    'refresh_token',
    'password',
    'device_code',
    'user_code',
    'code_verifier',
    'client_assertion',
    'assertion',
    'subject_token',
    'actor_token',
    'token',
    'id_token_hint',
    'request',
    'state',
    'nonce',
    'login_hint',
    'username',
    'whatever',
  ];

  it.each(SECRETS)('leaves %s out, and masks its value wherever else it stands', (name) => {
    const sent = { scope: 'read hunter-2-of-them', redirect_uri: 'https://a.example/hunter-2-of-them' };
    for (const part of ['query', 'body'] as const) {
      const asked = askedOf({
        ...NOTHING,
        [part]: `${new URLSearchParams({ ...sent, [name]: 'hunter-2-of-them' })}`,
      });
      expect(JSON.stringify([...asked.parameters])).not.toContain('hunter-2');
      expect(asked.parameters.has(name)).toBe(false);
      expect(asked.masked('it was hunter-2-of-them')).toBe('it was •••');
    }
  });

  it('masks what the Authorization header holds, in whatever form', () => {
    const basic = askedOf({
      ...NOTHING,
      authorization: `Basic ${btoa('my%20app:pass%2Fword-1')}`,
      body: 'scope=pass%2Fword-1+pass%252Fword-1',
    });
    expect(basic.clientId).toBe('my app');
    expect(basic.parameters.get('scope')).toBe('••• •••');
    const bearer = askedOf({ ...NOTHING, authorization: 'Bearer short-token', body: 'scope=short-token' });
    expect(bearer.parameters.get('scope')).toBe('•••');
  });

  it('masks what has the form of a token, and sensitive parts of addresses', () => {
    const token = 'x'.repeat(43);
    const cases: readonly (readonly [string, string])[] = [
      [token, '•••'],
      ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln', '•••'],
      ['https://a.example/?code=1234&x=1', 'https://a.example/?code=•••&x=1'],
      ['https://a.example/#access_token=1', 'https://a.example/#access_token=•••'],
      ['https://user:pass@a.example/', 'https://•••@a.example/'],
    ];
    for (const [sent, kept] of cases) {
      const asked = askedOf({ ...NOTHING, query: `redirect_uri=${encodeURIComponent(sent)}` });
      expect(asked.parameters.get('redirect_uri')).toBe(kept);
    }
  });

  it('keeps no sign that a terminal or a page would act on, and no endless value', () => {
    const asked = askedOf({
      ...NOTHING,
      query: `redirect_uri=${encodeURIComponent('a\u001b[2J\u202eb\n')}&scope=${'r '.repeat(5_000)}`,
    });
    expect(asked.parameters.get('redirect_uri')).toBe('a\ufffd[2J\ufffdb\ufffd');
    expect(asked.parameters.get('scope')?.length).toBe(500);
  });

  it('reads of an assertion whose it is, and nothing else', () => {
    const claims = Buffer.from(JSON.stringify({ sub: 'the-app', jti: 'kept-out' })).toString('base64url');
    expect(askedOf({ ...NOTHING, body: `client_assertion=h.${claims}.s` }).clientId).toBe('the-app');
    expect(askedOf({ ...NOTHING, body: 'client_assertion=h.%%%.s' }).clientId).toBe(null);
  });

  it('has nothing registered to lay beside it where the application is unknown', () => {
    const asked = askedOf({ ...NOTHING, query: 'client_id=who&redirect_uri=https%3A%2F%2Fa.example%2F' });
    expect(comparisonsOf('client_id', asked, null)).toEqual([
      { parameter: 'client_id', asked: 'who', registered: [], kind: 'text' },
    ]);
    expect(comparisonsOf('redirect_uri', asked, null)[0]?.registered).toEqual([]);
  });
});

describe('the part that differs', () => {
  const between = (asked: string, registered: readonly string[]) =>
    differenceOf({ parameter: 'redirect_uri', asked, registered, kind: 'text' });
  const marked = (pieces: readonly { text: string; differs: boolean }[] | null | undefined) =>
    pieces?.filter(({ differs }) => differs).map(({ text }) => text);

  it.each([
    ['https://a.example/cb/', 'https://a.example/cb', '/', ''],
    ['https://a.example/cb', 'https://a.example/cb/', '', '/'],
    ['http://a.example/cb', 'https://a.example/cb', '', 's'],
    ['https://a.example:8080/cb', 'https://a.example:9090/cb', '808', '909'],
    ['https://b.example/', 'https://a.example/', 'b', 'a'],
  ])('of %s beside %s', (asked, registered, differs, there) => {
    const difference = between(asked, [registered]);
    expect(marked(difference.asked)).toEqual([differs]);
    expect(marked(difference.registered[0])).toEqual([there]);
    expect(difference.asked?.map(({ text }) => text).join('')).toBe(asked);
    expect(difference.registered[0]?.map(({ text }) => text).join('')).toBe(registered);
  });

  it('is that from the nearest of several, and the others follow unmarked', () => {
    const many = ['https://z.example/', 'https://a.example/cb', ...Array.from({ length: 9 }, (_, n) => `x:${n}`)];
    const difference = between('https://a.example/cb/', many);
    expect(difference.registered.length).toBe(5);
    expect(difference.more).toBe(6);
    expect(difference.registered[0]?.map(({ text }) => text).join('')).toBe('https://a.example/cb');
    expect(difference.registered.slice(1).map((pieces) => marked(pieces))).toEqual([[], [], [], []]);
  });

  it('is each scope that is not registered', () => {
    const { asked } = differenceOf({
      parameter: 'scope',
      asked: 'openid reports read',
      registered: ['openid', 'read'],
      kind: 'words',
    });
    expect(marked(asked)).toEqual(['reports']);
  });
});

describe('taking note', () => {
  const ERROR = protocolError('invalid_scope', 'A scope in the request does not exist.');
  const application = { clientId: 'known', scopes: ['read'], createdAtMs: 0 } as unknown as Application;

  function recorder(count = 500) {
    const kept: FlowAttempt[] = [];
    const trimmed: unknown[] = [];
    let lookUps = 0;
    let due = 0;
    const { note, flush } = createFlowTraceRecorder({
      store: {
        addAttempts: async (attempts) => void kept.push(...attempts),
        trimAttempts: async (...args) => trimmed.push(args),
      },
      applications: {
        findByClientId: async (id) => {
          lookUps += 1;
          return id === 'known' ? application : null;
        },
      },
      clock: () => 1_000,
      count,
      later: () => {
        due += 1;
      },
      failed: (error) => {
        throw error;
      },
    });
    return { note, flush, kept, trimmed, lookUps: () => lookUps, due: () => due };
  }

  let made = 0;
  const attempt = (given: Partial<NotedAttempt> & { readonly body?: string } = {}): NotedAttempt => ({
    reference: `r${made++}`,
    endpoint: 'token',
    clientId: 'known',
    networkAddress: '192.0.2.1',
    result: { outcome: 'refused', error: ERROR, sent: () => ({ ...NOTHING, body: given.body ?? 'scope=all' }) },
    ...given,
  });

  it('writes nothing while a request waits, and one batch for many', async () => {
    const { note, flush, kept, due } = recorder();
    note(attempt());
    note(attempt({ result: { outcome: 'done' } }));
    expect([kept.length, due()]).toEqual([0, 1]);
    await flush();
    expect(kept.map(({ outcome }) => outcome)).toEqual(['refused', 'done']);
    expect(kept[0]?.comparisons).toEqual([{ parameter: 'scope', asked: 'all', registered: ['read'], kind: 'words' }]);
  });

  it('keeps twenty refusals of an application and batch, and counts the rest', async () => {
    const { note, flush, kept, trimmed } = recorder(7);
    let read = 0;
    for (let index = 0; index < 1_000; index += 1) {
      note(
        attempt({
          result: {
            outcome: 'refused',
            error: ERROR,
            sent: () => {
              read += 1;
              return NOTHING;
            },
          },
        }),
      );
    }
    await flush();
    expect([kept.length, kept.at(-1)?.alike, read]).toEqual([20, 980, 20]);
    expect(trimmed).toEqual([['known', 'refusals', 7, 2_000]]);
  });

  it('keeps five of what succeeded, and counts the rest', async () => {
    const { note, flush, kept } = recorder();
    for (let index = 0; index < 1_000; index += 1) note(attempt({ result: { outcome: 'done' } }));
    await flush();
    expect([kept.length, kept.at(-1)?.alike]).toEqual([5, 995]);
  });

  it('finds the application of a request that only says whose it is', async () => {
    const { note, flush, kept } = recorder();
    note(attempt({ clientId: null, body: 'client_id=known&client_secret=wrong-secret' }));
    note(attempt({ clientId: null, body: 'client_id=nobody' }));
    await flush();
    expect(kept.map(({ clientId, network }) => [clientId, network])).toEqual([
      ['known', null],
      [null, '192.0.2.1'],
    ]);
  });

  it('keeps twenty an hour of what a network sends in the name of unknown applications, and looks few up', async () => {
    const { note, flush, kept, lookUps } = recorder();
    for (let round = 0; round < 10; round += 1) {
      for (let index = 0; index < 500; index += 1) note(attempt({ clientId: null, body: `client_id=x${index}` }));
      await flush();
    }
    expect([kept.length, lookUps()]).toEqual([20, 100]);
    for (let index = 0; index < 500; index += 1) {
      note(attempt({ clientId: null, body: `client_id=y${index}`, networkAddress: `198.51.100.${index % 250}` }));
    }
    await flush();
    expect([kept.length, lookUps()]).toEqual([80, 160]);
  });
});
