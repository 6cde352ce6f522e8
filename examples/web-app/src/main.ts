/**
 * The example's command: `serve`, `create-superuser`, `social-app`.
 *
 * Owns arguments, exit status and signals. The application is `app.ts`.
 */
import type { Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { Accounts } from '@diapason/client';
import { createApp, openAccounts } from './app.ts';
import { type Config, ConfigError, readConfig } from './config.ts';

const USAGE = `The example client: a profile page behind "Sign in with Diapason".

  npm run client -- serve
  npm run client -- create-superuser --username U [--email E] --password-stdin
  npm run client -- social-app set --provider customprovider --client-id ID [--secret-stdin]
                    [--name N] [--server-url URL] [--backchannel-url URL] [--scope "S ..."]

A superuser signs in at /admin/login/ and can enter the credentials there as well.

Environment (default):
  CLIENT_URL               where people reach this application (http://localhost:9988)
  CLIENT_HOST, CLIENT_PORT where it listens (127.0.0.1, the port of CLIENT_URL)
  CLIENT_DATABASE          SQLite file (./data/client.db)
  CLIENT_SECRET            32 characters or more (made and kept in <database>.secret)
  CLIENT_TRUSTED_PROXIES   proxies of one's own in front (0)
  OAUTH_SERVER_BASEURL     the sign-in server as this application reaches it (http://localhost:9977)
  OAUTH_SERVER_PUBLIC_URL  the sign-in server as the browser reaches it (the same)
`;

/** How long requests under way may take after a signal. */
const STOP_TIMEOUT_MS = 10_000;

/** A refusal, told in one line. */
class CommandError extends Error {}

/** Runs a command. What is wrong with arguments, settings, the port or the database is one line and exit status 1. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await run(argv);
  } catch (error) {
    if (!isExpected(error)) throw error;
    console.error(`client: ${error.message}`);
    process.exitCode = 1;
  }
}

async function run(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      username: { type: 'string' },
      email: { type: 'string' },
      'password-stdin': { type: 'boolean' },
      provider: { type: 'string' },
      'client-id': { type: 'string' },
      'secret-stdin': { type: 'boolean' },
      name: { type: 'string' },
      'server-url': { type: 'string' },
      'backchannel-url': { type: 'string' },
      scope: { type: 'string' },
    },
  });
  const command = positionals.join(' ');
  if (values.help === true || command === '' || command === 'help') {
    console.log(USAGE);
    if (values.help !== true && command === '') process.exitCode = 1;
    return;
  }
  switch (command) {
    case 'serve':
      return serve(readConfig());
    case 'create-superuser': {
      const username = required(values.username, '--username');
      const password = await standardInput(values['password-stdin'], '--password-stdin');
      return withAccounts(async (accounts) => {
        const email = values.email ?? '';
        const created = await accounts.createSuperuser({ username, password, email });
        if (created.kind !== 'created') throw new CommandError(superuserProblems[created.kind](username));
        console.log(`superuser ${created.user.username} created`);
      });
    }
    case 'social-app set': {
      const provider = required(values.provider, '--provider');
      const clientId = required(values['client-id'], '--client-id');
      const secret = values['secret-stdin'] === true ? await standardInput(true, '--secret-stdin') : '';
      return withAccounts(async (accounts) => {
        const outcome = await accounts.setSocialApp({
          provider,
          clientId,
          secret,
          name: values.name ?? provider,
          serverUrl: values['server-url'] ?? '',
          backChannelUrl: values['backchannel-url'] ?? '',
          scope: values.scope ?? '',
        });
        if (outcome.kind === 'refused') {
          const problems = Object.entries(outcome.problems).map(([field, problem]) => `${field}: ${problem}`);
          throw new CommandError(problems.join(' '));
        }
        console.log(`credentials at ${provider} saved`);
      });
    }
    default:
      throw new CommandError(`there is no command "${command}"; npm run client -- --help shows them`);
  }
}

const superuserProblems = {
  username_taken: (username: string) => `there is a user ${username} already`,
  username_unusable: () => 'a username has 1 to 150 letters, digits and common signs, without spaces at the ends',
  password_short: () => 'the password is too short: 8 characters at least',
  password_long: () => 'the password is too long: 1,024 characters at most',
  password_common: () => 'too many people use this password; choose another',
  password_is_name: () => 'the password must not be the username or the email address',
  busy: () => 'too much is going on at once; try again',
} as const;

async function serve(config: Config): Promise<void> {
  const accounts = open(config);
  const server = createApp(accounts, config);
  try {
    await listen(server, config);
  } catch (error) {
    await accounts.close();
    throw error;
  }
  for (const address of new Set([config.serverBaseUrl, config.serverPublicUrl])) warnAboutPlainHttp(address);
  console.log(`Example client on ${config.url}/accounts/profile`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(server, accounts));
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${config.host}:${config.port}`;
      const why =
        error.code === 'EADDRINUSE'
          ? 'the port is taken; end the other program or set CLIENT_URL (or CLIENT_PORT) to another'
          : `${error.code}; set CLIENT_HOST and CLIENT_PORT to where this user may listen`;
      reject(new CommandError(`cannot listen on ${where}: ${why}`));
    });
    server.listen(config.port, config.host, () => resolve());
  });
}

/** Answers what is under way, then ends. */
async function stop(server: Server, accounts: Accounts): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that was answering becomes idle afterwards, and would be kept for the next request.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const impatience = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(impatience);
  await accounts.close();
}

async function withAccounts(work: (accounts: Accounts) => Promise<void>): Promise<void> {
  const accounts = open(readConfig());
  try {
    await work(accounts);
  } finally {
    await accounts.close();
  }
}

function open(config: Config): Accounts {
  try {
    return openAccounts(config);
  } catch (error) {
    if (error instanceof TypeError || !(error instanceof Error)) throw error;
    throw new CommandError(
      `cannot open ${config.database}: ${error.message}; set CLIENT_DATABASE to a file that this user may write`,
    );
  }
}

function required(value: string | undefined, option: string): string {
  if (value === undefined || value === '') throw new CommandError(`${option} is missing; --help shows how it is used`);
  return value;
}

async function standardInput(asked: boolean | undefined, option: string): Promise<string> {
  if (asked !== true) {
    throw new CommandError(`${option} is missing: secrets come by standard input, for example printf %s "$SECRET" | …`);
  }
  // One line, as `echo` and `printf` send it.
  const value = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '') throw new CommandError(`${option}: nothing came by standard input`);
  return value;
}

function warnAboutPlainHttp(address: string): void {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return;
  console.error(`client: ${address} is not https: use it only where nobody else can listen, as between containers`);
}

function isExpected(error: unknown): error is Error {
  if (error instanceof CommandError || error instanceof ConfigError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
