/** The lists of CONTRIBUTING.md: each has the files that name the example, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');
const [, ADD = ''] = readFileSync(join(PROJECT, 'CONTRIBUTING.md'), 'utf8').split('\n## To add\n');

/** The heading, and how sources name what the list adds. */
const LISTS: readonly (readonly [heading: string, names: RegExp])[] = [
  ['A step, like `smoke-test`', /\b(smoke-test|SmokeTest|smokeTest)\b/],
  ['A gate, like `paired-comparison`', /\b(paired-comparison|pairedComparison)\b/],
  ['A metric, like `brier`', /\bbrier\b/],
  ['A check of the data, like `missing-cells`', /\b(missing-cells|missingCells)\b/],
  ['A route, like `GET /champion`', /'\/champion'|\bChampionAnswer\b|\bROUTES\.champion\b/],
];

/** What builds the product; who uses an example, as tests and the demo do, is not asked for. */
const SOURCES = ['cli', 'functions', 'infra', 'src', 'state-machines'];
const sources = new Map(
  SOURCES.flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|json)$/.test(file))
      .map((file) => `${folder}/${file}`),
  ).map((file) => [file, readFileSync(join(PROJECT, file), 'utf8')]),
);

function filesOf(heading: string): string[] {
  const [, after = ''] = ADD.split(`\n### ${heading}\n`);
  const [list = ''] = after.split(/\n#{2,3} /);
  return list
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)])
    .map(([, file]) => file ?? '');
}

describe.each(LISTS)('%s', (heading, names) => {
  it('lists files that name it', () => {
    const files = filesOf(heading);
    expect(files.length).toBeGreaterThan(1);
    const withoutIt = files.filter(
      (file) => !names.test(file) && !names.test(readFileSync(join(PROJECT, file), 'utf8')),
    );
    expect(withoutIt).toEqual([]);
  });

  it('lists every source that names it', () => {
    const naming = [...sources].filter(([file, text]) => names.test(file) || names.test(text));
    const files = filesOf(heading);
    expect(naming.map(([file]) => file).filter((file) => !files.includes(file))).toEqual([]);
  });
});

it('every list is held here', () => {
  const headings = [...ADD.matchAll(/\n### (.+)\n/g)].map(([, heading]) => heading);
  expect(headings).toEqual(LISTS.map(([heading]) => heading));
});
