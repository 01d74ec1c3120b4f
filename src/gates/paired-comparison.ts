/** The challenger against the champion on the same rows, by the bounds of their paired difference. */
import { type Judgement, standingGate } from './gate-kind.ts';
import { better, differenceTo, inconclusive, otherPlan, paired, worse } from './paired.ts';

/** lower > 0 promote; lower > −margin hold (non-inferior); upper < 0 reject; else hold (inconclusive). */
export const pairedComparison = standingGate({
  kind: 'paired-comparison',
  role: 'comparison',
  measurements: [paired],
  since: 1,
  judge({ plan: measuredBy, challenger, champion, measurements }, { plan }): Judgement {
    if (champion === null) return {};
    const other = otherPlan(measuredBy, plan);
    if (other !== null) return { rulings: [other] };
    const opponent = {
      against: 'champion',
      named: `champion (version ${champion.version})`,
      model: champion,
      shown: (value: string) => `champion ${value} (version ${champion.version})`,
    };
    const found = differenceTo(opponent, challenger, measurements.paired, plan);
    if ('verdict' in found) return { rulings: [found] };
    if (found.lower > 0) return { rulings: [better(found)] };
    if (found.lower > -plan.margin) {
      const reason = `${found.facts}, is above the margin -${plan.margin} but not above 0: no worse, and not shown to be better`;
      return {
        rulings: [{ mode: 'enforce', verdict: 'hold', finding: 'non-inferior', reason }],
      };
    }
    return { rulings: [found.upper < 0 ? worse(found) : inconclusive(found)] };
  },
});
