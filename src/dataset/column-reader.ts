/** A column's texts, cell by cell, to numbers or codes: for tables of a folder and for tables to score. */
import {
  levelCells,
  numberTexts,
  type ReadRules,
  whyNoLevel,
  whyNoNumber,
} from '#learning/cells.ts';

/** What a cell is: a value, missing, or why it is refused. */
export type CellOutcome = 'read' | 'missing' | { readonly refused: string };

export interface NumberReader {
  readonly add: (cell: string, row: number) => CellOutcome;
  /** One number a row, NaN where it is missing. */
  readonly numbers: Float64Array;
}

/** @param most rows at most. */
export function numberReader(rules: ReadRules | null, column: string, most: number): NumberReader {
  const numbers = new Float64Array(most);
  const numberOf = numberTexts(rules, column);
  return {
    numbers,
    add(cell, row) {
      const value = numberOf(cell);
      if (value === undefined) return { refused: whyNoNumber(cell) };
      numbers[row] = value;
      return Number.isNaN(value) ? 'missing' : 'read';
    },
  };
}

export interface LevelReader {
  readonly add: (cell: string, row: number) => CellOutcome;
  /** One index into the levels a row, −1 where it is missing. */
  readonly codes: Int32Array;
  /** In order of first appearance. */
  readonly levels: readonly string[];
}

/** A level as a column's type writes it, or why it is none. */
export type LevelForm = (level: string) => string | { readonly refused: string };

/**
 * @param most rows at most.
 * @param form of levels, where the column's type has one of its own.
 */
export function levelReader(
  rules: ReadRules | null,
  column: string,
  most: number,
  form: LevelForm = (level) => level,
): LevelReader {
  const codes = new Int32Array(most);
  const levels: string[] = [];
  // By the levels and by their other spellings, so that each spelling is thought about once.
  const codeOf = new Map<string, number>();
  const levelOf = levelCells(rules, column);
  return {
    codes,
    levels,
    add(cell, row) {
      const text = cell.trim();
      let code = codeOf.get(text);
      if (code === undefined) {
        const plain = levelOf(text);
        if (plain === undefined) return { refused: whyNoLevel(text, rules, column) };
        if (plain === null) {
          codes[row] = -1;
          return 'missing';
        }
        const level = form(plain);
        if (typeof level !== 'string') return level;
        code = codeOf.get(level);
        if (code === undefined) {
          code = levels.length;
          levels.push(level);
          codeOf.set(level, code);
        }
        codeOf.set(text, code);
      }
      codes[row] = code;
      return 'read';
    },
  };
}
