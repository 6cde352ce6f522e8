/**
 * `diapason doctor`: what is wrong with the installation, each with what to do. Owns output and status; what is wrong is `admin/doctor/`.
 * It changes nothing, so that a timer or a pipeline may run it at any time.
 */
import { diagnose } from '../admin/doctor/doctor.ts';
import type { Finding } from '../admin/doctor/finding.ts';
import { loadConfig } from '../config.ts';
import { gatherFacts } from './doctor-facts.ts';
import { EXIT_DONE, type Outcome } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Only warnings, and `--strict`. */
const EXIT_WARNINGS = 1;
/** One fault at least. */
const EXIT_FAULTS = 2;

/** Runs it. */
export async function doctor(
  options: { readonly strict?: true; readonly json?: true },
  terminal: Terminal,
): Promise<Outcome> {
  const loaded = loadConfig(terminal.source);
  const settings = loaded.outcome === 'refused' ? loaded.faults.map(badSetting) : loaded.warnings.map(oddSetting);
  const gathered = loaded.outcome === 'refused' ? null : await gatherFacts(loaded.config, terminal);
  const findings = [...settings, ...(gathered === null ? [] : diagnose(gathered.facts))];
  const skipped = gathered?.skipped ?? ['everything else: the settings cannot be read'];
  const faults = findings.filter(({ severity }) => severity === 'fault').length;
  const warnings = findings.length - faults;
  const strict = options.strict === true && warnings > 0;
  if (options.json) terminal.write(`${JSON.stringify({ faults, warnings, findings, skipped }, null, 2)}\n`);
  else terminal.write(words(findings, skipped, { faults, warnings }));
  return { outcome: 'said', status: faults > 0 ? EXIT_FAULTS : strict ? EXIT_WARNINGS : EXIT_DONE };
}

function badSetting(line: string): Finding {
  const remedy = 'Correct it; see: diapason config';
  return { code: 'settings.bad', severity: 'fault', about: null, reference: null, problem: line, remedy };
}

function oddSetting(line: string): Finding {
  const remedy = 'See docs/configuration.md.';
  return { code: 'settings.odd', severity: 'warning', about: null, reference: null, problem: line, remedy };
}

function words(
  findings: readonly Finding[],
  skipped: readonly string[],
  { faults, warnings }: { readonly faults: number; readonly warnings: number },
): string {
  const shown = findings.map(({ severity, code, reference, problem, remedy }) => {
    const where = reference === null ? '' : ` (${reference})`;
    return `${severity.toUpperCase()} ${code}${where}\n  ${problem}\n  → ${remedy}\n`;
  });
  const notAsked = skipped.map((line) => `not looked at: ${line}\n`);
  const end = findings.length === 0 ? 'Nothing is wrong.\n' : `${faults} fault(s), ${warnings} warning(s).\n`;
  return [...shown, ...notAsked, end].join('');
}
