/** The tables on which the choice and `init`'s candidates are measured: two real ones, four made ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCsv } from '#dataset/csv.ts';
import { type Random, substream } from '#learning/random.ts';
import { ModelDocument } from '#contracts/folder/model.ts';

const PROJECT = join(import.meta.dirname, '../../..');

export interface ChoiceTable {
  readonly name: string;
  readonly target: string;
  readonly positive: string;
  /** CSV. */
  readonly bytes: () => Uint8Array;
  /** Who a row is, where `init` can't see it. */
  readonly identity?: ModelDocument['identity'];
}

const VISITS = join(PROJECT, 'models/doctor-visits');

export const CHOICE_TABLES: readonly ChoiceTable[] = [
  {
    name: 'credit',
    target: 'Status',
    positive: 'bad',
    bytes: () => readFileSync(join(PROJECT, 'test/fixtures/credit.csv')),
  },
  {
    name: 'doctor-visits',
    target: 'visited',
    positive: 'yes',
    bytes: () => readFileSync(join(VISITS, 'data.csv')),
    // Several years of one person have equal features and other labels, and no key says so.
    identity: ModelDocument.parse(JSON.parse(readFileSync(join(VISITS, 'model.json'), 'utf8')))
      .identity,
  },
  made('weak', {
    rows: 1500,
    positives: 0.35,
    odds: ([a = 0, b = 0, c = 0]) => 0.35 * a - 0.3 * b + 0.15 * c * c,
  }),
  made('strong', {
    rows: 2500,
    positives: 0.4,
    odds: ([a = 0, b = 0, c = 0, d = 0, e = 0], level) =>
      3 * a + 2 * b * c + 2 * Math.sin(2 * d) + (e > 0.5 ? 2 : 0) + 1.5 * level,
  }),
  made('few-rows', {
    rows: 400,
    positives: 0.4,
    odds: ([a = 0, b = 0, c = 0], level) => a + 0.8 * b + 0.8 * Math.abs(c) + 0.5 * level,
  }),
  made('rare-class', {
    rows: 4000,
    positives: 0.04,
    odds: ([a = 0, b = 0, c = 0, d = 0], level) =>
      a + 0.8 * b * c + (d > 1 ? 1.2 : 0) + 0.5 * level,
  }),
];

/** Eight numbers and a category of four levels; the odds say which rows are the likeliest to be positive. */
function made(
  name: string,
  of: {
    readonly rows: number;
    /** Their share. */
    readonly positives: number;
    /** Log odds but for a constant; `level` is −1, −⅓, ⅓ or 1. */
    readonly odds: (numbers: readonly number[], level: number) => number;
  },
): ChoiceTable {
  return {
    name,
    target: 'y',
    positive: 'yes',
    bytes: () => {
      const random = substream(7, 'choice', name);
      const rows = Array.from({ length: of.rows }, () => drawRow(random, of.odds));
      const least = constantFor(rows, of.positives);
      return writeCsv(
        ['y', ...NUMBERS, 'kind'],
        rows.map(({ numbers, level, odds, chance }) => [
          chance < 1 / (1 + Math.exp(-odds - least)) ? 'yes' : 'no',
          ...numbers.map((x) => x.toFixed(3)),
          LEVELS[level] ?? '',
        ]),
      );
    },
  };
}
const NUMBERS = Array.from({ length: 8 }, (_, i) => `x${i}`);
const LEVELS = ['north', 'east', 'south', 'west'];

interface MadeRow {
  readonly numbers: readonly number[];
  readonly level: number;
  readonly odds: number;
  readonly chance: number;
}

function drawRow(
  random: Random,
  oddsOf: (numbers: readonly number[], level: number) => number,
): MadeRow {
  const numbers = NUMBERS.map(() => random.nextNormal());
  const level = random.nextInt(LEVELS.length);
  const odds = oddsOf(numbers, (2 * level) / (LEVELS.length - 1) - 1);
  return { numbers, level, odds, chance: random.nextFloat() };
}

/** What is added to the log odds for this share of positives, by halving. */
function constantFor(rows: readonly MadeRow[], share: number): number {
  let low = -20;
  let high = 20;
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    const mean =
      rows.reduce((sum, { odds }) => sum + 1 / (1 + Math.exp(-odds - middle)), 0) / rows.length;
    if (mean < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
