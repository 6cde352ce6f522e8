/** What is measured: a server that answers, with what a client of it needs to know. Owns the types alone. */
import type { Request } from './connection.ts';
import type { ServerProcess } from './server-process.ts';

/** A confidential client, by HTTP Basic. */
export interface Client {
  readonly id: string;
  readonly secret: string;
}

/** One that gets refresh tokens when it asks for this scope. */
export interface RefreshingClient extends Client {
  readonly scope: string;
}

/** A server under measurement. */
export interface Target {
  readonly name: string;
  readonly process: ServerProcess;
  readonly baseUrl: string;
  /** Paths; null for what this server does not have. */
  readonly paths: Readonly<Record<'authorize' | 'token' | 'par' | 'introspect' | 'userinfo', string | null>> & {
    readonly discovery: string;
  };
  readonly client: Client | null;
  /** A second one, which alone gets refresh tokens; null where the server gives none. */
  readonly refreshing: RefreshingClient | null;
  readonly redirectUri: string;
  /** `Cookie` headers of signed-in browsers, one for each connection of the load. */
  readonly sessions: readonly string[];
  /** The filled-in form of a sign-in, one for each connection of the load; none where sign-ins are not measured. */
  readonly signIns: readonly Request[];
  /** An access token of a person, scope `openid profile email`. */
  readonly accessToken: string | null;
  /** `PRAGMA synchronous` of the connection that writes; null for a server without a database. 2 is FULL. */
  readonly synchronous: number | null;
}
