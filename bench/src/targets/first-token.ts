/** One code flow by hand before the clock runs: it proves the set-up, and its token is what userinfo is asked with. */
import { createHash, randomBytes } from 'node:crypto';
import { openConnection } from '../connection.ts';
import { authorizePath, codeOf, exchange, json } from '../requests.ts';
import type { Target } from '../target.ts';

/** An access token of the first session's person, scope `openid profile email`. @throws WrongAnswer */
export async function firstToken(target: Target): Promise<string> {
  const connection = openConnection(target.baseUrl);
  try {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const headers = ['cookie', target.sessions[0] ?? '', 'accept', 'text/html'];
    const answer = await connection.send({ method: 'GET', path: authorizePath(target, challenge), headers });
    const { access_token } = json(await connection.send(exchange(target, codeOf(answer, target), verifier)), 200);
    return String(access_token);
  } finally {
    await connection.close();
  }
}
