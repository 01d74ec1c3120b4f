/** Who may import whom: one tree with every import that may be tried, linted once. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseOptions, type IFlattenedRuleSet } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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
  ['handlers-keeps-its-place', 'functions/do-it/handler.ts', '@aws-sdk/client-s3'],
  ['functions-apart', 'functions/do-that/index.ts', 'functions/do-it/there.ts'],
  ['adapters-keeps-its-place', 'src/adapters/releases.ts', 'src/release/there.ts'],
  ['infra-keeps-its-place', 'infra/wires.ts', 'functions/do-it/there.ts'],
  ['index-keeps-its-place', 'functions/do-it/index.ts', 'cli/there.ts'],
  ['env-keeps-its-place', 'functions/do-it/env.ts', 'src/domain/there.ts'],
  ['state-machines-keeps-its-place', 'state-machines/parses.ts', 'src/contracts/there.ts'],
  ['cli-keeps-its-place', 'cli/tells.ts', 'demo/there.ts'],
  ['demo-keeps-its-place', 'demo/measures.ts', 'bench/there.ts'],
  ['bench-keeps-its-place', 'bench/deploys.ts', 'infra/there.ts'],
  ['edge-keeps-its-place', 'src/edge/deploys.ts', 'functions/do-it/env.ts'],
  ['localstack-keeps-its-place', 'localstack/tries.ts', 'test/there.ts'],
  ['no-circular', 'cli/chicken.ts', 'cli/egg.ts'],
  ['not-to-unresolvable', 'cli/looks.ts', 'src/domain/nowhere.ts'],
];

const KEYS = 'src/adapters/dynamodb/keys.ts';
const OUTSIDE_SRC = /^(bench|cli|demo|infra|localstack|state-machines|test)$/;

/** CONTRIBUTING.md's table: each room, and the rooms that it may import. */
function roomTable(): ReadonlyMap<string, readonly string[]> {
  const [, text = ''] = readFileSync(join(PROJECT, 'CONTRIBUTING.md'), 'utf8').split(
    '\n## Rooms\n',
  );
  const [table = ''] = text.split('\n## ');
  const rows = [...table.matchAll(/^\| `([^`]+)` \|[^|]*\|(.*)\|$/gm)];
  const names = rows.map(([, name]) => name ?? '');
  const ofSrc = names.filter((name) => !name.includes('/') && !OUTSIDE_SRC.test(name));
  const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
  const may = (cell: string): string[] =>
    cell.split(';').flatMap((part) => {
      const but = /all of `src\/`(?: but (.*))?$/.exec(part.trim());
      const without = quoted(but?.[1] ?? '');
      return but === null ? quoted(part) : ofSrc.filter((name) => !without.includes(name));
    });
  return new Map(rows.map(([, name, cell]) => [name ?? '', may(cell ?? '')]));
}
const MAY = roomTable();

/** A file of one room that imports one of another, as the `k`-th pair. */
function pair(k: number, importer: string, imported: string): { from: string; to: string } {
  const file = (room: string, name: string, folder: string): string => {
    if (room.startsWith('functions/')) return room.replace('*', folder);
    if (room.endsWith('.ts')) return room;
    return `${OUTSIDE_SRC.test(room) ? room : `src/${room}`}/${name}.ts`;
  };
  // A function's own files may meet, those of two functions never.
  const folder = importer.startsWith('functions/') ? `pair-${k}` : 'some';
  return { from: file(importer, `pair-${k}`, folder), to: file(imported, 'there', folder) };
}
const ROOMS = [...MAY.keys()];
const PAIRS = ROOMS.flatMap((importer) =>
  [...ROOMS, 'test', KEYS]
    .filter((imported) => imported !== importer)
    .map((imported) => ({ importer, imported })),
).map((rooms, k) => ({ ...rooms, ...pair(k, rooms.importer, rooms.imported) }));

const root = mkdtempSync(join(tmpdir(), 'titleholder-architecture-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What was found: the rule, and who broke it. */
let found: readonly (readonly [rule: string, from: string])[];
beforeAll(async () => {
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('package.json', '{"type": "module", "imports": {"#*": "./src/*"}}');
  symlinkSync(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
  const imports = [...PLANTED.map(([, from, to]) => ({ from, to })), ...PAIRS];
  for (const { to } of imports) {
    if (to.endsWith('.ts') && !to.endsWith('nowhere.ts')) write(to, 'export const z = 1;\n');
  }
  for (const { from, to } of imports) {
    const up = '../'.repeat(from.split('/').length - 1);
    const file = to.startsWith('src/') ? `#${to.slice(4)}` : `${up}${to}`;
    write(from, `import * as x from '${to.endsWith('.ts') ? file : to}';\nexport const y = x;\n`);
  }
  write('cli/egg.ts', "import { y } from './chicken.ts';\nexport const z = y;\n");
  const { output } = await cruise(
    [...new Set(imports.map(({ from }) => from.split('/')[0] ?? ''))],
    { ...options, ruleSet: ruleSet as IFlattenedRuleSet, validate: true, baseDir: root },
    options.enhancedResolveOptions,
    { tsConfig: extractTSConfig(join(PROJECT, 'tsconfig.json')) },
  );
  if (typeof output === 'string') throw new Error(output);
  found = output.summary.violations.map(({ rule, from }) => [rule.name, from] as const);
});

it.each(PLANTED)('%s is broken by %s, which imports %s', (rule, from) => {
  expect(found.filter(([, breaker]) => breaker === from).map(([broken]) => broken)).toContain(rule);
});

it('has a planted violation of every rule', () => {
  const planted = new Set(PLANTED.map(([rule]) => rule));
  expect(ruleSet.forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual(
    [],
  );
});

describe('CONTRIBUTING.md’s table', () => {
  it('has every room', () => {
    const rooms = readdirSync(join(PROJECT, 'src'));
    expect(rooms.filter((room) => !MAY.has(room))).toEqual([]);
  });

  it.each(ROOMS)('says what %s may import, and nothing else may be', (room) => {
    const broken = new Set(found.map(([, from]) => from));
    const allowed = PAIRS.filter(({ importer, from }) => importer === room && !broken.has(from));
    const may = MAY.get(room) ?? [];
    const withKeys = room === 'adapters' || may.includes('adapters') ? [...may, KEYS] : may;
    expect(allowed.map(({ imported }) => imported).toSorted()).toEqual(withKeys.toSorted());
  });
});
