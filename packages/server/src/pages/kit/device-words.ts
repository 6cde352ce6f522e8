/** A browser in the words that its owner knows it by: "Firefox on Windows". Owns that sentence; the names are `user-agent.ts`. */
import type { Ui } from './ui.ts';
import { describeUserAgent } from './user-agent.ts';

/** Names a browser by what it said of itself. */
export function deviceWords(ui: Ui, userAgent: string): string {
  const { browser, system } = describeUserAgent(userAgent);
  if (browser !== null && system !== null) return ui.say('sessions.browserOn', { browser, system });
  return browser ?? system ?? ui.say('sessions.unknown');
}

/** The same, to begin a name with; empty where nothing is known. */
export function deviceName(ui: Ui, userAgent: string): string {
  const { browser, system } = describeUserAgent(userAgent);
  return browser === null && system === null ? '' : deviceWords(ui, userAgent);
}
