/**
 * Who may import whom: a room imports itself, the rooms of its list, and its packages.
 *
 * CONTRIBUTING.md says what each room is for, with the same lists: test/unit/architecture.test.ts tries
 * every pair, and plants a violation of each rule.
 */
const HASHES = ['@noble/hashes', 'canonicalize'];
/** Every package, and what comes with Node. */
const ANY = null;

/** What decides and computes: the same in the command line and in the Lambdas. */
const INNER = [
  ...['domain', 'gates', 'contracts', 'learning', 'claims', 'plots', 'dataset'],
  ...['training', 'model-folder', 'evaluation', 'release'],
];
const SRC = [...INNER, 'edge', 'client', 'adapters'];

/** Rooms that are not src/<name>/, as parts of a regular expression. */
const WHERE = {
  contracts: 'src/contracts/(?!json-schema/generate\\.ts)',
  handlers: 'functions/[^/]+/(?!(index|env)\\.ts)',
  index: 'functions/[^/]+/index\\.ts',
  env: 'functions/[^/]+/env\\.ts',
  keys: 'src/adapters/dynamodb/keys\\.ts',
  ...Object.fromEntries(
    ['state-machines', 'infra', 'localstack', 'cli', 'demo', 'bench', 'test'].map((name) => [
      name,
      `${name}/`,
    ]),
  ),
};
const where = (name) => WHERE[name] ?? `src/${name}/`;

/** Name, rooms, packages. */
const ROOMS = [
  ['domain', [], HASHES],
  ['gates', ['domain'], ['zod']],
  ['contracts', ['domain', 'gates'], ['zod']],
  ['learning', ['domain'], [...HASHES, 'ml-random-forest', 'ml-[a-z-]+', 'simple-statistics']],
  ['claims', ['domain', 'learning', 'dataset'], []],
  ['plots', ['domain', 'learning'], ['vega', 'vega-lite']],
  [
    'dataset',
    ['domain', 'gates', 'contracts', 'learning'],
    [...HASHES, 'csv-parse', 'hyparquet', 'hyparquet-compressors', 'zod'],
  ],
  ['training', ['domain', 'gates', 'contracts', 'learning', 'plots', 'dataset'], HASHES],
  ['model-folder', ['domain', 'gates', 'contracts', 'learning', 'dataset', 'training'], ['zod']],
  [
    'evaluation',
    ['domain', 'gates', 'contracts', 'learning', 'plots', 'dataset', 'training'],
    HASHES,
  ],
  [
    'release',
    [
      ...['domain', 'gates', 'contracts', 'learning', 'dataset', 'training', 'model-folder'],
      'evaluation',
    ],
    ['zod', 'fflate', ...HASHES],
  ],
  ['edge', ['domain', 'contracts'], ['zod']],
  ['client', ['domain', 'contracts'], ['zod']],
  ['adapters', ['domain', 'contracts', 'learning'], ANY],
  ['handlers', [...INNER, 'edge', 'env'], ['zod', ...HASHES]],
  ['env', ['contracts', 'edge'], ['zod']],
  ['index', [...INNER, 'edge', 'adapters', 'handlers', 'env'], ANY],
  ['state-machines', ['domain'], ANY],
  ['infra', ['domain', 'contracts', 'keys', 'env', 'state-machines'], ANY],
  ['localstack', ['contracts'], ANY],
  ['cli', [...SRC, 'infra', 'localstack'], ANY],
  ['demo', [...SRC, 'cli'], ANY],
  ['bench', [...SRC, 'cli', 'demo'], ANY],
];
const OURS = '^(bench|bin|cli|demo|functions|infra|localstack|models|src|state-machines|test)/';

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'functions-apart',
      severity: 'error',
      from: { path: '^functions/([^/]+)/' },
      to: { path: '^functions/', pathNot: '^functions/$1/' },
    },
    ...ROOMS.map(([name, may, packages]) => ({
      name: `${name}-keeps-its-place`,
      severity: 'error',
      from: { path: `^${where(name)}` },
      to: {
        ...(packages === ANY && { path: OURS }),
        pathNot: [
          ...[name, ...may].map((room) => `^${where(room)}`),
          ...(packages ?? []).map((one) => `^node_modules/${one}(/|$)`),
        ],
      },
    })),
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
