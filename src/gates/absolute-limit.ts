/** One metric of the challenger against one limit. */
import * as z from 'zod';
import { metricEntry, metricText } from '#domain/metrics.ts';
import { GATE_FIELDS, type Judgement, policyGate, type GateRemark } from './gate-kind.ts';
import { isUnmeasured, MetricName, type MetricValue } from './judged.ts';
import { type GateRow, unmeasured } from './verdict.ts';

const Policy = z
  .strictObject({
    kind: z.literal('absolute-limit').optional(),
    name: GATE_FIELDS.name,
    metric: MetricName,
    mode: GATE_FIELDS.mode,
    min: z.number().optional(),
    max: z.number().optional(),
    /** retune: not reached on folds of the training rows, it asks for further candidates first. */
    onFail: z.enum(['reject', 'retune']).default('reject'),
  })
  .refine((g) => (g.min === undefined) !== (g.max === undefined), 'a gate has either min or max');

export type AbsoluteLimit = Omit<z.output<typeof Policy>, 'onFail'> & {
  readonly onFail?: 'reject' | 'retune';
};

export const absoluteLimit = policyGate({
  kind: 'absolute-limit',
  measurements: [],
  policy: Policy,
  judge({ challenger }, gate): Judgement {
    const metric = metricOf(challenger.metrics, gate.metric);
    const row = rowOf(gate, metric);
    if (row.passed) return { rows: [row] };
    const { mode } = gate;
    const reason = sentence(gate, row, metric);
    return {
      rows: [row],
      rulings: [
        metric === undefined
          ? unmeasured(mode, reason)
          : { mode, verdict: 'reject', finding: 'gate', reason },
      ],
    };
  },
  lint,
});

/** Whether a value is within a gate's limits; one that is null or NaN is not, nor is any without a limit. */
export function isWithin(
  { min, max }: Pick<AbsoluteLimit, 'min' | 'max'>,
  value: number | null,
): boolean {
  if (value === null || (min === undefined && max === undefined)) return false;
  // Written as `!(x >= y)`: NaN has to fail.
  return !(min !== undefined && !(value >= min)) && !(max !== undefined && !(value <= max));
}

/** Undefined where the evidence lacks the metric. */
function metricOf(
  metrics: Readonly<Record<string, MetricValue>>,
  name: string,
): MetricValue | undefined {
  const metric = metrics[name];
  return isUnmeasured(metric) ? undefined : metric;
}

function rowOf(gate: AbsoluteLimit, metric: MetricValue | undefined): GateRow {
  const value = metric?.value ?? null;
  const sides: { limit: number; slack: number | null; passed: boolean }[] = [];
  if (gate.min !== undefined) {
    const passed = isWithin({ min: gate.min }, value);
    sides.push({ limit: gate.min, slack: value === null ? null : value - gate.min, passed });
  }
  if (gate.max !== undefined) {
    const passed = isWithin({ max: gate.max }, value);
    sides.push({ limit: gate.max, slack: value === null ? null : gate.max - value, passed });
  }
  const shown = sides.find((side) => !side.passed) ?? sides[0];
  return {
    name: gate.name,
    metric: gate.metric,
    mode: gate.mode,
    measured: value,
    limit: shown?.limit ?? null,
    interval:
      metric === undefined || metric.lower === null || metric.upper === null
        ? null
        : [metric.lower, metric.upper],
    passed: sides.length > 0 && sides.every((side) => side.passed),
    slack: shown?.slack ?? null,
  };
}

function sentence(gate: AbsoluteLimit, row: GateRow, metric: MetricValue | undefined): string {
  const subject = `gate '${gate.name}'`;
  const { label } = metricEntry(gate.metric);
  if (metric === undefined) return `${subject} needs ${label}, which was not measured`;
  if (row.limit === null) return `${subject} has no limit`;
  if (metric.value === null) {
    return `${subject} failed: ${label} has no value (${metric.reason ?? 'not a number'})`;
  }
  const side = gate.min !== undefined && row.limit === gate.min ? 'at least' : 'at most';
  return `${subject} failed: ${label} ${metricText(gate.metric, metric.value)} is not ${side} ${String(row.limit)}`;
}

function lint({ name, metric, mode, min, max }: AbsoluteLimit): GateRemark[] {
  const limit = min ?? max ?? 0;
  const { largest } = metricEntry(metric);
  const remarks: GateRemark[] = [];
  if (largest !== null && (limit < 0 || limit > largest)) {
    const what = `'${name}' has a limit outside 0 to ${largest}, where ${metric} lives`;
    remarks.push({ level: 'error', what });
  } else if (
    (min !== undefined && limit <= 0) ||
    (largest !== null && max !== undefined && limit >= largest)
  ) {
    remarks.push({ level: 'error', what: `'${name}' lets every model pass` });
  }
  if (mode === 'off') remarks.push({ level: 'warning', what: `'${name}' is off` });
  return remarks;
}
