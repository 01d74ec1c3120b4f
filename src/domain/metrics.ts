/** The metrics by name, and how a person reads them. */
import { METRICS, type MetricEntry } from './metric-list.ts';

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
  return recordFrom(METRIC_NAMES, valueOf);
}

/** A record with a value for each name. */
export function recordFrom<Name extends string, T>(
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
