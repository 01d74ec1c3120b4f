import { STEPS, EvaluationReference } from '#contracts/steps.ts';
import { isNamed, TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import { decisionIdOf } from '#domain/decision-id.ts';
import { evaluationDigest, whoDecides } from '#release/load-evidence.ts';
import { loadArtifact, type LoadedArtifact, loadTrained } from '#release/load-artifact.ts';
import { loadCharter, loadFolder } from '#release/load-folder.ts';
import type { Log } from '#domain/ports/log.ts';
import { outputsOf, recorded, type StepDeps } from '#release/recorded-step.ts';
import { storeCharts } from '#release/selection-documents.ts';
import { updateRun } from '#release/update-run.ts';
import { findAnchor } from '#release/find-anchor.ts';
import type { AnchorEntrant, Entrant } from '#evaluation/admit.ts';
import { holdoutCharts } from '#evaluation/charts.ts';
import { evaluate } from '#evaluation/evaluate.ts';
import { warningsOf } from '#gates/verdict.ts';
import type { Draw } from '#plots/drawings.ts';
import type { HoldoutStore } from '#domain/ports/holdout-store.ts';
import type { RunStore } from '#domain/ports/run-store.ts';

export interface EvaluateDeps extends StepDeps {
  readonly runs: RunStore;
  readonly holdouts: HoldoutStore;
  readonly artifacts: ArtifactStore;
  readonly registry: ChampionRegistry;
  readonly code: string;
  readonly log: Log;
  /** Seconds since any fixed moment. */
  readonly stopwatch: () => number;
  readonly draw: Draw;
}

/**
 * Judges the challenger against the champion of now on the stored holdout. A champion that moved since
 * is another key, so the evaluation is made again.
 *
 * Throws `ProvenanceMismatch` (an artifact, holdout or charter that isn't this run's), `HoldoutRefused`
 * (a group on both sides), `ArtifactMissing`, `ArtifactCorrupt`, `ArtifactInvalid`, `EvidenceMismatch`.
 */
export const evaluateChallenger = (deps: EvaluateDeps) =>
  recorded(
    {
      ...STEPS.EvaluateChallenger,
      key: async (input) => ({ code: deps.code, champion: await opponentOf(deps, input) }),
    },
    deps,
    async ({ run, data, training }, { key: { champion } }) => {
      const { artifacts } = deps;
      if (training.stage !== 'full') wrong('QuickTrain', 'a sample is not evaluated', run.runId);
      const trained = await loadTrained(artifacts, run, data, training);
      await checkData(deps, run.model, data);
      const { model, commit, bundle, asOf } = run;
      const charter = await loadCharter(artifacts, data.charter);
      const evaluation = evaluate({
        folder: await loadFolder(artifacts, run),
        charter: data.charter,
        challenger: await withManifest(artifacts, trained),
        champion:
          champion === null
            ? null
            : {
                ...(await withManifest(artifacts, await loadArtifact(artifacts, champion.sha256))),
                version: champion.version,
              },
        anchor: champion === null ? null : await anchorOf(deps, run.model, champion),
        holdout: await artifacts.get('data', data.holdout),
        register: await artifacts.get('data', data.register),
        training: await artifacts.get('data', data.training),
        provenance: { model, commit, bundle, data: run.data, code: deps.code, asOf },
        stopwatch: deps.stopwatch,
      });
      await artifacts.put('evidence', evaluation.scores);
      const hashes = {
        artifact: training.artifact,
        measured: await artifacts.put('evidence', evaluation.measured),
        timings: await artifacts.put('evidence', evaluation.timings),
        champion,
        rules: evaluation.rules,
      };
      const { verdict, reason } = evaluation.verdict;
      const warnings = warningsOf(evaluation.verdict);
      await updateRun(deps, run.runId, (now) =>
        now.verdict === verdict ? undefined : { verdict },
      );
      return {
        ...hashes,
        charts: await storeCharts(
          deps,
          run,
          await deps.draw(holdoutCharts(evaluation.judged)),
          'evidence',
        ),
        digest: evaluationDigest({ ...hashes, charter: data.charter }),
        verdict,
        reason,
        ...(warnings.length === 0 ? {} : { warnings }),
        next: whoDecides(evaluation.verdict, charter.policy, champion),
      };
    },
  );

/** `loadTrained` compared the challenger's manifest with the run's. */
async function withManifest(
  artifacts: ArtifactStore,
  { artifact, sha256, bytes }: LoadedArtifact,
): Promise<Entrant> {
  const manifest = await artifacts.get('data', artifact.trainingManifest);
  return { artifact, sha256, size: bytes.length, manifest };
}

/** The champion's anchor; null where the champion is its own. Where the anchor's bytes are gone, it is named without its model. */
async function anchorOf(
  deps: EvaluateDeps,
  model: string,
  champion: NonNullable<EvaluationReference['champion']>,
): Promise<AnchorEntrant | null> {
  const { artifacts } = deps;
  const found = await findAnchor(deps, model, champion);
  if (found.version === champion.version) return null;
  try {
    const loaded = await loadArtifact(artifacts, found.sha256);
    return { ...found, model: await withManifest(artifacts, loaded) };
  } catch (error) {
    if (!isNamed(error, 'ArtifactMissing', 'ArtifactCorrupt', 'ArtifactInvalid')) throw error;
    return { ...found, model: { missing: error.message } };
  }
}

/**
 * The production champion. Where that is this run's own version (a resume after its promotion), the one
 * that it was compared with then: nobody is judged against himself.
 */
async function opponentOf(
  deps: EvaluateDeps,
  { run, training }: { run: { model: string; runId: string }; training: { artifact: string } },
): Promise<EvaluationReference['champion']> {
  const { registry, steps } = deps;
  const pointer = await registry.pointer(run.model, 'production');
  if (pointer === undefined) return null;
  const { version, sha256, revision } = pointer;
  if ((await registry.version(run.model, version))?.runId === run.runId) {
    for (const before of outputsOf(await steps.list(run.runId), STEPS.EvaluateChallenger)) {
      if (before.artifact !== training.artifact) continue;
      const decisionId = decisionIdOf(run.runId, 'promote', before.digest);
      if ((await registry.decision(run.model, decisionId)) !== undefined) return before.champion;
    }
  }
  return { version, sha256, revision };
}

/** The holdout must be the stored one, and the charter the accepted one. */
async function checkData(
  deps: EvaluateDeps,
  model: string,
  data: { holdout: string; register: string; epoch: number; charter: string; question: unknown },
): Promise<void> {
  const stored = await deps.holdouts.get(model);
  const same =
    stored?.snapshot === data.holdout &&
    stored.register === data.register &&
    stored.epoch === data.epoch;
  if (!same) wrong('ValidateData', 'the holdout is not the stored one', model);
  const accepted = await deps.registry.charter(model);
  if (accepted !== undefined && accepted.charter !== data.charter) {
    wrong('ValidateData', 'the charter is not the accepted one', model);
  }
  if (data.question !== null) wrong('ValidateData', 'a question to a person is open', model);
}

function wrong(step: string, what: string, where: string): never {
  throw new TitleholderError('ProvenanceMismatch', `${step}: ${what} (${where})`, { step });
}
