/** An artifact's probabilities of a table's rows, without any model folder. */
import { type RawTable, readCsv, writeCsv } from '../../dataset/csv.ts';
import { refuse } from '../../dataset/refusal.ts';
import type { Artifact } from '../../learning/pipeline/artifact.ts';
import { isMissing, parseNumber } from '../../learning/cells.ts';
import { scorer } from '../../learning/pipeline/scorer.ts';
import type { Column, Table } from '../../learning/table.ts';

export interface Scored {
  readonly rows: number;
  /** CSV `row,probability,predicted`: row 0-based, predicted 1 from the artifact's threshold on. */
  readonly csv: Uint8Array;
}

/** Scores every row; columns that the artifact doesn't know are ignored. Throws `DataInvalid`. */
export function scoreFile(artifact: Artifact, data: Uint8Array, file: string): Scored {
  const raw = readCsv(data, file);
  const scores = scorer(artifact).scoreTable(tableFor(artifact, raw, file));
  const rows = Array.from(scores, (score, row) => [
    String(row),
    String(score),
    score >= artifact.threshold ? '1' : '0',
  ]);
  return { rows: rows.length, csv: writeCsv(['row', 'probability', 'predicted'], rows) };
}

function tableFor(artifact: Artifact, raw: RawTable, file: string): Table {
  const columns = artifact.columns.map((column): Column => {
    const at = raw.header.indexOf(column.name);
    if (at === -1) refuse(file, { row: 0, column: column.name }, 'is absent');
    const cells = raw.rows.map((row) => row[at] ?? '');
    if (column.kind === 'categorical') {
      const codes = new Map(column.levels.map((level, code) => [level, code]));
      return {
        ...column,
        codes: Int32Array.from(cells, (cell) =>
          isMissing(cell) ? -1 : (codes.get(cell.trim()) ?? -1),
        ),
      };
    }
    const values = Float64Array.from(cells, (cell, row) => {
      const value = parseNumber(cell);
      return value ?? refuse(file, { row: row + 1, column: column.name }, 'is no finite number');
    });
    return { ...column, values };
  });
  return { rows: raw.rows.length, columns };
}
