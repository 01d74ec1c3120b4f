/**
 * Looks at everything a run left behind and finds the first step that did not do this run's work: one
 * that gave what it gave another commit, or nothing.
 */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { DataReference, TrackingReference, TrainingReference } from '#contracts/steps.ts';
import { sha256Hex } from '#domain/canonical.ts';
import type { StatusAnswer } from '#contracts/answers.ts';
import { type Measured, readMeasured } from '#contracts/evidence.ts';
import { expectThat, StoryFailed } from './expectation.ts';
import { areaUnderCurve, decodeArtifact, rowsOf, scoresOf } from './scoring.ts';
import type { Champion, World } from './world.ts';
import { trackedRun } from './tracking.ts';

/** The steps up to the question, in order, with the function behind each. */
const BEFORE_THE_QUESTION = [
  ['CheckCiReport', 'check-ci-report'],
  ['ValidateData', 'validate-data'],
  ['QuickTrain', 'quick-train'],
  ['RecordCiRun', 'record-run'],
  ['PlanCandidates', 'plan-candidates'],
  ['TrainCandidate', 'train-candidate'],
  ['ChooseCandidate', 'choose-candidate'],
  ['FullTrain', 'full-train'],
  ['EvaluateChallenger', 'evaluate-challenger'],
  ['RecordCdRun', 'record-run'],
] as const;
const AFTER_THE_ANSWER = [
  ['DeployToStaging', 'record-decision'],
  ['SmokeTest', 'smoke-test'],
  ['Promote', 'record-decision'],
  ['VerifyPromotion', 'verify-promotion'],
] as const;
const FUNCTION_OF = new Map<string, string>([...BEFORE_THE_QUESTION, ...AFTER_THE_ANSWER]);

/** A function's states, by its folder name. */
export const STEPS_OF: ReadonlyMap<string, readonly string[]> = Map.groupBy(
  FUNCTION_OF.keys(),
  (state) => FUNCTION_OF.get(state) ?? '',
);

/** A step with its function's name, as a failure names it. */
export function named(step: string): string {
  const behind = FUNCTION_OF.get(step);
  return behind === undefined ? step : `${step} (${behind})`;
}

export interface Inspected {
  readonly artifact: string;
  readonly measured: Measured;
  /** The holdout snapshot's rows. */
  readonly holdout: ReturnType<typeof rowsOf>;
}

/** Fails naming the first step without an output of this run. */
export function expectOutputs(status: StatusAnswer, part: 'question' | 'answer'): void {
  const steps = part === 'question' ? BEFORE_THE_QUESTION : AFTER_THE_ANSWER;
  const { run } = status;
  const missing = steps.find(([step]) => !Object.hasOwn(status.outputs, step));
  const ended =
    run.error === undefined
      ? ''
      : `; the run ended ${run.status}, ${run.error}: ${run.reason ?? ''}`;
  if (missing !== undefined) {
    throw new StoryFailed(named(missing[0]), `left no output of run ${run.runId}${ended}`);
  }
}

/** Checks everything up to the question, from the objects themselves. */
export async function inspectChallenger(
  world: World,
  status: StatusAnswer,
  against: Champion | undefined,
): Promise<Inspected> {
  expectOutputs(status, 'question');
  const { outputs, run } = status;
  const data = output(DataReference, outputs, 'ValidateData');
  const quick = output(TrainingReference, outputs, 'QuickTrain');
  const full = output(TrainingReference, outputs, 'FullTrain');
  await inspectArtifact(world, status, 'QuickTrain', quick);
  await inspectArtifact(world, status, 'FullTrain', full);
  await inspectTracking(world, status, 'RecordCiRun', 'CI');

  const step = named('EvaluateChallenger');
  const { evaluation } = status;
  expectThat(evaluation !== null, step, `left no evaluation of run ${run.runId}`);
  expectThat(
    evaluation.artifact === full.artifact,
    step,
    'judged another artifact than FullTrain made',
  );
  const bytes = await world.aws.object('evidence', evaluation.measured);
  expectThat(sha256Hex(bytes) === evaluation.measured, step, 'evidence without its hash');
  const measured = readMeasured(bytes);
  expectThat(measured.commit === run.commit, step, `evidence of commit ${measured.commit ?? '-'}`);
  expectThat(measured.challenger.sha256 === full.artifact, step, 'evidence of another challenger');
  expectThat(
    (measured.champion?.sha256 ?? null) === (against?.sha256 ?? null),
    step,
    `judged against ${measured.champion?.sha256 ?? 'no champion'}, but ${against?.sha256 ?? 'none'} serves`,
  );
  expectThat(measured.data.holdout === data.holdout, step, 'judged on another holdout');

  const holdout = rowsOf(await world.aws.object('data', measured.data.holdout));
  await remeasure(world, measured.challenger, holdout, step);
  if (measured.champion !== null) await remeasure(world, measured.champion, holdout, step);
  await inspectTracking(world, status, 'RecordCdRun', 'CD');
  return { artifact: full.artifact, measured, holdout };
}

async function inspectArtifact(
  world: World,
  status: StatusAnswer,
  step: 'QuickTrain' | 'FullTrain',
  training: z.infer<typeof TrainingReference>,
): Promise<void> {
  const { run, commit } = status;
  const bytes = await world.aws.object('models', training.artifact);
  expectThat(
    sha256Hex(bytes) === training.artifact,
    named(step),
    'stored bytes without their hash',
  );
  const { provenance } = decodeArtifact(bytes);
  const right =
    provenance.model === run.model &&
    provenance.commit === run.commit &&
    provenance.bundle === commit.bundle &&
    provenance.stage === (step === 'QuickTrain' ? 'quick' : 'full');
  expectThat(
    right,
    named(step),
    `gave an artifact of commit ${provenance.commit ?? '-'} (${provenance.model}, ${provenance.stage}), not of ${run.commit}`,
  );
  const earlier = world.artifacts.get(training.artifact);
  expectThat(
    earlier === undefined || earlier === `${step} of ${run.runId}`,
    named(step),
    `gave the artifact of ${earlier ?? ''} again`,
  );
  world.artifacts.set(training.artifact, `${step} of ${run.runId}`);
}

async function inspectTracking(
  world: World,
  status: StatusAnswer,
  step: 'RecordCiRun' | 'RecordCdRun',
  kind: string,
): Promise<void> {
  const { trackingRunId } = output(TrackingReference, status.outputs, step);
  const { tags } = await trackedRun(world.endpoints.mlflowTrackingUri, trackingRunId);
  expectThat(
    tags['commit_sha'] === status.run.commit && tags['stage'] === kind,
    named(step),
    `its MLflow run is of commit ${tags['commit_sha'] ?? '-'}, stage ${tags['stage'] ?? '-'}`,
  );
}

/** The recorded AUC is what the artifact's bytes give on the snapshot's rows. */
async function remeasure(
  world: World,
  recorded: Pick<Measured['challenger'], 'sha256' | 'metrics'>,
  holdout: ReturnType<typeof rowsOf>,
  step: string,
): Promise<void> {
  const artifact = decodeArtifact(await world.aws.object('models', recorded.sha256));
  const target = await targetOf(world);
  const positive = holdout.map((row) => row[target] === artifact.positive);
  const found = areaUnderCurve(scoresOf(artifact, holdout), positive);
  const said = aucOf(recorded) ?? Number.NaN;
  expectThat(
    Math.abs(found - said) < 1e-9,
    step,
    `recorded AUC ${said}, but ${recorded.sha256} has ${found} on the snapshot`,
  );
}

export function aucOf(of: Pick<Measured['challenger'], 'metrics'>): number | null {
  return of.metrics.auc.value;
}

const Target = z.looseObject({ target: z.string() });

async function targetOf(world: World): Promise<string> {
  const text = await readFile(`${world.repository.folderOf(world.model)}/model.json`, 'utf8');
  return Target.parse(JSON.parse(text)).target;
}

function output<T>(schema: z.ZodType<T>, outputs: StatusAnswer['outputs'], step: string): T {
  const parsed = schema.safeParse(outputs[step]);
  if (parsed.success) return parsed.data;
  throw new StoryFailed(named(step), 'its output is not one');
}
