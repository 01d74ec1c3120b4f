/** Whether rows that repeat are copies of one row, or different people who are alike. */
import type { Cells } from '#dataset/first-equal.ts';
import { firstEqual } from '#dataset/first-equal.ts';

/** How the labels of equal rows go together. */
export interface Agreement {
  /** Different rows there are. */
  readonly groups: number;
  /** Rows of the largest group. */
  readonly largest: number;
  /** Groups of two rows or more, and those of them whose rows are of both classes. */
  readonly repeating: number;
  readonly mixed: number;
  /** Pairs of equal rows whose labels differ. */
  readonly differing: number;
  /** As many would, were the labels drawn for each row at the repeating rows' rate. */
  readonly expected: number;
}

/** Labels that differ in a smaller share of the pairs than this, of what chance gives, agree. */
const AGREE = 0.05;

/** Of rows that are equal in these columns. `labels` holds 1 for the positive class, else 0. */
export function agreementOf(columns: readonly Cells[], labels: Uint8Array): Agreement {
  const rows = labels.length;
  const sizes = new Int32Array(rows);
  const positives = new Int32Array(rows);
  firstEqual(columns, rows).forEach((first, row) => {
    sizes[first] = (sizes[first] ?? 0) + 1;
    positives[first] = (positives[first] ?? 0) + (labels[row] ?? 0);
  });
  let [groups, largest, repeating, mixed, differing, pairs] = [0, 0, 0, 0, 0, 0];
  let [repeatingRows, repeatingPositives] = [0, 0];
  sizes.forEach((size, first) => {
    if (size === 0) return;
    groups += 1;
    largest = Math.max(largest, size);
    if (size === 1) return;
    const own = positives[first] ?? 0;
    repeating += 1;
    if (own > 0 && own < size) mixed += 1;
    differing += own * (size - own);
    pairs += (size * (size - 1)) / 2;
    repeatingRows += size;
    repeatingPositives += own;
  });
  const rate = repeatingRows === 0 ? 0 : repeatingPositives / repeatingRows;
  return {
    groups,
    largest,
    repeating,
    mixed,
    differing,
    expected: pairs * 2 * rate * (1 - rate),
  };
}

/** Copies have their label too; of different people some differ. */
export function sameLabel({
  differing,
  expected,
}: Pick<Agreement, 'differing' | 'expected'>): boolean {
  return differing <= AGREE * expected;
}
