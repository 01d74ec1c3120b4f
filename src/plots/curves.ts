/** ROC and precision–recall curves of one or more models on the same rows. */
import { COLOUR, counted, draw, SERIES, SHARE_AXIS, SHARE_SCALE, WIDTH } from './draw.ts';
import { metricsOf } from '#learning/metrics/metrics.ts';
import { countThresholds, rocCurve, thresholdCurve } from '#learning/metrics/curves.ts';

/** A model's probabilities of rows; `name` stands in the legend. */
export interface ScoredModel {
  readonly name: string;
  readonly scores: Float64Array;
}

/**
 * The ROC curve of up to four models, with their AUC, as SVG text.
 *
 * `rows` says what the rows are, as in `holdout`. Throws `ScoresInvalid` and `OneClass`.
 */
export async function rocPlot(
  models: readonly ScoredModel[],
  labels: Uint8Array,
  rows: string,
): Promise<string> {
  const values = models.flatMap(({ name, scores }) => {
    const { auc } = metricsOf(scores, labels, 0.5);
    const { falsePositiveRate, truePositiveRate } = rocCurve(countThresholds(scores, labels));
    const model = `${name}: AUC ${auc.toFixed(3)}`;
    return thin(falsePositiveRate, truePositiveRate).map((point, i) => ({ model, i, ...point }));
  });
  const corners = [
    { x: 0, y: 0 },
    { x: 1, y: 1 },
  ];
  return lines({
    title: 'ROC curve',
    subtitle: `${rowsOf(labels, rows)}; dashed: a model that guesses`,
    x: 'False positive rate (share of negatives labelled positive)',
    y: 'True positive rate (share of positives found)',
    interpolate: 'linear',
    values,
    reference: corners,
  });
}

/** The precision–recall curve of up to four models, with average precision; otherwise as `rocPlot`. */
export async function precisionRecallPlot(
  models: readonly ScoredModel[],
  labels: Uint8Array,
  rows: string,
): Promise<string> {
  const values = models.flatMap(({ name, scores }) => {
    const { prAuc } = metricsOf(scores, labels, 0.5);
    const { precision, recall } = thresholdCurve(countThresholds(scores, labels));
    const model = `${name}: average precision ${prAuc.toFixed(3)}`;
    const points = [{ x: 0, y: precision[0] ?? 0 }, ...thin(recall, precision)];
    return points.map((point, i) => ({ model, i, ...point }));
  });
  const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  return lines({
    title: 'Precision and recall',
    subtitle: `${rowsOf(labels, rows)}; dashed: a model that guesses`,
    x: 'Recall (share of positives found)',
    y: 'Precision (share of positives among those labelled so)',
    // Average precision is the area of a staircase: the precision of a step's right end holds for all of it.
    interpolate: 'step-before',
    values,
    reference: [
      { x: 0, y: share },
      { x: 1, y: share },
    ],
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

async function lines(of: {
  readonly title: string;
  readonly subtitle: string;
  readonly x: string;
  readonly y: string;
  readonly interpolate: 'linear' | 'step-before';
  readonly values: readonly (Point & { readonly model: string; readonly i: number })[];
  readonly reference: readonly Point[];
}): Promise<string> {
  const share = { type: 'quantitative', scale: SHARE_SCALE, axis: SHARE_AXIS } as const;
  const x = { ...share, field: 'x', title: of.x } as const;
  const y = { ...share, field: 'y', title: of.y } as const;
  return draw(of.title, of.subtitle, {
    width: WIDTH,
    height: 560,
    autosize: { type: 'fit', contains: 'padding' },
    layer: [
      {
        data: { values: [...of.reference] },
        mark: { type: 'line', color: COLOUR.muted, strokeDash: [4, 4], strokeWidth: 1 },
        encoding: { x, y },
      },
      {
        data: { values: [...of.values] },
        mark: { type: 'line', interpolate: of.interpolate, strokeWidth: 2 },
        encoding: {
          x,
          y,
          // In the curve's own order, or points of one x would be sorted.
          order: { field: 'i', type: 'quantitative' },
          color: {
            field: 'model',
            type: 'nominal',
            title: null,
            sort: null,
            scale: { range: [...SERIES] },
          },
        },
      },
    ],
  });
}

/** The points that can be told apart at the plot's size: ends, and steps of at least 1/700. */
function thin(xs: Float64Array, ys: Float64Array): Point[] {
  const kept: Point[] = [];
  xs.forEach((x, i) => {
    const y = ys[i] ?? 0;
    const last = kept.at(-1);
    const moved =
      last === undefined || Math.max(Math.abs(x - last.x), Math.abs(y - last.y)) > 1 / WIDTH;
    if (moved || i === xs.length - 1) kept.push({ x, y });
  });
  return kept;
}

function rowsOf(labels: Uint8Array, rows: string): string {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  return `${counted(labels.length)} ${rows} rows, ${counted(positives)} positive`;
}
