/**
 * Signing in with the browser of this machine: authorization code with PKCE, back to a port of loopback (RFC 8252 §7.3).
 *
 * Owns the listener, which lives for one sign-in, takes one answer, and shows the person what happened. Not the opening of a
 * browser on every system: `openBrowser` may be the application's own.
 */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as openid from 'openid-client';
import { dpopThumbprint, newDpopKey } from '../protocol/dpop-key.ts';
import { equalInConstantTime } from '../security/tokens.ts';
import { connect, ProgramError, type ProgramOptions } from './program-client.ts';
import { dpopOptions, protocolStep, type TokenSet, tokenSetOf } from './token-set.ts';

const TIMEOUT_MS = 5 * 60_000;
const CALLBACK_PATH = '/callback';

/** How a program signs in with a browser. */
export interface LoopbackLoginOptions extends ProgramOptions {
  /** Default `openid profile`. */
  readonly scope?: string;
  /** RFC 8707: which API the token is for. */
  readonly resource?: string;
  /** Opens the address, and may show it as well. Default: {@link openInBrowser}. */
  readonly openBrowser?: (url: string) => void | Promise<void>;
  /** Default five minutes. */
  readonly timeoutMs?: number;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/**
 * Opens the browser and waits until the person is back. At the server `http://127.0.0.1/callback` is registered; RFC 8252 §7.3 has
 * it accept any port.
 * @throws ProgramError `access_denied`, `expired`, `aborted`, `client_refused`, `answer_invalid`, `server_unreachable`, …
 */
export async function loopbackLogin(options: LoopbackLoginOptions): Promise<TokenSet> {
  const now = options.now ?? Date.now;
  const configuration = await connect(options);
  const state = openid.randomState();
  const nonce = openid.randomNonce();
  const verifier = openid.randomPKCECodeVerifier();
  const challenge = await openid.calculatePKCECodeChallenge(verifier);
  const scope = options.scope ?? 'openid profile';
  const dpopKey = options.dpop === true ? newDpopKey() : null;
  const signals = [AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS), ...(options.signal ? [options.signal] : [])];
  const listener = await listen(state, AbortSignal.any(signals));
  try {
    const url = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: listener.redirectUri,
      scope,
      state,
      ...(scope.split(' ').includes('openid') ? { nonce } : {}),
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...(options.resource === undefined ? {} : { resource: options.resource }),
      // RFC 9449 §10: a code that was stolen is worth nothing without the key.
      ...(dpopKey === null ? {} : { dpop_jkt: await dpopThumbprint(dpopKey) }),
    });
    await (options.openBrowser ?? openInBrowser)(url.href);
    const arrived = await listener.arrived;
    const tokens = await protocolStep(async () => {
      const answer = await openid.authorizationCodeGrant(
        configuration,
        arrived.url,
        {
          pkceCodeVerifier: verifier,
          expectedState: state,
          ...(scope.split(' ').includes('openid') ? { expectedNonce: nonce, idTokenExpected: true } : {}),
        },
        options.resource === undefined ? undefined : { resource: options.resource },
        await dpopOptions(configuration, dpopKey),
      );
      return tokenSetOf(answer, configuration, now(), { dpopKey });
    }).catch((error: unknown) => {
      arrived.answer(error instanceof ProgramError ? error.code : 'answer_invalid');
      throw error;
    });
    arrived.answer(null);
    return tokens;
  } catch (error) {
    if (options.signal?.aborted) throw new ProgramError('aborted', 'given up', { cause: error });
    throw error;
  } finally {
    listener.close();
  }
}

/** Hands an address to the system's browser, without a shell in between. That none could be opened is not an error. */
export function openInBrowser(url: string): void {
  const [program, ...options] = BROWSERS[process.platform] ?? ['xdg-open'];
  if (program === undefined) return;
  const child = spawn(program, [...options, url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

const BROWSERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

interface Arrived {
  readonly url: URL;
  /** Shows the end in the browser: null when it went well, else the code of what did not. */
  answer(problem: string | null): void;
}

interface Listener {
  readonly redirectUri: string;
  readonly arrived: Promise<Arrived>;
  close(): void;
}

/** RFC 8252 §8.3: the loopback interface alone, by its number, on a port that nobody knew before. */
async function listen(state: string, signal: AbortSignal): Promise<Listener> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}${CALLBACK_PATH}`;
  const arrived = new Promise<Arrived>((resolve, reject) => {
    let taken = false;
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      const url = URL.parse(incoming.url ?? '/', redirectUri);
      const language = incoming.headers['accept-language'] ?? '';
      if (incoming.method !== 'GET' || url?.pathname !== CALLBACK_PATH) return page(outgoing, 404, 'lost', language);
      // Whatever else on this machine calls, it does not end the sign-in: only the browser that was sent knows the state.
      if (taken || !equalInConstantTime(url.searchParams.get('state') ?? '', state)) {
        return page(outgoing, 400, 'lost', language);
      }
      taken = true;
      resolve({ url, answer: (problem) => page(outgoing, problem === null ? 200 : 400, problem ?? 'done', language) });
    });
    const giveUp = () => reject(new ProgramError('expired', 'nobody came back from the browser in time'));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
  });
  // It may be rejected while the browser is still being opened.
  arrived.catch(() => undefined);
  return {
    redirectUri,
    arrived,
    close: () => {
      server.close();
      server.closeIdleConnections();
    },
  };
}

const TEXTS = {
  en: {
    done: ['You are signed in', 'You can close this window and go back to the program.'],
    access_denied: ['Nothing was allowed', 'You can close this window and go back to the program.'],
    lost: ['There is nothing here', 'Start the sign-in again in the program.'],
    failed: ['The sign-in failed', 'The program says why. You can close this window.'],
  },
  fr: {
    done: ['Vous êtes connecté', 'Vous pouvez fermer cette fenêtre et revenir au programme.'],
    access_denied: ['Rien n’a été autorisé', 'Vous pouvez fermer cette fenêtre et revenir au programme.'],
    lost: ['Il n’y a rien ici', 'Recommencez la connexion dans le programme.'],
    failed: ['La connexion a échoué', 'Le programme dit pourquoi. Vous pouvez fermer cette fenêtre.'],
  },
} as const;

function page(outgoing: ServerResponse, status: number, outcome: string, acceptLanguage: string): void {
  const language = /^fr\b/i.test(acceptLanguage.trim()) ? 'fr' : 'en';
  const texts: Readonly<Record<string, readonly [string, string]>> = TEXTS[language];
  const [title, text] = texts[outcome] ?? TEXTS[language].failed;
  outgoing.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // The code is in the address of this page: nothing may be loaded from it, nobody be told of it.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  outgoing.end(
    `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<meta name="color-scheme" content="light dark"><title>${title}</title>` +
      '<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1.5rem}</style>' +
      `<main><h1>${title}</h1><p>${text}</p></main></html>`,
  );
}
