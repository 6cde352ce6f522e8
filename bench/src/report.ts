/** Results → the table, and the file of every sample. Owns medians, ratios and their presentation. */
import { cpus, release, type } from 'node:os';
import type { LimitSample } from './limits.ts';
import type { Sample } from './load.ts';
import { canPin } from './server-process.ts';
import type { Work } from './works.ts';

/** The samples of one server at one work. */
export interface Series {
  readonly target: string;
  readonly samples: readonly Sample[];
}

/** One work with everybody who did it. */
export interface WorkResult {
  readonly work: Pick<Work, 'name' | 'title' | 'wanted' | 'p99Wanted'>;
  readonly series: readonly Series[];
  /** Servers that have tokens to give, but not this. */
  readonly absent: readonly string[];
}

/** A limit with its rounds. */
export interface LimitResult {
  readonly name: string;
  readonly bounds: string;
  /** The work that comes near it, and how near it has to; absent: none is compared. */
  readonly work?: string;
  readonly wanted?: number;
  readonly samples: readonly LimitSample[];
}

/** A server's memory and pragma, for the notes under the table. */
export interface TargetNote {
  readonly target: string;
  readonly synchronous: number | null;
  readonly residentMiB: number | null;
}

/** The middle of the values; of two, their mean. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** The machine that the numbers are of. */
export function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const pinned = canPin ? 'one core for the server, another for the load' : 'nothing pinned: no taskset here';
  return `${model}, ${cpus().length} cores, ${type()} ${release()}, Node ${process.versions.node}; ${pinned}`;
}

/** The first table: one row a server, its ratio beside the first row's, which is ours. */
export function workTable(results: readonly WorkResult[]): string {
  const rows = results.flatMap(({ work, series, absent }) => {
    const ours = series.find(({ target }) => target === 'diapason');
    const own = ours === undefined ? Number.NaN : rate(ours);
    const ownPerCpu = ours === undefined ? Number.NaN : ratePerCpu(ours);
    const measured = series.map((each, index) => [
      index === 0 ? work.title : '',
      each.target,
      whole(rate(each)),
      spread(each),
      each === ours ? '' : ratio(own / rate(each)),
      each === ours ? '' : ratio(ownPerCpu / ratePerCpu(each)),
      verdict(own / rate(each), work.wanted[each.target]),
      `${milliseconds(p99(each))}${each === ours ? p99Verdict(each, work.p99Wanted, results) : ''}`,
      busy(each),
    ]);
    return [...measured, ...absent.map((target) => ['', target, 'has none'])];
  });
  const headings = [
    'work',
    'server',
    'per second',
    'from–to',
    'diapason is',
    'by CPU time',
    'wanted',
    'p99 ms',
    'busy: server, load',
  ];
  return aligned([headings, ...rows]);
}

/** The second table: what one core does of a thing and nothing else. */
export function limitTable(limits: readonly LimitResult[], results: readonly WorkResult[]): string {
  const rows = limits.map(({ name, bounds, samples, work, wanted }) => {
    const ours = seriesOf(work, results);
    const bare = median(samples.map(({ perSecond }) => perSecond));
    const barePerCpu = median(samples.map(({ perSecond, busy }) => perSecond / busy));
    const share = ours === undefined ? Number.NaN : rate(ours) / bare;
    const perCpu = ours === undefined ? Number.NaN : ratePerCpu(ours) / barePerCpu;
    // On a quiet machine they agree; on another the clock flatters whoever was measured in the quieter moment.
    return [name, whole(bare), bounds, ratio(share), ratio(perCpu), verdict(Math.min(share, perCpu), wanted)];
  });
  return aligned([['limit of one core', 'per second', 'bounds', 'diapason is', 'by CPU time', 'wanted'], ...rows]);
}

/** What stands under the tables. */
export function notes(targets: readonly TargetNote[]): string {
  const lines = targets.map(({ target, synchronous, residentMiB }) => {
    const memory = residentMiB === null ? '' : `${Math.round(residentMiB)} MiB resident after the load`;
    const durability =
      synchronous === null ? '' : `PRAGMA synchronous = ${synchronous}${synchronous === 2 ? ' (FULL)' : ''}`;
    return `${target}: ${[durability, memory].filter((part) => part !== '').join(', ')}`;
  });
  return [
    ...lines,
    'Medians of interleaved rounds. "by CPU time" compares work per second of processor time: it stays the same when the load, the disk',
    'or another program holds a server up. Where the load is the busier side, "per second" is a lower bound for the server.',
  ].join('\n');
}

function p99({ samples }: Series): number {
  return median(samples.map(({ p99Ms }) => p99Ms));
}

/** Beside the p99 of the work without what disturbs it. */
function p99Verdict(own: Series, wanted: Work['p99Wanted'], results: readonly WorkResult[]): string {
  const undisturbed = seriesOf(wanted?.work, results);
  if (wanted === undefined || undisturbed === undefined) return '';
  const times = p99(own) / p99(undisturbed);
  return ` (${ratio(times)}, ${times <= wanted.most ? 'met' : 'MISSED'}: ≤ ${wanted.most}×)`;
}

/** Our own samples of a work. */
function seriesOf(name: string | undefined, results: readonly WorkResult[]): Series | undefined {
  return results.find(({ work }) => work.name === name)?.series.find(({ target }) => target === 'diapason');
}

function rate({ samples }: Series): number {
  return median(samples.map(({ perSecond }) => perSecond));
}

/** Per second of the server's processor time: what stays the same when something else takes a part of the core. */
function ratePerCpu({ samples }: Series): number {
  const busy = samples.filter(({ serverBusy }) => serverBusy !== null && serverBusy > 0);
  return median(busy.map(({ perSecond, serverBusy }) => perSecond / (serverBusy ?? 1)));
}

function spread({ samples }: Series): string {
  const rates = samples.map(({ perSecond }) => perSecond);
  return `${whole(Math.min(...rates))}–${whole(Math.max(...rates))}`;
}

function busy({ samples }: Series): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const server = samples.map(({ serverBusy }) => serverBusy).filter((share) => share !== null);
  return `${server.length === 0 ? '?' : percent(median(server))}, ${percent(median(samples.map(({ loadBusy }) => loadBusy)))}`;
}

function verdict(reached: number, wanted: number | undefined): string {
  if (wanted === undefined || Number.isNaN(reached)) return '';
  return `${reached >= wanted ? 'met' : 'MISSED'}: ≥ ${wanted}×`;
}

function ratio(value: number): string {
  return Number.isNaN(value) ? '' : `${value.toFixed(value < 10 ? 2 : 1)}×`;
}

function whole(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
