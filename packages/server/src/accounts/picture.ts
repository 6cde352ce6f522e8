/**
 * The picture of whoever is signed in: set and removed.
 *
 * Owns its name, by which everybody who has it may see it: 192 random bits, which say nothing of the account or of the content, and
 * are new with each picture, so that whoever was shown a former one cannot follow.
 */
import type { Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { PictureMaker } from './picture-maker.ts';
import type { AccountEvents } from './ports/events.ts';
import type { PictureStore } from './ports/pictures.ts';
import type { SessionFound } from './ports.ts';
import { type Busy, fieldProblem, type Refused, refused } from './problems.ts';
import type { Visitor } from './visitor.ts';

/** What it needs. */
export interface PictureDeps {
  readonly pictures: Pick<PictureStore, 'setPicture' | 'removePicture'>;
  readonly makePicture: PictureMaker;
  readonly events: AccountEvents;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

const NAME_BYTES = 24;

/** Takes a file as the picture. @param file null: none was sent. Problems are of the field `picture`. */
export async function setPicture(
  file: Buffer | null,
  { account }: SessionFound,
  visitor: Visitor,
  deps: PictureDeps,
): Promise<{ readonly outcome: 'set' } | { readonly outcome: 'not_found' } | Refused | Busy> {
  if (file === null || file.length === 0) return refused(fieldProblem('picture', 'problem.picture.required'));
  const made = await deps.makePicture(file);
  if (made.outcome !== 'made') return made;
  const name = deps.randomness(NAME_BYTES).toString('base64url');
  const result = await deps.pictures.setPicture(account.id, { name, content: made.content }, deps.clock());
  if (result.outcome === 'set') await deps.events.record(account.id, { kind: 'picture-changed' }, visitor);
  return { outcome: result.outcome };
}

/** Removes it. */
export async function removePicture(
  { account }: SessionFound,
  visitor: Visitor,
  deps: Pick<PictureDeps, 'pictures' | 'events' | 'clock'>,
): Promise<{ readonly outcome: 'removed' | 'none' }> {
  const result = await deps.pictures.removePicture(account.id, deps.clock());
  if (result.outcome === 'removed') await deps.events.record(account.id, { kind: 'picture-removed' }, visitor);
  return result;
}
