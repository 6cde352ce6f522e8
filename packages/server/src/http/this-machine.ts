/** Whether a request comes from this very machine: by the connection's own address, since forwarded headers say what anybody writes. */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** True where the connection was made from a loopback address. A reverse proxy on this machine makes such connections too. */
export function isFromThisMachine({ socket }: Pick<FastifyRequest, 'socket'>): boolean {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1';
}
