/**
 * What is written down when it changes something: a mark on types, so that a use case of an administrator cannot be given what changes
 * in silence.
 *
 * Owns the mark alone. Who makes things that bear it is `storage/audited.ts`; what is written is `admin/ports/audit.ts`.
 */
/** A store, or a part of one, whose every change is written into the audit log in the same transaction. */
export type Audited<Store> = Store & Mark;

/** Carried at type level, and nothing at run time. An interface of a name: types that are inferred from it can be written down. */
export interface Mark {
  readonly 'each change is in the audit log': true;
}
