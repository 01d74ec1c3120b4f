/**
 * The metrics: what each is called, which way is better, what it is computed from.
 *
 * A metric is one entry here and its function in learning/metrics/functions.ts. Evidence, gates, `explain`,
 * MLflow and the policy's JSON Schema follow from this list.
 */

interface MetricEntry {
  /** As documents spell it. */
  readonly name: string;
  /** As sentences spell it. */
  readonly label: string;
  readonly better: 'higher' | 'lower';
  /** From 0; null where there is no largest value. */
  readonly largest: number | null;
  /** Digits after the point, wherever a person reads it. */
  readonly decimals: number;
  /**
   * scores: the probabilities · threshold: the labels that the model's threshold makes of them · k: the
   * probabilities of the share `plan.k` of the rows, those with the highest.
   */
  readonly needs: 'scores' | 'threshold' | 'k';
}

/** In this order everywhere. */
export const METRICS = [
  { name: 'auc', label: 'AUC', better: 'higher', largest: 1, decimals: 4, needs: 'scores' },
  {
    name: 'accuracy',
    label: 'accuracy',
    better: 'higher',
    largest: 1,
    decimals: 4,
    needs: 'threshold',
  },
  { name: 'f1', label: 'F1', better: 'higher', largest: 1, decimals: 4, needs: 'threshold' },
  {
    name: 'precision',
    label: 'precision',
    better: 'higher',
    largest: 1,
    decimals: 4,
    needs: 'threshold',
  },
  {
    name: 'recall',
    label: 'recall',
    better: 'higher',
    largest: 1,
    decimals: 4,
    needs: 'threshold',
  },
  { name: 'prAuc', label: 'PR-AUC', better: 'higher', largest: 1, decimals: 4, needs: 'scores' },
  {
    name: 'logLoss',
    label: 'log loss',
    better: 'lower',
    largest: null,
    decimals: 4,
    needs: 'scores',
  },
  {
    name: 'brier',
    label: 'Brier score',
    better: 'lower',
    largest: 1,
    decimals: 4,
    needs: 'scores',
  },
  {
    name: 'precisionAtK',
    label: 'precision at k',
    better: 'higher',
    largest: 1,
    decimals: 4,
    needs: 'k',
  },
  {
    name: 'ece',
    label: 'calibration error (ECE)',
    better: 'lower',
    largest: 1,
    decimals: 4,
    needs: 'scores',
  },
] as const satisfies readonly MetricEntry[];

export type MetricName = (typeof METRICS)[number]['name'];
/** Those of labels: the counts of right and wrong ones are all they need. */
export type LabelMetricName = Extract<(typeof METRICS)[number], { needs: 'threshold' }>['name'];

export const METRIC_NAMES: readonly MetricName[] = METRICS.map(({ name }) => name);

/** Right and wrong labels, counted. */
export const CONFUSION_CELLS = [
  'truePositives',
  'falsePositives',
  'trueNegatives',
  'falseNegatives',
] as const;
export type Confusion = Readonly<Record<(typeof CONFUSION_CELLS)[number], number>>;

/** `k` where none is named: the tenth of the rows with the highest scores. */
export const TOP_SHARE = 0.1;

const ENTRIES: ReadonlyMap<string, MetricEntry> = new Map(METRICS.map((one) => [one.name, one]));

/** What is known of a metric; of one that isn't in the list, nothing but its name. */
export function metricEntry(name: MetricName): MetricEntry {
  return (
    ENTRIES.get(name) ?? {
      name,
      label: name,
      better: 'higher',
      largest: null,
      decimals: 4,
      needs: 'scores',
    }
  );
}

/** A value with the metric's digits; `toFixed` is exact by its specification, so every engine writes the same. */
export function metricText(name: MetricName, value: number | null | undefined): string {
  if (value === null || value === undefined) return 'unmeasured';
  const text = value.toFixed(metricEntry(name).decimals);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** A record with a value for each metric, in the list's order. */
export function eachMetric<T>(valueOf: (name: MetricName) => T): Record<MetricName, T> {
  return recordOf(METRIC_NAMES, valueOf);
}

/** A record with a value for each name. */
export function recordOf<Name extends string, T>(
  names: readonly Name[],
  valueOf: (name: Name) => T,
): Record<Name, T> {
  const found: Partial<Record<Name, T>> = {};
  for (const name of names) found[name] = valueOf(name);
  if (!hasAll(found, names)) throw new Error(`not every one of ${names.join(', ')} has a value`);
  return found;
}

function hasAll<Name extends string, T>(
  found: Partial<Record<Name, T>>,
  names: readonly Name[],
): found is Record<Name, T> {
  return names.every((name) => name in found);
}
