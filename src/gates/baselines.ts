/** Without a champion: the challenger against the better trivial baseline, with no margin. */
import type { MetricName } from '#domain/metrics.ts';
import { type Judgement, standingGate } from './gate-kind.ts';
import type { JudgedModels } from './judged.ts';
import {
  better,
  differenceTo,
  inconclusive,
  type Opponent,
  otherPlan,
  paired,
  worse,
} from './paired.ts';
import { unmeasured } from './verdict.ts';

/** lower > 0 promote; upper < 0 reject; else hold (inconclusive). */
export const baselines = standingGate({
  kind: 'baselines',
  role: 'comparison',
  measurements: [paired],
  since: 1,
  judge({ plan: measuredBy, challenger, champion, ...given }, by): Judgement {
    const { plan } = by;
    if (champion !== null) return {};
    const other = otherPlan(measuredBy, plan);
    if (other !== null) return { rulings: [other] };
    const opponent = betterBaseline(given.baselines, plan.primaryMetric);
    if (opponent === null) {
      const reason = 'no champion and no trivial baseline was measured';
      return { rulings: [unmeasured('enforce', reason)] };
    }
    const found = differenceTo(opponent, challenger, given.measurements.paired, plan);
    if ('verdict' in found) return { rulings: [found] };
    if (found.lower > 0) return { rulings: [better(found)] };
    return { rulings: [found.upper < 0 ? worse(found) : inconclusive(found, by)] };
  },
});

/** The baseline with the higher value; the first one on a tie; null where none has a value. */
function betterBaseline(all: JudgedModels['baselines'], metric: MetricName): Opponent | null {
  let best: {
    readonly baseline: JudgedModels['baselines'][number];
    readonly value: number;
  } | null = null;
  for (const baseline of all) {
    const { value } = baseline.metrics[metric];
    if (value !== null && (best === null || value > best.value)) best = { baseline, value };
  }
  if (best === null) return null;
  const { name } = best.baseline;
  return {
    against: name,
    named: `baseline '${name}'`,
    model: best.baseline,
    shown: (value) => `baseline '${name}' ${value}`,
  };
}
