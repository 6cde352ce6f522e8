/**
 * Who has to have a second factor: of an application that wants two factors of everybody (`second_factor`), of a request that does
 * (`acr_values`, an essential `acr`; `acr.ts`), and of the members of a group that requires one of them.
 *
 * Owns the rule. An application and a request want the sign-in itself to be by two factors, which its `acr` then says; a group wants
 * its members to have a second one, and leaves it to them whether a browser of theirs is trusted. What a second factor is, and how
 * somebody comes by one, is `accounts/`.
 */
import type { AccountId } from '../vocabulary/identifiers.ts';
import { acrOf } from './acr.ts';
import type { Application } from './application.ts';
import type { AuthenticationEvent } from './ports/people.ts';

/** Knows of people's second factors. */
export interface SecondFactorReader {
  /** Whether the account has one, of whatever kind. */
  hasFactor(accountId: AccountId): Promise<boolean>;
}

/** Whether an application wants two factors of whoever signs in there, whatever its requests say. */
export function wantsSecondFactor({ settings }: Pick<Application, 'settings'>): boolean {
  return settings.secondFactor === 'required';
}

/**
 * Whether a sign-in is less than what the application wants. Asked where a device is let in and at each refresh too, so that the setting
 * counts for what was granted before.
 */
export function fallsShort(
  application: Pick<Application, 'settings'>,
  signIn: Pick<AuthenticationEvent, 'amr'>,
): boolean {
  return wantsSecondFactor(application) && acrOf(signIn) !== '2';
}

/** Whether somebody of whom one is asked has no second factor. Where they signed in by one, nothing is read. */
export async function lacksSecondFactor(
  { accountId, amr }: { readonly accountId: AccountId } & Pick<AuthenticationEvent, 'amr'>,
  factors: SecondFactorReader,
): Promise<boolean> {
  return acrOf({ amr }) !== '2' && !(await factors.hasFactor(accountId));
}
