/** The kinds of things that hang on an account, and in which table of the staging database the source's are. */
import type { ImportContext } from '../part.ts';
import type { AccountPart, ImportedKind } from '../ports.ts';

/** A kind: its table, and the SQL of what `AccountPart.value` is. */
interface PartKind {
  readonly kind: AccountPart['kind'];
  readonly table: string;
  readonly value: string;
}

/** Every kind. */
export const PARTS: readonly PartKind[] = [
  { kind: 'address', table: 'address_of', value: 'key' },
  { kind: 'membership', table: 'member_of', value: 'group_id' },
  { kind: 'social_account', table: 'identity_of', value: "provider || ' ' || subject" },
  { kind: 'totp', table: 'totp_of', value: "''" },
  { kind: 'recovery_code', table: 'recovery_code_of', value: "''" },
];

/** As what its accounts are remembered. */
export function accountKindOf({ options }: ImportContext): ImportedKind {
  return options.origin === 'django' ? 'account' : 'file_account';
}
