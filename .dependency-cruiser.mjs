// The house's import rules (design: The house). Each says who may import whom, and why.
const server = 'packages/server/src';
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^${server}/${from}` },
  to: { path: '^(packages|examples)/', pathNot: ['/node_modules/', ...allowed.map((path) => `^${server}/${path}`)] },
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle means that two files are one.',
      from: {},
      to: { circular: true },
    },
    only(
      'vocabulary-alone',
      'vocabulary/',
      ['vocabulary/'],
      'Ids, digests and time: everybody imports them, so they import nobody.',
    ),
    only(
      'protocol-alone',
      'protocol/',
      ['protocol/', 'vocabulary/'],
      'The protocol reads like its RFCs: it knows no HTTP framework, no SQL, no accounts.',
    ),
    only(
      'accounts-ports',
      'accounts/',
      ['accounts/', 'vocabulary/'],
      'Human flows know their ports, not who implements them.',
    ),
    only(
      'admin-over',
      'admin/',
      ['admin/', 'accounts/', 'protocol/', '(keys|mail|import)/ports\\.ts$', 'vocabulary/'],
      'The operator acts on accounts and applications through their own rules.',
    ),
    only(
      'keys-ports',
      'keys/',
      ['keys/', '(protocol|accounts|admin)/(ports|ports/[a-z-]+|application)\\.ts$', 'vocabulary/'],
      'Keys implement a port of the protocol.',
    ),
    only(
      'fetch-ports',
      'fetch/',
      ['fetch/', 'protocol/(fetcher|json-web-key-set)\\.ts$', 'accounts/ports/breaches\\.ts$', 'vocabulary/'],
      'The one way out implements a port, and knows nothing of what it is used for.',
    ),
    only(
      'elsewhere-ports',
      'elsewhere/',
      ['elsewhere/', 'accounts/ports/elsewhere\\.ts$', 'protocol/fetcher\\.ts$', 'vocabulary/'],
      'Signing in elsewhere is the client library behind a port.',
    ),
    only('telemetry-alone', 'telemetry/', ['telemetry/'], 'Figures are told what happened; they ask nobody.'),
    only(
      'mail-ports',
      'mail/',
      ['mail/', '(protocol|accounts|admin|keys)/(ports|ports/[a-z-]+)\\.ts$', 'vocabulary/'],
      'Mail implements a port.',
    ),
    only(
      'import-over',
      'import/',
      ['import/', 'accounts/', 'admin/', 'protocol/', 'keys/ports\\.ts$', 'vocabulary/'],
      'An import turns rows of a foreign database into ours by the rules of accounts and applications.',
    ),
    only(
      'storage-ports',
      'storage/',
      [
        'storage/',
        '(protocol|accounts|admin|keys|mail|import)/(ports|ports/[a-z-]+|application|application-settings|token-context|user-code)\\.ts$',
        // The lines of the audit log are bound to each other where they are written.
        'admin/audit-chain\\.ts$',
        'vocabulary/',
      ],
      'Storage implements ports; a rule of a flow has no place in SQL.',
    ),
    only('pages-alone', 'pages/', ['pages/'], 'Pages turn a view model into HTML and know nothing else.'),
    only(
      'http-over',
      'http/',
      ['http/', 'protocol/', 'accounts/', 'admin/', 'pages/', 'vocabulary/'],
      'HTTP parses, calls, renders. It reaches storage only through what app.ts passes in.',
    ),
    only(
      'config-alone',
      'config(\\.ts$|/)',
      ['config(\\.ts$|/)', 'vocabulary/(make-folder|authorization-detail-type|profile-field|identity-provider)\\.ts$'],
      'Configuration depends on nothing, so that everything can be told what it says.',
    ),
    only(
      'commands-over',
      '(main\\.ts$|commands/)',
      [
        'commands/',
        'app\\.ts$',
        'app/passwords\\.ts$',
        'config(\\.ts$|/)',
        'admin/',
        'accounts/',
        'keys/',
        'fetch/hardened-fetch\\.ts$',
        'mail/(ports|outbox)\\.ts$',
        'telemetry/metrics-of-processes\\.ts$',
        'app/mail\\.ts$',
        'import/',
        'storage/storage(-error)?\\.ts$',
        'protocol/(application|application-settings|client-secret|scopes)\\.ts$',
        'pages/messages\\.ts$',
        'vocabulary/',
      ],
      'A command parses, calls a use case and prints; the rules stand behind the use case.',
    ),
    {
      name: 'sql-in-storage',
      severity: 'error',
      comment:
        'Only storage knows SQL. Exceptions: import/sources reads databases of other programs, whose tables are not ours; import/staging.ts keeps a copy of them.',
      from: { path: `^${server}`, pathNot: `^${server}/(storage/|import/(sources/|staging\\.ts))` },
      to: { path: 'node_modules/(kysely|better-sqlite3|pg|pg-cursor|mysql2)/' },
    },
    {
      name: 'fastify-in-http',
      severity: 'error',
      comment: 'Only http knows the framework.',
      from: { path: `^${server}`, pathNot: `^${server}/(http/|app\\.ts)` },
      to: { path: 'node_modules/(fastify|@fastify)/' },
    },
    {
      name: 'client-in-elsewhere',
      severity: 'error',
      comment:
        'The server is a client of other providers in one folder, by the entry of the library that has no pages and no stores.',
      from: { path: `^${server}`, pathNot: `^${server}/elsewhere/` },
      to: { path: '(node_modules/@diapason|packages)/client/' },
    },
    {
      name: 'client-alone',
      severity: 'error',
      comment: 'The client library works with any server.',
      from: { path: '^packages/client/', pathNot: '/test/' },
      to: { path: '^packages/server/' },
    },
    {
      name: 'examples-client',
      severity: 'error',
      comment: 'An example shows what an application would import.',
      from: { path: '^examples/', pathNot: '/test/' },
      to: { path: '^packages/server/' },
    },
    {
      name: 'no-tests-in-source',
      severity: 'error',
      comment: 'What ships does not import its tests.',
      from: { path: '/src/' },
      to: { path: '/test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    parser: 'swc',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
