import { sessionOf } from '@diapason/client/next';
import { accounts } from '../accounts';

export default async function Home() {
  const session = await sessionOf(accounts);
  return (
    <>
      <p>
        Hello <b id="who">{session?.user.username ?? 'stranger'}</b>
      </p>
      {/* Plain links: a router that fetches them beforehand would start a sign-in that nobody asked for. */}
      {session === null ? (
        <a id="login" href="/accounts/diapason/login/">
          Login
        </a>
      ) : (
        <a id="logout" href="/accounts/logout/">
          Logout
        </a>
      )}
    </>
  );
}
