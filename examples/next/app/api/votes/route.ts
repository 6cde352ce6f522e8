import { refuseCrossSite } from '@diapason/client/next';
import { accounts } from '../../../accounts';

export const POST = refuseCrossSite(accounts, () => Response.json({ counted: true }));
