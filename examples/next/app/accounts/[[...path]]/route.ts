import { accountsRoute } from '@diapason/client/next';
import { accounts } from '../../../accounts';

export const { GET, POST, DELETE } = accountsRoute(accounts);
