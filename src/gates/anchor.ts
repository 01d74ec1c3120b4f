/**
 * That a chain of approvals loses no title: who isn't better than the champion must be no worse than its
 * anchor either, the champion that was last shown to be better than the one before it, or the first.
 */
import * as z from 'zod';
import { type Judgement, type JudgedBy, measurement, standingGate } from './gate-kind.ts';
import { type JudgedModels, Measurable, ModelMetrics } from './judged.ts';
import { differenceTo, otherPlan, type Paired, paired } from './paired.ts';
import { unmeasured } from './verdict.ts';

/** A promotion since the anchor. */
const AnchorSince = z.object({
  version: z.int(),
  /** Its estimate against the champion before it; null where its evidence doesn't say. */
  difference: Measurable,
});
export type AnchorSince = z.infer<typeof AnchorSince>;

const Anchor = z.object({
  version: z.int(),
  sha256: z.string(),
  /** Oldest first; none where the champion is its own anchor. */
  since: z.array(AnchorSince),
  /** The sum of the known differences since: below 0 a loss. */
  change: z.number(),
  /** On today's holdout; null where the champion is its own anchor, or it can't be scored. */
  scored: z.union([z.null(), ModelMetrics]),
  /** Why it can't be scored. */
  reason: z.string().exactOptional(),
});
export type Anchor = z.infer<typeof Anchor>;

export const anchor = measurement('anchor', Anchor);

/** Under which name `paired` has the difference to it. */
export const AGAINST_ANCHOR = 'anchor';

export const anchorGate = standingGate({
  kind: 'anchor',
  role: 'comparison',
  measurements: [anchor, paired],
  since: 3,
  judge({ plan: measuredBy, challenger, champion, measurements }, by): Judgement {
    const { plan } = by;
    if (champion === null || otherPlan(measuredBy, plan) !== null) return {};
    const toChampion = measurements.paired?.find(
      (one) => one.against === 'champion' && one.metric === plan.primaryMetric,
    );
    if (toChampion === undefined || !isApprovable(toChampion, plan)) return {};
    const found = measurements.anchor;
    if (found === undefined) {
      return { rulings: [unmeasured('enforce', 'who the anchor is was not measured')] };
    }
    const { scored: model, version } = found;
    if (model === null) return {};
    const opponent = {
      against: AGAINST_ANCHOR,
      named: `the anchor (version ${version})`,
      model,
      shown: (value: string) => `anchor ${value} (version ${version})`,
    };
    const difference = differenceTo(opponent, challenger, measurements.paired, plan);
    if ('verdict' in difference) return { rulings: [difference] };
    return against(difference, { version, champion, toChampion, margin: plan.margin });
  },
});

/** Whether a person could approve it by the champion alone: neither better than it nor rejected. */
function isApprovable({ lower, upper }: Paired, { margin }: JudgedBy['plan']): boolean {
  if (lower === null || upper === null || lower > 0) return false;
  return lower > -margin || !(upper < 0);
}

function against(
  {
    facts,
    lower,
    upper,
  }: { readonly facts: string; readonly lower: number; readonly upper: number },
  of: {
    readonly version: number;
    readonly champion: NonNullable<JudgedModels['champion']>;
    readonly toChampion: Paired;
    readonly margin: number;
  },
): Judgement {
  const { version, champion, toChampion, margin } = of;
  if (lower > -margin) {
    const message = `${facts}, is above the margin -${margin}`;
    return { checks: [{ name: 'anchor', mode: 'warn', passed: true, message }] };
  }
  if (upper < -margin) {
    const reason = `${facts}, is below the margin -${margin}: version ${version}, the last champion that was shown to be better, or the first, is lost by more than the margin`;
    return { rulings: [{ mode: 'enforce', verdict: 'reject', finding: 'anchor', reason }] };
  }
  // What the champion leaves open is open by more than the anchor.
  if (!((toChampion.lower ?? -margin) > -margin)) return {};
  const reason = `${facts}, reaches below the margin -${margin}: within the margin of the champion (version ${champion.version}), and not shown to be within that of version ${version}, the last champion that was shown to be better, or the first`;
  return { rulings: [{ mode: 'enforce', verdict: 'hold', finding: 'anchor', reason }] };
}

/** What is said of an anchor that can't be scored: what its successors lost by their own evidence. */
export function unscoredWords(found: Anchor | undefined): string | null {
  if (found?.reason === undefined) return null;
  return `the anchor (version ${found.version}) can't be scored on today's holdout (${found.reason}); ${sinceWords(found)}`;
}

/** What the promotions since the anchor lost or won, in sum. */
export function sinceWords({ since, change }: Pick<Anchor, 'since' | 'change'>): string {
  const unknown = since.filter(({ difference }) => difference === null).length;
  const sum = `${change < 0 ? 'lost' : 'won'} ${Math.abs(change).toFixed(4)}`;
  const promotions =
    since.length === 1 ? 'the promotion since' : `the ${since.length} promotions since`;
  return `by their own evidence ${promotions} ${sum} in sum${unknown === 0 ? '' : `, ${unknown} of them without a known difference`}`;
}
