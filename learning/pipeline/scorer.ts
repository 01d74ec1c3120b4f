/** From cells to probabilities: the one path that training, `try`, staging and production take. */
import type { Artifact, ArtifactColumn, Estimator, Transform } from './artifact.ts';
import { binOfNumber, MISSING_BIN } from '../trees/bins.ts';
import { isMissing, parseNumber } from '../cells.ts';
import { LearningError } from '../errors.ts';
import { unroll } from '../trees/preorder.ts';
import type { Table } from '../table.ts';

/** One row as JSON or CSV brings it, by column name; further columns don't matter. */
export type RawRow = Readonly<Record<string, string | number | boolean | null>>;

export interface Scorer {
  /** One probability of the positive class a row. Throws `RowInvalid` naming the column. */
  readonly scoreTable: (table: Table) => Float64Array;
  /** The probability of one row; equal, bit for bit, to the table's. Throws `RowInvalid` naming the column. */
  readonly scoreRecord: (record: RawRow) => number;
}

/** Rows that go through a tree together, so that its nodes stay in the cache. */
const BLOCK = 128;

/** What an estimator reads: a block of rows, filled cell by cell, then scored. */
interface Block {
  setNumber(row: number, column: number, value: number): void;
  /** `code` is an index into the artifact's levels, −1 missing or unseen. */
  setLevel(row: number, column: number, code: number): void;
  /** Scores the first `rows` rows of the block into `out` from `at` on. */
  score(rows: number, out: Float64Array, at: number): void;
}

/** Makes the scorer of an artifact; unrolls its trees once, then allocates nothing a row. */
export function scorer(artifact: Artifact): Scorer {
  const { columns } = artifact;
  const block = blockOf(artifact.estimator, artifact.transforms);
  const codes = columns.map(levelCodes);

  return {
    scoreTable(table) {
      const found = columns.map((column, i) => {
        const given = table.columns.find((candidate) => candidate.name === column.name);
        if (given === undefined) return refuse(column.name, 'is missing');
        if (given.kind !== column.kind) {
          return refuse(column.name, `is ${given.kind} where the model has it ${column.kind}`);
        }
        const cells = given.kind === 'numeric' ? given.values : given.codes;
        if (cells.length !== table.rows) refuse(column.name, 'has another number of rows');
        if (given.kind === 'numeric') return given;
        return { ...given, translated: given.levels.map((level) => codes[i]?.(level) ?? -1) };
      });
      const out = new Float64Array(table.rows);
      for (let at = 0; at < table.rows; at += BLOCK) {
        const rows = Math.min(BLOCK, table.rows - at);
        found.forEach((column, i) => {
          if (column.kind === 'numeric') {
            for (let row = 0; row < rows; row += 1) {
              const value = column.values[at + row] ?? Number.NaN;
              if (value === Infinity || value === -Infinity) {
                refuse(column.name, `is infinite in row ${at + row}`);
              }
              block.setNumber(row, i, value);
            }
          } else {
            for (let row = 0; row < rows; row += 1) {
              const code = column.codes[at + row] ?? -1;
              block.setLevel(row, i, column.translated[code] ?? -1);
            }
          }
        });
        block.score(rows, out, at);
      }
      return out;
    },

    scoreRecord(record) {
      columns.forEach((column, i) => {
        const cell = Object.hasOwn(record, column.name) ? record[column.name] : undefined;
        if (cell === undefined) return refuse(column.name, 'is missing');
        if (column.kind === 'numeric') block.setNumber(0, i, numberOf(cell, column.name));
        else block.setLevel(0, i, cell === null ? -1 : (codes[i]?.(String(cell)) ?? -1));
      });
      const out = new Float64Array(1);
      block.score(1, out, 0);
      return out[0] ?? Number.NaN;
    },
  };
}

function refuse(column: string, what: string): never {
  throw new LearningError('RowInvalid', `column '${column}' ${what}`, column);
}

function numberOf(cell: string | number | boolean | null, column: string): number {
  if (cell === null) return Number.NaN;
  if (typeof cell === 'boolean') return refuse(column, 'is true or false where a number belongs');
  const value = typeof cell === 'number' ? cell : parseNumber(cell);
  if (value === undefined || value === Infinity || value === -Infinity) {
    return refuse(column, 'is no finite number');
  }
  return value;
}

/** Index of a level by its text; −1 for missing and for a level that training never saw. */
function levelCodes(column: ArtifactColumn): (level: string) => number {
  if (column.kind === 'numeric') return () => -1;
  const indices = new Map(column.levels.map((level, i) => [level.trim(), i]));
  return (level) => (isMissing(level) ? -1 : (indices.get(level.trim()) ?? -1));
}

function blockOf(estimator: Estimator, transforms: readonly Transform[]): Block {
  const { trees, features, split } = estimator;
  const { roots, next, splitIndex } = unroll(split, trees);
  if (estimator.kind === 'forest') {
    const bin = new Uint8Array(split.length);
    for (let node = 0; node < bin.length; node += 1) {
      bin[node] = estimator.bin[splitIndex[node] ?? 0] ?? 0;
    }
    const leaf = new Float64Array(estimator.cover.length);
    for (let i = 0; i < leaf.length; i += 1) {
      leaf[i] = (estimator.positives[i] ?? 0) / (estimator.cover[i] ?? 0);
    }
    // A row has two bytes a feature: at 1 + f, where missing (255) goes right of every cut, and at
    // 1 + features + f, where missing is 0 and goes left of every cut. A split's code is the place to
    // read, so a node costs one comparison and no question about missing.
    const width = 1 + 2 * features;
    const cells = new Uint8Array(BLOCK * width);
    const edges = transforms.map((t) => (t.kind === 'bin' ? t.edges : new Float64Array(0)));
    const bins = transforms.map((t) => (t.kind === 'order' ? t.binOfLevel : new Uint8Array(0)));
    const put = (row: number, column: number, b: number): void => {
      const at = row * width + 1 + column;
      cells[at] = b;
      cells[at + features] = b === MISSING_BIN ? 0 : b;
    };
    return {
      setNumber: (row, column, value) =>
        put(row, column, binOfNumber(edges[column] ?? NONE, value)),
      setLevel: (row, column, code) => put(row, column, bins[column]?.[code] ?? MISSING_BIN),
      score(rows, out, at) {
        out.fill(0, at, at + rows);
        for (let tree = 0; tree < trees; tree += 1) {
          const root = roots[tree] ?? 0;
          for (let row = 0; row < rows; row += 1) {
            const base = row * width;
            let node = root;
            let code = split[node] ?? 0;
            while (code !== 0) {
              node = (cells[base + code] ?? 0) <= (bin[node] ?? 0) ? node + 1 : (next[node] ?? 0);
              code = split[node] ?? 0;
            }
            out[at + row] = (out[at + row] ?? 0) + (leaf[next[node] ?? 0] ?? 0);
          }
        }
        for (let row = at; row < at + rows; row += 1) out[row] = (out[row] ?? 0) / trees;
      },
    };
  }

  const { value, vote } = estimator;
  const cells = new Float64Array(BLOCK * features);
  const fill = transforms.map((t) => (t.kind === 'impute' || t.kind === 'ordinal' ? t.value : 0));
  return {
    setNumber(row, column, number) {
      cells[row * features + column] = Number.isNaN(number) ? (fill[column] ?? 0) : number;
    },
    setLevel(row, column, code) {
      cells[row * features + column] = code < 0 ? (fill[column] ?? 0) : code;
    },
    score(rows, out, at) {
      for (let row = 0; row < rows; row += 1) {
        let votes = 0;
        for (let tree = 0; tree < trees; tree += 1) {
          let node = roots[tree] ?? 0;
          for (let code = split[node] ?? 0; code !== 0; code = split[node] ?? 0) {
            // The library cuts with <, not ≤.
            const left =
              (cells[row * features + code - 1] ?? 0) < (value[splitIndex[node] ?? 0] ?? 0);
            node = left ? node + 1 : (next[node] ?? 0);
          }
          votes += vote[next[node] ?? 0] ?? 0;
        }
        out[at + row] = votes / trees;
      }
    },
  };
}

const NONE = new Float64Array(0);
