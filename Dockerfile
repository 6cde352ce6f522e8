# Two images from one build: the sign-in server (the default target) and the example client.
#   docker build -t diapason .                      the server
#   docker build -t diapason-client --target client .
# What runs holds production dependencies alone, is not root, and writes nowhere but in /data.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# What is needed to compile. Manifests first, so that a change of the sources does not install everything anew.
# No install scripts: the native parts (better-sqlite3, argon2, bcrypt, sharp) come compiled inside packages.
FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY packages/server/package.json packages/server/
COPY packages/client/package.json packages/client/
COPY examples/web-app/package.json examples/web-app/
COPY examples/command-line/package.json examples/command-line/
COPY examples/express/package.json examples/express/
COPY examples/fastify/package.json examples/fastify/
COPY examples/hono/package.json examples/hono/
COPY examples/next/package.json examples/next/
COPY examples/node/package.json examples/node/
COPY examples/single-page/package.json examples/single-page/
COPY bench/package.json bench/
COPY packages/server/bin packages/server/bin
COPY examples/web-app/bin examples/web-app/bin
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.base.json ./
COPY scripts/build.mjs scripts/
COPY packages packages
COPY examples examples
RUN node scripts/build.mjs

# Production dependencies of each image, and nothing of the other's. The database driver carries its C sources and the
# binaries of every system: 20 MB that this one never opens.
# The server uses the client library for signing in elsewhere, and none of its frameworks, as below.
FROM build AS server-modules
RUN npm pkg delete devDependencies peerDependencies peerDependenciesMeta --workspace=packages/client \
  && rm -r node_modules \
  && npm install --ignore-scripts --omit=dev --workspace=packages/server --workspace=packages/client --include-workspace-root=false \
  && mkdir -p packages/server/node_modules packages/client/node_modules \
  && find node_modules/better-sqlite3/prebuilds -name '*.node' ! -name 'linux-*' -delete \
  && rm -r node_modules/better-sqlite3/deps node_modules/better-sqlite3/src

# The frameworks of the other examples are the client's optional peers, and npm would bring them along: taken off its list, while
# the lock file still says the version of everything else.
FROM build AS client-modules
RUN npm pkg delete devDependencies peerDependencies peerDependenciesMeta --workspace=packages/client \
  && rm -r node_modules \
  && npm install --ignore-scripts --omit=dev --workspace=examples/web-app --workspace=packages/client --include-workspace-root=false \
  && mkdir -p packages/client/node_modules examples/web-app/node_modules \
  && find node_modules/better-sqlite3/prebuilds -name '*.node' ! -name 'linux-*' -delete \
  && rm -r node_modules/better-sqlite3/deps node_modules/better-sqlite3/src

FROM ${NODE_IMAGE} AS client
ENV NODE_ENV=production CLIENT_HOST=0.0.0.0 CLIENT_PORT=9988 CLIENT_DATABASE=/data/client.db
WORKDIR /app
COPY --from=client-modules /build/node_modules node_modules
COPY --from=client-modules /build/packages/client/node_modules packages/client/node_modules
COPY --from=client-modules /build/examples/web-app/node_modules examples/web-app/node_modules
COPY --from=build /build/packages/client/package.json packages/client/package.json
COPY --from=build /build/packages/client/dist packages/client/dist
COPY --from=build /build/examples/web-app/package.json examples/web-app/package.json
COPY --from=build /build/examples/web-app/bin examples/web-app/bin
COPY --from=build /build/examples/web-app/dist examples/web-app/dist
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 9988
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.CLIENT_PORT}/accounts/profile`, { redirect: 'manual' }).then(({ status }) => process.exit(status < 500 ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/examples/web-app/bin/client.js"]
CMD ["serve"]

FROM ${NODE_IMAGE} AS server
# The port is said here because it would otherwise be that of DIAPASON_URL, which behind a proxy is 443.
ENV NODE_ENV=production DIAPASON_HOST=0.0.0.0 DIAPASON_PORT=9977 DIAPASON_DATABASE=/data/diapason.db
WORKDIR /app
COPY --from=server-modules /build/node_modules node_modules
COPY --from=server-modules /build/packages/server/node_modules packages/server/node_modules
COPY --from=server-modules /build/packages/client/node_modules packages/client/node_modules
COPY --from=build /build/packages/client/package.json packages/client/package.json
COPY --from=build /build/packages/client/dist packages/client/dist
COPY --from=build /build/packages/server/package.json packages/server/package.json
COPY --from=build /build/packages/server/bin packages/server/bin
COPY --from=build /build/packages/server/assets packages/server/assets
COPY --from=build /build/packages/server/dist packages/server/dist
RUN mkdir /data && chown node:node /data \
  && printf '#!/bin/sh\nexec node /app/packages/server/bin/diapason.js "$@"\n' > /usr/local/bin/diapason \
  && chmod 755 /usr/local/bin/diapason
VOLUME /data
USER node
EXPOSE 9977
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.DIAPASON_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["diapason"]
CMD ["serve"]
