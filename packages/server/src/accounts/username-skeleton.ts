/**
 * The skeleton of UTS #39 §4: two usernames with one skeleton look alike to a person.
 *
 * The table is Unicode's `confusables.txt`, whole, as the package `unhomoglyph` carries it (Unicode 13, 6,311 mappings; newer
 * versions add rare scripts). Only its data is used: its function leaves out the normalisation. Owns nothing but the mapping.
 */
import confusables from 'unhomoglyph/data.json' with { type: 'json' };
import type { UsernameKey, UsernameSkeleton } from './ports.ts';

const PROTOTYPES: ReadonlyMap<string, string> = new Map(Object.entries(confusables));

/** The mapping of every character settles in three rounds; the bound is for data that would not. */
const ROUNDS_MAX = 16;

/**
 * The skeleton of a username's key. Unlike UTS #39 it is folded to lower case again: names that differ in case alone are one
 * name here, so `0` looks like `o` where the table says `O`. Not for people's eyes.
 */
export function skeletonOf(key: UsernameKey): UsernameSkeleton {
  let skeleton: string = key;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const prototypes = Array.from(skeleton.normalize('NFD'), (character) => PROTOTYPES.get(character) ?? character);
    const next = prototypes.join('').toLowerCase().normalize('NFD');
    if (next === skeleton) break;
    skeleton = next;
  }
  return skeleton as UsernameSkeleton;
}
