/**
 * Who may import whom. The rooms of src/, from the inside out:
 *   domain <- gates <- contracts; domain <- learning <- plots, dataset <- training <- model-folder, evaluation <- release
 *   edge, client and adapters know domain and contracts; nobody inside knows an adapter.
 * Around src/: functions/<name>/handler <- functions/<name>/index; infra; cli, demo, bench, test.
 * test/unit/architecture.test.ts plants a violation of each and expects it to be caught.
 */
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { pathNot: allowed },
});

/** A room of src/: itself, other rooms, packages. */
const room = (name, rooms, packages, comment) =>
  only(
    `${name}-keeps-its-place`,
    `^src/${name}/`,
    [
      `^src/(${[name, ...rooms].join('|')})/`,
      ...(packages.length === 0 ? [] : [`^node_modules/(${packages.join('|')})(/|$)`]),
    ].join('|'),
    comment,
  );

const HASHES = ['@noble/hashes', 'canonicalize'];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    room('domain', [], HASHES, 'Rules and ports; they know no AWS, no node:, no zod.'),
    room('gates', ['domain'], ['zod'], 'What must hold of a challenger: a file a kind of gate.'),
    {
      ...room('contracts', ['gates', 'domain'], ['zod'], 'What crosses a boundary, as schemas.'),
      from: { path: '^src/contracts/', pathNot: '^src/contracts/json-schema/generate\\.ts$' },
    },
    room(
      'learning',
      ['domain'],
      [...HASHES, 'ml-random-forest', 'ml-[a-z-]+', 'simple-statistics'],
      'The engine is typed arrays in, typed arrays out.',
    ),
    room('claims', ['dataset', 'learning', 'domain'], [], 'The example’s data, from a seed.'),
    room('plots', ['learning', 'domain'], ['vega', 'vega-lite'], 'Measures to SVG text.'),
    room(
      'dataset',
      ['learning', 'domain', 'contracts', 'gates'],
      [...HASHES, 'csv-parse', 'hyparquet', 'hyparquet-compressors', 'zod'],
      'Bytes to tables, sides and registers.',
    ),
    room(
      'model-folder',
      ['training', 'dataset', 'learning', 'domain', 'contracts', 'gates'],
      ['zod'],
      'What a user edits: read, linted, compared.',
    ),
    room(
      'training',
      ['plots', 'dataset', 'learning', 'domain', 'contracts', 'gates'],
      HASHES,
      'Candidates, folds, the choice, the fit: the same in `try` and in the Lambdas.',
    ),
    room(
      'evaluation',
      ['training', 'plots', 'dataset', 'learning', 'domain', 'contracts', 'gates'],
      HASHES,
      'Who may be judged, and the evidence: the same in `try` and in the Lambdas.',
    ),
    room(
      'release',
      [
        'evaluation',
        'training',
        'model-folder',
        'dataset',
        'learning',
        'domain',
        'contracts',
        'gates',
      ],
      ['zod', 'fflate', ...HASHES],
      'Steps over ports.',
    ),
    room('edge', ['domain', 'contracts'], ['zod'], 'HTTP and queues, before a handler.'),
    room('client', ['domain', 'contracts'], ['zod'], 'Speaks the API: command line and console.'),
    only(
      'handlers-know-ports-only',
      '^functions/[^/]+/(?!index|env)',
      '^functions/|^src/(?!adapters|client)|^node_modules/(@noble/hashes|canonicalize|zod)/',
      'A handler parses, decides, answers; wiring is its index.',
    ),
    {
      name: 'functions-apart',
      severity: 'error',
      comment: 'A deployable does not reach into another one.',
      from: { path: '^functions/([^/]+)/' },
      to: { path: '^functions/([^/]+)/', pathNot: '^functions/$1/' },
    },
    {
      name: 'adapters-implement-ports',
      severity: 'error',
      from: { path: '^src/adapters/' },
      to: {
        path: '^(src/(?!adapters|domain|contracts|learning)|functions|infra|cli|demo|test|bench|localstack)',
      },
    },
    {
      name: 'infra-knows-environments-only',
      severity: 'error',
      from: { path: '^infra/' },
      to: {
        path: '^(functions/[^/]+/(?!env\\.ts)|src/adapters/(?!dynamodb/keys\\.ts)|src/(?!adapters|contracts|domain)|cli|demo|test|bench)',
      },
    },
    {
      name: 'nobody-imports-the-outside',
      severity: 'error',
      from: { pathNot: '^(test|cli|demo|bench|infra)/' },
      to: { path: '^(test|cli|demo|infra|bench|functions)/', pathNot: '^functions/' },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(functions|state-machines|localstack|bin)/' },
    },
    {
      name: 'nobody-imports-test',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(cdk\\.out|dist|\\.local|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
