/**
 * A request's logger that is made when it first has something to say. Most requests say nothing at the usual level, and making
 * the logger costs more than writing a line.
 *
 * Owns that alone. What is logged is `server.ts` and each route's.
 */
import type { FastifyBaseLogger } from 'fastify';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** A child of `parent` with these bindings, made at its first line. */
export function lateChild(parent: FastifyBaseLogger, bindings: Readonly<Record<string, unknown>>): FastifyBaseLogger {
  return new LateChild(parent, bindings) as unknown as FastifyBaseLogger;
}

/** Whether lines of a level are written at all. The level does not change while the server runs. */
export function isLevelEnabled(logger: FastifyBaseLogger, level: (typeof LEVELS)[number]): boolean {
  const least = (LEVELS as readonly string[]).indexOf(logger.level);
  return LEVELS.indexOf(level) <= least;
}

class LateChild {
  readonly #parent: FastifyBaseLogger;
  readonly #bindings: Readonly<Record<string, unknown>>;
  #child: FastifyBaseLogger | null = null;

  constructor(parent: FastifyBaseLogger, bindings: Readonly<Record<string, unknown>>) {
    this.#parent = parent;
    this.#bindings = bindings;
  }

  get level(): string {
    return this.#parent.level;
  }

  #made(): FastifyBaseLogger {
    this.#child ??= this.#parent.child({ ...this.#bindings });
    return this.#child;
  }

  child(bindings: Readonly<Record<string, unknown>>): FastifyBaseLogger {
    return this.#made().child({ ...bindings });
  }

  fatal(...line: Parameters<FastifyBaseLogger['fatal']>): void {
    this.#made().fatal(...line);
  }

  error(...line: Parameters<FastifyBaseLogger['error']>): void {
    this.#made().error(...line);
  }

  warn(...line: Parameters<FastifyBaseLogger['warn']>): void {
    this.#made().warn(...line);
  }

  info(...line: Parameters<FastifyBaseLogger['info']>): void {
    this.#made().info(...line);
  }

  debug(...line: Parameters<FastifyBaseLogger['debug']>): void {
    this.#made().debug(...line);
  }

  trace(...line: Parameters<FastifyBaseLogger['trace']>): void {
    this.#made().trace(...line);
  }

  silent(...line: Parameters<FastifyBaseLogger['silent']>): void {
    this.#made().silent(...line);
  }
}
