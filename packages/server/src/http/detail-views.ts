/** Authorization details as pages show them: the operator's sentence cut at its places, and a line for each other field. */
import type { DetailValue, DetailView } from '../pages/models/authorization.ts';
import { shownDetail } from '../protocol/authorization-details.ts';
import type { AuthorizationDetailTypes, DetailField, DetailShape } from '../vocabulary/authorization-detail-type.ts';

type Detail = Parameters<typeof shownDetail>[0];

/** In the order given. One whose type is declared no more, or otherwise, is shown by the bare name of its type. */
export function detailViews(details: readonly Detail[], types: AuthorizationDetailTypes): readonly DetailView[] {
  return details.map((detail) => {
    const declared = shownDetail(detail, types);
    if (declared === null) return { type: detail.type, sentence: null, facts: [] };
    const values = new Map(leaves(detail, declared.fields, ''));
    const { en, fr } = declared.description;
    return {
      type: detail.type,
      sentence: { en: pieces(en, values), fr: pieces(fr, values) },
      facts: [...values.values()].flatMap(({ label, value }) => (label === null ? [] : [{ label, value }])),
    };
  });
}

interface Leaf {
  readonly label: DetailField['label'];
  readonly value: DetailValue;
}

/** The values that are there, by their paths. */
function leaves(
  fields: Readonly<Record<string, unknown>>,
  declared: readonly DetailField[],
  above: string,
): readonly (readonly [string, Leaf])[] {
  return declared.flatMap(({ name, label, shape }) => {
    const value = fields[name];
    if (value === undefined) return [];
    if (shape.kind === 'object') {
      return leaves(value as Readonly<Record<string, unknown>>, shape.fields, `${above}${name}.`);
    }
    return [[above + name, { label, value: shown(value, shape) }] as const];
  });
}

function shown(value: unknown, shape: Exclude<DetailShape, { readonly kind: 'object' }>): DetailValue {
  switch (shape.kind) {
    case 'text':
    case 'list': {
      const texts = (Array.isArray(value) ? value : [value]).map(String);
      return { kind: 'texts', texts: texts.map((text) => ({ text, words: shape.values?.get(text) ?? null })) };
    }
    case 'integer':
    case 'decimal':
      return { kind: 'number', digits: String(value) };
    case 'boolean':
      return { kind: 'flag', is: value === true };
    default:
      return shape satisfies never;
  }
}

/** The sentence with its values in their places. Every place has one: it names a field that is always there. */
function pieces(sentence: string, values: ReadonlyMap<string, Leaf>): readonly (string | DetailValue)[] {
  return sentence
    .split(/(\{[\w.-]+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece.startsWith('{') ? (values.get(piece.slice(1, -1))?.value ?? '') : piece));
}
