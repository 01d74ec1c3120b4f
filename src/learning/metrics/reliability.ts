/** Whether probabilities mean what they say. */
import { LearningError } from '#learning/errors.ts';
import { checkScores } from './metrics.ts';

/** Rows binned by their score; bins without a row are left out. */
export interface CalibrationCurve {
  /** Mean score of a bin's rows, ascending. */
  readonly predicted: Float64Array;
  /** Share of positives among them. */
  readonly observed: Float64Array;
  readonly rows: Uint32Array;
}

export type Binning = 'equal-width' | 'equal-mass';

/**
 * Mean score against share of positives, bin by bin, as scikit-learn's `calibration_curve`.
 *
 * A bin holds the scores above its lower edge up to its upper edge. `equal-width` edges are i / bins;
 * `equal-mass` edges are quantiles of the scores (interpolated), so equal scores stay in one bin. Throws
 * `ScoresInvalid`, `OneClass`, and `SettingsInvalid` for bins that aren't from 1 to 1,000.
 */
export function calibrationCurve(
  scores: Float64Array,
  labels: Uint8Array,
  binning: Binning = 'equal-width',
  bins = 10,
): CalibrationCurve {
  checkScores(scores, labels);
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= 1000)) {
    throw new LearningError('SettingsInvalid', `bins are from 1 to 1,000, not ${bins}`, 'bins');
  }
  const sorted = binning === 'equal-mass' ? scores.slice().sort() : null;
  const edges = Array.from({ length: bins - 1 }, (_, i) =>
    sorted === null ? (i + 1) / bins : quantileOf(sorted, (i + 1) / bins),
  );
  const sums = new Float64Array(bins);
  const positives = new Float64Array(bins);
  const rows = new Uint32Array(bins);
  scores.forEach((score, row) => {
    const found = edges.findIndex((edge) => score <= edge);
    const bin = found < 0 ? bins - 1 : found;
    sums[bin] = (sums[bin] ?? 0) + score;
    positives[bin] = (positives[bin] ?? 0) + (labels[row] ?? 0);
    rows[bin] = (rows[bin] ?? 0) + 1;
  });
  const used = [...rows.keys()].filter((bin) => (rows[bin] ?? 0) > 0);
  return {
    predicted: Float64Array.from(used, (bin) => (sums[bin] ?? 0) / (rows[bin] ?? 1)),
    observed: Float64Array.from(used, (bin) => (positives[bin] ?? 0) / (rows[bin] ?? 1)),
    rows: Uint32Array.from(used, (bin) => rows[bin] ?? 0),
  };
}

/**
 * Expected calibration error: the mean over rows of the distance between their bin's predicted and
 * observed share of positives, from 0 to 1 (Naeini, Cooper and Hauskrecht 2015). Its value depends on the curve's binning.
 */
export function calibrationError({ predicted, observed, rows }: CalibrationCurve): number {
  let sum = 0;
  let all = 0;
  rows.forEach((n, bin) => {
    sum += n * Math.abs((predicted[bin] ?? 0) - (observed[bin] ?? 0));
    all += n;
  });
  return sum / all;
}

/** Of ascending values, linear between neighbours (type 7 of Hyndman and Fan 1996). */
function quantileOf(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (at - Math.floor(at)) * (above - below);
}
