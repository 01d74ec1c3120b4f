/** Pictures of a model on the rows that it was judged on, and of what more rows would bring. */
import type { Candidate } from '../contracts/folder.ts';
import type { Charts } from '../contracts/selection.ts';
import { TitleholderError } from '../domain/errors.ts';
import { LearningError } from '../learning/errors.ts';
import { groupedFolds, rowsWhere } from '../learning/folds.ts';
import { featureTable, modelExplainer } from '../learning/explain/explainer.ts';
import { confusion } from '../learning/measures/metrics.ts';
import { calibrationCurve } from '../learning/measures/reliability.ts';
import { scorer } from '../learning/pipeline/scorer.ts';
import { selectRows, type Table } from '../learning/table.ts';
import { calibrationPlot } from '../plots/calibration.ts';
import { confusionPlot } from '../plots/confusion.ts';
import { precisionRecallPlot, rocPlot } from '../plots/curves.ts';
import { importancePlot } from '../plots/importance.ts';
import { type LearningPoint, learningCurvePlot } from '../plots/learning-curve.ts';
import { shapSummaryPlot } from '../plots/shap-summary.ts';
import { aucOf, foldsOf } from './cross-validate.ts';
import type { Judged } from './evaluate.ts';
import { withNamedErrors } from './learning-errors.ts';
import { evenly, someOf } from './some-rows.ts';
import { deviationOf, meanOf } from './spread.ts';
import type { Prepared } from './train.ts';
import { pickRows } from './training-rows.ts';

const BINS = 10;
/** As many as the summary draws. */
const EXPLAINED_ROWS = 250;

/** What the holdout shows of challenger and champion. Throws as the engine does. */
export async function holdoutCharts(judged: Judged): Promise<Charts> {
  const { challenger, champion, table, labels, probabilities, importance } = judged;
  const { threshold, calibrator, estimator } = challenger;
  const rows = `${labels.length} holdout rows`;
  const models = [
    { name: 'challenger', scores: probabilities },
    ...(champion === null
      ? []
      : [{ name: `champion (version ${champion.version})`, scores: champion.probabilities }]),
  ];
  const bins = calibrationCurve(probabilities, labels, 'equal-mass', BINS);
  const charts: Charts = {
    'roc.svg': await rocPlot(models, labels, rows),
    'precision-recall.svg': await precisionRecallPlot(models, labels, rows),
    'calibration.svg': await calibrationPlot(bins, rows),
    'confusion.svg': await confusionPlot(
      confusion(probabilities, labels, threshold),
      threshold,
      rows,
    ),
  };
  const bars = (importance?.columns ?? []).flatMap(({ column, challenger: own }) =>
    own === null ? [] : [{ name: column, mean: own.mean, spread: own.deviation }],
  );
  if (bars.length > 0) {
    charts['importance.svg'] = await importancePlot(
      bars,
      'fall in AUC when the column is shuffled',
    );
  }
  // Its file doesn't say how many rows went where, so nothing can be said exactly.
  if (estimator.kind === 'ml-random-forest') return charts;
  const sample = selectRows(table, evenly(table.rows, EXPLAINED_ROWS));
  const { features, explain, unit } = modelExplainer(challenger, sample);
  const values = featureTable(challenger, sample);
  charts['shap-summary.svg'] = await shapSummaryPlot(
    { features, parts: explain(sample), values: cellsOf(values) },
    calibrator === null ? unit : `${unit}, before calibration`,
  );
  return charts;
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

/** An eighth, a quarter, half and all of the groups outside a fold. */
const EIGHTHS = [1, 2, 4, 8];
/** Two show a spread; each costs about two trainings, while a person waits for the question. */
const CURVE_FOLDS = 2;
/** Of the rows fitted on, enough to know their AUC. */
const FITTED_ROWS = 5000;

/**
 * The pictures, without those that the engine refuses to draw: a release doesn't fail for want of a
 * picture. What isn't a refusal is a defect, and is thrown.
 */
export async function drawn(draw: () => Promise<Charts>): Promise<Charts> {
  try {
    return await draw();
  } catch (error) {
    if (error instanceof LearningError || error instanceof TitleholderError) return {};
    throw error;
  }
}

/**
 * The chosen candidate on growing parts of the training rows, by whole groups; empty where there are too
 * few groups to part. Throws `SettingsInvalid`, `DataInvalid`.
 */
export async function trainingCharts(
  { input, rows, fit }: Prepared,
  candidate: Candidate,
): Promise<Charts> {
  const { seed, plan } = input.folder.model;
  const scores = withNamedErrors(() => {
    const fold = foldsOf(rows, plan.folds, seed);
    return Array.from({ length: CURVE_FOLDS }, (_, held) => {
      const inside = pickRows(
        rows,
        rowsWhere(fold, (f) => f !== held),
      );
      const outside = pickRows(
        rows,
        rowsWhere(fold, (f) => f === held),
      );
      if (new Set(inside.groups).size < 8) return [];
      const eighth = groupedFolds(inside.groups, 8, seed);
      return EIGHTHS.flatMap((eighths) => {
        const part = pickRows(
          inside,
          rowsWhere(eighth, (e) => e < eighths),
        );
        if (new Set(part.labels).size < 2 || new Set(outside.labels).size < 2) return [];
        const { scoreTable } = scorer(fit(part, candidate));
        const some = someOf(part.table, part.labels, FITTED_ROWS);
        const fitted = aucOf(scoreTable(some.table), some.labels);
        const heldOut = aucOf(scoreTable(outside.table), outside.labels);
        return [{ eighths, rows: part.table.rows, fitted, held: heldOut }];
      });
    }).flat();
  });
  const stated = (values: readonly number[]) => ({
    mean: meanOf(values),
    spread: deviationOf(values) ?? 0,
  });
  const points = EIGHTHS.flatMap((eighths): LearningPoint[] => {
    const of = scores.filter((score) => score.eighths === eighths);
    const [first] = of;
    if (first === undefined) return [];
    const fitted = stated(of.map((score) => score.fitted));
    return [{ rows: first.rows, fitted, held: stated(of.map((score) => score.held)) }];
  });
  return points.length < 2 ? {} : { 'learning-curve.svg': await learningCurvePlot(points, 'AUC') };
}
