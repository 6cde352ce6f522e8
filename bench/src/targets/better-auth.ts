/** `better-auth` as a target: signing in is one JSON request. */
import type { Browser } from '../browser.ts';
import type { Handshake } from '../peers/handshake.ts';
import type { Target } from '../target.ts';
import { type StartOptions, startPeer } from './peer.ts';

/** Starts it. */
export function startBetterAuth(options: StartOptions): Promise<Target> {
  return startPeer('better-auth', 'better-auth.ts', signIn, options);
}

async function signIn(browser: Browser, { baseUrl }: Handshake): Promise<void> {
  const fields = { email: 'alice@example.org', password: 'demo-password-9977' };
  const answer = await browser.visit(`${baseUrl}/api/auth/sign-in/email`, fields, { origin: baseUrl });
  if (answer.status !== 200) throw new Error(`better-auth: sign-in answered ${answer.status}: ${answer.body}`);
}
