/** Measures a challenger: the `measured` document, reproducible byte for byte. */
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import type { EvidenceSource, Measured } from '#contracts/evidence.ts';
import { eachMetric, type MetricName } from '#domain/metrics.ts';
import { AGAINST_ANCHOR, type Anchor } from '#gates/anchor.ts';
import type { MeasurePlan, MetricValue, ModelMetrics } from '#gates/judged.ts';
import type { Measurements } from '#gates/measurements.ts';
import type { Paired } from '#gates/paired.ts';
import { LearningError } from '#learning/errors.ts';
import { groupsToSettle, judgingGroups, pairedAuc } from '#learning/metrics/jackknife.ts';
import { checkScores, confusion } from '#learning/metrics/metrics.ts';
import { type Bootstrap, bootstrap, type ModelScores } from '#learning/metrics/paired.ts';
import { MEASURE, type MeasuredApart, type MeasuredOn } from './measurements.ts';
import type { ScoredAnchor } from './score-anchor.ts';

export interface MeasureInput {
  readonly source: EvidenceSource;
  readonly plan: MeasurePlan;
  readonly challenger: ModelScores & { readonly sha256: string };
  readonly champion: (ModelScores & { readonly version: number; readonly sha256: string }) | null;
  /** Null where the champion is its own, or there is none. */
  readonly anchor?: ScoredAnchor | null;
  readonly baselines: readonly (ModelScores & { readonly name: string })[];
  /** 1 for the positive class, else 0, one a holdout row. */
  readonly labels: Uint8Array;
  /** Any whole number a row; rows with the same one are resampled together. */
  readonly groups: Int32Array;
  /** What was measured beside the models' metrics and their differences. */
  readonly measurements: Pick<Measurements, MeasuredApart>;
}

/** How often the advised number of groups shows a true difference of the margin. */
const POWER = 0.9;
const TOO_FEW = 'too few groups: no error is left to estimate, or one group has a whole class';

/**
 * Measures challenger, champion and baselines on the same holdout rows and the same draws.
 *
 * Scores that can't be measured (NaN, another length, one class) don't throw: their numbers are null with
 * the reason, and null passes no gate.
 */
export function measure(input: MeasureInput): Measured {
  const { plan, labels, groups, challenger, champion, baselines } = input;
  const anchorScores = scoresOf(input.anchor);
  const models: readonly ModelScores[] = [
    challenger,
    ...(champion === null ? [] : [champion]),
    ...(anchorScores === null ? [] : [anchorScores]),
    ...baselines,
  ];
  const faults = models.map((model) => faultOf(model.scores, labels));
  const usable = models.filter((_, i) => faults[i] === null);
  const drawn = draw(usable, input);
  const judging = judgingGroups({ labels, groups });
  const indexOf = (model: ModelScores): number => usable.indexOf(model);

  const measuresOf = (model: ModelScores): ModelMetrics => {
    const fault = faults[models.indexOf(model)] ?? drawn.fault;
    const metric = (name: MetricName): MetricValue => {
      if (fault !== null || drawn.bootstrap === null) {
        return { value: null, lower: null, upper: null, reason: fault ?? 'not measured' };
      }
      const { estimate, lower, upper } = drawn.bootstrap.interval(indexOf(model), name);
      return { value: estimate, lower, upper };
    };
    return {
      threshold: model.threshold,
      metrics: eachMetric(metric),
      confusion: fault === null ? confusion(model.scores, labels, model.threshold) : null,
    };
  };

  const pairedWith = (against: string, model: ModelScores): Paired => {
    const common = { against, metric: plan.primaryMetric, alpha: plan.alpha };
    const fault = faults[0] ?? faults[models.indexOf(model)] ?? drawn.fault;
    const none = { estimate: null, lower: null, upper: null, standardError: null, degrees: 0 };
    if (fault !== null) return { ...common, ...none, groupsToSettle: null, reason: fault };
    const found = pairedAuc(challenger.scores, model.scores, { labels, groups }, plan.alpha);
    const groupsNeeded = groupsToSettle(found, {
      groups: judging.all,
      alpha: plan.alpha,
      power: POWER,
      difference: plan.margin,
    });
    return {
      ...common,
      ...found,
      groupsToSettle: groupsNeeded,
      ...(found.standardError === null ? { reason: TOO_FEW } : {}),
    };
  };

  return {
    schemaVersion: 2,
    ...sourceOf(input.source),
    plan: {
      primaryMetric: plan.primaryMetric,
      alpha: plan.alpha,
      margin: plan.margin,
      replicates: plan.replicates,
      k: plan.k,
    },
    rows: {
      total: labels.length,
      positive: labels.reduce((sum, label) => sum + label, 0),
      groups: new Set(groups).size,
    },
    challenger: { sha256: challenger.sha256, ...measuresOf(challenger) },
    champion:
      champion === null
        ? null
        : { version: champion.version, sha256: champion.sha256, ...measuresOf(champion) },
    baselines: baselines.map((baseline) => ({ name: baseline.name, ...measuresOf(baseline) })),
    measurements: {
      ...input.measurements,
      ...(champion === null
        ? {}
        : {
            anchor: anchorOf(
              input.anchor ?? champion,
              anchorScores === null ? null : measuresOf(anchorScores),
            ),
          }),
      paired: [
        ...(champion === null ? [] : [pairedWith('champion', champion)]),
        ...(anchorScores === null ? [] : [pairedWith(AGAINST_ANCHOR, anchorScores)]),
        ...baselines.map((baseline) => pairedWith(baseline.name, baseline)),
      ],
    },
    scores: sha256Hex(scoresDocument(input)),
  };
}

/** Who the anchor is, with its metrics or why there are none; a champion without a chain is its own. */
function anchorOf(
  of: ScoredAnchor | { readonly version: number; readonly sha256: string },
  scored: ModelMetrics | null,
): Anchor {
  const { version, sha256 } = of;
  const since = 'since' in of ? [...of.since] : [];
  const change = since.reduce((sum, { difference }) => sum + (difference ?? 0), 0);
  const missing = 'since' in of && 'missing' in of.scores ? { reason: of.scores.missing } : {};
  return { version, sha256, since, change, scored, ...missing };
}

function scoresOf(anchor: ScoredAnchor | null | undefined): ModelScores | null {
  return anchor == null || 'missing' in anchor.scores ? null : anchor.scores;
}

/**
 * Every model's score of every holdout row, as canonical JSON text; `measured.scores` is its hash.
 *
 * Arrays are in the holdout's row order; a score that is no number is null.
 */
export function scoresDocument(
  input: Pick<
    MeasureInput,
    'challenger' | 'champion' | 'anchor' | 'baselines' | 'labels' | 'groups'
  >,
): string {
  const list = (scores: Float64Array): (number | null)[] =>
    Array.from(scores, (score) => (Number.isFinite(score) ? score : null));
  const anchor = scoresOf(input.anchor);
  return canonicalJson({
    schemaVersion: 1,
    labels: Array.from(input.labels),
    groups: Array.from(input.groups),
    challenger: list(input.challenger.scores),
    champion: input.champion === null ? null : list(input.champion.scores),
    ...(anchor === null ? {} : { anchor: list(anchor.scores) }),
    baselines: input.baselines.map(({ name, scores }) => ({ name, scores: list(scores) })),
  });
}

/** Every measurement that these rows allow. */
export function measureApart(of: MeasuredOn): Pick<Measurements, MeasuredApart> {
  return Object.fromEntries(
    Object.entries(MEASURE).flatMap(([name, measure]) => {
      const found = measure(of);
      return found === undefined ? [] : [[name, found] as const];
    }),
  );
}

/** Only the fields of a source: whatever else a caller's object carries stays out of the evidence. */
function sourceOf(source: EvidenceSource): EvidenceSource {
  const { model, commit, bundle, charter, code, data, seeds, asOf } = source;
  return {
    model,
    commit,
    bundle,
    charter,
    code,
    data: { training: data.training, holdout: data.holdout },
    seeds: { master: seeds.master },
    asOf,
  };
}

function faultOf(scores: Float64Array, labels: Uint8Array): string | null {
  try {
    checkScores(scores, labels);
    return null;
  } catch (error) {
    if (error instanceof LearningError) return error.message;
    throw error;
  }
}

/** One bootstrap over all models that can be measured; a plan or rows that allow none become the reason. */
function draw(
  models: readonly ModelScores[],
  { plan, labels, groups, source }: MeasureInput,
): { readonly bootstrap: Bootstrap | null; readonly fault: string | null } {
  try {
    const how = { ...plan, labels, groups, seed: source.seeds.master };
    return { bootstrap: bootstrap(models, how), fault: null };
  } catch (error) {
    if (error instanceof LearningError) return { bootstrap: null, fault: error.message };
    throw error;
  }
}
