/**
 * Types of authorization details (RFC 9396 §2), as the operator declares them: what a detail may hold, and how it is said to a
 * person.
 *
 * Owns the shape of a declaration alone. The file that it is written in is `config/authorization-details.ts`, how a detail is held
 * to it `protocol/authorization-details.ts`.
 */

/** The same words in every language of the pages. */
export interface LocalText {
  readonly en: string;
  readonly fr: string;
}

/** Texts that a field may hold, each with its words; null: it is shown as it is. */
export type KnownValues = ReadonlyMap<string, LocalText | null>;

/** What a field holds. */
export type DetailShape =
  /** `values` null: any text. */
  | { readonly kind: 'text'; readonly charactersMax: number; readonly values: KnownValues | null }
  | {
      readonly kind: 'list';
      readonly itemsMax: number;
      readonly charactersMax: number;
      readonly values: KnownValues | null;
    }
  | {
      /** `integer` is a JSON number; `decimal` a string such as `12.50`, since JSON numbers lose digits. */
      readonly kind: 'integer' | 'decimal';
      /** In decimal notation; null: no such bound. */
      readonly minimum: string | null;
      readonly maximum: string | null;
      /** Whether less is narrower. Otherwise only the same number is. */
      readonly narrowsDown: boolean;
    }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'object'; readonly fields: readonly DetailField[] };

/** One field. */
export interface DetailField {
  readonly name: string;
  readonly required: boolean;
  /** null: the description has a place for it, or it is an object, whose fields have theirs. */
  readonly label: LocalText | null;
  readonly shape: DetailShape;
}

/** One type. */
export interface AuthorizationDetailType {
  /** RFC 9396 §2 `type`. */
  readonly name: string;
  /** A sentence for the consent page, with places such as `{creditor}` or `{amount.value}`. */
  readonly description: LocalText;
  /** True: what was allowed once is asked again, as for a payment. */
  readonly asksEachTime: boolean;
  /** Whether client credentials may have it: there nobody is asked. */
  readonly withoutPerson: boolean;
  readonly fields: readonly DetailField[];
}

/** All that are declared, by their names. */
export type AuthorizationDetailTypes = ReadonlyMap<string, AuthorizationDetailType>;
