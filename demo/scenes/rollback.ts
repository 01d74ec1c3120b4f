/** Point 6: a third version, and back again under load. */
import { ApiRefusal } from '#client/client.ts';
import { eventually, expectThat } from '../expectation.ts';
import { rowsOf, decodeArtifact, recordsFor } from '../scoring.ts';
import type { Champion, World } from '../world.ts';
import { aliasesOf } from '../tracking.ts';
import { sendTraffic, type Answered } from '../traffic.ts';
import { comparison, approveChallenger, expectServing, part, send, toQuestion } from './release.ts';

const PER_SECOND = 20;
/** They ask at the same moments, so that as many environments must answer. */
const CLIENTS = 5;
/** Starts the environments before anything is measured. */
const WARM_UP_MILLIS = 5000;
/** The served pointer may be this old. */
const STALE_MILLIS = 2000;

export async function rollback(world: World): Promise<void> {
  const third = await part(world, 'a third version', async () => {
    await world.repository.commit([world.model], world.story.third, 'Grow a third forest');
    const { runId } = await send(world);
    const question = await toQuestion(world, runId, world.champions.at(-1));
    const { promoted } = await approveChallenger(world, question, 'Worth a try in production');
    await eventually({
      step: 'mirror-champion',
      seconds: 300,
      ask: () => aliasesOf(world.endpoints.mlflowTrackingUri, world.model),
      until: ({ champion, previous }) =>
        champion === promoted.version && previous === promoted.version - 1,
      otherwise: (found) => `MLflow's aliases are ${JSON.stringify(found)}`,
    });
    return {
      outcome: `${comparison(question)}; version ${promoted.version} serves`,
      value: { ...question, promoted },
    };
  });
  const [first, second] = world.champions;
  if (first === undefined || second === undefined) throw new Error('two versions came before');

  await part(world, `rollback under ${PER_SECOND} requests a second`, async () => {
    const seconds = await underLoad(world, third.promoted, second, third.holdout);
    world.diary.measure('secondsToRollBack', seconds);
    return {
      outcome: `version ${second.version} answered after ${seconds.toFixed(2)} s; no request failed`,
      value: undefined,
    };
  });

  await part(world, 'a second rollback', async () => {
    await goBack(world, second, first, 'The second one too');
    return { outcome: `version ${first.version} serves`, value: undefined };
  });

  await part(world, 'a third rollback has nowhere to go', async () => {
    const refused = await world.people.olga.api
      .rollback({ model: world.model, from: first.version, reason: 'Further back' })
      .catch((error: unknown) => {
        if (error instanceof ApiRefusal) return error;
        throw error;
      });
    expectThat(
      refused instanceof ApiRefusal && refused.status === 409,
      'record-decision',
      'a rollback without a target was not refused with 409',
    );
    await expectServing(world, first, 'record-decision');
    return {
      outcome: `${refused.message}; version ${first.version} still serves`,
      value: undefined,
    };
  });
}

async function underLoad(
  world: World,
  from: Champion,
  to: Champion,
  holdout: ReturnType<typeof rowsOf>,
): Promise<number> {
  const artifact = decodeArtifact(await world.aws.object('models', from.sha256));
  const traffic = sendTraffic({
    api: world.people.vera.api,
    model: world.model,
    records: recordsFor(artifact, holdout.slice(0, 1)),
    perSecond: PER_SECOND,
    clients: CLIENTS,
  });
  let answered: readonly Answered[];
  let asked: number;
  let done: number;
  try {
    await pause(WARM_UP_MILLIS);
    asked = performance.now();
    await goBack(world, from, to, 'Complaints from the ward');
    done = performance.now();
    await pause(STALE_MILLIS + 3000);
  } finally {
    answered = await traffic.stop();
  }
  const failed = answered.filter(({ status }) => status !== 200);
  expectThat(
    failed.length === 0,
    'serve-model',
    `${failed.length} of ${answered.length} requests failed during the rollback, the first with ${failed[0]?.status ?? '-'}`,
  );
  const late = answered.filter(
    ({ sentAt, version }) => version === from.version && sentAt > done + STALE_MILLIS,
  );
  expectThat(
    late.length === 0,
    'serve-model',
    `${late.length} answers from version ${from.version} more than ${STALE_MILLIS / 1000} s after the rollback`,
  );
  const environments = await eventually({
    step: 'serve-model',
    seconds: 300,
    ask: () => world.aws.environmentsOf('serve-model-production'),
    until: (count) => count > 1,
    otherwise: (count) => `${count} environment answered, where several were to`,
  });
  const times = answered.map(({ sentAt, answeredAt }) => answeredAt - sentAt).sort((a, b) => a - b);
  const p99 = times[Math.floor(times.length * 0.99)] ?? Number.NaN;
  world.tell.say(
    `${answered.length} requests, ${environments} environments, 99 % within ${p99.toFixed(0)} ms`,
  );
  const old = answered.filter(({ version }) => version === to.version);
  const soonest = Math.min(...old.map(({ answeredAt }) => answeredAt));
  return (soonest - asked) / 1000;
}

async function goBack(
  world: World,
  from: { readonly version: number },
  to: Champion,
  reason: string,
): Promise<void> {
  const back = await world.people.olga.api.rollback({
    model: world.model,
    from: from.version,
    reason,
  });
  expectThat(
    back.version === to.version && back.sha256 === to.sha256,
    'record-decision',
    `the rollback went to version ${back.version}, not ${to.version}`,
  );
  const { since } = await world.people.vera.api.champion(world.model);
  expectThat(
    since?.kind === 'rolled_back' && since.actor === 'olga' && since.reason === reason,
    'record-decision',
    'the ledger does not say that olga rolled back, and why',
  );
  world.diary.champion({
    version: to.version,
    sha256: to.sha256,
    commit: to.commit,
    at: since.at,
  });
  const left = world.champions.find(({ version }) => version === back.previousVersion);
  world.diary.decision(left?.commit ?? to.commit, 'rolled_back', reason);
  await eventually({
    step: 'serve-model',
    seconds: 300,
    ask: () => world.people.vera.api.health(world.model),
    until: (health) => health.version === to.version,
    otherwise: (health) => `/health still says version ${health.version ?? '-'}`,
  });
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
