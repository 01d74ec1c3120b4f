/**
 * Whether a challenger may serve: the default rule, pure and total.
 *
 * It compares recorded numbers and computes nothing that engines might round differently, so anyone can
 * decide again from the stored evidence and the charter.
 */
import type { Measured, MetricValue, Paired, Plan } from './evidence.ts';
import { metricEntry, type MetricName, metricText } from './metrics.ts';

export interface Gate {
  readonly name: string;
  readonly metric: MetricName;
  readonly mode: 'off' | 'warn' | 'enforce';
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** What the rule reads of a charter. */
export interface Limits {
  readonly model: { readonly plan: Plan };
  readonly policy: { readonly gates: readonly Gate[] };
}

export interface GateResult {
  readonly name: string;
  readonly metric: string;
  readonly mode: 'off' | 'warn' | 'enforce';
  /** Null where it couldn't be measured: then the gate isn't passed. */
  readonly measured: number | null;
  readonly limit: number | null;
  /** Bounds of the measured value, each leaving out α. */
  readonly interval: readonly [number, number] | null;
  readonly passed: boolean;
  /** How far inside the limit (negative: outside), in the metric's unit. */
  readonly slack: number | null;
}

export type Finding =
  | 'better'
  | 'non-inferior'
  | 'worse'
  | 'inconclusive'
  | 'gate'
  | 'check'
  | 'unmeasured';

export interface Verdict {
  readonly verdict: 'promote' | 'hold' | 'reject';
  readonly finding: Finding;
  /** One sentence with the numbers it rests on. */
  readonly reason: string;
  readonly gates: readonly GateResult[];
  /** Everything that speaks, the deciding sentence first. */
  readonly reasons: readonly string[];
}

interface Ruling {
  readonly verdict: Verdict['verdict'];
  readonly finding: Finding;
  readonly reason: string;
}

/**
 * The verdict on measured evidence under a charter.
 *
 * An enforced gate or check that fails is reject, whatever else. Else by the paired interval against the
 * champion: lower > 0 promote; lower > −margin hold (non-inferior); upper < 0 reject; else hold
 * (inconclusive). Without a champion the better trivial baseline stands in, with no margin. What the
 * charter needs and nobody measured turns a promotion into a hold that names it. NaN (null) passes nothing.
 */
export function decide(measured: Measured, charter: Limits): Verdict {
  const { plan } = charter.model;
  const gates = charter.policy.gates.map((gate) => judgeGate(gate, measured));
  const ruling = compare(measured, plan);

  const rejections: Ruling[] = [];
  const gaps: Ruling[] = [];
  const notes: string[] = [];
  charter.policy.gates.forEach((gate, i) => {
    const result = gates[i];
    if (gate.mode === 'off' || result === undefined || result.passed) return;
    const sentence = gateSentence(gate, result, metricOf(measured, gate.metric));
    if (gate.mode === 'warn') notes.push(`warning: ${sentence}`);
    else if (metricOf(measured, gate.metric) === undefined) gaps.push(unmeasured(sentence));
    else rejections.push({ verdict: 'reject', finding: 'gate', reason: sentence });
  });
  for (const check of measured.checks) {
    if (check.passed) continue;
    const sentence = `check '${check.name}' failed: ${check.message}`;
    if (check.mode === 'enforce')
      rejections.push({ verdict: 'reject', finding: 'check', reason: sentence });
    else notes.push(`warning: ${sentence}`);
  }

  const decisive = rejections[0] ?? (ruling.verdict === 'reject' ? ruling : (gaps[0] ?? ruling));
  const others = [...rejections, ...gaps, ruling].filter((other) => other !== decisive);
  return {
    verdict: decisive.verdict,
    finding: decisive.finding,
    reason: decisive.reason,
    gates,
    reasons: [decisive.reason, ...others.map((other) => other.reason), ...notes],
  };
}

function unmeasured(reason: string): Ruling {
  return { verdict: 'hold', finding: 'unmeasured', reason };
}

function metricOf(measured: Measured, metric: string): MetricValue | undefined {
  return Object.entries(measured.challenger.metrics).find(([name]) => name === metric)?.[1];
}

/** Whether a value is within a gate's limits; one that is null or NaN is not, nor is any without a limit. */
export function passesGate({ min, max }: Pick<Gate, 'min' | 'max'>, value: number | null): boolean {
  if (value === null || (min === undefined && max === undefined)) return false;
  // Written as `!(x >= y)` throughout this file: NaN has to fail.
  return !(min !== undefined && !(value >= min)) && !(max !== undefined && !(value <= max));
}

/** Judges one gate on the challenger's measured value; a value that is null or never measured isn't passed. */
function judgeGate(gate: Gate, measured: Measured): GateResult {
  const metric = metricOf(measured, gate.metric);
  const value = metric?.value ?? null;
  const sides: { limit: number; slack: number | null; passed: boolean }[] = [];
  if (gate.min !== undefined) {
    const passed = passesGate({ min: gate.min }, value);
    sides.push({ limit: gate.min, slack: value === null ? null : value - gate.min, passed });
  }
  if (gate.max !== undefined) {
    const passed = passesGate({ max: gate.max }, value);
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

function gateSentence(gate: Gate, result: GateResult, metric: MetricValue | undefined): string {
  const subject = `gate '${gate.name}'`;
  const label = metricEntry(gate.metric).label;
  if (metric === undefined) return `${subject} needs ${label}, which was not measured`;
  if (result.limit === null) return `${subject} has no limit`;
  if (metric.value === null) {
    return `${subject} failed: ${label} has no value (${metric.reason ?? 'not a number'})`;
  }
  const side = gate.min !== undefined && result.limit === gate.min ? 'at least' : 'at most';
  return `${subject} failed: ${label} ${metricText(gate.metric, metric.value)} is not ${side} ${String(result.limit)}`;
}

/** The default rule, in its order, against the champion or the better trivial baseline. */
function compare(measured: Measured, plan: Plan): Ruling {
  const { primaryMetric, alpha, margin } = plan;
  const label = metricEntry(primaryMetric).label;
  if (measured.plan.alpha !== alpha || measured.plan.replicates !== plan.replicates) {
    return unmeasured(
      `the charter asks for ${label} at alpha ${alpha} with ${plan.replicates} replicates, and the evidence was measured by another plan`,
    );
  }
  const opponent =
    measured.champion === null ? betterBaseline(measured, primaryMetric) : 'champion';
  if (opponent === null) return unmeasured('no champion and no trivial baseline was measured');
  const paired = measured.paired.find(
    (one) => one.against === opponent && one.metric === primaryMetric,
  );
  const against =
    measured.champion === null
      ? `baseline '${opponent}'`
      : `champion (version ${measured.champion.version})`;
  if (paired === undefined) {
    return unmeasured(`the difference in ${label} against ${against} was not measured`);
  }
  if (paired.estimate === null || paired.lower === null || paired.upper === null) {
    return unmeasured(
      `the difference in ${label} against ${against} has no value (${paired.reason ?? 'not a number'})`,
    );
  }
  const { lower, upper } = paired;
  const facts = sentence(measured, paired, opponent, plan);
  if (lower > 0) return { verdict: 'promote', finding: 'better', reason: `${facts}, is above 0` };
  if (measured.champion !== null && lower > -margin) {
    return {
      verdict: 'hold',
      finding: 'non-inferior',
      reason: `${facts}, is above the margin -${margin} but not above 0: no worse, and not shown to be better`,
    };
  }
  if (upper < 0) return { verdict: 'reject', finding: 'worse', reason: `${facts}, is below 0` };
  const needed =
    paired.rowsToSettle === null
      ? 'no number of rows would settle it'
      : `about ${paired.rowsToSettle} holdout rows would settle it`;
  return {
    verdict: 'hold',
    finding: 'inconclusive',
    reason: `${facts}, decides nothing: ${needed}`,
  };
}

/** The baseline with the higher value; the first one on a tie; null where none has a value. */
function betterBaseline(measured: Measured, metric: MetricName): string | null {
  let best: { readonly name: string; readonly value: number } | null = null;
  for (const baseline of measured.baselines) {
    const value = baseline.metrics[metric].value;
    if (value !== null && (best === null || value > best.value))
      best = { name: baseline.name, value };
  }
  return best?.name ?? null;
}

function sentence(measured: Measured, paired: Paired, opponent: string, plan: Plan): string {
  const { champion } = measured;
  const metric = plan.primaryMetric;
  const text = (value: number | null | undefined): string => metricText(metric, value);
  const own = text(measured.challenger.metrics[metric].value);
  const other =
    champion === null
      ? `baseline '${opponent}' ${text(
          measured.baselines.find((baseline) => baseline.name === opponent)?.metrics[metric].value,
        )}`
      : `champion ${text(champion.metrics[metric].value)} (version ${champion.version})`;
  // Two one-sided bounds at alpha make an interval of 1 − 2 alpha.
  const percent = Number((100 * (1 - 2 * plan.alpha)).toFixed(4));
  const difference = text(paired.estimate);
  const sign = paired.estimate !== null && Number(difference) > 0 ? '+' : '';
  return `${metricEntry(metric).label} ${own} against ${other}: difference ${sign}${difference}, ${percent} % interval [${text(paired.lower)}, ${text(paired.upper)}]`;
}
