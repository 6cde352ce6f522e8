import { apiRoute } from '@diapason/client/next';
import { accounts } from '../../../accounts';

// For code in the browser, which is answered in JSON.
export const GET = apiRoute(accounts, (_request, session) => Response.json({ username: session.user.username }));
export const POST = apiRoute(accounts, (_request, session) => Response.json({ username: session.user.username }));
