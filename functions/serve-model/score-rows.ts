/** From a request's rows to probabilities, by the same path as training and `score`. */
import type * as z from 'zod';
import type { PredictBody } from '#contracts/api.ts';
import { MAX_COLUMN_NAME } from '#contracts/folder/names.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Prediction } from '#domain/ports/serving.ts';
import { labelOf } from '#learning/pipeline/artifact.ts';
import type { RawRow } from '#learning/pipeline/scorer.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import type { Loaded } from './champion-cache.ts';

/** The rows of any of the three shapes as records. Throws `DataInvalid` naming the row. */
export function rowsOf(body: z.output<typeof PredictBody>): readonly RawRow[] {
  if ('records' in body) return body.records;
  if ('dataframe_records' in body) return body.dataframe_records;
  const { columns, data } = body.dataframe_split;
  const seen = new Set<string>();
  // In one pass: a body of 1 MB holds a hundred thousand names.
  const repeated = columns.find((name) => {
    const again = seen.has(name);
    seen.add(name);
    return again;
  });
  if (repeated !== undefined) {
    throw new TitleholderError('DataInvalid', `column ${shown(repeated)} is given twice`, {
      column: repeated.slice(0, MAX_NAME),
    });
  }
  return data.map((cells, row) => {
    if (cells.length !== columns.length) {
      throw new TitleholderError(
        'DataInvalid',
        `row ${row} has ${cells.length} cells for ${columns.length} columns`,
        { row },
      );
    }
    return Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? null]));
  });
}

/**
 * One score a row, in the rows' order; the label is the value of the target that the
 * artifact's threshold gives.
 *
 * Throws `DataInvalid` naming row (0-based) and column: unknown, missing, or of another type. null, an
 * empty text and the usual words are missing values; an unseen level is its own case. Columns of the
 * model's table that are no features of it (keys, times, the target) may come along and are not read.
 */
export function scoreRows(
  model: Loaded,
  rows: readonly RawRow[],
): readonly Omit<Prediction, 'id'>[] {
  const { artifact, known } = model;
  return rows.map((record, row) => {
    for (const name of Object.keys(record)) {
      if (known.has(name)) continue;
      throw new TitleholderError(
        'DataInvalid',
        `row ${row}: column ${shown(name)} is unknown to the model`,
        { row, column: name.slice(0, MAX_NAME) },
      );
    }
    const probability = withNamedErrors(() => model.scorer.scoreRecord(record), { row });
    return { probability, label: labelOf(artifact, probability) };
  });
}

const MAX_NAME = MAX_COLUMN_NAME;
function shown(name: string): string {
  return `'${name.slice(0, MAX_NAME)}'`;
}
