/**
 * Fields of a profile beside names and address, as the operator declares them: what one holds, who fills it in, and which scope tells
 * an application of it as which claim.
 *
 * Owns the shape of a declaration alone. The file that it is written in is `config/profile-fields.ts`, how a value is held to it
 * `accounts/profile-fields.ts`.
 */
import type { LocalText } from './authorization-detail-type.ts';

/** One field. */
export interface ProfileField {
  /** Letters, digits and `_`: what it is kept and asked for under. */
  readonly name: string;
  readonly label: LocalText;
  /** What its value is, always a text: `date` is `2026-01-31`, `url` begins with `https://` or `http://`. */
  readonly kind: 'text' | 'choice' | 'date' | 'url';
  /** Of a choice: its values, each with its words; of others empty. */
  readonly choices: ReadonlyMap<string, LocalText>;
  readonly charactersMax: number;
  /** Whoever fills it in cannot leave it empty; a person's is asked for at sign-up. */
  readonly required: boolean;
  /** `operator`: the person sees it, and changes nothing. */
  readonly editedBy: 'person' | 'operator';
  /** The scope that opens it; null: no application is told. */
  readonly scope: string | null;
  /** The claim that it is told as. */
  readonly claim: string;
}

/** All that are declared, by their names, in the order of the page. */
export type ProfileFields = ReadonlyMap<string, ProfileField>;

/** What a profile holds in them: those that are filled in, by name. */
export type FieldValues = Readonly<Record<string, string>>;

/** A change of them: a null takes one out, and those that it does not name stay. */
export type FieldPatch = Readonly<Record<string, string | null>>;
