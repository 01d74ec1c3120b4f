/** Tables and words that `init` and `try` don't take: each refused with one line, which docs/refusals.md has. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CommanderError } from 'commander';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { endOf } from '../../../cli/output.ts';
import { titleholder } from '../../../cli/program.ts';
import { documented, type Refusal } from '../../stack/support/documented.ts';
import { bytesOf, smallFolder, smallRows } from '../dataset/small-folder.ts';

/** Stands in a cell; no message may show it. */
const SECRET = 'Tuberculosis';
const HEADER = 'member_id,x,colour,y';
const rows = smallRows(600);
const dir = mkdtempSync(join(tmpdir(), 'init-refusals-'));
const small = join(dir, 'small');

async function command(...args: readonly string[]): Promise<Omit<Refusal, 'what'>> {
  const spies = [process.stderr, process.stdout].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(() => true),
  );
  try {
    await titleholder().parseAsync(args, { from: 'user' });
    return { answer: 'exit 0', line: '' };
  } catch (error) {
    if (error instanceof CommanderError) {
      return { answer: 'exit 2', line: error.message.replace(/^error: /, '') };
    }
    const { code, line } = endOf(error);
    return { answer: `exit ${code}`, line };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

function init(
  table: string | Uint8Array,
  {
    name = 'table.csv',
    target = 'y',
    positive = 'yes',
    more = [],
  }: {
    readonly name?: string;
    readonly target?: string;
    readonly positive?: string;
    readonly more?: readonly string[];
  } = {},
) {
  const folder = mkdtempSync(join(dir, 'table-'));
  const data = join(folder, name);
  writeFileSync(data, table);
  const said = ['--target', target, '--positive', positive, '--name', 'other', '--dir', folder];
  return command('init', '--data', data, ...said, ...more);
}

/** The rows with their label written otherwise. */
const labelled = (label: (old: string, row: number) => string): Uint8Array =>
  bytesOf(
    rows.map((line, row) => line.replace(/\w+$/, (old) => label(old, row))),
    HEADER,
  );
const wide = (columns: number): string =>
  [
    ['y', ...Array.from({ length: columns }, (_, i) => `x${i}`)].join(','),
    ...Array.from({ length: 4 }, (_, row) =>
      [row % 2 === 0 ? 'yes' : 'no', ...Array.from({ length: columns }, () => row / 3)].join(','),
    ),
  ].join('\n');

/** The folder `small` with another model.json and schema.json. */
function folder(model: object, features = 0): string {
  const at = mkdtempSync(join(dir, 'folder-'));
  const target = join(at, 'small');
  cpSync(small, target, { recursive: true });
  const { schema, ...documents } = smallFolder();
  writeFileSync(join(target, 'model.json'), JSON.stringify({ ...documents.model, ...model }));
  const columns = Array.from({ length: features }, (_, i) => ({
    name: `wide${i}`,
    type: 'number',
    role: 'feature',
  }));
  writeFileSync(
    join(target, 'schema.json'),
    JSON.stringify({ ...schema, columns: [...schema.columns, ...columns] }),
  );
  return target;
}

function file(name: string, text: string): string {
  const path = join(mkdtempSync(join(dir, 'file-')), name);
  writeFileSync(path, text);
  return path;
}

/** An artifact of `small` of which the candidate is called otherwise. */
async function artifactOf(candidate: string): Promise<string> {
  const out = join(mkdtempSync(join(dir, 'file-')), 'champion.json');
  const model = { candidates: [{ name: candidate, algorithm: 'logistic' }] };
  await command('fit', folder(model), '--out', out);
  return out;
}

type Case = readonly [what: string, run: () => Promise<Omit<Refusal, 'what'>>];

const CASES: readonly Case[] = [
  ['`init`: an empty file', () => init('')],
  ['`init`: a header and no rows', () => init(`${HEADER}\n`)],
  ['`init`: a column without a name', () => init(bytesOf(rows, 'member_id,x,,y'))],
  ['`init`: a name twice', () => init(bytesOf(rows, 'member_id,x,x,y'))],
  [
    '`init`: a workbook',
    () => init(zipSync({ 'xl/workbook.xml': new Uint8Array(40) }), { name: 'table.xlsx' }),
  ],
  [
    '`init`: a zip',
    () => init(zipSync({ 'table.csv': bytesOf(rows, HEADER) }), { name: 'table.zip' }),
  ],
  ['`init`: gzip', () => init(gzipSync(bytesOf(rows, HEADER)), { name: 'table.csv.gz' })],
  ['`init`: another encoding', () => init(Buffer.from(`${HEADER}\nw1,1,caf\xe9,yes\n`, 'latin1'))],
  ['`init`: a target that is absent', () => init(bytesOf(rows, HEADER), { target: 'z' })],
  [
    '`init`: a positive value that no row has',
    () => init(bytesOf(rows, HEADER), { positive: 'maybe' }),
  ],
  [
    '`init`: other spellings of the positive value',
    () => init(labelled((old, row) => (old === 'yes' && row % 3 === 0 ? 'Yes' : old))),
  ],
  ['`init`: a missing target', () => init(labelled((old, row) => (row === 7 ? '' : old)))],
  ['`init`: one class only', () => init(labelled(() => 'yes'))],
  [
    '`init`: a number for a target',
    () =>
      init(
        bytesOf(
          rows.map((line, row) => line.replace(/\w+$/, String(row * 1.5))),
          HEADER,
        ),
        { positive: '3' },
      ),
  ],
  ['`init`: too few rows', () => init(bytesOf(rows.slice(0, 100), HEADER))],
  ['`init`: more columns than it takes', () => init(wide(10_000))],
  [
    '`init`: a group with gaps',
    () =>
      init(
        bytesOf(
          rows.map((line, row) => (row % 50 === 0 ? line.replace(/^\w+/, '') : line)),
          HEADER,
        ),
      ),
  ],
  [
    '`init`: a name that is no model’s',
    () => init(bytesOf(rows, HEADER), { more: ['--name', 'Small'] }),
  ],
  [
    '`init --as`: a column that is absent',
    () => init(bytesOf(rows, HEADER), { more: ['--as', 'weight=number'] }),
  ],
  ['`init --as`: the target', () => init(bytesOf(rows, HEADER), { more: ['--as', 'y=number'] })],
  [
    '`init --as`: what no column is',
    () => init(bytesOf(rows, HEADER), { more: ['--as', 'x=picture'] }),
  ],
  [
    '`init --as`: all columns ignored',
    () =>
      init(bytesOf(rows, HEADER), {
        more: ['member_id', 'x', 'colour'].flatMap((column) => ['--as', `${column}=ignored`]),
      }),
  ],
  ['`try`: more features than its fits go through', () => command('try', folder({}, 60_000))],
  [
    '`try --folds --champion`: a candidate that isn’t in model.json',
    async () => command('try', folder({}), '--folds', '--champion', await artifactOf('lost')),
  ],
  [
    '`try --folds --champion`: another model’s model.json',
    () => {
      const model = JSON.stringify({ ...smallFolder().model, name: 'large' });
      return command('try', folder({}), '--folds', '--champion', file('model.json', model));
    },
  ],
  [
    '`try --folds --champion`: a table',
    () => command('try', folder({}), '--folds', '--champion', file('rows.csv', `${SECRET}\n`)),
  ],
  [
    '`try`: a split by time without a column of dates',
    () => command('try', folder({ split: { by: 'time', holdout: 0.2 } })),
  ],
];

describe('a bad table or word', () => {
  const said: Refusal[] = [];
  beforeAll(() => {
    const { model, schema, policy } = smallFolder();
    mkdirSync(small);
    for (const [name, document] of Object.entries({ model, schema, policy })) {
      writeFileSync(join(small, `${name}.json`), JSON.stringify(document));
    }
    writeFileSync(join(small, 'data.csv'), bytesOf(rows));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each(CASES)('is refused in one line: %s', async (what, run) => {
    const { answer, line } = await run();
    said.push({ what, answer, line: line.replaceAll(/\/[^\s:]*\//g, '') });
    expect(answer).toBe('exit 2');
    expect(line).toMatch(/^.{10,400}$/);
    expect(line).not.toContain(SECRET);
  });

  it('is documented as it is', () => {
    const { expected, found } = documented('Bad tables and words to `init`', said);
    expect(found).toBe(expected);
  });
});
