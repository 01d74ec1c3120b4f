/** Training: choose among the candidates on folds of the training rows, then fit the chosen one on all. */
import type { Candidate } from '#contracts/folder/candidate.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import type {
  CandidateOutcome,
  CandidateScores,
  Leaderboard,
  NotFitted,
} from '#contracts/selection.ts';
import type { IdentityRule } from '#dataset/identity.ts';
import { readRulesOf, rulesFor } from '#dataset/read-rules.ts';
import { negativeOf } from '#dataset/read-table.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { FitKind } from '#domain/fit-kind.ts';
import { encodeArtifact } from '#learning/pipeline/artifact.ts';
import { fitPipeline } from '#learning/pipeline/fit.ts';
import { roundsOf, isChoice } from './candidates.ts';
import { choose, isFitted, noneFitted, type Tried } from './choose.ts';
import { calibratorOf, crossValidate, type Fit } from './cross-validate.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import type { TimeLimit } from './time-limit.ts';
import { sampleRows, type Rows, trainingTable } from './training-rows.ts';

/** Where a training's inputs came from; null where there is none (a `fit` of an uncommitted folder). */
export interface RunProvenance {
  readonly model: string;
  readonly commit: string | null;
  /** sha256 of the packed folder. */
  readonly bundle: string | null;
  /** sha256 of the whole table's bytes. */
  readonly data: string;
  /** sha256 of the code that trains. */
  readonly code: string;
  readonly asOf: string | null;
}

export interface TrainingInput extends TimeLimit {
  readonly folder: Folder;
  /** `prepare`'s training rows. */
  readonly training: Uint8Array;
  /** sha256 of `prepare`'s training manifest. */
  readonly trainingManifest: string;
  /** That manifest's: rows of one identity are in one fold. The folder's own unless given. */
  readonly identity?: IdentityRule;
  readonly provenance: RunProvenance;
  /** false: the choice is made and not measured, because somebody measures it from outside. */
  readonly nested?: false;
}

export interface TrainedModel {
  readonly artifact: Uint8Array;
  readonly sha256: string;
  /** The chosen candidate's name. */
  readonly candidate: string;
  /** JSON: the leaderboard, dropped columns, seconds. Not reproducible: it holds times. */
  readonly report: Uint8Array;
  /** Of the chosen candidate on the held-out folds: never of the holdout. */
  readonly metrics: CandidateScores['metrics'];
  /** What fitting it on all training rows took. */
  readonly seconds: number;
}

/**
 * Trains a model on prepared rows, as the line does in its steps; the artifact is the same, byte for
 * byte, for the same input. The holdout is never seen. Throws `NoCandidateFitted`, `DataInvalid`,
 * `SettingsInvalid`.
 */
export function train(input: TrainingInput): TrainedModel & { readonly leaderboard: Leaderboard } {
  const { folder } = input;
  const prepared = prepareTraining(input);
  const rounds = roundsOf(folder);
  const tried: Tried[] = [];
  for (let round = 1; ; round += 1) {
    for (const candidate of rounds[round - 1] ?? []) {
      tried.push({ ...scoreCandidate(prepared, candidate), round });
    }
    const leaderboard = choose(folder, rounds, round, tried);
    if (leaderboard.next === 'retune') continue;
    const { scores } = named(tried, leaderboard.chosen);
    return { ...fitChosen(prepared, scores, leaderboard), leaderboard };
  }
}

function named(tried: readonly Tried[], name: string): Tried<CandidateScores> {
  const found = tried.filter(isFitted).find(({ scores }) => scores.candidate.name === name);
  if (found === undefined) throw new TitleholderError('SettingsInvalid', `no candidate ${name}`);
  return found;
}

/** Training rows, parsed once, and how a candidate is fitted on some of them. */
export interface PreparedTraining {
  readonly input: TrainingInput;
  readonly rows: Rows;
  readonly dropped: readonly string[];
  readonly kind: FitKind;
  readonly fit: Fit;
}

/** Throws `DataInvalid`. */
export function prepareTraining(input: TrainingInput, kind: FitKind = 'full'): PreparedTraining {
  const { folder, provenance, trainingManifest } = input;
  const { seed, positive } = folder.model;
  const all = withNamedErrors(() => trainingTable(input.training, folder, input.identity));
  return {
    input,
    kind,
    rows: kind === 'quick' ? sampleRows(all, folder) : all,
    dropped: all.dropped,
    fit: ({ table, labels, groups }, candidate) =>
      fitPipeline({
        table,
        labels,
        groups,
        // The calibrator is fitted on the out-of-fold scores, and on raw ones: it is applied to such.
        candidate: { ...candidate, calibration: 'none' },
        seed,
        positive,
        thresholdRule: 0.5,
        trainingManifest,
        provenance: { ...provenance, seed, stage: kind, candidate: candidate.name },
      }),
  };
}

/**
 * A candidate on folds of the training rows, or why these don't let it be fitted. Throws `DataInvalid`,
 * `SettingsInvalid` for folds that can't be made, and `OutOfTime`.
 */
export function scoreCandidate(
  { input, rows, kind, fit }: PreparedTraining,
  candidate: Candidate,
): { readonly scores: CandidateOutcome; readonly seconds: number } {
  const { folder, stopwatch } = input;
  const start = stopwatch();
  const scores = withNamedErrors(() =>
    crossValidate({
      folder,
      rows,
      candidate,
      fit,
      nested: kind === 'full' && input.nested !== false && isChoice(folder),
      time: input,
    }),
  );
  return { scores, seconds: stopwatch() - start };
}

/**
 * Fits the chosen candidate on all training rows, with the calibrator and threshold of its out-of-fold
 * scores. Throws `SettingsInvalid`, `DataInvalid`.
 */
export function fitChosen(
  { input, rows, dropped, kind, fit }: PreparedTraining,
  scores: CandidateScores,
  leaderboard: Leaderboard | null,
): TrainedModel {
  const { folder, stopwatch } = input;
  const { candidate, threshold, metrics } = scores;
  const start = stopwatch();
  const artifact = withNamedErrors(() => {
    const fitted = fit(rows, candidate);
    const read = new Set(fitted.columns.map((c) => c.name));
    // Constant columns are among them: a column that was no feature in training is none in a prediction.
    const otherColumns = folder.schema.columns.map((c) => c.name).filter((name) => !read.has(name));
    const rules = readRulesOf(folder.schema);
    const negative = negativeOf(folder);
    return encodeArtifact({
      ...fitted,
      otherColumns,
      ...(negative === undefined ? {} : { negative }),
      ...(rules === null ? {} : { read: rulesFor(rules, read) }),
      calibrator: calibratorOf(scores),
      threshold,
    });
  });
  const seconds = stopwatch() - start;
  const sha256 = sha256Hex(artifact);
  return {
    artifact,
    sha256,
    candidate: candidate.name,
    metrics,
    seconds,
    report: new TextEncoder().encode(
      canonicalJson({
        schemaVersion: 2,
        model: folder.model.name,
        stage: kind,
        seed: folder.model.seed,
        artifact: sha256,
        artifactBytes: artifact.length,
        rows: rows.table.rows,
        groups: new Set(rows.groups).size,
        features: rows.table.columns.map((c) => c.name),
        droppedConstant: dropped,
        folds: folder.model.plan.folds,
        candidate,
        threshold,
        metrics,
        leaderboard,
        seconds: {
          choose: leaderboard?.rows.reduce((sum, row) => sum + row.seconds, 0) ?? 0,
          fit: seconds,
        },
      }),
    ),
  };
}

/**
 * The first candidate that can be fitted, small and on a sample: whether a commit can be trained at all.
 * Throws `NoCandidateFitted`, `DataInvalid`, `SettingsInvalid`.
 */
export function trainQuickly(input: TrainingInput): TrainedModel {
  const prepared = prepareTraining(input, 'quick');
  const unable: NotFitted[] = [];
  for (const candidate of input.folder.model.candidates) {
    const { scores } = scoreCandidate(prepared, quickly(candidate, input.folder));
    if (!('notFitted' in scores)) return fitChosen(prepared, scores, null);
    unable.push(scores);
  }
  throw noneFitted(unable);
}

function quickly(candidate: Candidate, { model }: Folder): Candidate {
  const { trees, maxDepth } = model.quick;
  const least = (wanted: number, given: number | undefined): number =>
    Math.min(wanted, given ?? wanted);
  switch (candidate.algorithm) {
    case 'forest':
    case 'ml-random-forest':
      return {
        ...candidate,
        settings: {
          ...candidate.settings,
          trees: least(trees, candidate.settings.trees),
          maxDepth: least(maxDepth, candidate.settings.maxDepth),
        },
      };
    case 'boosting':
      return {
        ...candidate,
        settings: {
          ...candidate.settings,
          rounds: least(trees, candidate.settings.rounds),
          leaves: least(2 ** maxDepth, candidate.settings.leaves),
        },
      };
    case 'logistic':
      return candidate;
  }
}
