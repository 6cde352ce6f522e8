/** The options of `diapason app …`. Owns parsing and help alone; what is done is `applications.ts`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { SETTING_FIELDS } from '../admin/setting-fields.ts';
import type { SettingField } from '../admin/setting-kinds.ts';
import type { ActivityOptions } from './activity.ts';
import type { CreateApplicationOptions, UpdateApplicationOptions } from './applications.ts';
import { onOff, seconds, secondsOrNone, uris, withJson, words } from './options.ts';
import type { Run } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Adds `app` with its subcommands. */
export function addApplicationCommands(program: Command, run: Run, terminal: Terminal): void {
  const app = program.command('app').description('applications: what signs people in with this server');
  const which = ['<app>', 'client_id or id of the application'] as const;
  const load = () => import('./applications.ts');

  const create = app
    .command('create')
    .description('register an application; prints client_id and, this once, client_secret')
    .requiredOption('--name <name>', 'what people see on the consent page')
    .addOption(typeOption().makeOptionMandatory())
    .addOption(grantOption().makeOptionMandatory());
  withSettings(create, '<uri...>')
    .option('--require-pkce', 'refuse requests without PKCE (a public application always does)')
    .option('--skip-consent', "do not ask people: the organisation's own application");
  withJson(create).action((options: CreateApplicationOptions) =>
    run(async () => (await load()).createApplication(options, terminal)),
  );
  withJson(app.command('list'))
    .description('list applications in the order of names')
    .option('--owner <user>', 'only those of that account')
    .action((options: { owner?: string; json?: true }) =>
      run(async () => (await load()).listApplications(options, terminal)),
    );
  withJson(app.command('show'))
    .description('show one application; never its secrets')
    .argument(...which)
    .action((name: string, options: { json?: true }) =>
      run(async () => (await load()).showApplication(name, options, terminal)),
    );
  const update = app
    .command('update')
    .description('change an application; what is not given stays, and a list that is given replaces the former one')
    .argument(...which)
    .option('--name <name>', 'what people see on the consent page')
    .addOption(grantOption());
  withSettings(update, '<uri>')
    .option('--require-pkce <on|off>', 'refuse requests without PKCE', onOff)
    .option('--skip-consent <on|off>', 'do not ask people', onOff);
  withJson(update).action((name: string, options: UpdateApplicationOptions) =>
    run(async () => (await load()).updateApplication(name, options, terminal)),
  );
  for (const [command, disabled, description] of [
    ['disable', true, 'nobody signs in there, and its tokens open nothing; at once'],
    ['enable', false, 'undo "app disable"; tokens that have not expired are good again'],
  ] as const) {
    app
      .command(command)
      .description(description)
      .argument(...which)
      .action((name: string) => run(async () => (await load()).setApplicationDisabled(name, disabled, terminal)));
  }
  withJson(app.command('notices'))
    .description('list back-channel logout notices that wait or failed, the latest first')
    .argument('[app]', 'client_id or id of an application; unless given: of each')
    .option('--all', 'those that were delivered too')
    .action((name: string | undefined, options: { all?: true; json?: true }) =>
      run(async () => (await import('./logout-notices.ts')).listLogoutNotices(name, options, terminal)),
    );
  withJson(app.command('activity'))
    .description('what an application attempted, the newest last, and why something was refused')
    .argument(...which)
    .option('--follow', 'go on with whatever comes, until interrupted; with --json a line for each')
    .option('--limit <number>', 'so many of the newest; unless said: 20', attemptCount)
    .addOption(
      new Option('--reference <reference>', 'that one alone, by the reference that the refused was told').conflicts([
        'follow',
        'limit',
      ]),
    )
    .action((name: string, options: ActivityOptions) =>
      run(async () => (await import('./activity.ts')).showActivity(name, options, terminal)),
    );
  app
    .command('delete')
    .description('delete an application with its secrets, tokens and consents')
    .argument(...which)
    .option('--yes', 'do not ask')
    .action((name: string, options: { yes?: true }) =>
      run(async () => (await load()).deleteApplication(name, options, terminal)),
    );
  addSecretCommands(app, run, terminal);
}

function addSecretCommands(app: Command, run: Run, terminal: Terminal): void {
  const secret = app.command('secret').description('secrets of an application; several may be in force at once');
  const which = ['<app>', 'client_id or id of the application'] as const;
  const load = () => import('./applications.ts');
  withJson(secret.command('add'))
    .description('make one more secret and print it, this once')
    .argument(...which)
    .action((name: string, options: { json?: true }) =>
      run(async () => (await load()).addSecret(name, options, terminal)),
    );
  secret
    .command('remove')
    .description('end a secret at once')
    .argument(...which)
    .argument('<secret>', 'id of the secret, as "app show" lists it')
    .action((name: string, id: string) => run(async () => (await load()).removeSecret(name, id, terminal)));
}

function attemptCount(value: string): number {
  const parsed = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (parsed < 1) throw new InvalidArgumentError('It is a whole number from 1 to 9999.');
  return parsed;
}

function typeOption(): Option {
  return new Option('--type <type>', 'confidential: it can keep a secret; public: it cannot').choices([
    'confidential',
    'public',
  ]);
}

function grantOption(): Option {
  const meaning =
    'authorization-code, refresh-token, client-credentials, device-code, token-exchange; repeated or comma-separated';
  return new Option('--grant <grant>', meaning).argParser(words);
}

/**
 * Lists may be repeated or separated by commas. `uri` is variadic only where no argument follows: behind
 * `app update --redirect-uri URI` it would swallow the name of the application.
 */
function withSettings(command: Command, uri: '<uri>' | '<uri...>'): Command {
  const known = command
    .option(`--redirect-uri ${uri}`, 'where the browser returns to; repeated or comma-separated', uris)
    .option(`--post-logout-redirect-uri ${uri}`, 'where the browser may go after sign-out', uris)
    .option(`--allowed-origin ${uri.replace('uri', 'origin')}`, 'origin whose scripts may call (CORS)', uris)
    .option(
      `--scope ${uri.replace('uri', 'scope')}`,
      'what it may ask for; unless said: openid profile email read',
      words,
    )
    .option('--id-token-algorithm <name>', 'RS256 (unless said), ES256 or EdDSA')
    .option('--code-lifetime <seconds>', 'unless said: 60', seconds)
    .option('--access-token-lifetime <seconds>', 'unless said: 3600', seconds)
    .option('--refresh-token-lifetime <seconds>', 'or none; unless said: 7776000 (90 days)', secondsOrNone)
    .option('--refresh-token-idle <seconds>', 'or none; unless said: 2592000 (30 days)', secondsOrNone)
    .option('--owner <user>', 'whose it is; "superusers" for nobody in particular');
  return SETTING_FIELDS.reduce((grown, field) => grown.addOption(settingOption(field)), known);
}

/** A setting as an option. Its key is the field's name with dashes: `fieldsOf` finds it there. */
function settingOption({ name, kind, help }: SettingField): Option {
  const value = {
    choice: '<name>',
    boxes: '<names>',
    switch: '<on|off>',
    lines: '<value>',
    text: '<value>',
    json: '<json>',
  }[kind];
  const option = new Option(`--${name.replaceAll('_', '-')} ${value}`, help);
  if (kind === 'switch') return option.argParser(onOff);
  return kind === 'lines' || kind === 'boxes' ? option.argParser(words) : option;
}
