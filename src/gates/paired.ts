/** The challenger minus another model: the measurement, and what a comparison may say of it. */
import * as z from 'zod';
import { metricEntry, metricText } from '#domain/metrics.ts';
import { type JudgedBy, measurement } from './gate-kind.ts';
import {
  type JudgedModels,
  Measurable,
  type MeasurePlan,
  MetricName,
  type ModelMetrics,
} from './judged.ts';
import { type Ruling, unmeasured } from './verdict.ts';

/**
 * The challenger minus another model on the same groups: by one group left out at a time, with Student's
 * bounds. Evidence judged by rules 1 has a bootstrap's, draw by draw.
 */
const Paired = z.object({
  /** 'champion', or a baseline's name. */
  against: z.string(),
  metric: MetricName,
  estimate: Measurable,
  lower: Measurable,
  upper: Measurable,
  standardError: Measurable,
  alpha: z.number(),
  /** Student's, of the bounds. */
  degrees: z.number().exactOptional(),
  /** Groups like these in which a true difference of the margin would show nine times in ten. */
  groupsToSettle: Measurable.exactOptional(),
  /** Rules 1: draws of both classes, and the rows at which a difference as observed would show. */
  replicates: z.number().exactOptional(),
  rowsToSettle: Measurable.exactOptional(),
  reason: z.string().exactOptional(),
});
export type Paired = z.infer<typeof Paired>;

export const paired = measurement('paired', z.array(Paired));

/** Whom the challenger is compared with. */
export interface Opponent {
  /** As the measurement names it. */
  readonly against: string;
  /** As sentences do. */
  readonly named: string;
  readonly model: ModelMetrics;
  /** Its name with its own value. */
  readonly shown: (value: string) => string;
}

/** A difference that can be judged, with the words for it. */
export interface Difference {
  readonly paired: Paired;
  readonly lower: number;
  readonly upper: number;
  /** Both values, the difference and its interval. */
  readonly facts: string;
}

/** A ruling where the evidence was measured by another plan than the charter's. */
export function otherPlan(measured: MeasurePlan, plan: MeasurePlan): Ruling | null {
  if (measured.alpha === plan.alpha && measured.replicates === plan.replicates) return null;
  const { label } = metricEntry(plan.primaryMetric);
  return enforced(
    `the charter asks for ${label} at alpha ${plan.alpha} with ${plan.replicates} replicates, and the evidence was measured by another plan`,
  );
}

/** The paired difference in the primary metric, or the ruling that nobody measured it. */
export function differenceTo(
  opponent: Opponent,
  challenger: JudgedModels['challenger'],
  all: readonly Paired[] | undefined,
  plan: MeasurePlan,
): Difference | Ruling {
  const metric = plan.primaryMetric;
  const { label } = metricEntry(metric);
  const found = all?.find((one) => one.against === opponent.against && one.metric === metric);
  const subject = `the difference in ${label} against ${opponent.named}`;
  if (found === undefined) return enforced(`${subject} was not measured`);
  const { estimate, lower, upper, reason } = found;
  if (estimate === null || lower === null || upper === null) {
    return enforced(`${subject} has no value (${reason ?? 'not a number'})`);
  }
  const text = (value: number | null): string => metricText(metric, value);
  // Two one-sided bounds at alpha make an interval of 1 − 2 alpha.
  const percent = Number((100 * (1 - 2 * plan.alpha)).toFixed(4));
  const difference = text(estimate);
  const sign = Number(difference) > 0 ? '+' : '';
  const own = text(challenger.metrics[metric].value);
  const other = opponent.shown(text(opponent.model.metrics[metric].value));
  return {
    paired: found,
    lower,
    upper,
    facts: `${label} ${own} against ${other}: difference ${sign}${difference}, ${percent} % interval [${text(lower)}, ${text(upper)}]`,
  };
}

export function better({ facts }: Difference): Ruling {
  return {
    mode: 'enforce',
    verdict: 'promote',
    finding: 'better',
    reason: `${facts}, is above 0`,
  };
}

export function worse({ facts }: Difference): Ruling {
  return { mode: 'enforce', verdict: 'reject', finding: 'worse', reason: `${facts}, is below 0` };
}

export function inconclusive(
  { facts, paired: found }: Difference,
  { plan, rules }: JudgedBy,
): Ruling {
  const advice = rules === 1 ? rowsWords(found) : groupsWords(found, plan);
  return {
    mode: 'enforce',
    verdict: 'hold',
    finding: 'inconclusive',
    reason: `${facts}, decides nothing: ${advice}`,
  };
}

function rowsWords({ rowsToSettle }: Paired): string {
  return rowsToSettle === undefined || rowsToSettle === null
    ? 'no number of rows would settle it'
    : `about ${rowsToSettle} holdout rows would settle it`;
}

/** The number is that for the margin: the observed difference is an estimate, and no basis for planning. */
export function groupsWords({ groupsToSettle }: Paired, { margin }: MeasurePlan): string {
  return groupsToSettle === undefined || groupsToSettle === null
    ? `how many groups would show a true difference of ${margin} can't be said`
    : `a true difference of ${margin} would show in about ${groupsToSettle} groups like these`;
}

function enforced(reason: string): Ruling {
  return unmeasured('enforce', reason);
}
