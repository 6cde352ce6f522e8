/** `diapason create-superuser`, Django's `createsuperuser`. Owns what it asks; the rules are `admin/users.ts`. */
import { createUser } from '../admin/users.ts';
import { type Outcome, usage } from './outcome.ts';
import { refusedFor } from './problems.ts';
import { askPassword, askText } from './questions.ts';
import type { SecretOptions, Terminal } from './terminal.ts';
import { showAccount } from './users.ts';
import { withWorkbench } from './workbench.ts';

/** Makes a superuser, asking for what the options leave out when there is a terminal. Never one without a password. */
export async function createSuperuser(
  options: SecretOptions & { readonly username?: string; readonly email?: string; readonly json?: true },
  terminal: Terminal,
): Promise<Outcome> {
  const username = await askText(options.username, '--username', 'Username', terminal);
  if ('end' in username) return username.end;
  const email = await askText(options.email, '--email', 'E-mail address', terminal);
  if ('end' in email) return email.end;
  const password = await askPassword(options, terminal);
  if ('end' in password) return password.end;
  // ASVS 6.3.2: no default accounts, and so no account that everybody could claim.
  if (password.value === null) return usage('Give --password-stdin, --password-file or --password-env.');
  const user = {
    username: username.value,
    email: email.value,
    firstName: '',
    lastName: '',
    password: password.value,
    isSuperuser: true,
  };
  return withWorkbench(terminal, async ({ users }) => {
    const result = await createUser(user, users);
    return result.outcome === 'created' ? showAccount(result.account, options) : refusedFor(result);
  });
}
