/** A machine that the image library does not run on, and more pictures than wait. What is taken in is tested at the page. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createPictureMaker } from '../../src/accounts/picture-maker.ts';

const photo = () =>
  sharp({ create: { width: 400, height: 300, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();

describe('the picture maker', () => {
  it('says that pictures cannot be taken where the image library does not load, tells why, and tries again', async () => {
    const told: unknown[] = [];
    let isThere = false;
    const make = createPictureMaker(
      (error) => told.push(error),
      async () => {
        if (!isThere) throw new Error('Could not load the "sharp" module using the linux-x64 runtime');
        return import('sharp');
      },
    );
    const file = await photo();
    expect(await make(file)).toEqual({
      outcome: 'refused',
      problems: [{ field: 'picture', code: 'problem.picture.unavailable' }],
    });
    expect(told).toEqual([expect.objectContaining({ message: expect.stringContaining('linux-x64') })]);
    isThere = true;
    expect(await make(file)).toMatchObject({ outcome: 'made' });
    expect(told).toHaveLength(1);
  });

  it('makes one and lets eight wait; the next is told at once when to come back', async () => {
    const make = createPictureMaker(() => undefined);
    const file = await photo();
    const made = await Promise.all(Array.from({ length: 12 }, () => make(file)));
    const outcomes = made.map(({ outcome }) => outcome);
    expect(outcomes).toEqual([...Array(9).fill('made'), ...Array(3).fill('busy')]);
    expect(made.at(-1)).toEqual({ outcome: 'busy', retryAfterSeconds: expect.any(Number) });
    expect(await make(file)).toMatchObject({ outcome: 'made' });
  });
});
