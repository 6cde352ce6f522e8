/** The same application with Auth.js: no database, as its documentation begins; the session is an encrypted cookie. */
import { randomBytes } from 'node:crypto';
import { ExpressAuth, type ExpressAuthConfig, getSession } from '@auth/express';
import express from 'express';
import { given, givenProvider, ready } from './handshake.ts';

const { port } = given();
const { issuer, clientId, clientSecret } = givenProvider();
const baseUrl = `http://localhost:${port}`;
const config: ExpressAuthConfig = {
  secret: randomBytes(32).toString('base64url'),
  trustHost: true,
  basePath: '/auth',
  providers: [
    {
      id: 'diapason',
      name: 'Diapason',
      type: 'oidc',
      issuer,
      clientId,
      clientSecret,
      authorization: { params: { scope: 'openid profile email' } },
      // What the other one always does.
      checks: ['pkce', 'state', 'nonce'],
      // Ask userinfo, as the other one does: the server's ID token names nobody's address.
      idToken: false,
    },
  ],
  callbacks: { redirect: () => `${baseUrl}/me` },
};
const app = express();
// Below /auth, whose path Auth.js takes for its base: Express 5 names a wildcard's match, and Auth.js looks for its number.
app.use('/auth', ExpressAuth(config));
app.get('/me', async (request, response) => {
  const session = await getSession(request, config);
  response.type('html').send(`<p>Hello ${session?.user?.email ?? 'stranger'}</p>`);
});
app.listen(port, 'localhost', () => ready({ baseUrl }));
