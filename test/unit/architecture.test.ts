/** Who may import whom, and that breaking it is found: one tree of planted violations, linted once. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseOptions, type IFlattenedRuleSet } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterAll, beforeAll, expect, it } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');
const { options, ...ruleSet } = createRequire(import.meta.url)(
  join(PROJECT, '.dependency-cruiser.cjs'),
) as { options: ICruiseOptions; forbidden: { name: string }[] };

/** The rule that is broken, by whom, and by importing what: a package, a built-in or a file. */
const PLANTED: readonly (readonly [rule: string, from: string, to: string])[] = [
  ['domain-keeps-its-place', 'src/domain/reads-files.ts', 'node:fs'],
  ['domain-keeps-its-place', 'src/domain/parses.ts', 'zod'],
  ['gates-keeps-its-place', 'src/gates/reads-files.ts', 'node:fs'],
  ['gates-keeps-its-place', 'src/gates/sends.ts', 'src/contracts/there.ts'],
  ['gates-keeps-its-place', 'src/gates/measures.ts', 'src/learning/there.ts'],
  ['contracts-keeps-its-place', 'src/contracts/reads-tables.ts', 'csv-parse'],
  ['learning-keeps-its-place', 'src/learning/hashes.ts', 'node:crypto'],
  ['claims-keeps-its-place', 'src/claims/trains.ts', 'src/training/there.ts'],
  ['plots-keeps-its-place', 'src/plots/reads-tables.ts', 'src/dataset/there.ts'],
  ['dataset-keeps-its-place', 'src/dataset/reads-files.ts', 'node:fs'],
  ['model-folder-keeps-its-place', 'src/model-folder/evaluates.ts', 'src/evaluation/there.ts'],
  ['training-keeps-its-place', 'src/training/parses.ts', 'zod'],
  ['training-keeps-its-place', 'src/training/releases.ts', 'src/release/there.ts'],
  ['evaluation-keeps-its-place', 'src/evaluation/draws.ts', 'vega'],
  ['release-keeps-its-place', 'src/release/calls.ts', 'src/adapters/there.ts'],
  ['edge-keeps-its-place', 'src/edge/stores.ts', '@aws-sdk/client-s3'],
  ['client-keeps-its-place', 'src/client/asks.ts', 'commander'],
  ['handlers-know-ports-only', 'functions/do-it/handler.ts', '@aws-sdk/client-s3'],
  ['functions-apart', 'functions/do-that/index.ts', 'functions/do-it/there.ts'],
  ['adapters-implement-ports', 'src/adapters/releases.ts', 'src/release/there.ts'],
  ['infra-knows-environments-only', 'infra/wires.ts', 'functions/do-it/there.ts'],
  ['nobody-imports-the-outside', 'functions/do-it/index.ts', 'cli/there.ts'],
  ['src-stands-alone', 'src/edge/deploys.ts', 'functions/do-it/env.ts'],
  ['nobody-imports-test', 'localstack/tries.ts', 'test/there.ts'],
  ['no-circular', 'cli/chicken.ts', 'cli/egg.ts'],
  ['not-to-unresolvable', 'cli/looks.ts', 'src/domain/nowhere.ts'],
];
const KEPT = {
  'src/learning/keeps.ts': 'src/domain/there.ts',
  'cli/keeps.ts': 'src/client/there.ts',
};

const root = mkdtempSync(join(tmpdir(), 'titleholder-architecture-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What was found: the rule, who broke it, and by what. */
let found: readonly (readonly [rule: string, from: string, to: string])[];
beforeAll(async () => {
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('package.json', '{"type": "module", "imports": {"#*": "./src/*"}}');
  symlinkSync(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
  for (const [from, to] of [
    ...PLANTED.map(([, from, to]) => [from, to] as const),
    ...Object.entries(KEPT),
  ]) {
    const isFile = to.endsWith('.ts');
    const up = '../'.repeat(from.split('/').length - 1);
    const specifier = to.startsWith('src/') ? `#${to.slice(4)}` : isFile ? `${up}${to}` : to;
    write(from, `import * as x from '${specifier}';\nexport const y = x;\n`);
    if (isFile && !to.endsWith('nowhere.ts')) write(to, 'export const z = 1;\n');
  }
  write('cli/egg.ts', "import { y } from './chicken.ts';\nexport const z = y;\n");
  const { output } = await cruise(
    ['cli', 'functions', 'infra', 'localstack', 'src', 'test'],
    { ...options, ruleSet: ruleSet as IFlattenedRuleSet, validate: true, baseDir: root },
    options.enhancedResolveOptions,
    { tsConfig: extractTSConfig(join(PROJECT, 'tsconfig.json')) },
  );
  if (typeof output === 'string') throw new Error(output);
  found = output.summary.violations.map(({ rule, from, to }) => [rule.name, from, to] as const);
});

it.each(PLANTED)('%s is broken by %s, which imports %s', (rule, from) => {
  const by = found.filter(([, breaker]) => breaker === from).map(([broken]) => broken);
  expect(by).toContain(rule);
});

it('finds nothing where the rules are kept', () => {
  expect(found.filter(([, from]) => Object.hasOwn(KEPT, from))).toEqual([]);
});

it('has a planted violation of every rule', () => {
  const planted = new Set(PLANTED.map(([rule]) => rule));
  expect(ruleSet.forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual(
    [],
  );
});
