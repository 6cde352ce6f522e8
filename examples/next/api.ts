/** For programs, which bring an access token. */
import { createResourceServer } from '@diapason/client/resource-server';

export const api = createResourceServer({
  resource: process.env['APP_URL'] ?? 'http://localhost:3000',
  issuer: process.env['SERVER_URL'] ?? 'http://localhost:9977/o',
  metadata: { scopes: ['read'] },
});
