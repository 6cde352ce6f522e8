/**
 * A program's tokens after a sign-in: handed out, refreshed in time, and ended.
 *
 * Owns when a refresh happens and that it happens once: within the process by one promise, between processes by the lock of the
 * store, under which it is read again first.
 */
import * as openid from 'openid-client';
import { type BearerFetch, createBearerFetch } from './bearer-fetch.ts';
import { connect, ProgramError, type ProgramOptions } from './program-client.ts';
import { dpopOptions, protocolStep, type TokenSet, tokenSetOf } from './token-set.ts';
import type { TokenStore } from './token-store.ts';

const EARLY_MS = 30_000;

/** Which server and application, and where the tokens are. */
export interface SignedInOptions extends ProgramOptions {
  /** `tokenFile()`, `tokenKeyring()`, or a place of your own. */
  readonly store: TokenStore;
}

/** Whoever signed in. */
export interface SignedIn {
  /** What is in the store, as it is; null when nobody signed in. @throws ProgramError for a store that cannot be read or believed */
  tokens(): Promise<TokenSet | null>;
  /** A token that is good for a while, refreshed if need be. @throws ProgramError `signed_out` when there is none */
  accessToken(): Promise<string>;
  /** `fetch` with the token; where the API says that it is not good (401), once more with a new one. @throws ProgramError */
  readonly fetch: BearerFetch;
  /** Revokes the tokens at the server where it can be reached (RFC 7009), and forgets them in any case. */
  signOut(): Promise<void>;
}

/** The tokens in a store, as this application uses them. */
export function signedIn(options: SignedInOptions): SignedIn {
  const { store } = options;
  const now = options.now ?? Date.now;
  let refreshing: Promise<TokenSet> | null = null;
  let refused: string | null = null;

  const tokens = async (): Promise<TokenSet | null> => {
    const found = await store.read();
    // Tokens of another server, or of another application, are sent nowhere.
    const own = found !== null && found.issuer === options.issuer && found.clientId === options.clientId;
    return own ? found : null;
  };
  const usable = (found: TokenSet) =>
    found.accessToken !== refused && (found.expiresAtMs === null || now() < found.expiresAtMs - EARLY_MS);

  const refresh = () =>
    store.locked(async () => {
      const found = await tokens();
      if (found === null) throw new ProgramError('signed_out', 'nobody is signed in');
      // Another process was faster.
      if (usable(found)) return found;
      const { refreshToken, dpopKey } = found;
      if (refreshToken === null) throw new ProgramError('signed_out', 'the sign-in is over: sign in again');
      const configuration = await connect(options);
      const renewed = await protocolStep(async () =>
        // RFC 9449 §5: with the key of before, to which a public client's refresh token is bound as well.
        openid.refreshTokenGrant(configuration, refreshToken, undefined, await dpopOptions(configuration, dpopKey)),
      ).catch((error: unknown) => {
        if (error instanceof ProgramError && isInvalidGrant(error.cause)) {
          throw new ProgramError('signed_out', 'the sign-in is over: sign in again', { cause: error });
        }
        throw error;
      });
      const next = tokenSetOf(renewed, configuration, now(), { dpopKey, former: found });
      await store.write(next);
      return next;
    });

  /** Those that are good for a while, with their key. */
  const current = async (): Promise<TokenSet> => {
    const found = await tokens();
    if (found === null) throw new ProgramError('signed_out', 'nobody is signed in');
    if (usable(found)) return found;
    refreshing ??= refresh().finally(() => {
      refreshing = null;
    });
    return refreshing;
  };

  return {
    tokens,
    accessToken: async () => (await current()).accessToken,
    fetch: createBearerFetch({
      credential: async () => {
        const { accessToken: token, dpopKey } = await current();
        return { token, dpopKey };
      },
      forget: async (token) => {
        refused = token;
      },
      fetch: options.fetch,
      now,
    }),
    signOut: async () => {
      const found = await tokens().catch(() => null);
      await store.remove();
      if (found === null) return;
      // RFC 7009 §2: the refresh token takes its access tokens along. Signing out here must work without the server.
      await connect(options)
        .then((configuration) => openid.tokenRevocation(configuration, found.refreshToken ?? found.accessToken))
        .catch(() => undefined);
    },
  };
}

function isInvalidGrant(cause: unknown): boolean {
  return cause instanceof openid.ResponseBodyError && cause.error === 'invalid_grant';
}
