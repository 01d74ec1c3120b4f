/**
 * Every way in which a cell comes to a model: each reads the cell of a case and scores it. A way gives the
 * probability, or the line that refuses the cell; null where such a cell can't come that way.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { scoreFile } from '../../cli/local/score-file.ts';
import { rowsOf, scoreRows } from '../../functions/serve-model/score-rows.ts';
import { PredictBody } from '#contracts/api.ts';
import { parseJson } from '#contracts/parse.ts';
import { readCsv, writeCsv } from '#dataset/csv.ts';
import { featureTable } from '#dataset/feature-table.ts';
import { csvOfTable } from '#dataset/parquet.ts';
import { formatOf } from '#dataset/read-rules.ts';
import {
  type DataTable,
  headerOf,
  readPart,
  readTable,
  type TableRules,
  textRows,
} from '#dataset/read-table.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Cell } from '#learning/cells.ts';
import { type Artifact, decodeArtifact, encodeArtifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { type CellCase, columnOf, rulesOf } from './cell-cases.ts';

const FIXTURES = resolve(import.meta.dirname, '../fixtures/cells');
/** A Parquet file a case, in base64, by the case's column; make.py there writes them. */
const PARQUET = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(join(FIXTURES, 'parquet.json'), 'utf8')));

function parquetOf(of: CellCase): Uint8Array {
  return Buffer.from(PARQUET[columnOf(of)] ?? '', 'base64');
}

export type Reading = number | string | null;
export type Way = (of: CellCase) => Promise<Reading>;

/** A model of the case's column alone, by whose probability one can tell what the cell was read as. */
export function artifactOf(of: CellCase): Artifact {
  const { kind, means, levels } = of;
  const name = columnOf(of);
  // Steep at the case's own number, flat elsewhere: neighbours of any size are told apart.
  const scale = typeof means === 'number' && means !== 0 ? Math.abs(means) : 1;
  return {
    format: 'titleholder-model',
    schemaVersion: 2,
    columns: [
      kind === 'number' ? { name, kind: 'numeric' } : { name, kind: 'categorical', levels },
    ],
    otherColumns: ['y'],
    read: rulesOf(of),
    transforms: [],
    estimator: {
      kind: 'logistic',
      inputs: [
        kind === 'number'
          ? { kind: 'standard', mean: 0, scale, coefficient: 1, missing: -3 }
          : {
              kind: 'levels',
              coefficients: Float64Array.from(levels, (_, i) => i / 4),
              missing: -3,
              unseen: -2,
            },
      ],
      intercept: 0,
    },
    calibrator: null,
    threshold: 0.5,
    positive: 'yes',
    trainingManifest: `sha256:${'ab'.repeat(32)}`,
    provenance: {
      model: 'cells',
      commit: null,
      bundle: null,
      data: 'sha256:data',
      code: 'sha256:code',
      seed: 1,
      asOf: null,
      stage: 'full',
      candidate: 'cells',
    },
  };
}

/** The probability of what the case says that its cell means; null where it is to be refused. */
export function expectedOf(of: CellCase): number | null {
  const { means, levels, kind } = of;
  if (means === 'refused') return null;
  const sum =
    means === 'missing'
      ? -3
      : means === 'unseen'
        ? -2
        : typeof means === 'number'
          ? Math.sign(means)
          : levels.indexOf(means.level) / 4;
  if (kind !== 'number' && typeof means === 'object' && !levels.includes(means.level)) {
    throw new Error(`${of.form}: means a level that the model hasn't got`);
  }
  return 1 / (1 + Math.exp(-sum));
}

/** Rows besides the case's own, so that a table has both classes and few gaps. */
const FILLED = 3;

function fillerOf({ kind, levels }: CellCase): string {
  return kind === 'number' ? '0' : (levels[0] ?? '');
}

function folderOf(of: CellCase): TableRules {
  const { kind, decimal, missing, unit } = of;
  const { separator } = rulesOf(of);
  return {
    model: { target: 'y', positive: 'yes', identity: {} },
    schema: {
      read: { separator, decimal, missing: [...missing] },
      columns: [
        {
          name: columnOf(of),
          type: kind,
          role: 'feature',
          sensitive: false,
          ...(unit === undefined ? {} : { unit }),
        },
        { name: 'y', type: 'category', role: 'target', sensitive: false },
      ],
    },
  };
}

/** A CSV of the case's cell and rows that are filled up; null where the cell is no text of a CSV. */
export function csvOf(of: CellCase): Uint8Array | null {
  const { cell } = of;
  if (typeof cell !== 'string' && cell !== null) return null;
  const { separator } = rulesOf(of);
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const rows = [cell ?? '', ...Array.from({ length: FILLED }, () => fillerOf(of))].map((one, i) =>
    [quoted(one), i % 2 === 0 ? 'yes' : 'no'].join(separator),
  );
  return new TextEncoder().encode([`${columnOf(of)}${separator}y`, ...rows].join('\n'));
}

async function refusedOr(read: () => Promise<number> | number): Promise<number | string> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TitleholderError) return error.message;
    throw error;
  }
}

/** Refused by the levels that training saw: there are none yet where the table trains. */
function isByLevels({ kind, cell, means }: CellCase): boolean {
  const isSafe = typeof cell === 'number' && Math.abs(cell) <= Number.MAX_SAFE_INTEGER;
  return kind === 'category' && means === 'refused' && (typeof cell === 'boolean' || isSafe);
}

const firstOf = (of: CellCase, table: DataTable): number =>
  scorer(decodeArtifact(encodeArtifact(artifactOf(of)))).scoreTable(featureTable(table))[0] ?? NaN;

async function parquetCsvOf(of: CellCase): Promise<Uint8Array> {
  return csvOfTable(parquetOf(of), 'a.parquet', formatOf(folderOf(of).schema));
}

/** The ways of this language, by what a person would call them. */
export const WAYS: Readonly<Record<string, Way>> = {
  'a CSV that trains': async (of) => {
    const csv = csvOf(of);
    return csv === null
      ? null
      : refusedOr(() => firstOf(of, readTable(csv, 'a.csv', folderOf(of))));
  },
  'a Parquet file that trains': async (of) =>
    isByLevels(of)
      ? null
      : refusedOr(async () =>
          firstOf(of, readTable(await parquetCsvOf(of), 'a.parquet', folderOf(of))),
        ),
  'rows that were stored': async (of) =>
    isByLevels(of)
      ? null
      : refusedOr(async () => {
          const csv = csvOf(of) ?? (await parquetCsvOf(of));
          const table = readTable(csv, 'a.csv', folderOf(of));
          const stored = writeCsv(headerOf(table), textRows(table, [0, 1, 2, 3]));
          return firstOf(of, readPart(stored, 'stored.csv', folderOf(of)));
        }),
  '`score` of a CSV': async (of) => {
    const csv = csvOf(of);
    return csv === null ? null : refusedOr(() => scored(of, csv, 'a.csv'));
  },
  '`score` of a Parquet file': async (of) =>
    refusedOr(() => scored(of, parquetOf(of), 'a.parquet')),
  '/predict': async (of) =>
    refusedOr(() => {
      const body = `{"records":[{${JSON.stringify(columnOf(of))}:${jsonOf(of.cell)}}]}`;
      const artifact = artifactOf(of);
      const loaded = { artifact, scorer: scorer(artifact), known: new Set([columnOf(of)]) };
      const [one] = scoreRows(loaded, rowsOf(parseJson(PredictBody, body, 'the body')));
      return one?.probability ?? Number.NaN;
    }),
};

/** As a client writes it: Infinity is a number that JSON has no text for but an overflow. */
export function jsonOf(cell: Cell): string {
  return cell === Infinity ? '1e999' : JSON.stringify(cell);
}

async function scored(of: CellCase, bytes: Uint8Array, file: string): Promise<number> {
  const { csv } = await scoreFile(artifactOf(of), bytes, file);
  return Number(readCsv(csv, 'scores').rows[0]?.[1]);
}

/** Whether a way's reading is what the case says. */
export function agrees(of: CellCase, reading: Reading): boolean {
  const expected = expectedOf(of);
  if (reading === null) return true;
  if (expected === null) return typeof reading === 'string' && reading.includes(columnOf(of));
  return typeof reading === 'number' && Math.abs(reading - expected) < 1e-9;
}
