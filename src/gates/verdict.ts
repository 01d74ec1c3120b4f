/** What a judgement says: the same in the line's records, in the API's answers and in `try`. */
import * as z from 'zod';
import { METRIC_NAMES, metricText } from '#domain/metrics.ts';
import { Measurable } from './judged.ts';

/** A gate's line. */
export const GateRow = z.object({
  name: z.string(),
  /** What is limited: a metric, or a kind's own word. */
  metric: z.string(),
  mode: z.enum(['off', 'warn', 'enforce']),
  /** Null where it couldn't be measured: then the gate isn't passed. */
  measured: Measurable,
  limit: Measurable,
  /** Bounds of the measured value, each leaving out α. */
  interval: z.union([z.null(), z.tuple([z.number(), z.number()])]),
  passed: z.boolean(),
  /** How far inside the limit (negative: outside), in the measured value's unit. */
  slack: Measurable,
});
export type GateRow = z.infer<typeof GateRow>;

/** What a gate measured, for a person: a metric with its digits, anything else as it is. */
export function measuredText({ metric, measured }: Pick<GateRow, 'metric' | 'measured'>): string {
  if (measured === null) return '-';
  const known = METRIC_NAMES.find((name) => name === metric);
  return known === undefined ? String(measured) : metricText(known, measured);
}

export const Grounds = z.enum([
  'better',
  'non-inferior',
  'worse-within-margin',
  'worse',
  'inconclusive',
  'too-few-groups',
  'same-model',
  'anchor',
  'gate',
  'check',
  'unmeasured',
]);
export type Grounds = z.infer<typeof Grounds>;

export const Verdict = z.object({
  verdict: z.enum(['promote', 'hold', 'reject']),
  finding: Grounds,
  /** One sentence with the numbers it rests on. */
  reason: z.string(),
  gates: z.array(GateRow),
  /** Everything that speaks, the deciding sentence first. */
  reasons: z.array(z.string()),
});
export type Verdict = z.infer<typeof Verdict>;

const WARNING = 'warning: ';

export function warning(reason: string): string {
  return WARNING + reason;
}

/** What a verdict warns of, beside what decided it. */
export function warningsOf({ reasons }: Pick<Verdict, 'reasons'>): string[] {
  return reasons.flatMap((reason) =>
    reason.startsWith(WARNING) ? [reason.slice(WARNING.length)] : [],
  );
}

/** What follows from what one gate found. */
export interface Ruling {
  /** warn: it is only said · off: not even that. */
  readonly mode: 'off' | 'warn' | 'enforce';
  readonly verdict: Verdict['verdict'];
  readonly finding: Grounds;
  readonly reason: string;
  /**
   * comparison: a condition without which none decides, neither for the challenger nor against it ·
   * everything: it decides alone, and all else is only said.
   */
  readonly setsAside?: 'comparison' | 'everything';
}

/** What the charter needs and nobody measured. */
export function unmeasured(mode: Ruling['mode'], reason: string): Ruling {
  return { mode, verdict: 'hold', finding: 'unmeasured', reason };
}
