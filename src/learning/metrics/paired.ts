/**
 * Paired group bootstrap: how much of a difference between two models is the luck of the rows.
 *
 * A replicate draws as many groups as there are, with replacement, and every model is measured on the
 * same draw (Efron and Tibshirani 1993; whole groups, because rows of one group aren't independent).
 * Scores are sorted once; a replicate only changes how often a row counts.
 */
import { sampleStandardDeviation } from 'simple-statistics';
import { type Confusion, METRIC_NAMES, type MetricName, TOP_SHARE } from '#domain/metrics.ts';
import { LearningError } from '#learning/errors.ts';
import { substream } from '#learning/random.ts';
import { METRIC_FUNCTIONS } from './functions.ts';
import { checkScores, metricsOf } from './metrics.ts';
import { rankingOfDraws } from './ranking.ts';

/** A model's probabilities on the rows at hand, and from where on it says "positive". */
export interface ModelScores {
  readonly scores: Float64Array;
  readonly threshold: number;
}

export interface Resampling {
  /** 0 or 1 a row. */
  readonly labels: Uint8Array;
  /** Any whole number a row; rows with the same one are drawn together. */
  readonly groups: Int32Array;
  readonly replicates: number;
  /** One-sided: `lower` and `upper` each leave out this share, so together they are a 1 − 2α interval. */
  readonly alpha: number;
  readonly seed: number;
  /** The share of rows that `precisionAtK` looks at; absent: a tenth. */
  readonly k?: number;
}

export interface Interval {
  /** On the rows as they are. */
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  /** Standard deviation over the replicates. */
  readonly standardError: number;
  /** Replicates used: those that drew both classes. */
  readonly replicates: number;
}

export interface Bootstrap {
  /** Of one model's metric. */
  interval(model: number, metric: MetricName): Interval;
  /** Of one model's metric minus another's, draw by draw. */
  difference(model: number, against: number, metric: MetricName): Interval;
}

/**
 * Measures several models on the same draws of groups.
 *
 * Replicate i takes its chance from (seed, 'bootstrap', i). Bounds are order statistics: with B
 * replicates and k = ⌊α (B + 1)⌋, `lower` is the k-th smallest and `upper` the k-th largest, nothing
 * interpolated (Davison and Hinkley 1997, 5.3.1). The bounds of `ece` lie high: each draw adds
 * noise of its own to every bin's distance, and distances don't cancel. `metrics` limits the work; absent: all. Throws
 * `ScoresInvalid`, `OneClass` (also where most replicates lack a class) and `SettingsInvalid` where k < 1.
 */
export function bootstrap(
  models: readonly ModelScores[],
  how: Resampling,
  metrics: readonly MetricName[] = METRIC_NAMES,
): Bootstrap {
  const { labels, replicates, alpha, seed, k = TOP_SHARE } = how;
  if (
    !(Number.isInteger(replicates) && alpha > 0 && alpha < 0.5 && rankOf(alpha, replicates) >= 1)
  ) {
    throw new LearningError(
      'SettingsInvalid',
      `${replicates} replicates are too few for a bound at alpha ${alpha}`,
      'replicates',
    );
  }
  const points = models.map((model) => metricsOf(model.scores, labels, model.threshold, k));
  const { groupOf, groups } = number(how.groups, labels.length);
  const prepared = models.map((model) => prepare(model, labels, groupOf, groups, metrics, k));
  const classes = classSums(labels, groupOf, groups);

  const drawn = models.map(() => metrics.map(() => new Float64Array(replicates)));
  const times = new Float64Array(groups);
  let used = 0;
  for (let replicate = 0; replicate < replicates; replicate += 1) {
    const random = substream(seed, 'bootstrap', replicate);
    times.fill(0);
    for (let i = 0; i < groups; i += 1) {
      const group = random.nextInt(groups);
      times[group] = (times[group] ?? 0) + 1;
    }
    let positives = 0;
    let negatives = 0;
    for (let group = 0; group < groups; group += 1) {
      const n = times[group] ?? 0;
      positives += n * (classes.positives[group] ?? 0);
      negatives += n * (classes.negatives[group] ?? 0);
    }
    if (positives === 0 || negatives === 0) continue;
    prepared.forEach((model, m) => {
      model(times, positives, negatives).forEach((value, j) => {
        const into = drawn[m]?.[j];
        if (into !== undefined) into[used] = value;
      });
    });
    used += 1;
  }
  if (used * 2 < replicates || rankOf(alpha, used) < 1) {
    throw new LearningError(
      'OneClass',
      `only ${used} of ${replicates} replicates drew both classes`,
    );
  }

  const column = (model: number, metric: MetricName): Float64Array => {
    const values = drawn[model]?.[metrics.indexOf(metric)];
    if (values === undefined) {
      throw new LearningError(
        'SettingsInvalid',
        `${metric} of model ${model} wasn't asked for`,
        metric,
      );
    }
    return values.subarray(0, used);
  };
  const point = (model: number, metric: MetricName): number =>
    points[model]?.[metric] ?? Number.NaN;
  return {
    interval: (model, metric) => summarise(point(model, metric), column(model, metric), alpha),
    difference(model, against, metric) {
      const other = column(against, metric);
      const values = column(model, metric).map((value, i) => value - (other[i] ?? Number.NaN));
      return summarise(point(model, metric) - point(against, metric), values, alpha);
    },
  };
}

/**
 * Challenger minus champion in one metric (absent: AUC), with its bounds.
 *
 * See `bootstrap` for the rule, the errors and the chance. Other metrics than AUC take about as long.
 */
export function pairedDifference(
  challenger: ModelScores,
  champion: ModelScores,
  how: Resampling,
  metric: MetricName = 'auc',
): Interval {
  return bootstrap([challenger, champion], how, [metric]).difference(0, 1, metric);
}

/** k of the k-th smallest; the addend keeps a product like 0.1 × 30 from falling below its whole number. */
function rankOf(alpha: number, replicates: number): number {
  return Math.floor(alpha * (replicates + 1) + 1e-9);
}

function summarise(estimate: number, values: Float64Array, alpha: number): Interval {
  const sorted = values.slice().sort();
  const rank = rankOf(alpha, sorted.length);
  return {
    estimate,
    lower: sorted[rank - 1] ?? Number.NaN,
    upper: sorted[sorted.length - rank] ?? Number.NaN,
    standardError: sampleStandardDeviation(Array.from(values)),
    replicates: values.length,
  };
}

/** Groups numbered 0, 1, … in order of first appearance. */
function number(groups: Int32Array, rows: number): { groupOf: Int32Array; groups: number } {
  if (groups.length !== rows) {
    throw new LearningError('ScoresInvalid', `${groups.length} groups for ${rows} labels`);
  }
  const numbers = new Map<number, number>();
  const groupOf = groups.map((group) => {
    const known = numbers.get(group);
    if (known !== undefined) return known;
    numbers.set(group, numbers.size);
    return numbers.size - 1;
  });
  return { groupOf, groups: numbers.size };
}

function classSums(
  labels: Uint8Array,
  groupOf: Int32Array,
  groups: number,
): { positives: Float64Array; negatives: Float64Array } {
  const positives = new Float64Array(groups);
  const negatives = new Float64Array(groups);
  for (let row = 0; row < labels.length; row += 1) {
    const into = labels[row] === 1 ? positives : negatives;
    const group = groupOf[row] ?? 0;
    into[group] = (into[group] ?? 0) + 1;
  }
  return { positives, negatives };
}

type Replicate = (times: Float64Array, positives: number, negatives: number) => readonly number[];

/** One model made ready: the asked metrics, in their order, for any draw of groups, given how often each was drawn. */
function prepare(
  { scores, threshold }: ModelScores,
  labels: Uint8Array,
  groupOf: Int32Array,
  groups: number,
  metrics: readonly MetricName[],
  k: number,
): Replicate {
  checkScores(scores, labels);
  const functions = metrics.map((metric) => METRIC_FUNCTIONS[metric]);
  const rank = functions.some(({ from }) => from === 'ranking')
    ? rankingOfDraws(scores, labels, groupOf)
    : null;
  // A sum over rows is a sum over groups: those are added up once.
  const perGroup = (of: (row: number) => number): Float64Array => {
    const sums = new Float64Array(groups);
    for (let row = 0; row < labels.length; row += 1) {
      const group = groupOf[row] ?? 0;
      sums[group] = (sums[group] ?? 0) + of(row);
    }
    return sums;
  };
  const predicted = (label: number): Float64Array =>
    perGroup((row) => (labels[row] === label && (scores[row] ?? 0) >= threshold ? 1 : 0));
  const labelled = functions.some(({ from }) => from === 'labels')
    ? { right: predicted(1), wrong: predicted(0) }
    : null;
  const sums = functions.map((metric) =>
    metric.from === 'rows'
      ? perGroup((row) => metric.meanOf(scores[row] ?? 0, labels[row] ?? 0))
      : null,
  );

  return (times, positives, negatives) => {
    const ranking = rank?.(times) ?? null;
    const truePositives = labelled === null ? 0 : drawnSum(labelled.right, times);
    const falsePositives = labelled === null ? 0 : drawnSum(labelled.wrong, times);
    const counts: Confusion = {
      truePositives,
      falsePositives,
      trueNegatives: negatives - falsePositives,
      falseNegatives: positives - truePositives,
    };
    return functions.map((metric, i) => {
      switch (metric.from) {
        case 'ranking':
          return ranking === null ? Number.NaN : metric.of(ranking, k);
        case 'labels':
          return metric.of(counts);
        case 'rows': {
          const own = sums[i] ?? null;
          return own === null ? Number.NaN : drawnSum(own, times) / (positives + negatives);
        }
      }
    });
  };
}

function drawnSum(sums: Float64Array, times: Float64Array): number {
  let sum = 0;
  for (let group = 0; group < sums.length; group += 1) {
    sum += (times[group] ?? 0) * (sums[group] ?? 0);
  }
  return sum;
}
