/** Pages for superusers alone: `/admin/` and below. Owns that nobody else gets to them. */
import type { PageHandlers, People } from './people.ts';
import { errorAnswer, type SignedInVisit } from './visit.ts';

/** Registers a page for superusers; whoever else is signed in is told that it is not open to them. */
export function forSuperusers(people: People, path: string, { get, post }: PageHandlers<SignedInVisit>): void {
  const only = (handle: NonNullable<PageHandlers<SignedInVisit>['get']>) => async (visit: SignedInVisit) =>
    visit.signedIn.account.isSuperuser ? handle(visit) : errorAnswer(403, { kind: 'forbidden' });
  people.signedIn(path, {
    ...(get === undefined ? {} : { get: only(get) }),
    ...(post === undefined ? {} : { post: only(post) }),
  });
}
