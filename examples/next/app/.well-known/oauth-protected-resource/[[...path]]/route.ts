import { resourceMetadata } from '@diapason/client/next';
import { api } from '../../../../api';

export const { GET } = resourceMetadata(api);
