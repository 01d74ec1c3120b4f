/** The evaluation itself: challenger, champion and baselines on the same stored holdout, and the verdict. */
import type { Measured } from '#contracts/evidence.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import { featureTable } from '#dataset/feature-table.ts';
import { readRulesOf } from '#dataset/read-rules.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { decide, RULES } from '#gates/decide.ts';
import type { Measurements } from '#gates/measurements.ts';
import type { Verdict } from '#gates/verdict.ts';
import { BASELINE_NAMES, fitBaseline } from '#learning/baselines.ts';
import type { ModelScores } from '#learning/metrics/paired.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { type Scorer, scorer } from '#learning/pipeline/scorer.ts';
import type { Table } from '#learning/table.ts';
import { type Rows, trainingTable } from '#training/training-rows.ts';
import { admit, type Contest } from './admit.ts';
import { levelsAsTrained } from './levels-as-trained.ts';
import { measureLatency } from './latency.ts';
import { measure, measureApart, scoresDocument } from './measure.ts';
import { scoreAnchor } from './score-anchor.ts';

export interface EvaluationInput extends Contest {
  /** sha256 of the charter by which the run is judged; `folder` holds that charter. */
  readonly charter: string;
  /** Training rows: the trivial baselines are fitted on them. */
  readonly training: Uint8Array;
  /** Seconds since any fixed moment: the only clock that is read. */
  readonly stopwatch: () => number;
}

export interface Evaluation {
  /** The reproducible evidence, canonical JSON. */
  readonly measured: Uint8Array;
  /** The same, read. */
  readonly evidence: Measured;
  /** What isn't reproducible, `Timings` as canonical JSON. */
  readonly timings: Uint8Array;
  /** Every model's score of every holdout row; `measured` holds its hash. */
  readonly scores: Uint8Array;
  readonly verdict: Verdict;
  /** The number of the rules by which it was decided. */
  readonly rules: number;
  /** The challenger's probability of each holdout row, in the snapshot's order. */
  readonly probabilities: Float64Array;
  /** What the evidence is about. */
  readonly judged: Judged;
}

/** Models with their probabilities of the same holdout rows. */
export interface Judged {
  readonly challenger: Artifact;
  readonly probabilities: Float64Array;
  readonly champion: { readonly version: number; readonly probabilities: Float64Array } | null;
  readonly table: Table;
  readonly labels: Uint8Array;
  readonly importance: Measurements['importance'] | undefined;
}

/**
 * Measures a challenger against the champion on today's holdout and decides by the charter.
 *
 * The champion is scored again, never remembered. All but `timings` is the same, byte for byte, for the
 * same input. Throws what `admit` throws, and `HoldoutRefused` where the champion can't score the holdout.
 */
export function evaluate(input: EvaluationInput): Evaluation {
  return withNamedErrors(() => {
    const { folder, challenger, champion, provenance } = input;
    const { model, policy } = folder;
    const admitted = admit(input);
    const { holdout, groupOf, unseen } = admitted;
    const table = featureTable(holdout);
    const trained = trainingTable(input.training, folder);
    const { labels } = holdout;
    const scorers = {
      challenger: scorer(challenger.artifact),
      champion: champion === null ? null : scorer(champion.artifact),
    };
    const scores = {
      challenger: scorers.challenger.scoreTable(table),
      champion:
        champion === null || scorers.champion === null
          ? null
          : {
              version: champion.version,
              probabilities: scoreChampion(
                scorers.champion,
                () => levelsAsTrained(champion.artifact, table, readRulesOf(folder.schema)),
                champion.version,
              ),
              sha256: champion.sha256,
              threshold: champion.artifact.threshold,
            },
    };
    const toMeasure = {
      source: {
        ...provenance,
        charter: input.charter,
        data: { training: sha256Hex(input.training), holdout: sha256Hex(input.holdout) },
        seeds: { master: model.seed },
      },
      plan: model.plan,
      challenger: {
        scores: scores.challenger,
        threshold: challenger.artifact.threshold,
        sha256: challenger.sha256,
      },
      champion:
        scores.champion === null
          ? null
          : { ...scores.champion, scores: scores.champion.probabilities },
      anchor: input.anchor == null ? null : scoreAnchor(input.anchor, folder, admitted, table),
      baselines: scoreBaselines(challenger.artifact, trained, folder, table),
      labels,
      groups: groupOf,
      measurements: measureApart({
        groups: groupOf,
        challenger: challenger.artifact,
        champion: champion === null ? null : champion.artifact,
        table,
        rules: readRulesOf(folder.schema),
        labels,
        seed: model.seed,
        unseen,
        training: trained,
        target: model.target,
      }),
    };
    const evidence = measure(toMeasure);
    return {
      measured: encode(canonicalJson(evidence)),
      evidence,
      scores: encode(scoresDocument(toMeasure)),
      timings: encode(canonicalJson(measureLatency({ ...input, scorers, table, rows: holdout }))),
      verdict: decide(evidence, { model: { plan: model.plan }, policy }, RULES),
      rules: RULES,
      probabilities: scores.challenger,
      judged: {
        challenger: challenger.artifact,
        probabilities: scores.challenger,
        champion: scores.champion,
        table,
        labels,
        importance: evidence.measurements.importance,
      },
    };
  });
}

/** The trivial baselines, fitted on the training rows, on the holdout's. */
function scoreBaselines(
  challenger: Artifact,
  rows: Rows,
  folder: Folder,
  table: Table,
): readonly (ModelScores & { readonly name: string })[] {
  return BASELINE_NAMES.map((name) => {
    const artifact = fitBaseline(name, {
      table: rows.table,
      labels: rows.labels,
      groups: rows.groups,
      positive: folder.model.positive,
      trainingManifest: challenger.trainingManifest,
      provenance: challenger.provenance,
    });
    return { name, scores: scorer(artifact).scoreTable(table), threshold: artifact.threshold };
  });
}

function scoreChampion(champion: Scorer, table: () => Table, version: number): Float64Array {
  try {
    return withNamedErrors(() => champion.scoreTable(table()));
  } catch (error) {
    if (!(error instanceof TitleholderError)) throw error;
    throw new TitleholderError(
      'HoldoutRefused',
      `the champion (version ${version}) can’t score today’s holdout: ${error.message}`,
      error.details,
      { cause: error },
    );
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
