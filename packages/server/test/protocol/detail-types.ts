/** The types of authorization details that tests of several files declare, as an operator's file has them. */
import { authorizationDetailTypes } from '../../src/config/authorization-details.ts';
import type { AuthorizationDetailTypes } from '../../src/vocabulary/authorization-detail-type.ts';

/** The file. */
export const DETAIL_TYPES_JSON = {
  payment: {
    description: {
      en: 'Pay {amount.value} {amount.currency} to {creditor}',
      fr: 'Payer {amount.value} {amount.currency} à {creditor}',
    },
    fields: {
      creditor: { max_characters: 70 },
      amount: {
        type: 'object',
        fields: {
          value: { type: 'decimal', minimum: '0.01', maximum: '1000', narrowing: 'lower' },
          currency: { values: ['EUR', 'CHF'] },
        },
      },
      reference: { optional: true, max_characters: 35, label: { en: 'Reference', fr: 'Référence' } },
    },
  },
  files: {
    description: { en: 'Do this with your files: {actions}', fr: 'Faire ceci de vos fichiers : {actions}' },
    client_credentials: true,
    fields: {
      actions: {
        type: 'list',
        values: { read: { en: 'read', fr: 'lire' }, write: { en: 'change', fr: 'modifier' } },
      },
      locations: { type: 'list', optional: true, label: { en: 'At', fr: 'Sur' } },
      hidden: { type: 'boolean', optional: true, label: { en: 'Hidden ones too', fr: 'Cachés aussi' } },
      depth: { type: 'integer', optional: true, maximum: 9, label: { en: 'Folders deep', fr: 'Profondeur' } },
    },
  },
  transfer: {
    description: { en: 'Transfer your number {number}', fr: 'Transférer votre numéro {number}' },
    consent: 'every-time',
    fields: { number: { max_characters: 20 } },
  },
} as const;

/** The same, read. @throws what is wrong with the declaration. */
export function detailTypes(declared: object = DETAIL_TYPES_JSON): AuthorizationDetailTypes {
  const parsed = authorizationDetailTypes(JSON.stringify(declared));
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}
