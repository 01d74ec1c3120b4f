/** An artifact's probabilities of a table's rows, without any model folder. */
import { mostRows, scanCsv, writeCsv } from '#dataset/csv.ts';
import { refuse } from '#dataset/refusal.ts';
import { isMissing, parseNumber } from '#learning/cells.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import type { Column, Table } from '#learning/table.ts';

export interface Scored {
  readonly rows: number;
  /** CSV `row,probability,predicted`: row 0-based, predicted 1 from the artifact's threshold on. */
  readonly csv: Uint8Array;
}

/** Scores every row; columns that the artifact doesn't know are ignored. Throws `DataInvalid`. */
export function scoreFile(artifact: Artifact, csv: Uint8Array, file: string): Scored {
  const scores = scorer(artifact).scoreTable(tableFor(artifact, csv, file));
  const rows = Array.from(scores, (score, row) => [
    String(row),
    String(score),
    score >= artifact.threshold ? '1' : '0',
  ]);
  return { rows: rows.length, csv: writeCsv(['row', 'probability', 'predicted'], rows) };
}

function tableFor(artifact: Artifact, csv: Uint8Array, file: string): Table {
  const most = mostRows(csv);
  const builders = artifact.columns.map((column) => builderOf(column, most, file));
  let rows = 0;
  scanCsv(csv, file, (header) => {
    const positions = artifact.columns.map(({ name }) => {
      const at = header.indexOf(name);
      return at === -1 ? refuse(file, { row: 0, column: name }, 'is absent') : at;
    });
    return (cells, row) => {
      positions.forEach((at, i) => builders[i]?.add(cells[at] ?? '', row));
      rows = row + 1;
    };
  });
  return { rows, columns: builders.map((builder) => builder.finish(rows)) };
}

interface Builder {
  add(cell: string, row: number): void;
  finish(rows: number): Column;
}

function builderOf(column: Artifact['columns'][number], most: number, file: string): Builder {
  const { name } = column;
  if (column.kind === 'numeric') {
    const values = new Float64Array(most);
    return {
      add(cell, row) {
        values[row] =
          parseNumber(cell) ?? refuse(file, { row: row + 1, column: name }, 'is no finite number');
      },
      finish: (rows) => ({ kind: 'numeric', name, values: values.subarray(0, rows) }),
    };
  }
  const codes = new Int32Array(most);
  // Levels as they come: the scorer finds those that training saw, and an unseen one isn't missing.
  const codeOf = new Map<string, number>();
  return {
    add(cell, row) {
      const level = cell.trim();
      if (isMissing(level)) {
        codes[row] = -1;
        return;
      }
      const code = codeOf.get(level) ?? codeOf.size;
      codeOf.set(level, code);
      codes[row] = code;
    },
    finish: (rows) => ({
      kind: 'categorical',
      name,
      codes: codes.subarray(0, rows),
      levels: [...codeOf.keys()],
    }),
  };
}
