import { STEPS, type RecordRunInput } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Tracking } from '#domain/ports/tracking.ts';
import { loadEvidence } from '#release/load-evidence.ts';
import { loadTrained } from '#release/load-artifact.ts';
import { recorded, type StepDeps } from '#release/recorded-step.ts';
import { trackedFiles } from './tracked-files.ts';
import {
  foldCurves,
  holdoutMetrics,
  readTrainingReport,
  trainingMetrics,
  trainingParams,
} from './tracked-metrics.ts';

export interface RecordRunDeps extends StepDeps {
  readonly artifacts: ArtifactStore;
  readonly registry: ChampionRegistry;
  readonly tracking: Tracking;
  readonly code: string;
}

/**
 * Writes a finished run to MLflow: CI after the quick training; CD after the evaluation, with evidence,
 * verdict, leaderboard and the model as Python loads it. One tracking run a key; an evaluation made
 * again has a key of its own.
 *
 * Throws `TrackingUnavailable`, `TrackingRefused`, `ProvenanceMismatch`, `EvidenceMismatch`, and what
 * loading throws.
 */
export const recordRun = (deps: RecordRunDeps) =>
  recorded(
    {
      ...STEPS.RecordCiRun,
      name: ({ stage }) => (stage === 'CI' ? 'RecordCiRun' : 'RecordCdRun'),
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async (input, { commit }) => {
      const { run, data, stage, training, evaluation } = input;
      const { artifacts, clock } = deps;
      const startedAt = clock.now();
      const { bytes, artifact } = await loadTrained(artifacts, run, data, training);
      const report = readTrainingReport(await artifacts.get('reports', training.report));
      checkSubject(input, report.artifact);
      const evidence =
        evaluation === undefined ? undefined : await loadEvidence(deps, run, evaluation);
      const files = await trackedFiles(artifacts, input, report.leaderboard, evidence?.verdict);
      return deps.tracking.record({
        key:
          evaluation === undefined
            ? `${run.runId}-${stage}`
            : `${run.runId}-${stage}-${evaluation.digest.slice('sha256:'.length, 19)}`,
        model: run.model,
        name: `${run.commit.slice(0, 7)}-${stage}`,
        stage,
        startedAt,
        endedAt: clock.now(),
        params: { ...trainingParams(report), branch: commit.branch, cause: commit.cause },
        metrics: {
          ...trainingMetrics(report),
          ...(evidence === undefined ? {} : holdoutMetrics(evidence.measured)),
        },
        curves: foldCurves(report),
        tags: {
          commit_sha: run.commit,
          stage,
          dataset_window: data.datasetWindow,
          seed: String(artifact.provenance.seed),
          // The registry mints a version when the model is staged; the mirror sets it then.
          model_version: 'none',
          dataset_hash: run.data,
          holdout_hash: data.holdout,
          policy_version: data.charter,
          code_digest: artifact.provenance.code,
          artifact_sha256: training.artifact,
          run_id: run.runId,
          submitter: commit.submitter,
          ...(evaluation === undefined
            ? {}
            : { verdict: evaluation.verdict, evaluation_digest: evaluation.digest }),
        },
        files,
        ...(evidence === undefined ? {} : { artifact: { bytes, createdAt: run.asOf } }),
      });
    },
  );

/** Whether training, its report and the evaluation are about one artifact. */
function checkSubject(
  { run, stage, training, evaluation }: RecordRunInput,
  reported: string,
): void {
  if (reported !== training.artifact) {
    throw new TitleholderError(
      'ProvenanceMismatch',
      `the training report of run ${run.runId} is about another artifact`,
    );
  }
  if ((stage === 'CD') !== (evaluation !== undefined)) {
    throw new TitleholderError('BadInput', 'a CD run has an evaluation, a CI run has none');
  }
  if (evaluation !== undefined && evaluation.artifact !== training.artifact) {
    throw new TitleholderError(
      'ProvenanceMismatch',
      `EvaluateChallenger handed over an evaluation of another artifact than run ${run.runId} trained`,
      { step: 'EvaluateChallenger', runId: run.runId },
    );
  }
}
