import { describe, expect, it } from 'vitest';
import { leakOf } from '#dataset/leaks.ts';
import { leakSentence } from '#gates/leak.ts';
import { aucAlone } from '#learning/metrics/auc-alone.ts';
import { substream } from '#learning/random.ts';
import type { Column } from '#learning/table.ts';

const ROWS = 2000;
const random = substream(4, 'leaks');
const labels = Uint8Array.from({ length: ROWS }, () => (random.nextInt(4) === 0 ? 1 : 0));
const is = (row: number): boolean => labels[row] === 1;

const numeric = (name: string, cell: (row: number) => number): Column => ({
  kind: 'numeric',
  name,
  values: Float64Array.from({ length: ROWS }, (_, row) => cell(row)),
});
const categorical = (name: string, cell: (row: number) => string): Column => {
  const texts = Array.from({ length: ROWS }, (_, row) => cell(row));
  const levels = [...new Set(texts)].filter((text) => text !== '').sort();
  const codes = Int32Array.from(texts, (text) => levels.indexOf(text));
  return { kind: 'categorical', name, levels, codes };
};

/** What is said of it by default. */
function sentenceOf(column: Column, classes: Uint8Array, target: string): string | null {
  const leak = leakOf(column, classes, target);
  return leak === null ? null : leakSentence(leak, target);
}

describe('a column', () => {
  it.each<[string, Column, string]>([
    [
      'of other words for the target',
      categorical('claim_state', (row) => (is(row) ? 'refused' : 'granted')),
      "'claim_state' is the target in other words: is it known before denied is?",
    ],
    [
      'of other numbers for the target',
      numeric('code', (row) => (is(row) ? 3 : 7)),
      "'code' is the target in other words: is it known before denied is?",
    ],
    [
      'that is right in all rows but few',
      numeric('rank', (row) => (is(row) === row > 9 ? 5 : 1) + random.nextFloat()),
      "'rank' alone gives the target away (AUC 0.99",
    ],
    [
      'that is missing for one class',
      numeric('days', (row) => (is(row) ? Number.NaN : random.nextFloat())),
      "'days' alone gives the target away (AUC 1.0000): is it known before denied is?",
    ],
    [
      'that is in the middle for one class',
      numeric('level', (row) => (is(row) ? 5 + random.nextFloat() : random.nextInt(2) * 10)),
      "'level' alone gives the target away (AUC 0.9",
    ],
    [
      'of many codes of either class',
      categorical('cause', (row) => `${is(row) ? 'r' : 'g'}${random.nextInt(60)}`),
      "'cause' alone gives the target away (AUC 1.0000)",
    ],
    [
      'of another form of the target’s name',
      numeric('denial_weight', () => random.nextFloat()),
      "'denial_weight' may be known only afterwards, by its name (denial): is it known before denied is?",
    ],
    [
      'of an event that follows',
      numeric('SettlementAmount', () => random.nextFloat()),
      "'SettlementAmount' may be known only afterwards, by its name (settlement): is it known before denied is?",
    ],
  ])('%s is named', (_, column, message) => {
    expect(sentenceOf(column, labels, 'denied')).toContain(message);
  });

  it.each<[string, Column]>([
    ['a good feature', numeric('score', (row) => (is(row) ? 1.5 : 0) + random.nextFloat() * 2)],
    ['noise of as many levels as rows have', categorical('zip', () => `z${random.nextInt(700)}`)],
    ['noise of two rows a level', categorical('pair', (row) => `p${row % 1000}`)],
    ['noise of one row a level', categorical('text', (row) => `t${row}`)],
    ['what was known before', numeric('prior_denials', () => random.nextInt(3))],
    ['a class', categorical('level', () => `l${random.nextInt(3)}`)],
  ])('that is %s is not', (_, column) => {
    expect(sentenceOf(column, labels, 'denied')).toBeNull();
  });

  it('of a rare class and many levels of noise is not', () => {
    const rare = Uint8Array.from({ length: ROWS }, (_, row) => (row % 100 === 7 ? 1 : 0));
    expect(
      leakOf(
        categorical('zip', () => `z${random.nextInt(500)}`),
        rare,
        'y',
      ),
    ).toBeNull();
    expect(
      leakOf(
        numeric('x', () => random.nextFloat()),
        rare,
        'y',
      ),
    ).toBeNull();
  });

  it('is named for the target’s subject by nobody', () => {
    const amount = numeric('loan_amount', () => random.nextFloat());
    expect(sentenceOf(amount, labels, 'loan_status')).toBeNull();
  });
});

it('has the AUC of its numbers, whichever way round and in whatever order of the rows', () => {
  const values = Float64Array.of(1, 2, 2, 3, 4, 0);
  const classes = Uint8Array.of(0, 0, 1, 1, 1, 0);
  const of = (order: readonly number[], sign: number): number =>
    aucAlone(
      {
        kind: 'numeric',
        name: 'x',
        values: Float64Array.from(order, (i) => sign * (values[i] ?? 0)),
      },
      Uint8Array.from(order, (i) => classes[i] ?? 0),
    );
  // Of nine pairs one is tied.
  expect(of([0, 1, 2, 3, 4, 5], 1)).toBeCloseTo(8.5 / 9, 12);
  expect(of([0, 1, 2, 3, 4, 5], -1)).toBeCloseTo(8.5 / 9, 12);
  expect(of([5, 3, 1, 0, 2, 4], 1)).toBe(of([0, 1, 2, 3, 4, 5], 1));
});
