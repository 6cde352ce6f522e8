/**
 * How a server that the bench starts says that it is ready, and how it is told its port.
 *
 * Owns the one line between the two processes. Our own server is not told by this: it is started as an operator does.
 */

import type { Client, RefreshingClient } from '../target.ts';

/** What a peer tells the bench: addresses and its registered confidential clients. */
export interface Handshake {
  readonly baseUrl: string;
  readonly paths: {
    readonly authorize: string;
    readonly token: string;
    /** null: it takes no pushed requests. */
    readonly par: string | null;
    readonly introspect: string;
    readonly userinfo: string;
    readonly discovery: string;
    readonly keySet: string;
  };
  readonly client: Client;
  readonly refreshing: RefreshingClient;
  readonly redirectUri: string;
  /** `PRAGMA synchronous` as the server's own connection answers it: 2 is FULL. */
  readonly synchronous: number;
}

/** Ports and folders as the bench gives them to a peer: `node peer.ts PORT FOLDER`. */
export function given(): { readonly port: number; readonly folder: string } {
  const [, , port, folder] = process.argv;
  if (port === undefined || folder === undefined) throw new Error('usage: node peer.ts PORT FOLDER');
  return { port: Number(port), folder };
}

/** The provider that an application signs in with, as the bench gives it by the environment. */
export function givenProvider(): { readonly issuer: string; readonly clientId: string; readonly clientSecret: string } {
  const { ISSUER: issuer, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret } = process.env;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) {
    throw new Error('ISSUER, CLIENT_ID and CLIENT_SECRET are wanted');
  }
  return { issuer, clientId, clientSecret };
}

/** Tells the bench that the server answers. */
export function ready(handshake: Handshake | { readonly baseUrl: string }): void {
  process.stdout.write(`${JSON.stringify(handshake)}\n`);
}

/** The redirect URI that every peer registers. Nothing listens there: the bench reads the code off the redirect. */
export const REDIRECT_URI = 'https://app.example.org/accounts/customprovider/login/callback/';
