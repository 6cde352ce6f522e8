/**
 * A program without pages that signs in: with this machine's browser, or with any other device.
 *
 * Variables: `SERVER_URL` the issuer, `CLIENT_ID` a public application with the redirect URI `http://127.0.0.1/callback` and the
 * grants authorization-code, device-code and refresh-token, `TOKENS` the file where tokens are kept, or `keyring`: that of the system.
 * With `DPOP=1` they are bound to a key.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  deviceLogin,
  loopbackLogin,
  openInBrowser,
  ProgramError,
  signedIn,
  tokenFile,
  tokenKeyring,
} from '@diapason/client/command-line';

const USAGE = `usage: main.js login [--device] [--no-browser] | whoami | logout`;

const server = {
  issuer: process.env['SERVER_URL'] ?? 'http://localhost:9977/o',
  clientId: process.env['CLIENT_ID'] ?? '',
  dpop: process.env['DPOP'] === '1',
};
const { TOKENS = join(homedir(), '.config/diapason-example/tokens.json') } = process.env;
const store = TOKENS === 'keyring' ? tokenKeyring({ service: 'diapason-example' }) : tokenFile(TOKENS);
const account = signedIn({ ...server, store });
const [command, ...options] = process.argv.slice(2);

try {
  switch (command) {
    case 'login':
      await store.write(options.includes('--device') ? await withDevice() : await withBrowser());
      console.log('signed in');
      break;
    case 'whoami': {
      const answer = await account.fetch(new URL('/profile/', server.issuer));
      console.log(await answer.text());
      break;
    }
    case 'logout':
      await account.signOut();
      console.log('signed out');
      break;
    default:
      console.error(USAGE);
      process.exitCode = 1;
  }
} catch (error) {
  // What can go wrong has a code and a sentence; the rest is a bug.
  if (!(error instanceof ProgramError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}

function withDevice() {
  return deviceLogin({
    ...server,
    scope: 'openid profile read',
    show: ({ verificationUri, userCode }) => console.log(`Open ${verificationUri} and type ${userCode}`),
  });
}

function withBrowser() {
  return loopbackLogin({
    ...server,
    scope: 'openid profile read',
    openBrowser: (url) => {
      console.log(`Open ${url}`);
      if (!options.includes('--no-browser')) openInBrowser(url);
    },
  });
}
