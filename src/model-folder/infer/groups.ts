/** Columns that say whose row it is: the rows of one member, patient or site belong together. */
import type { Choice } from './choice.ts';
import { type ColumnProfile, wholeNumbersOf } from './column-profile.ts';
import { namesIdentifier } from '#dataset/column-names.ts';
import { agreementOf, sameLabel } from './repeats.ts';

/** Of a column that is plainly named an identifier: fewer values than this share of the rows are a code. */
const LEAST_SHARE = 0.01;
/** And of one whose name may as well be a count's, or a code's. */
const LEAST_SHARE_PERHAPS = 0.1;
/** Without a name, so many pairs of rows must be able to differ in the target before that they don't says much. */
const LEAST_EXPECTED = 10;
/** A value in a larger share of the rows names a class of rows, not a member. */
const LARGEST_SHARE = 0.05;
const FEWEST_VALUES = 20;
/** Above this AUC alone the numbers order the classes: a leak, or the best feature there is. */
const ORDERS = 0.9;
const NO_CODES = new Int32Array(0);

/**
 * A group, or a code that is named like one; null for every other column.
 *
 * By its name and because values repeat; or, whatever its name, because the rows of one value always have
 * the same target: a model that saw one of them knows the others.
 */
export function groupChoiceOf(
  column: ColumnProfile,
  labels: Uint8Array,
  aucAlone: () => number,
): Choice | null {
  const { name, rows, present, numbers, texts } = column;
  const distinct = wholeNumbersOf(column)?.distinct ?? texts?.levels.length;
  // A measured number identifies no member.
  if (numbers !== null && wholeNumbersOf(column) === null) return null;
  if (distinct === undefined || distinct >= present || distinct < 2) return null;
  const named = namesIdentifier(name);
  if (named !== 'no') {
    const least = named === 'plainly' ? LEAST_SHARE : LEAST_SHARE_PERHAPS;
    if (distinct > rows * least) {
      const why = `named as an identifier; ${distinct} values repeat`;
      // Its numbers have no order.
      return { kind: 'group', why, otherwise: 'category' };
    }
    if (named === 'perhaps') return null;
    return {
      kind: 'category',
      why: `named as an identifier, but ${distinct} values in ${rows} rows are a code`,
      otherwise: 'group',
    };
  }
  if (distinct < FEWEST_VALUES || present < rows) return null;
  const cells = { numbers: numbers ?? new Float64Array(0), codes: texts?.codes ?? NO_CODES };
  const agreement = agreementOf([cells], labels);
  const { groups, largest, expected } = agreement;
  if (expected < LEAST_EXPECTED || largest > rows * LARGEST_SHARE) return null;
  if (!sameLabel(agreement) || aucAlone() > ORDERS) return null;
  return {
    kind: 'group',
    why: `rows of one value always have the same target (${groups} values): are they somebody’s?`,
  };
}
