/** What the picture of an account needs of storage. Owns the shape; what a picture is, is `accounts/picture-maker.ts`. */
import type { AccountId } from '../../vocabulary/identifiers.ts';

/** Pictures, one an account at most. */
export interface PictureStore {
  /** In place of the former one, whose name then leads nowhere. The account's `picture` becomes the name in the same step. */
  setPicture(
    id: AccountId,
    picture: { readonly name: string; readonly content: Buffer },
    nowMs: number,
  ): Promise<{ readonly outcome: 'set' | 'not_found' }>;
  removePicture(id: AccountId, nowMs: number): Promise<{ readonly outcome: 'removed' | 'none' }>;
  /** By its name. */
  findPicture(name: string): Promise<Buffer | null>;
}
