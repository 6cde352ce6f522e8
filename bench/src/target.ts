/** What is measured: a server or an application that answers, with what there is to know of it. Owns the types alone. */
import type { Connection, Reply, Request } from './connection.ts';
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

/** Sends a request with the cookies of one browser, and keeps those that it is answered with. */
export type Visit = (request: Request) => Promise<Reply>;

/** An application under measurement: a client of the server. */
export interface Application {
  /** From the click on "Login" to the address at the server that the person is sent to. */
  readonly begin: (visit: Visit) => Promise<string>;
  /** Path of the page that tells whoever is signed in their address. */
  readonly profilePath: string;
  /** A connection to the server and a `Cookie` header of somebody signed in there, one for each connection of the load. */
  readonly provider: readonly { readonly connection: Connection; readonly cookie: string }[];
}

/** A server under measurement. */
export interface Target {
  readonly name: string;
  readonly process: ServerProcess;
  readonly baseUrl: string;
  /** Paths; null for what this server does not have. */
  readonly paths: Readonly<
    Record<'authorize' | 'token' | 'par' | 'introspect' | 'userinfo' | 'discovery', string | null>
  >;
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
  /** How people sign in there, for an application; null for a server. */
  readonly application: Application | null;
  /** `PRAGMA synchronous` of the connection that writes; null for a server without a database. 2 is FULL. */
  readonly synchronous: number | null;
}
