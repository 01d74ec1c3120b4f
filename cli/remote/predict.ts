/** One question to `/predict`, its rows from a file. */
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import type { PredictAnswer } from '#contracts/answers.ts';
import { PredictRow } from '#contracts/api.ts';
import { parseJson } from '#contracts/parse.ts';
import { readCsv } from '#dataset/csv.ts';
import { readBytes } from '../local/files.ts';
import { textTable } from '../output.ts';

const STANDARD_INPUT = '-';
const Rows = z.union([PredictRow.transform((row) => [row]), z.array(PredictRow).min(1)]);

/**
 * The rows of a file, or of standard input where it is `-`: a JSON object, a JSON list of objects, or
 * CSV with a header, told apart by the first character.
 *
 * Throws `BadInput` and `DataInvalid`, naming what is wrong and where; Stop 2 where it can't be read.
 */
export async function readRows(file: string): Promise<readonly PredictRow[]> {
  const name = file === STANDARD_INPUT ? 'standard input' : file;
  const bytes = file === STANDARD_INPUT ? await buffer(process.stdin) : readBytes(file);
  if (isJson(bytes)) return parseJson(Rows, bytes, name);
  const { header, rows } = readCsv(bytes, name);
  return rows.map((cells) =>
    Object.fromEntries(header.map((column, i) => [column, cells[i] ?? null])),
  );
}

/** Whether the first character that is no blank opens an object or a list. */
function isJson(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 1024)).trimStart();
  return /^[{[]/.test(start);
}

/** The predictions as a table: whose they are stands in each row, so that a row can be kept by itself. */
export function predictionsTable({ predictions, version, role }: PredictAnswer): string {
  return textTable(
    ['ROW', 'LABEL', 'PROBABILITY', 'VERSION', 'ROLE', 'ID'],
    predictions.map(({ id, label, probability }, row) => [
      String(row),
      label,
      probability.toFixed(4),
      String(version),
      role,
      id,
    ]),
  );
}
