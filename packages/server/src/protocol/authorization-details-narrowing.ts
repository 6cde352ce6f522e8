/**
 * Which authorization details are narrower than others (RFC 9396 §6.1): for a token that gets less than its grant, and for a
 * consent that is not asked again. `docs/authorization-details.md` says the rules to operators and developers.
 *
 * Owns the comparison alone. A detail is as wide as another or narrower when both have the same type and the same fields, and
 * each field holds the same; a list may hold fewer, and a number be lower where its declaration says so. A field that is absent
 * is neither wider nor narrower than a present one: what its absence means is known to nobody here.
 * Each detail is measured against one of its own: out of one payment of 100 there never come two.
 */
import type { AuthorizationDetailTypes, DetailField } from '../vocabulary/authorization-detail-type.ts';
import type { AuthorizationDetail } from './token-context.ts';

/** Digits behind the point that a declaration and a value may have. */
const FRACTION_DIGITS = 8;

/** Whether every one of `asked` has one of `granted` to itself that is as wide or wider. */
export function isNarrower(
  asked: readonly AuthorizationDetail[],
  granted: readonly AuthorizationDetail[],
  types: AuthorizationDetailTypes,
): boolean {
  return uncovered(asked, granted, types).length === 0;
}

/**
 * Those of `asked` that are left without one of `granted` to themselves, when as many as can be have one (a maximum matching, by
 * augmenting paths: of at most 20 and 50, so at once).
 */
export function uncovered(
  asked: readonly AuthorizationDetail[],
  granted: readonly AuthorizationDetail[],
  types: AuthorizationDetailTypes,
): readonly AuthorizationDetail[] {
  const fits = asked.map((one) => granted.map((other) => isWithin(one, other, types)));
  /** By the index of a granted one, the index of the asked one that has it. */
  const taken = new Map<number, number>();
  const take = (index: number, seen: Set<number>): boolean => {
    for (const [candidate, isFit] of (fits[index] ?? []).entries()) {
      if (!isFit || seen.has(candidate)) continue;
      seen.add(candidate);
      const holder = taken.get(candidate);
      if (holder === undefined || take(holder, seen)) {
        taken.set(candidate, index);
        return true;
      }
    }
    return false;
  };
  return asked.filter((_, index) => !take(index, new Set()));
}

function isWithin(one: AuthorizationDetail, other: AuthorizationDetail, types: AuthorizationDetailTypes): boolean {
  const declared = types.get(one.type);
  return declared !== undefined && one.type === other.type && fieldsWithin(one, other, declared.fields);
}

type Json = Readonly<Record<string, unknown>>;

function fieldsWithin(one: Json, other: Json, fields: readonly DetailField[]): boolean {
  return fields.every(({ name, shape }) => {
    const [narrow, wide] = [one[name], other[name]];
    if (narrow === undefined || wide === undefined) return narrow === wide;
    switch (shape.kind) {
      case 'text':
      case 'boolean':
        return narrow === wide;
      case 'list':
        return Array.isArray(narrow) && Array.isArray(wide) && narrow.every((item) => wide.includes(item));
      case 'integer':
      case 'decimal': {
        const [less, more] = [numberOf(String(narrow)), numberOf(String(wide))];
        if (less === null || more === null) return false;
        return shape.narrowsDown ? less <= more : less === more;
      }
      case 'object':
        return isObject(narrow) && isObject(wide) && fieldsWithin(narrow, wide, shape.fields);
      default:
        return shape satisfies never;
    }
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number in decimal notation, exactly, in units of its eighth digit; null: it is none. */
export function numberOf(text: unknown): bigint | null {
  if (typeof text !== 'string') return null;
  const found = /^(-?)(0|[1-9]\d{0,15})(?:\.(\d{1,8}))?$/.exec(text);
  if (found === null) return null;
  const [, sign = '', whole = '', fraction = ''] = found;
  return BigInt(`${sign}${whole}${fraction.padEnd(FRACTION_DIGITS, '0')}`);
}
