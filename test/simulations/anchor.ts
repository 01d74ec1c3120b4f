/** What a chain of approvals costs: each challenger is a little worse than the champion before it. */
import { METRIC_NAMES } from '#domain/metrics.ts';
import { AGAINST_ANCHOR } from '#gates/anchor.ts';
import { decide, type JudgedEvidence, RULES } from '#gates/decide.ts';
import { ModelMetrics } from '#gates/judged.ts';
import type { Paired } from '#gates/paired.ts';
import { judgingGroups, pairedAuc } from '#learning/metrics/jackknife.ts';
import { type Random, substream } from '#learning/random.ts';
import { outcome, type Simulation } from './outcome.ts';
import { gapOf } from './two-models.ts';

const plan = { primaryMetric: 'auc', alpha: 0.05, margin: 0.01, replicates: 2000, k: 0.1 } as const;
const CHARTER = { model: { plan }, policy: { gates: [] } };
const CHALLENGERS = 30;
const LAST = 10;
/** Of true AUC, from a champion to its challenger. */
const STEP = 0.003;
const AUC = 0.81;
/** Each its own group; a third is positive. */
const ROWS = 3000;
/** A score is its row's truth, of deviation 1, and what the model adds. */
const NOISE = 0.15;
const SPREAD = Math.sqrt(1 + NOISE * NOISE);

interface Model {
  readonly auc: number;
  readonly scores: Float64Array;
}

/** Whom a person approves: whom the rules find no worse, or better. */
const APPROVED = ['better', 'non-inferior', 'worse-within-margin'];

interface Chain {
  /** Of true AUC, from the first champion to the last. */
  readonly loss: number;
  /** The share of the last ten challengers that are approved. */
  readonly approved: number;
}

/** Thirty challengers on one holdout, each `step` worse in truth than its champion. */
function run(rules: number, step: number, random: Random): Chain {
  const labels = Uint8Array.from({ length: ROWS }, (_, row) => (row % 3 === 0 ? 1 : 0));
  const groups = Int32Array.from(labels, (_, row) => row);
  const truth = Float64Array.from(labels, () => random.nextNormal());
  const judges = judgingGroups({ labels, groups });
  const modelOf = (auc: number): Model => {
    const gap = gapOf(auc, SPREAD);
    return {
      auc,
      scores: truth.map((own, row) => {
        const score = (labels[row] ?? 0) * gap + own + NOISE * random.nextNormal();
        return 1 / (1 + Math.exp(-score));
      }),
    };
  };
  const pairedWith = (against: string, one: Model, other: Model): Paired => ({
    ...pairedAuc(one.scores, other.scores, { labels, groups }, plan.alpha),
    against,
    metric: 'auc',
    alpha: plan.alpha,
    groupsToSettle: null,
  });
  const metricsOf = ({ auc }: Model): ModelMetrics => metricsAt(auc);

  let champion = modelOf(AUC);
  let anchor = champion;
  const findingOf = (challenger: Model): string => {
    const isOwn = anchor === champion;
    const evidence: JudgedEvidence = {
      plan,
      challenger: metricsOf(challenger),
      champion: { version: 2, ...metricsOf(champion) },
      baselines: [],
      measurements: {
        judges,
        holdoutUnseen: { groups: ROWS, trained: 0 },
        paired: [
          pairedWith('champion', challenger, champion),
          ...(isOwn ? [] : [pairedWith(AGAINST_ANCHOR, challenger, anchor)]),
        ],
        anchor: {
          version: isOwn ? 2 : 1,
          sha256: '',
          since: [],
          change: 0,
          scored: isOwn ? null : metricsOf(anchor),
        },
      },
    };
    return decide(evidence, CHARTER, rules).finding;
  };
  let approved = 0;
  for (let i = 0; i < CHALLENGERS; i += 1) {
    const challenger = modelOf(champion.auc - step);
    const finding = findingOf(challenger);
    if (!APPROVED.includes(finding)) continue;
    if (i >= CHALLENGERS - LAST) approved += 1;
    champion = challenger;
    if (finding === 'better') anchor = challenger;
  }
  return { loss: AUC - champion.auc, approved: approved / LAST };
}

function metricsAt(auc: number): ModelMetrics {
  const value = { value: auc, lower: auc, upper: auc };
  const metrics = Object.fromEntries(METRIC_NAMES.map((name) => [name, value]));
  return ModelMetrics.parse({ threshold: 0.5, metrics, confusion: null });
}

function simulation(
  name: string,
  side: 'at-most' | 'at-least',
  bound: number,
  measure: (random: Random) => number,
): Simulation {
  return {
    name: `anchor/${name}`,
    run: (counts) =>
      outcome(`anchor/${name}`, side, bound, () => {
        const trials = counts === 'quick' ? 10 : 200;
        let sum = 0;
        for (let trial = 0; trial < trials; trial += 1) {
          sum += measure(substream(5, 'anchor', trial));
        }
        return { trials, observed: sum / trials };
      }),
  };
}

/** The rules before the anchor judged by the champion alone. */
const BEFORE_THE_ANCHOR = 2;

/** Losses are of true AUC, on the mean over chains; the margin is 0.01. */
export const anchor: readonly Simulation[] = [
  simulation('loss', 'at-most', 0.01, (random) => run(RULES, STEP, random).loss),
  simulation(
    'loss-by-champion-alone',
    'at-least',
    0.03,
    (random) => run(BEFORE_THE_ANCHOR, STEP, random).loss,
  ),
  // Who is as good as all champions before is let through as before.
  simulation('equal-approved', 'at-least', 0.8, (random) => run(RULES, 0, random).approved),
];
