/**
 * A file that a command makes: readable by its owner alone, never over another one, and nothing is left of one that could not be
 * finished.
 */
import { open, rm } from 'node:fs/promises';
import { errorCode } from '../config/error-code.ts';

/** What came of it. */
export type FileMade<Result> =
  | { readonly outcome: 'made'; readonly result: Result }
  /** `line`: why not, for the operator. */
  | { readonly outcome: 'failed'; readonly line: string };

/** Makes it. Durable once it resolves. @param write is given what appends; whatever it throws but errors of the file is thrown on */
export async function makeFile<Result>(
  path: string,
  write: (append: (content: string | Buffer) => Promise<void>) => Promise<Result>,
): Promise<FileMade<Result>> {
  let isUnfinished = false;
  try {
    // wx: neither over a file nor through a link.
    const handle = await open(path, 'wx', 0o600);
    isUnfinished = true;
    try {
      const result = await write(async (content) => void (await handle.appendFile(content)));
      await handle.sync();
      isUnfinished = false;
      return { outcome: 'made', result };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') {
      return { outcome: 'failed', line: `${path} is there already, and is not written over. Name another file.` };
    }
    if (/^E[A-Z]+$/.test(code)) {
      return { outcome: 'failed', line: `${path} cannot be written (${code}). Nothing is left of it.` };
    }
    throw error;
  } finally {
    if (isUnfinished) await rm(path, { force: true });
  }
}
