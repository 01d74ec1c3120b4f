/** An artifact's probabilities of a table's rows, without any model folder. */
import { type CellOutcome, levelReader, numberReader } from '#dataset/column-reader.ts';
import {
  findSeparator,
  mostRows,
  scanCsv,
  type Separator,
  separatorName,
  writeCsv,
} from '#dataset/csv.ts';
import { csvOfTable } from '#dataset/parquet.ts';
import { refuse } from '#dataset/refusal.ts';
import type { ReadRules } from '#learning/cells.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { scorer, typedChecksOf } from '#learning/pipeline/scorer.ts';
import type { Column, Table } from '#learning/table.ts';
import { Stop } from '../output.ts';
import type { ReadOptions } from './read-options.ts';

export interface ScoredFile {
  readonly rows: number;
  /** CSV `row,probability,predicted`: row 0-based, predicted 1 from the artifact's threshold on. */
  readonly csv: Uint8Array;
}

/**
 * Scores every row of a CSV or Parquet table; columns that the artifact doesn't know are ignored.
 *
 * `written` is how another program wrote it, where that isn't how the artifact's own table was written.
 * Throws `DataInvalid`; Stop 2 where the artifact has no rules that could be changed.
 */
export async function scoreFile(
  artifact: Artifact,
  bytes: Uint8Array,
  file: string,
  written: ReadOptions = {},
): Promise<ScoredFile> {
  const { sep, decimal, missing } = written;
  const { read } = artifact;
  if (read === undefined && (decimal !== undefined || missing !== undefined)) {
    throw new Stop(
      2,
      '--decimal, --missing: the artifact has no rules for cells (its schema.json had no read): they can’t be changed',
    );
  }
  const rules: ReadRules | null =
    read === undefined
      ? null
      : { ...read, ...(decimal && { decimal }), missing: [...read.missing, ...(missing ?? [])] };
  const csv = await csvOfTable(bytes, file, { rules, checkOf: typedChecksOf(artifact) });
  // Parquet was written as the rules have it.
  const separator = csv === bytes ? (sep ?? rules?.separator) : rules?.separator;
  const table = tableFor(artifact, csv, file, rules, separator);
  const scores = withNamedErrors(() => scorer(artifact).scoreTable(table));
  const rows = Array.from(scores, (score, row) => [
    String(row),
    String(score),
    score >= artifact.threshold ? '1' : '0',
  ]);
  return { rows: rows.length, csv: writeCsv(['row', 'probability', 'predicted'], rows) };
}

function tableFor(
  artifact: Artifact,
  csv: Uint8Array,
  file: string,
  rules: ReadRules | null,
  separator: Separator | undefined,
): Table {
  const most = mostRows(csv);
  const builders = artifact.columns.map((column) => builderOf(column, most, rules));
  const names = new Set(artifact.columns.map(({ name }) => name));
  let rows = 0;
  scanCsv(
    csv,
    file,
    (header) => {
      const positions = artifact.columns.map(({ name }) => {
        const at = header.indexOf(name);
        if (at !== -1) return at;
        const other = header.some((one) => names.has(one))
          ? undefined
          : findSeparator(csv, (one) => names.has(one));
        const hint =
          other === undefined
            ? ''
            : `; separated by ${separatorName(other)} it would not be: --sep`;
        return refuse(file, { row: 0, column: name }, `is absent${hint}`);
      });
      return (cells, row) => {
        positions.forEach((at, i) => {
          const outcome = builders[i]?.add(cells[at] ?? '', row) ?? 'missing';
          if (typeof outcome === 'string') return;
          refuse(file, { row: row + 1, column: artifact.columns[i]?.name ?? '' }, outcome.refused);
        });
        rows = row + 1;
      };
    },
    { separator },
  );
  return { rows, columns: builders.map((builder) => builder.finish(rows)) };
}

interface Builder {
  add(cell: string, row: number): CellOutcome;
  finish(rows: number): Column;
}

function builderOf(
  { name, kind }: Artifact['columns'][number],
  most: number,
  rules: ReadRules | null,
): Builder {
  if (kind === 'numeric') {
    const { add, numbers } = numberReader(rules, name, most);
    return { add, finish: (rows) => ({ kind, name, values: numbers.subarray(0, rows) }) };
  }
  // Levels as they come: the scorer finds those that training saw, and an unseen one isn't missing.
  const { add, codes, levels } = levelReader(rules, name, most);
  return { add, finish: (rows) => ({ kind, name, codes: codes.subarray(0, rows), levels }) };
}
