/**
 * A person's way into an application, from the click on "Login" to the page that greets them: through the server, where they are signed in
 * already, and back. Each turn is a new browser to the application.
 *
 * Owns the order of the requests and what each answer has to hold. Where each application begins is `targets/applications.ts`.
 */
import type { Connection } from './connection.ts';
import { WrongAnswer } from './requests.ts';
import type { Target, Visit } from './target.ts';

/** What a browser says of a request that a click made. */
const NAVIGATION = ['accept', 'text/html', 'sec-fetch-mode', 'navigate', 'sec-fetch-dest', 'document'];

/** Prepares the way over a connection to the application. */
export function signInPath(target: Target, connection: Connection, index: number): () => Promise<void> {
  const { application } = target;
  const provider = application?.provider[index % application.provider.length];
  if (application === null || provider === undefined) throw new Error('no application');
  return async () => {
    const visit = openBrowserTab(connection);
    const leaving = new URL(await application.begin(visit));
    const answered = await provider.connection.send({
      method: 'GET',
      path: leaving.pathname + leaving.search,
      headers: [...NAVIGATION, 'sec-fetch-site', 'cross-site', 'cookie', provider.cookie],
    });
    const callback = new URL(answered.location, target.baseUrl);
    if (callback.origin !== target.baseUrl || !callback.searchParams.has('code')) {
      throw new WrongAnswer(
        `the server answered ${answered.status} to ${answered.location}: ${answered.body.slice(0, 200)}`,
      );
    }
    const arrived = await visit({ method: 'GET', path: callback.pathname + callback.search, headers: NAVIGATION });
    if (arrived.status < 300 || arrived.status > 399) {
      throw new WrongAnswer(`the way back answered ${arrived.status}: ${arrived.body.slice(0, 200)}`);
    }
    const page = await visit({ method: 'GET', path: application.profilePath, headers: NAVIGATION });
    if (page.status !== 200 || !page.body.includes('alice@example.org')) {
      throw new WrongAnswer(`the page answered ${page.status} and does not know alice: ${page.body.slice(0, 200)}`);
    }
  };
}

/** A browser that has no cookies yet. */
function openBrowserTab(connection: Connection): Visit {
  const jar = new Map<string, string>();
  return async (request) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = cookie === '' ? request.headers : [...request.headers, 'cookie', cookie];
    const reply = await connection.send({ ...request, headers });
    for (const line of reply.setCookies) {
      const [pair = ''] = line.split(';', 1);
      const separator = pair.indexOf('=');
      const value = pair.slice(separator + 1);
      if (value === '' || /;\s*max-age=0\b/i.test(line)) jar.delete(pair.slice(0, separator));
      else jar.set(pair.slice(0, separator), value);
    }
    return reply;
  };
}
