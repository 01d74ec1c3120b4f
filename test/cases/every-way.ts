/** Every cell form in every way in, those of this language and of Python, and the document that shows them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { modelFolder } from '#adapters/mlflow/pyfunc/model-folder.ts';
import { encodeArtifact } from '#learning/pipeline/artifact.ts';
import { CELL_CASES, type CellCase, columnOf, rulesOf } from './cell-cases.ts';
import { agrees, artifactOf, csvOf, jsonOf, type Reading, WAYS } from './cell-ways.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const PYTHON = join(PROJECT, '.local/venv-mlflow/bin/python');
const DOCUMENT = join(PROJECT, 'docs/cells.md');

const Scored = z.union([z.number(), z.string()]);
const PythonAnswer = z.object({
  loader: Scored,
  mlflow: Scored,
  served: Scored,
  readCsv: Scored.optional(),
  /** Whether read_csv left the cell the text that it is in the file. */
  isText: z.boolean().optional(),
});
type PythonAnswer = z.infer<typeof PythonAnswer>;

const PYTHON_WAYS: Readonly<Record<string, (answer: PythonAnswer) => Reading>> = {
  'the Python loader': ({ loader }) => loader,
  'MLflow, a frame': ({ mlflow }) => mlflow,
  'MLflow, the frame of `read_csv`': ({ readCsv }) => readCsv ?? null,
  '`mlflow models serve`': ({ served }) => served,
};

/** agrees: read as the case says · lost: refused, for the frame no longer has the text · absent: can't come so. */
export type Outcome = 'agrees' | 'lost' | 'absent' | 'differs';

export interface ReadForm {
  readonly of: CellCase;
  readonly readings: readonly {
    readonly way: string;
    readonly reading: Reading;
    readonly outcome: Outcome;
  }[];
}

/** Each form as each way reads it. */
export async function readEveryWay(): Promise<readonly ReadForm[]> {
  const python = pythonAnswers();
  const forms: ReadForm[] = [];
  for (const [i, of] of CELL_CASES.entries()) {
    const readings: ReadForm['readings'][number][] = [];
    for (const [way, read] of Object.entries(WAYS)) {
      const reading = await read(of);
      readings.push({ way, reading, outcome: outcomeOf(of, reading, false) });
    }
    const answer = python[i];
    for (const [way, read] of Object.entries(PYTHON_WAYS)) {
      const reading = answer === undefined ? null : read(answer);
      const mayLose = way.includes('read_csv') && answer?.isText === false;
      readings.push({ way, reading, outcome: outcomeOf(of, reading, mayLose) });
    }
    forms.push({ of, readings });
  }
  return forms;
}

function outcomeOf(of: CellCase, reading: Reading, mayLose: boolean): Outcome {
  if (reading === null) return 'absent';
  if (agrees(of, reading)) return 'agrees';
  const isRefused = typeof reading === 'string' && reading.includes(columnOf(of));
  return mayLose && isRefused ? 'lost' : 'differs';
}

function pythonAnswers(): readonly PythonAnswer[] {
  const root = mkdtempSync(join(tmpdir(), 'cell-ways-'));
  const layOut = (path: string, bytes: Uint8Array | string): string => {
    const at = join(root, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, bytes);
    return at;
  };
  try {
    const jobs = CELL_CASES.map((of) => {
      const column = columnOf(of);
      const artifact = artifactOf(of);
      const createdAt = '2026-03-01T12:34:56.789Z';
      const bytes = encodeArtifact(artifact);
      const files = modelFolder({ bytes, artifact, createdAt, runId: null, modelId: null });
      const csv = csvOf(of);
      const { separator, decimal } = rulesOf(of);
      const paths = files.map((file) => layOut(`${column}/${file.path}`, file.bytes));
      return [
        `{"folder":${JSON.stringify(dirname(paths[0] ?? root))},"column":"${column}"`,
        `"cell":${jsonOf(of.cell)},"separator":"${separator}","decimal":"${decimal}"`,
        `"csv":${JSON.stringify(csv === null ? null : layOut(`${column}.csv`, csv))}}`,
      ].join(',');
    });
    const script = join(import.meta.dirname, 'cell_ways.py');
    const printed = execFileSync(PYTHON, [script, layOut('jobs.json', `[${jobs.join(',\n')}]`)], {
      encoding: 'utf8',
      env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' },
    });
    return printed
      .trim()
      .split('\n')
      .map((line) => PythonAnswer.parse(JSON.parse(line)));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** "N forms × M ways = K cells agree", and what else there is. */
export function countLine(forms: readonly ReadForm[]): string {
  const all = forms.flatMap(({ readings }) => readings);
  const count = (outcome: Outcome): number => all.filter((one) => one.outcome === outcome).length;
  const ways = forms[0]?.readings.length ?? 0;
  const differ = count('differs');
  return [
    `${forms.length} forms × ${ways} ways = ${all.length} cells: ${count('agrees')} agree`,
    `${count('lost')} are refused because the frame has lost the text`,
    `${count('absent')} can't come that way`,
    differ === 0 ? 'none differs' : `${differ} DIFFER`,
  ].join(', ');
}

/** Each reading that isn't what its form says, in a line. */
export function differences(forms: readonly ReadForm[]): string[] {
  return forms.flatMap(({ of, readings }) =>
    readings
      .filter(({ outcome }) => outcome === 'differs')
      .map(({ way, reading }) => `${of.kind}: ${of.form}, ${way}: ${String(reading)}`),
  );
}

const MARK: Readonly<Record<Outcome, string>> = {
  agrees: '=',
  lost: 'refused',
  absent: '',
  differs: 'DIFFERS',
};
const BEGIN = '## Every form in every way in';

/** docs/cells.md as it stands, and as it should: its words stay, its tables are made. */
export function cellsDocument(forms: readonly ReadForm[]): { found: string; expected: string } {
  const found = readFileSync(DOCUMENT, 'utf8');
  const [words = ''] = found.split(`${BEGIN}\n`);
  const ways = forms[0]?.readings.map(({ way }) => way) ?? [];
  const lines = [
    BEGIN,
    '',
    `${countLine(forms)}.`,
    '',
    ...ways.map((way, i) => `${i + 1}. ${way}`),
    '',
    '`=`: read, or refused, as the form says. `refused`: it would be read, but `read_csv` made a number of the text and it is not known which. Nothing: such a cell can’t come that way.',
    '',
  ];
  for (const kind of ['number', 'category', 'boolean', 'code'] as const) {
    lines.push(`### In a column of type ${kind}`, '');
    lines.push(`| form | cell | means | ${ways.map((_, i) => i + 1).join(' | ')} |`);
    lines.push(`|---|---|---|${'---|'.repeat(ways.length)}`);
    for (const { of, readings } of forms.filter((one) => one.of.kind === kind)) {
      const cells = [of.form, `\`${shown(of)}\``, meaningOf(of)].map((text) =>
        text.replaceAll('|', '\\|'),
      );
      const marks = readings.map(({ outcome }) => MARK[outcome]);
      lines.push(`| ${[...cells, ...marks].join(' | ')} |`);
    }
    lines.push('');
  }
  return { found, expected: `${words}${lines.join('\n').trimEnd()}\n` };
}

export function writeCellsDocument(forms: readonly ReadForm[]): void {
  writeFileSync(DOCUMENT, cellsDocument(forms).expected);
}

function shown({ cell }: CellCase): string {
  return jsonOf(cell).replace(
    /[\u0080-\u00a0\u0300-\u036f\u2000-\u200f\u2028\u2029\u202f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function meaningOf({ means }: CellCase): string {
  if (typeof means === 'object') return `the level \`${JSON.stringify(means.level).slice(1, -1)}\``;
  return String(means);
}
