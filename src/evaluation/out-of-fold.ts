/** The verdict on training rows, each scored by a model that saw neither it nor its group. */
import type { Candidate } from '#contracts/folder/candidate.ts';
import type { Measured } from '#contracts/evidence.ts';
import { charterOf, type Folder } from '#contracts/folder/charter.ts';
import { writeCsv } from '#dataset/csv.ts';
import { readRulesOf } from '#dataset/read-rules.ts';
import { headerOf, textRows } from '#dataset/read-table.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { decide, RULES } from '#gates/decide.ts';
import type { Verdict } from '#gates/verdict.ts';
import { BASELINE_NAMES, fitBaseline } from '#learning/baselines.ts';
import type { FoldSplit } from '#learning/folds.ts';
import type { ModelScores } from '#learning/metrics/paired.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import { type Artifact, decodeArtifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { meanOf } from '#training/fold-statistics.ts';
import { splitsOf } from '#training/cross-validate.ts';
import { type RunProvenance, train } from '#training/train.ts';
import { pickRows, type Rows, type TrainingTable, trainingTable } from '#training/training-rows.ts';
import { measure } from './measure.ts';
import { MEASURE } from './measurements.ts';

export interface OutOfFoldInput {
  readonly folder: Folder;
  /** The candidates whose settings are the champion's: they are refitted on the same folds. */
  readonly champion: readonly Candidate[] | null;
  /** `prepare`'s training rows and the hash of their manifest. */
  readonly training: Uint8Array;
  readonly trainingManifest: string;
  readonly provenance: RunProvenance;
  readonly stopwatch: () => number;
  /** Before each training, of so many. */
  readonly progress: (done: number, of: number) => void;
}

export interface OutOfFold {
  readonly evidence: Measured;
  readonly verdict: Verdict;
  /** The training rows (0-based) that a fold held out, ascending, with their labels and probabilities. */
  readonly rows: Int32Array;
  readonly labels: Uint8Array;
  readonly probabilities: Float64Array;
  /** The candidate chosen without each fold. */
  readonly chosen: readonly string[];
}

/**
 * Trains on all folds but one as the line would (candidates chosen, calibrated and cut without that fold),
 * scores the fold, and decides on all scores together by the charter. The holdout is never read.
 *
 * A champion that these rows trained would be judged on what it has seen, so its settings are what is
 * compared. Threshold metrics are at the mean of the folds' thresholds. Importance isn't measured: no one
 * model scored the rows. Throws what `train` throws, and `DataInvalid` where no fold can be held out.
 */
export function evaluateOutOfFold(input: OutOfFoldInput): OutOfFold {
  return withNamedErrors(() => {
    const { folder, champion, provenance } = input;
    const { model, policy } = folder;
    const all = trainingTable(input.training, folder);
    const splits = splitsOf(all, model.plan.folds, model.seed, folder).filter(
      ({ training, held }) => held.length > 0 && canTrain(pickRows(all, training), folder),
    );
    if (splits.length === 0) {
      throw new TitleholderError('DataInvalid', 'no fold of the training rows can be held out');
    }
    const rows = Int32Array.from(splits.flatMap(({ held }) => [...held])).sort();
    const judged = pickRows(all, rows);
    const trainings = splits.length * (champion === null ? 1 : 2);
    let done = 0;
    const scoresOf = (of: Folder): FoldModels =>
      foldModels(input, of, all, splits, rows, () => {
        input.progress(done, trainings);
        done += 1;
      });
    const challenger = scoresOf(folder);
    const other =
      champion === null
        ? null
        : scoresOf({ ...folder, model: { ...model, candidates: [...champion] } });
    const { labels, groups } = judged;
    const measuredOn = {
      challenger: challenger.first,
      champion: other === null ? null : other.first,
      table: judged.table,
      rules: readRulesOf(folder.schema),
      labels,
      groups,
      seed: model.seed,
      unseen: { groups: new Set(groups).size, trained: 0 },
      training: all,
      target: model.target,
    };
    const alone = MEASURE.alone(measuredOn);
    const judges = MEASURE.judges(measuredOn);
    const modelHashes = MEASURE.modelHashes(measuredOn);
    const evidence = measure({
      source: {
        ...provenance,
        charter: sha256Hex(canonicalJson(charterOf(folder))),
        data: { training: sha256Hex(input.training), holdout: sha256Hex(input.training) },
        seeds: { master: model.seed },
      },
      plan: model.plan,
      challenger,
      champion: other === null ? null : { ...other, version: 0 },
      baselines: baselineScores(all, splits, rows, challenger.first),
      labels,
      groups,
      measurements: {
        holdoutUnseen: measuredOn.unseen,
        ...(judges === undefined ? {} : { judges }),
        ...(modelHashes === undefined ? {} : { modelHashes }),
        ...(alone === undefined ? {} : { alone }),
      },
    });
    return {
      evidence,
      verdict: decide(evidence, { model: { plan: model.plan }, policy }, RULES),
      rows,
      labels,
      probabilities: challenger.scores,
      chosen: challenger.chosen,
    };
  });
}

/** Whether rows hold both classes and, by time, days enough to be folded once more with both in a fold. */
function canTrain(rows: Rows, folder: Folder): boolean {
  const hasBoth = ({ labels }: Rows): boolean => new Set(labels).size === 2;
  if (rows.days === undefined || !hasBoth(rows)) return hasBoth(rows);
  const { plan, seed } = folder.model;
  if (new Set(rows.days).size <= plan.folds) return false;
  return splitsOf(rows, plan.folds, seed, folder).some(
    ({ training, held }) => hasBoth(pickRows(rows, training)) && hasBoth(pickRows(rows, held)),
  );
}

interface FoldModels extends ModelScores {
  /** Of all folds' artifacts. */
  readonly sha256: string;
  readonly chosen: readonly string[];
  /** Trained without the first fold. */
  readonly first: Artifact;
}

/** The settings of a folder on each fold; scores in the order of `rows`. */
function foldModels(
  input: OutOfFoldInput,
  folder: Folder,
  all: TrainingTable,
  splits: readonly FoldSplit[],
  rows: Int32Array,
  before: () => void,
): FoldModels {
  const scored = new Float64Array(all.table.rows).fill(Number.NaN);
  const models = splits.map(({ training, held }) => {
    before();
    const trained = train({
      folder,
      training: writeCsv(headerOf(all.data), textRows(all.data, training)),
      trainingManifest: input.trainingManifest,
      provenance: input.provenance,
      stopwatch: input.stopwatch,
      nested: false,
    });
    const artifact = decodeArtifact(trained.artifact);
    const scores = scorer(artifact).scoreTable(pickRows(all, held).table);
    held.forEach((row, i) => {
      scored[row] = scores[i] ?? Number.NaN;
    });
    return { artifact, sha256: trained.sha256, chosen: trained.candidate };
  });
  const [first] = models;
  if (first === undefined) throw new TitleholderError('DataInvalid', 'there is no fold');
  return {
    scores: Float64Array.from(rows, (row) => scored[row] ?? Number.NaN),
    threshold: meanOf(models.map(({ artifact }) => artifact.threshold)),
    sha256: sha256Hex(canonicalJson(models.map(({ sha256 }) => sha256))),
    chosen: models.map(({ chosen }) => chosen),
    first: first.artifact,
  };
}

function baselineScores(
  all: TrainingTable,
  splits: readonly FoldSplit[],
  rows: Int32Array,
  { positive, trainingManifest, provenance }: Artifact,
): readonly (ModelScores & { readonly name: string })[] {
  return BASELINE_NAMES.map((name) => {
    const scored = new Float64Array(all.table.rows).fill(Number.NaN);
    const thresholds = splits.map(({ training, held }) => {
      // A base rate of each fold's own would rank the folds, and the wrong way round: where more positives
      // are held out, fewer train.
      const { table, labels, groups } = name === 'base-rate' ? all : pickRows(all, training);
      const artifact = fitBaseline(name, {
        table,
        labels,
        groups,
        positive,
        trainingManifest,
        provenance,
      });
      const scores = scorer(artifact).scoreTable(pickRows(all, held).table);
      held.forEach((row, i) => {
        scored[row] = scores[i] ?? Number.NaN;
      });
      return artifact.threshold;
    });
    return {
      name,
      scores: Float64Array.from(rows, (row) => scored[row] ?? Number.NaN),
      threshold: meanOf(thresholds),
    };
  });
}
