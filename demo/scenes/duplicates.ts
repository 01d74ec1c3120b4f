/** A commit's event that comes again starts nothing. */
import type { CommitPushed } from '#contracts/events.ts';
import { runLogs } from '../../cli/remote/logs.ts';
import { eventually, expectThat } from '../expectation.ts';
import type { World } from '../world.ts';
import { send } from './release.ts';

/** SQS wakes its Lambda only every few seconds. */
const DELIVERY_SECONDS = 300;

/** The event of a run's commit, as accept-commit put it on the bus. */
export async function announcement(world: World, runId: string): Promise<CommitPushed> {
  const { run, commit } = await eventually({
    step: 'start-run',
    seconds: DELIVERY_SECONDS,
    ask: () => world.people.vera.api.status(runId).catch(() => undefined),
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
  world: World,
  event: CommitPushed,
): Promise<{ readonly outcome: string; readonly value: undefined }> {
  const runId = await runOf(world, event);
  const executions = await world.aws.executionsOf(runId);
  const heard = await duplicatesHeard(world, runId);
  await world.aws.putEvent(event);
  await eventually({
    step: 'start-run',
    seconds: DELIVERY_SECONDS,
    ask: () => duplicatesHeard(world, runId),
    until: (count) => count > heard,
    otherwise: () => `the event of ${runId} came again, and start-run never said "duplicate"`,
  });
  const after = await world.aws.executionsOf(runId);
  expectThat(
    after.length === executions.length && executions.length === 1,
    'start-run',
    `the event of ${runId} again made ${after.length} executions of ${executions.length}`,
  );
  const { commit } = event;
  world.diary.decision(commit, 'duplicate', `duplicate of ${runId}`);
  return { outcome: `duplicate of ${runId}: still one execution`, value: undefined };
}

/** The same commit sent again, and started again, by the verbs. */
export async function expectDuplicateVerbs(
  world: World,
  event: CommitPushed,
): Promise<{ readonly outcome: string; readonly value: undefined }> {
  const runId = await runOf(world, event);
  const executions = await world.aws.executionsOf(runId);
  const started = await world.people.ana.api.start(event.model, event.commit);
  expectThat(
    started.duplicate && started.message === `duplicate of ${runId}`,
    'accept-commit',
    `start answers "${started.message}", not "duplicate of ${runId}"`,
  );
  const after = await world.aws.executionsOf(runId);
  expectThat(after.length === executions.length, 'start-run', `${runId} was started again`);
  world.diary.decision(event.commit, 'duplicate', started.message);
  return { outcome: started.message, value: undefined };
}

/** Sends the folder as it is now a second time. */
export async function expectDuplicateCommit(
  world: World,
  runId: string,
): Promise<{ readonly outcome: string; readonly value: undefined }> {
  const sent = await send(world);
  expectThat(
    sent.duplicate && sent.runId === runId,
    'accept-commit',
    `the same commit again answers "${sent.message}"`,
  );
  return { outcome: sent.message, value: undefined };
}

async function runOf(world: World, event: CommitPushed): Promise<string> {
  const { runs } = await world.people.vera.api.runs({ model: event.model, limit: 100 });
  const found = runs.find(({ commit, cause }) => commit === event.commit && cause === event.cause);
  expectThat(found !== undefined, 'start-run', `no run of commit ${event.commit}`);
  return found.runId;
}

async function duplicatesHeard(world: World, runId: string): Promise<number> {
  const lines = await runLogs(runId, world.endpoints);
  return lines.filter(
    ({ function: name, text }) =>
      name.endsWith('start-run') && text.includes(`duplicate of ${runId}`),
  ).length;
}
