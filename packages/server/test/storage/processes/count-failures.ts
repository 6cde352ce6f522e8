/** Counts failures under one key: `node count-failures.ts DATABASE KEY TIMES`. */
import { openStorage } from '../../../src/storage/storage.ts';

const [, , database = '', key = '', times = ''] = process.argv;
const storage = await openStorage({ database, clock: () => 1_900_000_000_000 });
for (let count = 0; count < Number(times); count += 1) {
  await storage.failures.recordFailures([{ key, windowMs: 3_600_000 }], 1_900_000_000_000);
}
await storage.close();
