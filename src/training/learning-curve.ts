/** What more rows would bring: a picture of the chosen candidate. */
import type { Candidate } from '#contracts/folder/candidate.ts';
import { groupedFolds, rowsWhere } from '#learning/folds.ts';
import { aucOf } from '#learning/metrics/metrics.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { someOf } from '#learning/sample-rows.ts';
import { type Drawings, tooFew } from '#plots/drawings.ts';
import { type LearningPoint, learningCurvePlot } from '#plots/learning-curve.ts';
import { splitsOf } from './cross-validate.ts';
import { deviationOf, meanOf } from './fold-statistics.ts';
import { withinTime } from './time-limit.ts';
import type { PreparedTraining } from './train.ts';
import { pickRows } from './training-rows.ts';

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
export function learningCurve(
  { input, rows, fit }: PreparedTraining,
  candidate: Candidate,
  fitSeconds: number,
): Drawings {
  const { seed, plan } = input.folder.model;
  const points = (): readonly LearningPoint[] => {
    const timed = withinTime('the learning curve', CURVE_FOLDS * EIGHTHS.length, input, fitSeconds);
    const folds = splitsOf(rows, plan.folds, seed, input.folder);
    // By time the last ones have the most rows before them.
    const drawn = rows.days === undefined ? folds.slice(0, CURVE_FOLDS) : folds.slice(-CURVE_FOLDS);
    const scores = drawn
      .map(({ training, held }) => {
        const inside = pickRows(rows, training);
        const outside = pickRows(rows, held);
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
      })
      .flat();
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
