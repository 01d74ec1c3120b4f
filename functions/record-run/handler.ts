import { RecordRunInput, TrackingReference } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Tracking, TrackingFile } from '#domain/ports/tracking.ts';
import { loadEvidence } from '#release/evaluation.ts';
import { loadTrained } from '#release/load-artifact.ts';
import { recorded, type StepDeps } from '#release/recorded-step.ts';
import { leaderboardFiles } from './leaderboard-files.ts';
import { loadCharts } from '#release/selection.ts';
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

const JSON_TYPE = 'application/json';

/**
 * Writes a finished run to MLflow: CI after the quick training; CD after the evaluation, with evidence,
 * verdict, leaderboard and the model as Python loads it. One tracking run a key; an evaluation made again has a key of its own.
 *
 * Throws `TrackingUnavailable`, `TrackingRefused`, `ProvenanceMismatch`, `EvidenceMismatch`, and what
 * loading throws.
 */
export const recordRun = (deps: RecordRunDeps) =>
  recorded(
    {
      name: ({ stage }) => (stage === 'CI' ? 'RecordCiRun' : 'RecordCdRun'),
      input: RecordRunInput,
      output: TrackingReference,
      key: () => Promise.resolve({ code: deps.code }),
    },
    deps,
    async ({ run, data, stage, training, evaluation }, { commit }) => {
      const { artifacts, clock } = deps;
      const startedAt = clock.now();
      const { bytes: model, artifact } = await loadTrained(artifacts, run, data, training);
      const report = await artifacts.get('reports', training.report);
      const facts = readTrainingReport(report);
      if (facts.artifact !== training.artifact) {
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
      const evidence =
        evaluation === undefined ? undefined : await loadEvidence(deps, run, evaluation);
      const files: TrackingFile[] = [
        file('validation-report.json', await artifacts.get('reports', data.report)),
        file('training-report.json', report),
        file('ci-report.json', await artifacts.get('reports', run.ciReport)),
      ];
      if (evaluation !== undefined && evidence !== undefined) {
        const { verdict, reasons } = evidence.verdict;
        files.push(
          file('evidence/measured.json', await artifacts.get('evidence', evaluation.measured)),
          file('evidence/timings.json', await artifacts.get('evidence', evaluation.timings)),
          {
            path: 'evidence/verdict.txt',
            bytes: new TextEncoder().encode(`${[verdict, ...reasons].join('\n')}\n`),
            contentType: 'text/plain',
          },
        );
      }
      const charts = {
        ...(await loadCharts(artifacts, 'reports', training.charts)),
        ...(await loadCharts(artifacts, 'evidence', evaluation?.charts)),
      };
      if (facts.leaderboard !== null) files.push(...leaderboardFiles(facts.leaderboard, charts));
      for (const [name, svg] of Object.entries(charts)) {
        // The report says which is missing.
        if (typeof svg !== 'string') continue;
        files.push({
          path: `charts/${name}`,
          bytes: new TextEncoder().encode(svg),
          contentType: 'image/svg+xml',
        });
      }
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
        params: { ...trainingParams(facts), branch: commit.branch, cause: commit.cause },
        metrics: {
          ...trainingMetrics(facts),
          ...(evidence === undefined ? {} : holdoutMetrics(evidence.measured)),
        },
        curves: foldCurves(facts),
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
        ...(evidence === undefined ? {} : { artifact: { bytes: model, createdAt: run.asOf } }),
      });
    },
  );

function file(path: string, bytes: Uint8Array): TrackingFile {
  return { path, bytes, contentType: JSON_TYPE };
}
