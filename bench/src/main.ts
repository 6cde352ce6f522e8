/**
 * `npm run bench`: the same work on this server, on its peers and on bare replies, in one go.
 *
 * Owns the order of things: every server is started and set up first; then, round by round and work by work, each gets its turn,
 * in another order each round, so that whatever the machine does beside falls on all of them. A wrong answer, or a database that is
 * less durable than the others, ends the run with status 1.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { LIMITS, type LimitSample, measureLimit } from './limits.ts';
import { drive, type LoadOptions, type Sample } from './load.ts';
import { type LimitResult, limitTable, machine, notes, type WorkResult, workTable } from './report.ts';
import { pinSelf } from './server-process.ts';
import type { Target } from './target.ts';
import { applicationStarts } from './targets/applications.ts';
import { startBare } from './targets/bare.ts';
import { startBetterAuth } from './targets/better-auth.ts';
import { startDiapason } from './targets/diapason.ts';
import { startOidcProvider } from './targets/oidc-provider.ts';
import { WORKS, type Work } from './works.ts';

/** As many as a busy reverse proxy keeps open to one process. */
const CONNECTIONS = 32;
const FIRST_PORT = 19_977;
const SERVER_CORE = 0;
const LOAD_CORE = availableParallelism() > 1 ? 1 : 0;

/** What the command line asks for. */
interface Options {
  readonly rounds: number;
  readonly load: LoadOptions;
  readonly works: readonly Work[];
  readonly limits: boolean;
  readonly file: string | null;
}

const options = readOptions();
pinSelf(LOAD_CORE);
const targets = await startAll(options.works);
try {
  await run(targets, options);
} finally {
  for (const target of targets) await target.process.stop();
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const names = WORKS.map(({ name }) => name);
  if (values.help) {
    console.log(`npm run bench -- [--quick] [--only NAME] [--json FILE]\nNAME: ${[...names, 'limits'].join(', ')}`);
    process.exit(0);
  }
  const only = values.only?.flatMap((list) => list.split(',')) ?? [...names, 'limits'];
  const unknown = only.find((name) => name !== 'limits' && !names.includes(name));
  if (unknown !== undefined) {
    console.error(`bench: --only ${unknown} is none of ${[...names, 'limits'].join(', ')}`);
    process.exit(2);
  }
  return {
    rounds: values.quick ? 3 : 5,
    load: {
      connections: CONNECTIONS,
      warmUpCount: values.quick ? 1_000 : 3_000,
      durationMs: values.quick ? 1_500 : 5_000,
    },
    works: WORKS.filter(({ name }) => only.includes(name)),
    limits: only.includes('limits'),
    file: values.json ?? null,
  };
}

async function startAll(works: readonly Work[]): Promise<readonly Target[]> {
  const at = (offset: number) => ({ core: SERVER_CORE, port: FIRST_PORT + offset, sessions: CONNECTIONS });
  const servers = [
    () => startDiapason(at(0)),
    () => startOidcProvider(at(1)),
    () => startBetterAuth(at(2)),
    () => startBare('bare Fastify', 'bare-fastify.ts', at(3)),
    () => startBare('bare node:http', 'bare-http.ts', at(4)),
  ];
  const isOfApplications = ({ between }: Work) => between === 'applications';
  const starts = [
    // The limits alone need servers no less: their notes.
    ...(works.length > 0 && works.every(isOfApplications) ? [] : servers),
    ...(works.some(isOfApplications) ? applicationStarts(at(5), LOAD_CORE) : []),
  ];
  const started: Target[] = [];
  try {
    for (const start of starts) started.push(await start());
    for (const { name, synchronous } of started) {
      if (synchronous !== null && synchronous !== 2) {
        throw new Error(
          `${name} has PRAGMA synchronous = ${synchronous}: it is less durable, so nothing can be compared`,
        );
      }
    }
    return started;
  } catch (error) {
    for (const target of started) await target.process.stop();
    throw error;
  }
}

async function run(targets: readonly Target[], { rounds, load, works, limits, file }: Options): Promise<void> {
  console.log(
    `${machine()}\n${new Date().toISOString()}, ${rounds} rounds of ${load.durationMs / 1000} s, ${load.connections} connections\n`,
  );
  const samples = new Map<string, Sample[]>();
  const bounds = new Map<string, LimitSample[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const work of works) {
      const able = targets.filter((target) => work.applies(target));
      for (const target of rotated(able, round)) {
        progress(`round ${round + 1} of ${rounds}: ${work.name}, ${target.name}`);
        append(samples, `${work.name}/${target.name}`, await drive(target, work, load));
      }
    }
    for (const { name } of limits ? LIMITS : []) {
      progress(`round ${round + 1} of ${rounds}: ${name}`);
      append(bounds, name, await measureLimit(name, load.durationMs, SERVER_CORE));
    }
  }
  progress('');
  const results: WorkResult[] = works.map(({ name, title, wanted, p99Wanted, between, applies }) => ({
    work: { name, title, wanted, ...(p99Wanted === undefined ? {} : { p99Wanted }) },
    series: targets.flatMap(({ name: target }) => {
      const own = samples.get(`${name}/${target}`);
      return own === undefined ? [] : [{ target, samples: own }];
    }),
    absent:
      between === 'applications'
        ? []
        : targets.filter((target) => target.client !== null && !applies(target)).map((target) => target.name),
  }));
  const limitResults: LimitResult[] = LIMITS.flatMap((limit) => {
    const own = bounds.get(limit.name);
    return own === undefined ? [] : [{ ...limit, samples: own }];
  });
  const targetNotes = targets.map(({ name, application, synchronous, process }) => ({
    target: application === null ? name : `${name}, an application`,
    synchronous,
    residentMiB: process.residentMiB(),
  }));
  if (results.length > 0) console.log(`${workTable(results)}\n`);
  if (limitResults.length > 0) console.log(`${limitTable(limitResults, results)}\n`);
  console.log(notes(targetNotes));
  if (file !== null) {
    const everything = {
      machine: machine(),
      at: new Date().toISOString(),
      rounds,
      load,
      results,
      limits: limitResults,
      targets: targetNotes,
    };
    await writeFile(file, `${JSON.stringify(everything, null, 2)}\n`);
  }
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  return items.map((_item, index) => items[(index + by) % items.length]).filter((item) => item !== undefined);
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** One line that writes over itself, at a terminal alone. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}
