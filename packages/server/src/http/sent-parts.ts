/** A request's parts, unparsed, as the flow trace looks at them once it was refused. Owns the reading alone; what may be kept is `admin/`'s. */
import type { FastifyRequest } from 'fastify';
import type { SentParts } from '../admin/flow-trace-facts.ts';
import { queryOf } from './visit.ts';

/** What came. */
export function sentParts({ url, body, headers }: FastifyRequest): SentParts {
  return {
    query: queryOf(url),
    body: typeof body === 'string' ? body : '',
    authorization: headers.authorization ?? null,
  };
}
