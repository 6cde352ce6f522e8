/** Where the picture of an account is, by its name. */

/** From the root of this server. */
export function picturePath(name: string): string;
export function picturePath(name: string | null): string | null;
export function picturePath(name: string | null): string | null {
  return name === null ? null : `/picture/${name}.webp`;
}
