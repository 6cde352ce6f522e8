import { requireToken } from '@diapason/client/next';
import { api } from '../../../api';

export const GET = requireToken(api, { scope: 'read' }, (_request, token) =>
  Response.json({ clientId: token.clientId }),
);
