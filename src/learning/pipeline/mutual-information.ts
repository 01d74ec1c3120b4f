/** How much one feature alone says about the label. */
import { fitBins, MISSING_BIN } from '#learning/trees/bins.ts';
import type { Column } from '#learning/table.ts';

/** Groups that a feature's bins are put together to. */
const GROUPS = 16;

/**
 * Mutual information of a feature and the label, in nats, less what chance alone would give.
 *
 * A feature's bins (numbers in order, levels in order of their rate) are put together to at most 16 groups
 * of about equal size, missing apart. Of I = Σ p(x, y) log(p(x, y) / (p(x) p(y))) (Cover and Thomas,
 * section 2.3; Battiti 1994 for selection by it), (groups − 1) / 2n is taken off, its mean where there is
 * no relation (Miller 1955). So it may be below 0. Levels are put in order by the label: see `levelRates`
 * for why a row's own says next to nothing there. `labels` are 0 or 1 a row; rows of one of `rowGroups`
 * belong together.
 */
export function mutualInformation(
  column: Column,
  labels: Uint8Array,
  rowGroups?: Int32Array,
): number {
  const { bytes: bins } = fitBins(column, labels, rowGroups);
  const rowsOf = new Float64Array(256);
  const positivesOf = new Float64Array(256);
  bins.forEach((bin, row) => {
    rowsOf[bin] = (rowsOf[bin] ?? 0) + 1;
    positivesOf[bin] = (positivesOf[bin] ?? 0) + (labels[row] ?? 0);
  });
  const rows = bins.length;
  const missing = rowsOf[MISSING_BIN] ?? 0;
  const groupRows = new Float64Array(GROUPS + 1);
  const groupPositives = new Float64Array(GROUPS + 1);
  let below = 0;
  for (let bin = 0; bin <= MISSING_BIN; bin += 1) {
    const n = rowsOf[bin] ?? 0;
    if (n === 0) continue;
    const group =
      bin === MISSING_BIN ? GROUPS : Math.floor((GROUPS * (below + n / 2)) / (rows - missing));
    below += n;
    groupRows[group] = (groupRows[group] ?? 0) + n;
    groupPositives[group] = (groupPositives[group] ?? 0) + (positivesOf[bin] ?? 0);
  }
  const positives = groupPositives.reduce((sum, n) => sum + n, 0);
  let information = 0;
  let groups = 0;
  groupRows.forEach((n, group) => {
    if (n === 0) return;
    groups += 1;
    const up = groupPositives[group] ?? 0;
    information += part(up, n, positives, rows) + part(n - up, n, rows - positives, rows);
  });
  return information - (groups - 1) / (2 * rows);
}

/** One cell's p(x, y) log(p(x, y) / (p(x) p(y))), from counts. */
function part(cell: number, inGroup: number, inClass: number, rows: number): number {
  return cell === 0 ? 0 : (cell / rows) * Math.log((cell * rows) / (inGroup * inClass));
}
