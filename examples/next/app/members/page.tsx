import { requireSession } from '@diapason/client/next';
import { accounts } from '../../accounts';

export default async function Members() {
  const session = await requireSession(accounts, '/members');
  return <p>{JSON.stringify({ username: session.user.username })}</p>;
}
