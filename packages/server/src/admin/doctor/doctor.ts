/** Everything that is wrong with an installation, as far as its facts say. Owns the order: faults first, then by code. */
import { publicAddressFindings } from './address-checks.ts';
import { applicationFindings, superuserFindings } from './application-checks.ts';
import type { Facts, Finding } from './finding.ts';
import { installationFindings } from './installation-checks.ts';

/** Judges. */
export function diagnose(facts: Facts): readonly Finding[] {
  const findings = [
    ...publicAddressFindings(facts),
    ...installationFindings(facts),
    ...applicationFindings(facts),
    ...superuserFindings(facts),
  ];
  const rank = ({ severity }: Finding) => (severity === 'fault' ? 0 : 1);
  return findings.toSorted((a, b) => rank(a) - rank(b) || a.code.localeCompare(b.code, 'en'));
}
