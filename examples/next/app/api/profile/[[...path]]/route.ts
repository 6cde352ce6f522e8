import { accountsRoute } from '@diapason/client/next';
import { accounts } from '../../../../accounts';

// What `forward` names.
export const { GET, POST, PUT, PATCH, DELETE } = accountsRoute(accounts);
