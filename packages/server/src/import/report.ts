/**
 * What a run found and did: counts of each kind, and findings that name the row.
 *
 * Owns the bound on what is kept (a million bad rows are not a million lines in memory) and the JSON form, which is documented in
 * docs/commands.md. The words of a finding belong to whoever makes it.
 */

/**
 * `refusal`: nothing of the run is written. `warning`: something does not come, or comes otherwise. `note`: a decision that was taken.
 */
export type Severity = 'refusal' | 'warning' | 'note';

/** One row that is not simply brought. */
export interface Finding {
  readonly severity: Severity;
  /** Names the sort of finding, for programs: lower case with hyphens. */
  readonly code: string;
  /** The row at the source: table, primary key, and a name where it has one. Hostile text is quoted as JSON. */
  readonly row: string;
  /** What is the matter with it. */
  readonly what: string;
  /** What happens to it, and what to do. */
  readonly outcome: string;
}

/** How many rows of a kind went which way. `inSource` is the sum of the others. */
export interface KindCounts {
  inSource: number;
  brought: number;
  changed: number;
  unchanged: number;
  /** Changed at the source and here since: stays as it is here. */
  keptAsHere: number;
  leftOut: number;
}

/** The whole of it. */
export interface ImportReport {
  readonly kinds: Readonly<Record<string, Readonly<KindCounts>>>;
  /** At most {@link FINDINGS_OF_A_CODE_MAX} of each code; `counts` has how many there were. */
  readonly findings: readonly Finding[];
  readonly findingCounts: Readonly<Record<string, number>>;
  readonly isRefused: boolean;
}

/** Of each code so many findings are kept word for word. */
export const FINDINGS_OF_A_CODE_MAX = 50;

/** Collects a report. One a run. */
export class ReportWriter {
  readonly #kinds = new Map<string, KindCounts>();
  readonly #findings: Finding[] = [];
  readonly #findingCounts = new Map<string, number>();
  #isRefused = false;

  /** Whether anything stands against the run so far. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Counts rows of a kind. */
  count(kind: string, way: Exclude<keyof KindCounts, 'inSource'>, rows = 1): void {
    const counts = this.kind(kind);
    counts[way] += rows;
    counts.inSource += rows;
  }

  /** The counts of a kind; a kind that was asked for is in the report though it has no rows. */
  kind(kind: string): KindCounts {
    let counts = this.#kinds.get(kind);
    if (counts === undefined) {
      counts = { inSource: 0, brought: 0, changed: 0, unchanged: 0, keptAsHere: 0, leftOut: 0 };
      this.#kinds.set(kind, counts);
    }
    return counts;
  }

  /** Adds a finding. */
  find(finding: Finding): void {
    const count = (this.#findingCounts.get(finding.code) ?? 0) + 1;
    this.#findingCounts.set(finding.code, count);
    if (count <= FINDINGS_OF_A_CODE_MAX) this.#findings.push(finding);
    if (finding.severity === 'refusal') this.#isRefused = true;
  }

  /** The report so far. */
  read(): ImportReport {
    return {
      kinds: Object.fromEntries(this.#kinds),
      findings: [...this.#findings],
      findingCounts: Object.fromEntries(this.#findingCounts),
      isRefused: this.#isRefused,
    };
  }
}
