/** Where a message is waited for: shared by the pages that have one sent. */

/** `/email/verify/`. @param next own-origin path to go to afterwards; null: none. */
export function checkMailUrl(next: string | null): string {
  return next === null ? '/email/verify/' : `/email/verify/?next=${encodeURIComponent(next)}`;
}
