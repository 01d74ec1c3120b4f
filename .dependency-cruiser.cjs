/**
 * Who may import whom. The rooms, from the inside out:
 *   domain <- learning <- dataset <- trial <- release <- functions/<name>/handler <- functions/<name>/index
 *   contracts (schemas) may be used from dataset outwards; adapters implement domain/ports.ts.
 * test/unit/architecture.test.ts plants a violation and expects it to be caught.
 */
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { pathNot: allowed },
});

const pure = '^node_modules/(@noble/hashes|canonicalize)/';

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    only('domain-is-pure', '^domain/', `^domain/|${pure}`, 'Rules know no AWS, no node:, no zod.'),
    only(
      'learning-is-pure',
      '^learning/',
      `^(learning|domain)/|${pure}|^node_modules/(ml-random-forest|ml-[a-z-]+|simple-statistics)/`,
      'The engine is typed arrays in, typed arrays out.',
    ),
    only(
      'contracts-are-schemas',
      '^contracts/',
      '^(contracts|domain)/|^node_modules/zod/|^(node:)?(fs|path|url)$',
      'Schemas only; their generator writes files.',
    ),
    only(
      'plots-are-pure',
      '^plots/',
      '^(plots|learning|domain)/|^node_modules/vega(-lite)?/',
      'Measures to SVG text.',
    ),
    only(
      'dataset-reads-bytes',
      '^dataset/',
      `^(dataset|learning|domain|contracts)/|${pure}|^node_modules/(csv-parse|hyparquet|hyparquet-compressors|zod)/`,
      'Bytes to tables, no world.',
    ),
    only(
      'trial-has-no-world',
      '^trial/',
      `^(trial|plots|dataset|learning|domain|contracts)/|${pure}|^node_modules/zod/`,
      'The decision without AWS: the same code in `try` and in the Lambdas.',
    ),
    only(
      'release-knows-ports-only',
      '^release/',
      `^(release|trial|dataset|plots|learning|domain|contracts)/|${pure}|^node_modules/(zod|fflate)/`,
      'Steps over ports.',
    ),
    only(
      'http-knows-ports-only',
      '^http/',
      '^(http|domain|contracts)/|^node_modules/zod/',
      'The HTTP edge.',
    ),
    only(
      'handlers-know-ports-only',
      '^functions/[^/]+/(?!index|env)',
      `^(functions/|release|trial|dataset|learning|domain|contracts|http)/?|${pure}|^node_modules/zod/`,
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
      from: { path: '^adapters/' },
      to: { path: '^(functions|release|trial|dataset|http|infra|cli|test|bench|localstack)/' },
    },
    {
      name: 'infra-knows-environments-only',
      severity: 'error',
      from: { path: '^infra/' },
      to: {
        path: '^(functions/[^/]+/(?!env\\.ts)|adapters/(?!dynamodb/keys\\.ts)|cli|trial|dataset|learning|release|http|test|bench)',
      },
    },
    {
      name: 'nobody-imports-the-outside',
      severity: 'error',
      from: { pathNot: '^(test|cli|bench|infra)/' },
      to: { path: '^(test|cli|infra|bench)/' },
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
