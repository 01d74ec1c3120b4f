/** The challenger against the champion on the same rows, by the bounds of their paired difference. */
import { anchor, unscoredWords } from './anchor.ts';
import { type Judgement, standingGate } from './gate-kind.ts';
import {
  better,
  differenceTo,
  groupsWords,
  inconclusive,
  otherPlan,
  paired,
  worse,
} from './paired.ts';

/**
 * lower > 0 promote; lower > −margin hold (non-inferior, or from rules 2 on worse within the margin where
 * upper < 0); upper < 0 reject; else hold (inconclusive). From rules 3 on a hold says what was lost since an
 * anchor that can't be scored.
 */
export const pairedComparison = standingGate({
  kind: 'paired-comparison',
  role: 'comparison',
  measurements: [paired, anchor],
  since: 1,
  judge({ plan: measuredBy, challenger, champion, measurements }, by): Judgement {
    const { plan, rules } = by;
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
    const lost = rules > 2 ? unscoredWords(measurements.anchor) : null;
    const since = lost === null ? '' : `; ${lost}`;
    if (found.lower > -plan.margin && found.upper < 0 && rules > 1) {
      const reason = `${found.facts}, is below 0 and above the margin -${plan.margin}: worse, by less than the margin${since}`;
      return {
        rulings: [{ mode: 'enforce', verdict: 'hold', finding: 'worse-within-margin', reason }],
      };
    }
    if (found.lower > -plan.margin) {
      const advice = rules === 1 ? '' : `; ${groupsWords(found.paired, plan)}`;
      const reason = `${found.facts}, is above the margin -${plan.margin} but not above 0: no worse, and not shown to be better${advice}${since}`;
      return {
        rulings: [{ mode: 'enforce', verdict: 'hold', finding: 'non-inferior', reason }],
      };
    }
    if (found.upper < 0) return { rulings: [worse(found)] };
    const open = inconclusive(found, by);
    return { rulings: [{ ...open, reason: `${open.reason}${since}` }] };
  },
});
