/**
 * Starts the Chromium that npm installs, for every test and script that looks at pages.
 *
 * Owns how it is unpacked and its flags. Each caller closes what it opened.
 */
import { type Browser, chromium as playwright } from 'playwright-core';

const OPENS_ORIGINS = ['--disable-web-security', '--disable-site-isolation-trials', '--allow-running-insecure-content'];

/**
 * Launches headless Chromium. About 2 s the first time, when it unpacks itself into the temporary folder.
 * The package switches off what keeps origins apart; `webSecurity` leaves it on, for a test that attacks from another origin.
 * @throws when the package cannot unpack or the browser does not start.
 */
export async function launchBrowser({ webSecurity = false } = {}): Promise<Browser> {
  // The package unpacks the system libraries that it needs only where it believes to be on AWS Lambda, and decides so
  // while it is imported.
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs22.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // In one process, as a function in the cloud wants it, Chromium ends with the first context that is closed.
    args: [
      ...chromium.args.filter(
        (argument) => argument !== '--single-process' && !(webSecurity && OPENS_ORIGINS.includes(argument)),
      ),
      '--no-sandbox',
    ],
    headless: true,
  });
}
