#!/usr/bin/env node
// The example client's command. Checks the Node version before anything native is loaded: better-sqlite3 crashes older ones.
const NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(
    `client: Node ${NODE_MAJOR_MIN} or newer is needed, this is ${process.versions.node}; npm run client brings its own`,
  );
  process.exitCode = 1;
} else {
  await start();
}

async function start() {
  const main = await import('../dist/main.js').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error(`client: not built yet, or a dependency is missing (${error.message}); run npm ci`);
    process.exitCode = 1;
  });
  await main?.main(process.argv.slice(2));
}
