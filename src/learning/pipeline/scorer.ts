/** From cells to probabilities: the one path that training, `try`, staging and production take. */
import type { Artifact } from './artifact.ts';
import { calibrate } from './calibrate.ts';
import { BLOCK, type Feature, MISSING_LEVEL, type Reader, UNSEEN_LEVEL } from './estimator-kind.ts';
import { estimatorKind } from './estimators.ts';
import { throughTransforms } from './transforms.ts';
import {
  type Cell,
  levelCells,
  isNumberOtherwise,
  levelText,
  numberCells,
  type ReadRules,
  type TypedCheck,
  whyNoLevel,
  whyNoNumber,
} from '#learning/cells.ts';
import { LearningError } from '#learning/errors.ts';
import type { Column, Table } from '#learning/table.ts';

/** One row as JSON or CSV brings it, by column name; further columns don't matter. */
export type RawRow = Readonly<Record<string, Cell>>;

export interface Scorer {
  /** One probability of the positive class a row. Throws `RowInvalid` naming the column. */
  readonly scoreTable: (table: Table) => Float64Array;
  /**
   * For each column of `changed`, the scores of the table with that column in place of its own of the same name.
   *
   * The table itself is read once, so that each costs its own column's cells and a score.
   */
  readonly scoreChanges: (table: Table, changed: readonly Column[]) => readonly Float64Array[];
  /** The probability of one row; equal, bit for bit, to the table's. Throws `RowInvalid` naming the column. */
  readonly scoreRecord: (record: RawRow) => number;
}

/** Makes the scorer of an artifact; lays it out once, then allocates nothing a row. */
export function scorer(artifact: Artifact): Scorer {
  const { columns, calibrator, estimator } = artifact;
  const verbs = estimatorKind(estimator.kind);
  if (verbs === undefined) throw new LearningError('ArtifactInvalid', 'the estimator is unknown');
  const reader = throughTransforms(columns, artifact.transforms, verbs.reader(estimator));
  const score = (rows: number, out: Float64Array, at: number): void => {
    reader.score(rows, out, at);
    if (calibrator === null) return;
    for (let row = at; row < at + rows; row += 1) {
      out[row] = calibrate(calibrator, out[row] ?? Number.NaN);
    }
  };
  const rules = artifact.read ?? null;
  const readRecord = recordReader(columns, reader, rules);
  const one = new Float64Array(1);

  return {
    scoreTable(table) {
      const readRows = tableReader(columns, table, reader, rules);
      const out = new Float64Array(table.rows);
      for (let at = 0; at < table.rows; at += BLOCK) {
        const rows = Math.min(BLOCK, table.rows - at);
        readRows(at, rows);
        score(rows, out, at);
      }
      return out;
    },

    scoreChanges(table, changed) {
      const { rows } = table;
      const put = columns.map((column, i) => columnReader(column, i, table, reader, rules));
      const places = new Map(columns.map((column, i) => [column.name, { column, i }]));
      const changes = changed.map((given) => {
        const place = places.get(given.name);
        const change =
          place && columnReader(place.column, place.i, { rows, columns: [given] }, reader, rules);
        return { out: new Float64Array(rows), change, undo: place && put[place.i] };
      });
      for (let at = 0; at < rows; at += BLOCK) {
        const together = Math.min(BLOCK, rows - at);
        for (const putColumn of put) putColumn(at, together);
        for (const { out, change, undo } of changes) {
          change?.(at, together);
          score(together, out, at);
          undo?.(at, together);
        }
      }
      return changes.map(({ out }) => out);
    },

    scoreRecord(record) {
      readRecord(record);
      score(1, one, 0);
      return one[0] ?? Number.NaN;
    },
  };
}

/**
 * The check of a category's typed cells, by its name: of a file that has types, which its texts no longer
 * have. Undefined for every other column.
 */
export function typedChecksOf(artifact: Artifact): (column: string) => TypedCheck | undefined {
  const { read } = artifact;
  if (read === undefined) return () => undefined;
  const checks = new Map(
    artifact.columns.flatMap((column): [string, TypedCheck][] => {
      if (column.kind === 'numeric') return [];
      const codeOf = levelCodes(column, read);
      const { name } = column;
      return [[name, (cell) => (codeOf(cell) === undefined ? whyNoLevel(cell, read, name) : null)]];
    }),
  );
  return (column) => checks.get(column);
}

/** Puts a record's cells into a block's first row. It throws `RowInvalid` naming the column. */
export function recordReader(
  columns: readonly Feature[],
  reader: Reader,
  rules: ReadRules | null,
): (record: RawRow) => void {
  const put = columns.map((column, i) => cellReader(column, i, reader, rules));
  return (record) => {
    for (let i = 0; i < put.length; i += 1) put[i]?.(record);
  };
}

/**
 * Puts rows `at` to `at + rows − 1` of a table, its columns found by name, into a block. It throws
 * `RowInvalid` naming the column.
 */
export function tableReader(
  columns: readonly Feature[],
  table: Table,
  reader: Reader,
  rules: ReadRules | null,
): (at: number, rows: number) => void {
  const put = columns.map((column, i) => columnReader(column, i, table, reader, rules));
  return (at, rows) => {
    for (const putColumn of put) putColumn(at, rows);
  };
}

/** Reads a record's cell of one column into the block's first row. */
function cellReader(
  column: Feature,
  i: number,
  reader: Reader,
  rules: ReadRules | null,
): (record: RawRow) => void {
  const { name } = column;
  const cellOf = (record: RawRow): Cell => {
    const cell = Object.hasOwn(record, name) ? record[name] : undefined;
    return cell === undefined ? refuse(name, 'is missing') : cell;
  };
  if (column.kind === 'numeric') {
    const numberOf = numberCells(rules, name);
    return (record) => {
      const cell = cellOf(record);
      reader.setNumber(0, i, numberOf(cell) ?? refuse(name, whyNoNumber(cell)));
    };
  }
  const codeOf = levelCodes(column, rules);
  return (record) => {
    const cell = cellOf(record);
    reader.setLevel(0, i, codeOf(cell) ?? refuse(name, whyNoLevel(cell, rules, name)));
  };
}

/** Reads a block of a table's column, found by name, its levels by their text. */
export function columnReader(
  column: Feature,
  i: number,
  table: Table,
  reader: Reader,
  rules: ReadRules | null,
): (at: number, rows: number) => void {
  const { name } = column;
  const given = table.columns.find((candidate) => candidate.name === name);
  if (given === undefined) return refuse(name, 'is missing');
  if (lengthOf(given) !== table.rows) refuse(name, 'has another number of rows');
  if (column.kind === 'numeric' && given.kind === 'numeric') {
    return (at, rows) => {
      for (let row = 0; row < rows; row += 1) {
        const value = given.values[at + row] ?? Number.NaN;
        if (value === Infinity || value === -Infinity)
          refuse(name, `is infinite in row ${at + row}`);
        reader.setNumber(row, i, value);
      }
    };
  }
  if (column.kind === 'categorical' && given.kind === 'categorical') {
    const codeOf = levelCodes(column, rules);
    const translated = Int32Array.from(given.levels, (level) => codeOf(level) ?? UNSEEN_LEVEL);
    return (at, rows) => {
      for (let row = 0; row < rows; row += 1) {
        const code = given.codes[at + row] ?? MISSING_LEVEL;
        reader.setLevel(row, i, code < 0 ? MISSING_LEVEL : (translated[code] ?? UNSEEN_LEVEL));
      }
    };
  }
  return refuse(name, `is ${given.kind} where the model has it ${column.kind}`);
}

function lengthOf(column: Column): number {
  return column.kind === 'numeric' ? column.values.length : column.codes.length;
}

function refuse(column: string, what: string): never {
  throw new LearningError('RowInvalid', `column '${column}' ${what}`, column);
}

/**
 * Index of the level that a cell means; `undefined` where the cell is refused. Where there are rules, true
 * and false are refused for a column without such a level, and numbers for one with levels such as 007 or 1e5.
 */
function levelCodes(
  { name, levels }: Extract<Feature, { readonly kind: 'categorical' }>,
  rules: ReadRules | null,
): (cell: Cell) => number | undefined {
  const levelOf = levelCells(rules, name);
  const indices = new Map(levels.map((level, i) => [levelText(level, rules, name), i]));
  const takesFlags = rules === null || indices.has('true') || indices.has('false');
  const takesNumbers = rules === null || !levels.some(isNumberOtherwise);
  return (cell) => {
    if (typeof cell === 'boolean' && !takesFlags) return undefined;
    if (typeof cell === 'number' && !takesNumbers) return undefined;
    const level = levelOf(cell);
    if (level === null) return MISSING_LEVEL;
    return level === undefined ? undefined : (indices.get(level) ?? UNSEEN_LEVEL);
  };
}
