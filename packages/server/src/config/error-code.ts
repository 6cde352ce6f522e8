/** Owns the one question that everything around files asks of a caught value. */

/** The system's short word for what went wrong: `ENOENT`, `EACCES`, `EADDRINUSE`; `unknown error` where it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}
