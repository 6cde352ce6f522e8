/**
 * What every engine must do, as named cases over an open, migrated, empty storage. No test runner is imported: whoever writes an
 * engine runs them with what they like.
 *
 * Run them in their order, one after the other, on one storage that was opened with `clock.read`: ids are new in each, and
 * the last ones move the clock far ahead. A case that fails throws an `AssertionError`.
 */
import { accessTokenCases } from './conformance/access-tokens.ts';
import { accountEventCases } from './conformance/account-events.ts';
import { accountLifeCases } from './conformance/account-life.ts';
import { accountCases } from './conformance/accounts.ts';
import { applicationCases } from './conformance/applications.ts';
import { attemptCases } from './conformance/attempts.ts';
import { auditCases } from './conformance/audit.ts';
import type { ConformanceCase } from './conformance/case.ts';
import { cleanupCases } from './conformance/cleanup.ts';
import { codeCases } from './conformance/codes.ts';
import { consentCases } from './conformance/consents.ts';
import { deviceGrantCases } from './conformance/device-grants.ts';
import { externalIdentityCases } from './conformance/external-identities.ts';
import { factorCases } from './conformance/factors.ts';
import { flowTraceCases } from './conformance/flow-trace.ts';
import { groupCases } from './conformance/groups.ts';
import { invitationCases } from './conformance/invitations.ts';
import { keyCases } from './conformance/keys.ts';
import { logoutCases } from './conformance/logout.ts';
import { mailCases } from './conformance/mail.ts';
import { passkeyCases } from './conformance/passkeys.ts';
import { pictureCases } from './conformance/pictures.ts';
import { pushedRequestCases } from './conformance/pushed-requests.ts';

import { refreshTokenCases } from './conformance/refresh-tokens.ts';
import { registrationCases } from './conformance/registrations.ts';
import { sessionCases } from './conformance/sessions.ts';
import { usedProofCases } from './conformance/used-proofs.ts';

/** Every case. */
export const CONFORMANCE: readonly ConformanceCase[] = [
  ...codeCases,
  ...deviceGrantCases,
  ...refreshTokenCases,
  ...accessTokenCases,
  ...accountCases,
  ...accountLifeCases,
  ...accountEventCases,
  ...pictureCases,
  ...groupCases,
  ...invitationCases,
  ...sessionCases,
  ...consentCases,
  ...logoutCases,
  ...flowTraceCases,
  ...attemptCases,
  ...auditCases,
  ...factorCases,
  ...externalIdentityCases,
  ...passkeyCases,
  ...mailCases,
  ...pushedRequestCases,
  ...usedProofCases,
  ...applicationCases,
  ...keyCases,
  ...cleanupCases,
  ...registrationCases,
];
