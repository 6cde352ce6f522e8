import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { authorizationDetailTypes } from '../../src/config/authorization-details.ts';
import { DETAIL_TYPES_JSON } from '../protocol/detail-types.ts';

const words = { en: 'x', fr: 'x' };
const read = (declared: unknown) =>
  authorizationDetailTypes(typeof declared === 'string' ? declared : JSON.stringify(declared));
const faultOf = (declared: unknown) => {
  const parsed = read(declared);
  return parsed.ok ? null : parsed.fault;
};
const one = (type: object) => ({
  payment: { description: { en: 'Pay {to}', fr: 'Payer {to}' }, fields: { to: {} }, ...type },
});
const field = (to: object) => one({ fields: { to } });

describe('DIAPASON_AUTHORIZATION_DETAILS', () => {
  it('declares nothing where it is empty', () => {
    expect(read('')).toEqual({ ok: true, value: new Map() });
  });

  it('declares types with fields, bounds and words', () => {
    const parsed = read(DETAIL_TYPES_JSON);
    expect(parsed.ok && [...parsed.value.keys()]).toEqual(['payment', 'files', 'transfer']);
    expect(parsed.ok && parsed.value.get('files')).toMatchObject({ asksEachTime: false, withoutPerson: true });
    expect(parsed.ok && parsed.value.get('transfer')).toMatchObject({ asksEachTime: true, withoutPerson: false });
  });

  it('takes what the documentation shows', () => {
    const text = readFileSync(new URL('../../../../docs/authorization-details.md', import.meta.url), 'utf8');
    expect(faultOf(/```json\n(.*?)```/s.exec(text)?.[1] ?? 'no example')).toBeNull();
  });

  it.each([
    ['{', 'is not JSON'],
    [[], 'is not a JSON object at the whole'],
    [{ 'a b': {} }, 'has a type whose name is not'],
    [one({ extra: 1 }), 'has an unknown member at the type payment'],
    [one({ description: { en: 'Pay {to}' } }), 'does not have the description of payment as en and fr'],
    [one({ description: { en: 'Pay {to', fr: 'Payer {to}' } }), 'a brace that is no place'],
    [one({ description: { en: 'Pay {to} {more}', fr: 'Payer {to}' } }), 'has {more} in the description of payment'],
    [one({ description: { en: 'Pay {to}', fr: 'Payer' } }), 'does not say the field to of payment to people'],
    [one({ description: words }), 'does not say the field to of payment to people'],
    [field({ optional: true }), 'does not say the field to of payment to people'],
    [field({ type: 'boolean' }), 'does not say the field to of payment to people'],
    [field({ type: 'date' }), 'does not have one of text, list, integer, decimal, boolean, object'],
    [field({ type: 'integer', max_characters: 5 }), 'has an unknown member at the field to of payment'],
    [field({ max_characters: 5_000 }), 'does not have a whole number from 1 to 1000 as max_characters'],
    [field({ values: [] }), 'does not have 1 to 100 texts as the values'],
    [field({ values: [1] }), 'does not have 1 to 100 texts as the values'],
    [field({ type: 'decimal', narrowing: 'lower' }), 'gives the field to of payment a narrowing and no minimum'],
    [field({ type: 'decimal', maximum: '1e3' }), 'does not have a number as maximum'],
    [one({ fields: { to: {}, type: { label: words } } }), 'is the word type'],
    [one({ consent: 'never' }), 'does not have one of remembered, every-time as consent'],
    [one({ client_credentials: 'yes' }), 'does not have true or false as client_credentials'],
    [
      one({
        fields: {
          to: {},
          a: { type: 'object', fields: { b: { type: 'object', fields: { c: { type: 'object', fields: {} } } } } },
        },
      }),
      'nests the fields of payment more than 3 deep',
    ],
  ])('refuses %j', (declared, fault) => {
    expect(faultOf(declared)).toContain(fault);
  });
});
