/** What the tiers of tests are made of. */
import { join } from 'node:path';
import { type Job, PROJECT } from './jobs.ts';

/** What a run leaves to look at. */
export const RESULTS = join(PROJECT, '.local', 'test');
/** Which files each test opened; see opened.ts. */
export const OPENED = join(RESULTS, 'opened');
const MODULES = join(PROJECT, 'node_modules');

/** In the order in which they run; the longest of those that run side by side comes first. */
export const PARTS = ['quick', 'tools', 'infra', 'simulations', 'stack', 'alone'] as const;
export type Part = (typeof PARTS)[number];

export const TIERS = {
  check: ['quick', 'tools'],
  test: PARTS,
  prove: PARTS,
} as const satisfies Readonly<Record<string, readonly Part[]>>;
export type Tier = keyof typeof TIERS;

/** Those that run against one local stack, one part after the other. */
export const ON_THE_STACK: readonly Part[] = ['stack', 'alone'];

/** What changes something that every run meets: a function's code, its settings, the machine. */
const ALONE = '**/*.alone.test.ts';
/** What judges all that the others left behind. */
const LAST = '**/*.last.test.ts';

/** Folders whose tests need nothing but this project. */
export const WITHOUT_STACK = {
  quick: ['test/unit/', 'test/cases/', 'test/ports/', 'test/state-machines/'],
  infra: ['test/infra/'],
} as const;

/** The programs of a part; `env` is what the tier and the stack set. */
export function jobsOf(part: Part, env: Readonly<Record<string, string>>): readonly Job[] {
  switch (part) {
    case 'tools':
      return [...toolsFor(['.'], ROOMS), tool('dead code', 'knip/bin/knip.js')];
    case 'quick':
    case 'infra':
      return [vitest(part, WITHOUT_STACK[part], env)];
    case 'simulations':
      return [simulations(env)];
    case 'stack':
      return [vitest(part, STACK_TESTS, env, '--exclude', ALONE, '--exclude', LAST)];
    case 'alone':
      return [vitest(part, ['.alone', '.last'], env, '--no-file-parallelism')];
  }
}

const STACK_TESTS = [
  ...['test/python/', 'test/ports/', 'test/localstack/', 'test/stack/', 'test/story/'],
];
/** Where TypeScript is. */
const ROOMS = [
  ...['bench', 'cli', 'demo', 'functions', 'infra', 'localstack', 'src', 'state-machines', 'test'],
];

/** Types are checked as a whole: a change breaks those who import it. */
export function toolsFor(paths: readonly string[], sources: readonly string[]): readonly Job[] {
  return [
    ...(sources.length === 0
      ? []
      : [
          tool(
            'eslint',
            'eslint/bin/eslint.js',
            ...(paths[0] === '.' ? paths : sources),
            ...CACHED,
          ),
          tool('types', 'typescript/bin/tsc', '-p', '.', '--noEmit'),
          tool('imports', DEPENDENCY_CRUISER, '--config', '.dependency-cruiser.cjs', ...sources),
        ]),
    tool('format', '@biomejs/biome/bin/biome', 'check', '--no-errors-on-unmatched', ...paths),
  ];
}
const CACHED = ['--cache', '--cache-location', '.local/eslint.json'];
const DEPENDENCY_CRUISER = 'dependency-cruiser/bin/dependency-cruiser.mjs';

function tool(name: string, script: string, ...args: string[]): Job {
  return { name, args: [join(MODULES, script), ...args] };
}

/** @param filters parts of the files' paths */
export function vitest(
  name: string,
  filters: readonly string[],
  env: Readonly<Record<string, string>>,
  ...flags: string[]
): Job {
  const file = join(RESULTS, `${name}.json`);
  return {
    name,
    counts: { file, of: 'vitest' },
    env: { ...env, TITLEHOLDER_OPENED: OPENED },
    args: [
      join(MODULES, 'vitest', 'vitest.mjs'),
      'run',
      ...filters,
      ...['--reporter', 'default', '--reporter', 'json', '--outputFile.json', file],
      // The SDK and the CDK are loaded once a worker, and not once a file.
      '--no-isolate',
      ...flags,
    ],
  };
}

/** Ends when somebody ends it. */
export function watching(): Job {
  return {
    name: 'watch',
    env: { TITLEHOLDER_WATCH: '1' },
    args: [join(MODULES, 'vitest', 'vitest.mjs'), '--watch', '--standalone', '--no-isolate'],
  };
}

function simulations(env: Readonly<Record<string, string>>): Job {
  const file = join(RESULTS, 'simulations.json');
  const full = env['TITLEHOLDER_PROVE'] === undefined ? [] : ['--full'];
  const program = join(PROJECT, 'test/simulations/main.ts');
  return {
    name: 'simulations',
    counts: { file, of: 'simulations' },
    env,
    args: ['--disable-warning=ExperimentalWarning', program, ...full, '--json', file],
  };
}
