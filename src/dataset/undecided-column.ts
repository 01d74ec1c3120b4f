/** A column that is read before anybody has said what it holds. */
import type { ColumnContract } from '#contracts/folder/schema.ts';
import { parseNumber } from '#learning/cells.ts';
import { codedColumn, type DataColumn, numberColumn } from './data-column.ts';
import { INFINITE } from './read-table.ts';

/** As many different numbers are no category: their texts aren't kept any longer. */
export const MANY_NUMBERS = 50;

/** Texts of a column's cells, each once, and which of them a row has. */
export interface Texts {
  readonly levels: readonly string[];
  /** One index into the levels a row, −1 where it is missing. */
  readonly codes: Int32Array;
}

/** Reads cells as numbers and as texts at once, until they are only one of them. */
export class UndecidedColumn {
  readonly name: string;
  rows = 0;
  present = 0;
  /** 0-based; −1 where none is missing. */
  firstMissing = -1;
  /** Cells that are numbers, infinite ones too. */
  numeric = 0;
  /** Numbers that are written with a zero before another digit, as codes are: 007. */
  leadingZeros = 0;
  /** Whether numbers end in a zero behind the point though not all have as many places: 250.0 and 250.00. */
  hasLooseZeros = false;
  /** Null from the first cell on that is no number. */
  #numbers: Float64Array | null;
  /** Null from the number on that is one too many. */
  #codes: Int32Array | null;
  readonly #codeOf = new Map<string, number>();
  readonly #keepsTexts: boolean;
  #endsInZero = false;
  /** Places behind the point of the numbers that have some; −1 before the first. */
  #places = -1;
  #placesDiffer = false;

  /** @param most rows at most. @param keepsTexts whether many numbers may be no numbers. */
  constructor(name: string, most: number, keepsTexts: boolean) {
    this.name = name;
    this.#numbers = new Float64Array(most);
    this.#codes = new Int32Array(most);
    this.#keepsTexts = keepsTexts;
  }

  add(cell: string, row: number): void {
    this.rows = row + 1;
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
    else this.#noteZeros(text);
    if (number !== undefined || INFINITE.test(text)) this.numeric += 1;
    if (this.#codes !== null) this.#addText(text, row, this.#codes);
  }

  #noteZeros(text: string): void {
    const second = text.charCodeAt(1);
    if (text.charCodeAt(0) === ZERO && second >= ZERO && second <= NINE) this.leadingZeros += 1;
    const point = text.indexOf('.');
    if (point === -1 || this.hasLooseZeros) return;
    const places = text.length - point - 1;
    if (this.#places === -1) this.#places = places;
    else if (this.#places !== places) this.#placesDiffer = true;
    // Programs write 250.0 for a whole number.
    this.#endsInZero ||= places > 1 && text.charCodeAt(text.length - 1) === ZERO;
    this.hasLooseZeros = this.#endsInZero && this.#placesDiffer;
  }

  #addText(text: string, row: number, codes: Int32Array): void {
    let code = this.#codeOf.get(text);
    if (code === undefined) {
      code = this.#codeOf.size;
      this.#codeOf.set(text, code);
    }
    codes[row] = code;
    const keeps = this.#keepsTexts || this.leadingZeros > 0 || this.hasLooseZeros;
    if (this.#codeOf.size > MANY_NUMBERS && this.#numbers !== null && !keeps) {
      this.#codes = null;
    }
  }

  /** One number a row, NaN where it is missing; null where a cell is no number. */
  get numbers(): Float64Array | null {
    return this.#numbers?.subarray(0, this.rows) ?? null;
  }

  /** Null where it holds many numbers, whose texts weren't kept. */
  get texts(): Texts | null {
    if (this.#codes === null) return null;
    return { levels: [...this.#codeOf.keys()], codes: this.#codes.subarray(0, this.rows) };
  }

  /** The column as its contract reads it; undefined where what that needs wasn't kept. */
  as(contract: ColumnContract): DataColumn | undefined {
    const missing = this.rows - this.present;
    if (contract.type === 'number') {
      const { numbers } = this;
      return numbers === null ? undefined : numberColumn(contract, numbers, missing);
    }
    const { texts } = this;
    return texts === null ? undefined : codedColumn(contract, texts.codes, texts.levels, missing);
  }
}

const ZERO = 0x30;
const NINE = 0x39;
