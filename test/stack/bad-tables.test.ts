/** What the contracts call bad input, as a person at a terminal meets it: exit 2, and one line. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsCsv } from '#claims/generate.ts';
import { documented, type Refusal } from './support/documented.ts';
import { command, PROJECT } from './support/stack.ts';

/** Stands in a cell; no message may show it. */
const SECRET = 'Tuberculosis';
/** Two cores, and each verb is a process. */
const AT_ONCE = 2;

type Table = string[][];
type Documents = Record<'model' | 'schema' | 'policy', any>;

interface Case {
  readonly what: string;
  readonly line: string;
  readonly table?: (rows: Table) => Table;
  readonly bytes?: (text: string) => Uint8Array;
  readonly documents?: (documents: Documents) => void;
}

/** Column numbers of the claims. */
const MEMBER = 1;
const CODE = 3;
const AMOUNT = 6;
const STATUS = 13;

/** Sets a cell; row 1 is the first below the header. */
const set = (row: number, column: number, text: string) => (rows: Table) => {
  const line = rows[row];
  if (line !== undefined) line[column] = text;
  return rows;
};
const everyRow =
  (column: number, text: string, upTo = Infinity) =>
  (rows: Table) =>
    rows.map((cells, i) => (i === 0 || i > upTo ? cells : cells.with(column, text)));
const encoder = new TextEncoder();

const CASES: readonly Case[] = [
  {
    what: 'an empty file',
    bytes: () => new Uint8Array(),
    line: 'data.csv: has no header: the file is empty',
  },
  {
    what: 'no header',
    table: (rows) => rows.slice(1),
    line: 'data.csv: row 0 (header): has no header: it names none of the schema’s columns',
  },
  {
    what: 'no rows',
    table: (rows) => rows.slice(0, 1),
    line: 'data.csv: has a header but no rows',
  },
  {
    what: 'a header with a name twice',
    table: set(0, AMOUNT, 'age'),
    line: "data.csv: row 0 (header), column 'age': stands twice in the header",
  },
  {
    what: 'the target absent',
    table: set(0, STATUS, 'outcome'),
    line: "data.csv: row 0 (header), column 'status': is the target and is absent",
  },
  {
    what: 'a feature absent',
    table: set(0, AMOUNT, 'billed'),
    line: "data.csv: row 0 (header), column 'billed_amount': is absent",
  },
  {
    what: 'a ragged row, too short',
    table: (rows) => rows.map((cells, i) => (i === 7 ? cells.slice(0, 5) : cells)),
    line: "data.csv: row 7, column 'diagnosis_code': is ragged: 5 cells where the header has 14",
  },
  {
    what: 'a ragged row, too long',
    table: (rows) => rows.map((cells, i) => (i === 7 ? [...cells, SECRET] : cells)),
    line: "data.csv: row 7, column 'status': is ragged: 15 cells where the header has 14",
  },
  {
    what: 'a quote that never ends',
    table: set(12, CODE, `"${SECRET}`),
    line: 'data.csv: row 12: the quoting is broken',
  },
  {
    what: 'another encoding',
    table: set(12, CODE, '~'),
    bytes: (text) => encoder.encode(text).map((byte) => (byte === 0x7e ? 0xe9 : byte)),
    line: "data.csv: row 12, column 'cpt_code': is not UTF-8: save the table in that encoding",
  },
  {
    what: 'Infinity in a number column',
    table: set(9, AMOUNT, 'Infinity'),
    line: "data.csv: row 9, column 'billed_amount': is no finite number",
  },
  {
    what: 'a word in a number column',
    table: set(3, AMOUNT, SECRET),
    line: "data.csv: row 3, column 'billed_amount': is not a number",
  },
  {
    what: 'one class',
    table: everyRow(STATUS, 'Denied'),
    line: "data.csv: column 'status': holds one class only: every row is positive",
  },
  {
    what: 'the positive class absent',
    table: (rows) =>
      rows.map((c, i) => (i === 0 ? c : c.with(STATUS, i % 2 ? 'Approved' : SECRET))),
    line: "data.csv: column 'status': never holds the positive class of model.json",
  },
  {
    what: 'a target cell missing',
    table: set(21, STATUS, 'N/A'),
    line: "data.csv: row 21, column 'status': the target is missing",
  },
  {
    what: 'an identity missing',
    table: set(22, MEMBER, ''),
    line: "data.csv: row 22, column 'member_id': the row’s identity is missing",
  },
  {
    what: 'a column missing everywhere',
    table: everyRow(AMOUNT, ''),
    line: "data.csv: row 1, column 'billed_amount': is missing in every row",
  },
  {
    what: 'a column missing above 60 %',
    table: everyRow(AMOUNT, 'NaN', 400),
    line: "data.csv: row 1, column 'billed_amount': is missing in 400 of 600 rows, and more than 60 % is refused",
  },
  {
    what: 'a column missing above 5 %, where the schema enforces it',
    table: everyRow(AMOUNT, 'null', 40),
    line: "data.csv: row 1, column 'billed_amount': missing: 40 (6.7 %); at most 5.0 % of the cells",
  },
  {
    what: 'a value that an enforced schema lacks',
    table: set(33, CODE, SECRET),
    line: "data.csv: row 33, column 'cpt_code': values: 1 (0.2 %); one of 10 values",
  },
  {
    what: 'fewer than 200 training rows',
    table: (rows) => rows.slice(0, 201),
    line: 'data.csv: has 176 training rows, and fewer than 200 are refused',
  },
  {
    what: 'fewer than 20 of a class in training',
    table: (rows) => rows.map((c, i) => (i > 30 && i !== 0 ? c.with(STATUS, 'Approved') : c)),
    line: "data.csv: column 'status': has 7 training rows of the positive class, and fewer than 20 are refused",
  },
  {
    what: 'an unknown field in a document',
    documents: ({ policy }) => (policy.gates[0].minimum = 0.5),
    line: 'policy.json: unknown field gates[0].minimum',
  },
  {
    what: 'a value out of range in a document',
    documents: ({ model }) => (model.split.holdout = 0.9),
    line: 'model.json: split.holdout: must be at most 0.5',
  },
  {
    what: 'a document of another model',
    documents: ({ model }) => (model.name = 'other'),
    line: "model.json: name: is 'other' in a folder named 'claims'",
  },
];

describe('bad input to `titleholder try`', () => {
  let root: string;
  const said = new Map<string, Refusal>();
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'titleholder-tables-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** A folder called `claims` with this case's table and documents. */
  async function folderOf(of: Case, index: number): Promise<string> {
    const folder = join(root, String(index), 'claims');
    await mkdir(folder, { recursive: true });
    const source = join(PROJECT, 'models', 'claims-denial');
    const documents: Documents = { model: {}, schema: {}, policy: {} };
    for (const name of ['model', 'schema', 'policy'] as const) {
      documents[name] = JSON.parse(await readFile(join(source, `${name}.json`), 'utf8'));
    }
    documents.model.name = 'claims';
    documents.model.data = { path: 'data.csv' };
    of.documents?.(documents);
    for (const [name, document] of Object.entries(documents)) {
      await writeFile(join(folder, `${name}.json`), JSON.stringify(document));
    }
    await cp(join(source, 'README.md'), join(folder, 'README.md'));
    const lines = new TextDecoder()
      .decode(claimsCsv({ rows: 600, seed: 7 }))
      .trimEnd()
      .split('\n');
    const rows = lines.map((line) => line.split(','));
    const table = of.table?.(rows) ?? rows;
    const text = `${table.map((cells) => cells.join(',')).join('\n')}\n`;
    await writeFile(join(folder, 'data.csv'), of.bytes?.(text) ?? text);
    return folder;
  }

  it('ends with 2 and one line that names file, row and column, and shows no cell', async () => {
    const left = [...CASES.entries()];
    const wrong: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [index, one] = next;
        const { code, stdout, stderr } = await command(['try', await folderOf(one, index)]);
        const line = stderr.replace(/^titleholder: /, '').trimEnd();
        said.set(one.what, { what: one.what, answer: `exit ${code}`, line });
        const ok = code === 2 && stdout === '' && line === one.line && !stderr.includes(SECRET);
        if (!ok) wrong.push({ what: one.what, expected: one.line, code, stdout, stderr });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(wrong).toEqual([]);
  });

  it('is documented as it is', () => {
    const { expected, found } = documented(
      'Bad input to `try` and `commit`',
      CASES.flatMap(({ what }) => said.get(what) ?? []),
    );
    expect(found).toBe(expected);
  });
});
