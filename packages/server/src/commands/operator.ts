/** Who runs a command, as the audit log says it: the account of the machine, and the machine. */
import { hostname, userInfo } from 'node:os';
import type { AuditActor } from '../admin/ports/audit.ts';

/** Whoever runs this process. */
export function operatorOfMachine(): AuditActor {
  return { kind: 'command-line', systemUser: systemUser(), from: hostname().slice(0, 255) };
}

/** In a container an account may have a number and no name. */
function systemUser(): string {
  try {
    return userInfo().username.slice(0, 255);
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
