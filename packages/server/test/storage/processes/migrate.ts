/** Opens a database, migrates it and prints the versions that it applied: `node migrate.ts DATABASE`. */
import { openStorage } from '../../../src/storage/storage.ts';

const [, , database = ''] = process.argv;
const storage = await openStorage({ database, clock: () => 1_900_000_000_000 });
const applied = await storage.migrate();
await storage.close();
console.log(JSON.stringify(applied.map(({ version }) => version)));
