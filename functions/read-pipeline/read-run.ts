/** One run as its readers see it; its tokens never leave the server. */
import { type DataReference, type EvaluationReference, STEPS } from '#contracts/steps.ts';
import type { Approval, ApprovalKind } from '#domain/approval.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Approvals } from '#domain/ports/approvals.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Executions } from '#domain/ports/executions.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { StepStore } from '#domain/ports/step-store.ts';
import type { StepRecord } from '#domain/run.ts';
import { executionName } from '#domain/run-id.ts';
import { isOpen } from '#domain/run.ts';
import type {
  DefinedStep,
  EvidenceAnswer,
  OpenQuestion,
  StatusAnswer,
} from '#contracts/answers.ts';
import { noSuchRun } from '#edge/edge.ts';
import { charterDifference } from '#model-folder/charter-diff.ts';
import { readMeasured, readTimings } from '#contracts/evidence.ts';
import { decide } from '#gates/decide.ts';
import { rulesOf } from '#release/load-evidence.ts';
import { loadCharter } from '#release/load-folder.ts';
import { outputsOf } from '#release/recorded-step.ts';
import { shownCandidates } from './candidates.ts';
import { shownSteps } from './steps.ts';

export interface RunDeps {
  readonly commits: CommitStore;
  readonly runs: RunStore;
  readonly steps: StepStore;
  readonly approvals: Approvals;
  readonly artifacts: ArtifactStore;
  readonly registry: Pick<ChampionRegistry, 'charter'>;
  readonly executions: Executions;
}

const KINDS: readonly ApprovalKind[] = ['approval', 'acceptance', 'continue'];

/** GET /pipeline/{run}/status. Throws `NotFound`. */
export async function readStatus(
  deps: RunDeps,
  defined: readonly DefinedStep[],
  runId: string,
): Promise<StatusAnswer> {
  const [run, commit] = await Promise.all([deps.runs.get(runId), deps.commits.get(runId)]);
  if (run === undefined || commit === undefined) throw noSuchRun(runId);
  const [records, visits, approvals] = await Promise.all([
    deps.steps.list(runId),
    deps.executions.visits(executionName(runId, run.attempt)),
    Promise.all(KINDS.map((kind) => deps.approvals.get(runId, kind))),
  ]);
  const asked = approvals.find((a) => a?.status === 'pending');
  const steps = shownSteps(defined, visits, run);
  return {
    run,
    commit,
    steps,
    candidates: await shownCandidates(deps.artifacts, { run, records, visits, steps }),
    outputs: Object.fromEntries(records.map((r) => [r.step, r.output])),
    pending:
      asked !== undefined && isOpen(run.status) ? await shownQuestion(deps, asked, records) : null,
    evaluation: evaluationOf(records) ?? null,
  };
}

async function shownQuestion(
  deps: RunDeps,
  asked: Approval,
  records: readonly StepRecord[],
): Promise<OpenQuestion> {
  const { kind, digest, requestedAt, expiresAt, required, decisions } = asked;
  const question = outputsOf(records, STEPS.ValidateData)
    .map((data) => data.question)
    .findLast((one) => one?.digest === digest);
  return {
    kind,
    digest,
    requestedAt,
    expiresAt,
    required,
    decisions,
    ...(question != null && {
      question: { ...question, summary: await wholeSummary(deps, asked.model, question) },
    }),
  };
}

/** The machine's state carries the first lines of a long difference; a person who accepts it must see all of it. */
async function wholeSummary(
  { artifacts, registry }: RunDeps,
  model: string,
  { kind, digest, summary }: NonNullable<DataReference['question']>,
): Promise<string> {
  const accepted = kind === 'charter' ? await registry.charter(model) : undefined;
  if (accepted === undefined) return summary;
  return charterDifference(
    await loadCharter(artifacts, accepted.charter),
    await loadCharter(artifacts, digest),
  );
}

function evaluationOf(records: readonly StepRecord[]): EvaluationReference | undefined {
  return outputsOf(records, STEPS.EvaluateChallenger).at(-1);
}

/**
 * GET /pipeline/{run}/evidence: both documents, and the whole verdict, decided again by the charter that
 * the evidence names; the recorded verdict is shown as it was recorded. Throws `NotFound` before there is evidence.
 */
export async function readEvidence(deps: RunDeps, runId: string): Promise<EvidenceAnswer> {
  if ((await deps.runs.get(runId)) === undefined) throw noSuchRun(runId);
  const evaluation = evaluationOf(await deps.steps.list(runId));
  if (evaluation === undefined) {
    throw new TitleholderError('NotFound', `${runId} was not evaluated`);
  }
  const [measured, timings] = await Promise.all([
    deps.artifacts.get('evidence', evaluation.measured),
    deps.artifacts.get('evidence', evaluation.timings),
  ]);
  const evidence = readMeasured(measured);
  const charter = await loadCharter(deps.artifacts, evidence.charter);
  const verdict = decide(evidence, charter, rulesOf(evaluation));
  return {
    measured: evidence,
    timings: readTimings(timings),
    verdict: { ...verdict, ...evaluation },
  };
}
