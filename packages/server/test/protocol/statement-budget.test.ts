/**
 * How many statements each endpoint sends to the database, on both engines: the budget of a request, so that one more read
 * is a decision and not an accident.
 *
 * Owns the counting, at the drivers' own doors. Each request is measured in the worst case: what is kept for a second has just
 * gone stale, so that the application is read anew. On PostgreSQL a statement is a round trip, `begin` and `commit`
 * included; on SQLite the transaction's own words cost nothing by themselves and are shared by all that arrive together, so
 * they are left out.
 */
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { ENGINES, emptyDatabase } from '../storage/databases.ts';
import {
  basic,
  CALLBACK,
  CHALLENGE,
  codeFor,
  openServer,
  type SignedIn,
  type TestServer,
  text,
  tokensFor,
  VERIFIER,
} from './server.ts';

/** RFC 7636. Without it a note is written beside the code, at most once a minute. */
const PKCE = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };

/** Most statements of one request. */
const BUDGET = {
  sqlite: {
    authorize: 3,
    authorization_code: 5,
    refresh_token: 5,
    client_credentials: 2,
    device_code: 5,
    token_exchange: 3,
    pushed_request: 2,
    userinfo: 1,
    introspection: 2,
  },
  // The last of a refresh is the signing keys, which are read anew every few seconds.
  postgres: {
    authorize: 3,
    authorization_code: 3,
    refresh_token: 4,
    client_credentials: 2,
    device_code: 3,
    token_exchange: 3,
    pushed_request: 2,
    userinfo: 1,
    introspection: 2,
  },
} as const;

describe.each(ENGINES)('design §3: the statements of one request, on %s', (engine) => {
  let server: TestServer;
  let application: Application;
  let person: SignedIn;
  let sent: string[] = [];
  beforeAll(async () => {
    const { database } = await emptyDatabase(engine);
    listen((statement) => sent.push(statement));
    server = await openServer({ database });
    application = await server.application();
    person = await server.person();
    // Statements are prepared, and keys read, at their first use.
    const first = await tokensFor(server, application, person);
    await server.userinfo({ authorization: `Bearer ${text(first, 'access_token')}` });
  });
  afterAll(async () => {
    await server?.close();
    vi.restoreAllMocks();
  });

  /** Runs one request on stale caches, and holds it to its budget. */
  async function measured<Answer>(name: keyof typeof BUDGET.sqlite, request: () => Promise<Answer>): Promise<Answer> {
    server.pass(2);
    sent = [];
    const answer = await request();
    expect(sent.length, `${name}:\n${sent.join('\n')}`).toBeLessThanOrEqual(BUDGET[engine][name]);
    expect(sent.length).toBeGreaterThan(0);
    return answer;
  }

  const authorization = () => basic(application);

  it('authorize, of a person who was there before', async () => {
    await server.storage.consents.allow(person.accountId, application.id, application.scopes, server.clock());
    const request = { response_type: 'code', client_id: application.clientId, redirect_uri: CALLBACK, ...PKCE };
    const outcome = await measured('authorize', () => server.authorize(request, person.browser));
    expect(outcome.kind).toBe('redirect');
  });

  it('token, of a code and of a refresh token', async () => {
    const code = await codeFor(server, application, person, { redirect_uri: CALLBACK, ...PKCE });
    const tokens = await measured('authorization_code', () =>
      server.token(
        { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER },
        { authorization: authorization() },
      ),
    );
    const renewed = await measured('refresh_token', () =>
      server.token(
        { grant_type: 'refresh_token', refresh_token: text(tokens, 'refresh_token') },
        { authorization: authorization() },
      ),
    );
    expect(renewed.status).toBe(200);
  });

  it('token, of client credentials', async () => {
    const answer = await measured('client_credentials', () =>
      server.token({ grant_type: 'client_credentials' }, { authorization: authorization() }),
    );
    expect(answer.status).toBe(200);
  });

  it('token, of a device code', async () => {
    const asked = await server.deviceAuthorization({}, { authorization: authorization() });
    await server.openDevice(text(asked, 'user_code'), person.session);
    await server.decideDevice(text(asked, 'user_code'), true, person.session);
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: text(asked, 'device_code'),
    };
    const answer = await measured('device_code', () => server.token(form, { authorization: authorization() }));
    expect(answer.status).toBe(200);
  });

  it('token, of an exchange', async () => {
    const service = await server.application({
      settings: {
        ...DEFAULT_SETTINGS,
        tokenExchange: 'impersonation',
        tokenExchangeSubjectClients: [application.clientId],
      },
    });
    const subject = text(await tokensFor(server, application, person), 'access_token');
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subject,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    const answer = await measured('token_exchange', () => server.token(form, { authorization: basic(service) }));
    expect(answer.status).toBe(200);
  });

  it('pushing a request', async () => {
    const form = { response_type: 'code', client_id: application.clientId, ...PKCE };
    const answer = await measured('pushed_request', () => server.push(form, { authorization: authorization() }));
    expect(answer.status).toBe(201);
  });

  it('userinfo and introspection', async () => {
    const tokens = await tokensFor(server, application, person);
    const token = text(tokens, 'access_token');
    const info = await measured('userinfo', () => server.userinfo({ authorization: `Bearer ${token}` }));
    expect(info.status).toBe(200);
    const told = await measured('introspection', () =>
      server.introspect({ token }, { authorization: authorization() }),
    );
    expect(told.body).toMatchObject({ active: true });
  });
});

/** Hears of every statement that either driver is given. */
function listen(heard: (statement: string) => void): void {
  const memory = new Database(':memory:');
  const statement: Database.Statement = Object.getPrototypeOf(memory.prepare('select 1'));
  for (const method of ['get', 'all', 'run'] as const) {
    const original = statement[method];
    vi.spyOn(statement, method).mockImplementation(function (this: Database.Statement, ...values: unknown[]) {
      if (!/^\s*(begin|commit|rollback|savepoint|release)/i.test(this.source)) heard(this.source);
      return original.apply(this, values) as never;
    });
  }
  memory.close();
  const query = pg.Client.prototype.query;
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...values: unknown[]) {
    const [first] = values;
    heard(typeof first === 'object' && first !== null && 'text' in first ? String(first.text) : String(first));
    return query.apply(this, values as never) as never;
  });
}
