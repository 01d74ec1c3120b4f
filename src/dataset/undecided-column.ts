/** A column that is read before anybody has said what it holds. */
import type { ColumnContract } from '#contracts/folder.ts';
import { parseNumber } from '#learning/cells.ts';
import { codedColumn, type DataColumn, numberColumn } from './data-column.ts';
import { INFINITE, isDate } from './read-table.ts';

/** As many different numbers are no category: their texts aren't kept any longer. */
export const MANY_NUMBERS = 50;

/** Reads cells as numbers and as texts at once, until they are only one of them. */
export class UndecidedColumn {
  readonly name: string;
  present = 0;
  /** 0-based; −1 where none is missing. */
  firstMissing = -1;
  /** Cells that are numbers, infinite ones too. */
  numeric = 0;
  onlyDates = true;
  /** Null from the first cell on that is no number. */
  #numbers: Float64Array | null;
  /** Null from the number on that is one too many. */
  #codes: Int32Array | null;
  readonly #codeOf = new Map<string, number>();
  readonly #keepsTexts: boolean;

  /** @param most rows at most. @param keepsTexts whether many numbers may be no numbers. */
  constructor(name: string, most: number, keepsTexts: boolean) {
    this.name = name;
    this.#numbers = new Float64Array(most);
    this.#codes = new Int32Array(most);
    this.#keepsTexts = keepsTexts;
  }

  add(cell: string, row: number): void {
    const text = cell.trim();
    const number = parseNumber(text);
    if (this.#numbers !== null) this.#numbers[row] = number ?? Number.NaN;
    if (Number.isNaN(number)) {
      if (this.#codes !== null) this.#codes[row] = -1;
      if (this.firstMissing === -1) this.firstMissing = row;
      return;
    }
    this.present += 1;
    if (number === undefined) this.#numbers = null;
    if (number !== undefined || INFINITE.test(text)) this.numeric += 1;
    this.onlyDates &&= isDate(text);
    if (this.#codes !== null) this.#addText(text, row, this.#codes);
  }

  #addText(text: string, row: number, codes: Int32Array): void {
    let code = this.#codeOf.get(text);
    if (code === undefined) {
      code = this.#codeOf.size;
      this.#codeOf.set(text, code);
    }
    codes[row] = code;
    if (this.#codeOf.size > MANY_NUMBERS && this.#numbers !== null && !this.#keepsTexts) {
      this.#codes = null;
    }
  }

  /** How many different texts it has; of numbers no more than `MANY_NUMBERS` + 1 are counted. */
  get distinct(): number {
    return this.#codeOf.size;
  }

  has(text: string): boolean {
    return this.#codeOf.has(text);
  }

  /** The column as its contract reads it; undefined where what that needs wasn't kept. */
  as(contract: ColumnContract, rows: number): DataColumn | undefined {
    const missing = rows - this.present;
    if (contract.type === 'number') {
      return this.#numbers === null
        ? undefined
        : numberColumn(contract, this.#numbers.subarray(0, rows), missing);
    }
    return this.#codes === null
      ? undefined
      : codedColumn(contract, this.#codes.subarray(0, rows), [...this.#codeOf.keys()], missing);
  }
}
