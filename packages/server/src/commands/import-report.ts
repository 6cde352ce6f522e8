/**
 * The report of an import as an operator reads it, or a program: docs/commands.md documents the JSON, which changes only by additions.
 */
import type { Finding, ImportReport } from '../import/report.ts';
import { done, type Outcome, refused } from './outcome.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Prints the report, and ends the command as it says. */
export function endOfImport(report: ImportReport, written: boolean, asJson: boolean, terminal: Terminal): Outcome {
  const text = asJson ? JSON.stringify(reportJson(report, written), null, 2) : reportText(report, written);
  terminal.write(`${text}\n`);
  return report.isRefused
    ? refused('Nothing was written: see what the report refuses. Correct it and run the same command again.')
    : done();
}

function reportJson(report: ImportReport, written: boolean) {
  return {
    written,
    refused: report.isRefused,
    kinds: Object.entries(report.kinds).map(([kind, counts]) => ({
      kind,
      in_source: counts.inSource,
      brought: counts.brought,
      changed: counts.changed,
      unchanged: counts.unchanged,
      kept_as_here: counts.keptAsHere,
      left_out: counts.leftOut,
    })),
    finding_counts: report.findingCounts,
    findings: report.findings,
  };
}

const HEADINGS = ['KIND', 'AT THE SOURCE', 'BROUGHT', 'CHANGED', 'UNCHANGED', 'KEPT AS HERE', 'LEFT OUT'];

function reportText(report: ImportReport, written: boolean): string {
  const rows = Object.entries(report.kinds).map(([kind, counts]) => [
    kind.replaceAll('_', ' '),
    ...[counts.inSource, counts.brought, counts.changed, counts.unchanged, counts.keptAsHere, counts.leftOut].map(
      String,
    ),
  ]);
  const kept = new Map<string, number>();
  for (const { code } of report.findings) kept.set(code, (kept.get(code) ?? 0) + 1);
  const more = Object.entries(report.findingCounts)
    .filter(([code, count]) => count > (kept.get(code) ?? 0))
    .map(([code, count]) => `… and ${count - (kept.get(code) ?? 0)} more like "${code}".`);
  return [
    table(HEADINGS, rows, 'There is nothing to bring.'),
    ...report.findings.map(findingText),
    ...more,
    written ? 'Written.' : 'Nothing was written.',
  ].join('\n');
}

function findingText({ severity, row, what, outcome }: Finding): string {
  return `${severity}: ${row}: ${what} ${outcome}`.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
