/** Pictures of a model on the rows that it was judged on, and of what more rows would bring. */
import type { Candidate } from '#contracts/folder/candidate.ts';
import type { Charts } from '#contracts/selection.ts';
import { TitleholderError } from '#domain/errors.ts';
import { LearningError } from '#learning/errors.ts';
import { groupedFolds, rowsWhere } from '#learning/folds.ts';
import { featureTable, modelExplainer } from '#learning/explain/explainer.ts';
import { aucOf, confusion } from '#learning/metrics/metrics.ts';
import { calibrationCurve } from '#learning/metrics/reliability.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { selectRows, type Table } from '#learning/table.ts';
import { calibrationPlot } from '#plots/calibration.ts';
import { confusionPlot } from '#plots/confusion.ts';
import { precisionRecallPlot, rocPlot } from '#plots/curves.ts';
import { importancePlot } from '#plots/importance.ts';
import { type LearningPoint, learningCurvePlot } from '#plots/learning-curve.ts';
import { shapSummaryPlot } from '#plots/shap-summary.ts';
import { foldsOf } from '#training/cross-validate.ts';
import type { Judged } from './evaluate.ts';
import { evenly, someOf } from '#learning/sample-rows.ts';
import { deviationOf, meanOf } from '#training/spread.ts';
import { withinTime } from '#training/time-limit.ts';
import type { Prepared } from '#training/train.ts';
import { pickRows } from '#training/training-rows.ts';

const BINS = 10;
/** As many as the summary draws. */
const EXPLAINED_ROWS = 250;

/** Pictures that are still to be drawn, by their file's name. */
export type Drawings = Readonly<Record<string, () => Promise<string>>>;

/**
 * Draws each picture, and says of one that can't be drawn why: a release doesn't fail for want of it. What
 * is no refusal is a defect, and is thrown.
 */
export async function drawn(drawings: Drawings): Promise<Charts> {
  const charts: Charts = {};
  for (const [name, draw] of Object.entries(drawings)) {
    try {
      charts[name] = await draw();
    } catch (error) {
      if (!(error instanceof LearningError || error instanceof TitleholderError)) throw error;
      charts[name] = { notDrawn: error.message };
    }
  }
  return charts;
}

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
      const values = cellsOf(featureTable(challenger, sample));
      return shapSummaryPlot(
        { features, parts: explain(sample), values },
        calibrator === null ? unit : `${unit}, before calibration`,
      );
    },
  };
}

function tooFew(what: string): never {
  throw new TitleholderError('DataInvalid', what);
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

/** All, half, a quarter and an eighth of the groups outside a fold: who has had time for one has for the next. */
const EIGHTHS = [8, 4, 2, 1];
/** Two show a spread; each costs about two trainings, while a person waits for the question. */
const CURVE_FOLDS = 2;
/** Of the rows fitted on, enough to know their AUC. */
const FITTED_ROWS = 5000;

/**
 * The chosen candidate on growing parts of the training rows, by whole groups.
 *
 * @param fitSeconds what the fit on all of them took: no picture is begun that would cost the training.
 */
export function trainingCharts(
  { input, rows, fit }: Prepared,
  candidate: Candidate,
  fitSeconds: number,
): Drawings {
  const { seed, plan } = input.folder.model;
  const points = (): readonly LearningPoint[] => {
    const timed = withinTime('the learning curve', CURVE_FOLDS * EIGHTHS.length, input, fitSeconds);
    const fold = foldsOf(rows, plan.folds, seed);
    const scores = Array.from({ length: CURVE_FOLDS }, (_, held) => {
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
        const { scoreTable } = scorer(timed(() => fit(part, candidate)));
        const some = someOf(part.table, part.labels, FITTED_ROWS);
        const fitted = aucOf(scoreTable(some.table), some.labels);
        const heldOut = aucOf(scoreTable(outside.table), outside.labels);
        return [{ eighths, rows: part.table.rows, fitted, held: heldOut }];
      });
    }).flat();
    const stated = (values: readonly number[]) => ({
      mean: meanOf(values),
      spread: deviationOf(values) ?? 0,
    });
    return EIGHTHS.toReversed().flatMap((eighths): LearningPoint[] => {
      const of = scores.filter((score) => score.eighths === eighths);
      const [first] = of;
      if (first === undefined) return [];
      const fitted = stated(of.map((score) => score.fitted));
      return [{ rows: first.rows, fitted, held: stated(of.map((score) => score.held)) }];
    });
  };
  return {
    'learning-curve.svg': () => {
      const found = points();
      if (found.length < 2) tooFew('the training rows have too few groups to be parted');
      return learningCurvePlot(found, 'AUC');
    },
  };
}
