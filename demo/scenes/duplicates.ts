/** A commit's event that comes again starts nothing. */
import type { CommitPushed } from '#contracts/events.ts';
import { runLogs } from '../../cli/remote/logs.ts';
import { eventually, expectThat } from '../expectation.ts';
import type { Stage } from '../stage.ts';
import { send } from './release.ts';

/** SQS wakes its Lambda only every few seconds. */
const DELIVERY_SECONDS = 300;

/** The event of a run's commit, as accept-commit put it on the bus. */
export async function announcement(stage: Stage, runId: string): Promise<CommitPushed> {
  const { run, commit } = await eventually({
    step: 'start-run',
    seconds: DELIVERY_SECONDS,
    ask: () => stage.people.vera.api.status(runId).catch(() => undefined),
    until: (status) => status !== undefined,
    otherwise: () => `run ${runId} never began`,
  }).then((status) => status ?? Promise.reject(new Error('unreachable')));
  return {
    schemaVersion: 1,
    model: run.model,
    commit: run.commit,
    branch: commit.branch,
    bundle: commit.bundle,
    data: commit.data,
    ciReport: commit.ciReport,
    cause: commit.cause,
    asOf: commit.asOf,
  };
}

/** Puts the event on the bus, past our own API, and waits until start-run has dealt with it. */
export async function expectNoNewExecution(
  stage: Stage,
  event: CommitPushed,
): Promise<{ readonly outcome: string; readonly value: undefined }> {
  const runId = await runOf(stage, event);
  const executions = await stage.aws.executionsOf(runId);
  const heard = await duplicatesHeard(stage, runId);
  await stage.aws.putEvent(event);
  await eventually({
    step: 'start-run',
    seconds: DELIVERY_SECONDS,
    ask: () => duplicatesHeard(stage, runId),
    until: (count) => count > heard,
    otherwise: () => `the event of ${runId} came again, and start-run never said "duplicate"`,
  });
  const after = await stage.aws.executionsOf(runId);
  expectThat(
    after.length === executions.length && executions.length === 1,
    'start-run',
    `the event of ${runId} again made ${after.length} executions of ${executions.length}`,
  );
  const { commit } = event;
  stage.diary.decision(commit, 'duplicate', `duplicate of ${runId}`);
  return { outcome: `duplicate of ${runId}: still one execution`, value: undefined };
}

/** The same commit sent again, and started again, by the verbs. */
export async function expectDuplicateVerbs(
  stage: Stage,
  event: CommitPushed,
): Promise<{ readonly outcome: string; readonly value: undefined }> {
  const runId = await runOf(stage, event);
  const executions = await stage.aws.executionsOf(runId);
  const started = await stage.people.ana.api.start(event.model, event.commit);
  expectThat(
    started.duplicate && started.message === `duplicate of ${runId}`,
    'accept-commit',
    `start answers "${started.message}", not "duplicate of ${runId}"`,
  );
  const after = await stage.aws.executionsOf(runId);
  expectThat(after.length === executions.length, 'start-run', `${runId} was started again`);
  stage.diary.decision(event.commit, 'duplicate', started.message);
  return { outcome: started.message, value: undefined };
}

/** Sends the folder as it is now a second time. */
export async function expectDuplicateCommit(
  stage: Stage,
  runId: string,
): Promise<{ readonly outcome: string; readonly value: undefined }> {
  const sent = await send(stage);
  expectThat(
    sent.duplicate && sent.runId === runId,
    'accept-commit',
    `the same commit again answers "${sent.message}"`,
  );
  return { outcome: sent.message, value: undefined };
}

async function runOf(stage: Stage, event: CommitPushed): Promise<string> {
  const { runs } = await stage.people.vera.api.runs({ model: event.model, limit: 100 });
  const found = runs.find(({ commit, cause }) => commit === event.commit && cause === event.cause);
  expectThat(found !== undefined, 'start-run', `no run of commit ${event.commit}`);
  return found.runId;
}

async function duplicatesHeard(stage: Stage, runId: string): Promise<number> {
  const lines = await runLogs(runId, stage.endpoints);
  return lines.filter(
    ({ function: name, text }) =>
      name.endsWith('start-run') && text.includes(`duplicate of ${runId}`),
  ).length;
}
