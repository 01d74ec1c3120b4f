/** A column that is read before its type is known. */
import type { ColumnContract } from '#contracts/folder/schema.ts';
import { isInfinite, levelCells, type NumberText, type ReadRules } from '#learning/cells.ts';
import { dayReader } from './date-forms.ts';
import { codedColumn, type DataColumn, numberColumn } from './data-column.ts';

/** As many different numbers are no category: their texts aren't kept any longer. */
export const MANY_NUMBERS = 50;

/** A column's different texts, and which of them each row has. */
export interface Texts {
  readonly levels: readonly string[];
  /** One index into the levels a row, −1 where it is missing. */
  readonly codes: Int32Array;
}

/** How a column of unknown type is read. */
export interface Undecided {
  /** Rows at most. */
  readonly most: number;
  readonly rules: ReadRules;
  readonly numberOf: NumberText;
  /** Whether many numbers may be no numbers. */
  readonly keepsTexts: boolean;
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
  /** Whether some number has a decimal mark that can't divide thousands. */
  hasDecimals = false;
  /** Null from the first cell on that is no number. */
  #numbers: Float64Array | null;
  /** Null from the number on that is one too many. */
  #codes: Int32Array | null;
  readonly #codeOf = new Map<string, number>();
  /** Of cells that are no numbers, where their codes aren't kept: how often each is there. */
  readonly #words = new Map<string, number>();
  #counted: ReadonlyMap<string, number> | undefined;
  readonly #how: Undecided;
  #endsInZero = false;
  /** Places behind the decimal mark of the numbers that have some; −1 before the first. */
  #places = -1;
  #placesDiffer = false;

  constructor(name: string, how: Undecided) {
    this.name = name;
    this.#how = how;
    this.#numbers = new Float64Array(how.most);
    this.#codes = new Int32Array(how.most);
  }

  add(cell: string, row: number): void {
    this.rows = row + 1;
    const text = cell.trim();
    const number = this.#how.numberOf(text);
    if (this.#numbers !== null) this.#numbers[row] = number ?? Number.NaN;
    if (Number.isNaN(number)) {
      if (this.#codes !== null) this.#codes[row] = -1;
      if (this.firstMissing === -1) this.firstMissing = row;
      return;
    }
    this.present += 1;
    if (number === undefined) this.#noteWord(text);
    else {
      this.numeric += 1;
      this.#noteZeros(text);
    }
    if (this.#codes !== null) this.#addText(text, row, this.#codes);
  }

  #noteWord(text: string): void {
    this.#numbers = null;
    if (this.#codes !== null) return;
    this.#words.set(text, (this.#words.get(text) ?? 0) + 1);
  }

  #noteZeros(text: string): void {
    const second = text.charCodeAt(1);
    if (text.charCodeAt(0) === ZERO && second >= ZERO && second <= NINE) this.leadingZeros += 1;
    const mark = text.indexOf(this.#how.rules.decimal);
    if (mark === -1) return;
    const places = text.length - mark - 1;
    this.hasDecimals ||= places !== THOUSAND_DIGITS;
    if (this.hasLooseZeros) return;
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
    const keeps = this.#how.keepsTexts || this.leadingZeros > 0 || this.hasLooseZeros;
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

  /** The texts that are no numbers, with how many cells have each: of all rows, once they were added. */
  words(): ReadonlyMap<string, number> {
    this.#counted ??= this.#countWords();
    return this.#counted;
  }

  #countWords(): ReadonlyMap<string, number> {
    const { texts, numbers } = this;
    if (numbers !== null) return new Map();
    if (texts === null) return this.#words;
    const counts = new Float64Array(texts.levels.length);
    for (const code of texts.codes) if (code >= 0) counts[code] = (counts[code] ?? 0) + 1;
    const { numberOf } = this.#how;
    const words = new Map<string, number>();
    texts.levels.forEach((text, code) => {
      if (numberOf(text) === undefined) words.set(text, counts[code] ?? 0);
    });
    return words;
  }

  /** Cells that are numbers, or would be if they were finite. */
  get numericOrInfinite(): number {
    let infinite = 0;
    for (const [text, cells] of this.words()) if (isInfinite(text)) infinite += cells;
    return this.numeric + infinite;
  }

  /** The column as its contract reads it; undefined where what that needs wasn't kept. */
  as(contract: ColumnContract, rules: ReadRules): DataColumn | undefined {
    const missing = this.rows - this.present;
    if (contract.type === 'number') {
      const { numbers } = this;
      return numbers === null ? undefined : numberColumn(contract, numbers, missing);
    }
    const { texts } = this;
    if (texts === null) return undefined;
    const levelOf = levelCells(rules, contract.name);
    const readDay = contract.form === undefined ? null : dayReader(contract.form);
    const codeOf = new Map<string, number>();
    const codes = Int32Array.from(texts.levels, (text) => {
      const plain = levelOf(text) ?? text;
      const level = readDay === null ? plain : readDay(plain);
      if (level === null) return -1;
      const code = codeOf.get(level) ?? codeOf.size;
      codeOf.set(level, code);
      return code;
    });
    // What is no day of the form is refused with its row, which only reading the table again knows.
    if (codes.includes(-1)) return undefined;
    const inOrder = codeOf.size === codes.length;
    return codedColumn(
      contract,
      inOrder ? texts.codes : texts.codes.map((code) => codes[code] ?? -1),
      [...codeOf.keys()],
      missing,
    );
  }
}

const ZERO = 0x30;
const NINE = 0x39;
/** Digits of a group of thousands. */
const THOUSAND_DIGITS = 3;
