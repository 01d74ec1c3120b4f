/** Pictures of a model on the rows that it was judged on. */
import { modelFeatures, modelExplainer } from '#learning/explain/explainer.ts';
import { confusion } from '#learning/metrics/metrics.ts';
import { calibrationCurve } from '#learning/metrics/reliability.ts';
import { evenly } from '#learning/sample-rows.ts';
import { selectRows, type Table } from '#learning/table.ts';
import { calibrationPlot } from '#plots/calibration.ts';
import { confusionPlot } from '#plots/confusion.ts';
import { precisionRecallPlot, rocPlot } from '#plots/curves.ts';
import { type Drawings, tooFew } from '#plots/drawings.ts';
import { importancePlot } from '#plots/importance.ts';
import { shapSummaryPlot } from '#plots/shap-summary.ts';
import type { Judged } from './evaluate.ts';

const BINS = 10;
/** As many as the summary draws. */
const EXPLAINED_ROWS = 250;

/** What the holdout shows of challenger and champion. */
export function holdoutCharts(judged: Judged): Drawings {
  const { challenger, champion, table, labels, probabilities, importance } = judged;
  const { threshold, calibrator } = challenger;
  const rows = `${labels.length} holdout rows`;
  const models = [
    { name: 'challenger', scores: probabilities },
    ...(champion === null
      ? []
      : [{ name: `champion (version ${champion.version})`, scores: champion.probabilities }]),
  ];
  return {
    'roc.svg': () => rocPlot(models, labels, rows),
    'precision-recall.svg': () => precisionRecallPlot(models, labels, rows),
    'calibration.svg': () =>
      calibrationPlot(calibrationCurve(probabilities, labels, 'equal-mass', BINS), rows),
    'confusion.svg': () =>
      confusionPlot(confusion(probabilities, labels, threshold), threshold, rows),
    'importance.svg': () => {
      const bars = (importance?.columns ?? []).flatMap(({ column, challenger: own }) =>
        own === null ? [] : [{ name: column, mean: own.mean, spread: own.deviation }],
      );
      if (bars.length === 0) tooFew('the holdout rows are too few to shuffle a column of');
      return importancePlot(bars, 'fall in AUC when the column is shuffled');
    },
    'shap-summary.svg': () => {
      const sample = selectRows(table, evenly(table.rows, EXPLAINED_ROWS));
      const { features, explain, unit } = modelExplainer(challenger, sample);
      const values = cellsOf(modelFeatures(challenger, sample));
      return shapSummaryPlot(
        { features, parts: explain(sample), values },
        calibrator === null ? unit : `${unit}, before calibration`,
      );
    },
  };
}

/** Rows × features: a number, or a level's index; NaN is missing or unseen. */
function cellsOf({ rows, columns }: Table): Float64Array {
  const cells = new Float64Array(rows * columns.length);
  columns.forEach((column, i) => {
    for (let row = 0; row < rows; row += 1) {
      const code = column.kind === 'numeric' ? 0 : (column.codes[row] ?? -1);
      const value = column.kind === 'numeric' ? (column.values[row] ?? Number.NaN) : code;
      cells[row * columns.length + i] = code < 0 ? Number.NaN : value;
    }
  });
  return cells;
}
