/** What several scenes do: send a commit, follow its run, have it approved, see it serve. */
import { endOf } from '../../cli/output.ts';
import { commitFolder, type Sent } from '../../cli/remote/commit.ts';
import type { StatusAnswer } from '#contracts/answers.ts';
import { watchRun } from '../../cli/remote/watch.ts';
import { expectThat, StoryFailed } from '../expectation.ts';
import { aucOf, expectOutputs, inspectChallenger, named, type Inspected } from '../inspect.ts';
import { decodeArtifact, recordsFor, scoresOf } from '../scoring.ts';
import { serveOnly } from '#domain/pointer.ts';
import type { Champion, World } from '../world.ts';

/** Probabilities over HTTP are JSON numbers: what is left is only their printing. */
const TOLERANCE = 1e-12;
const SERVE_POLL_MILLIS = 100;
const SERVE_LIMIT_SECONDS = 300;

export async function send(world: World, model = world.model): Promise<Sent> {
  return commitFolder({
    folder: world.repository.folderOf(model),
    session: world.people.ana,
    say: () => undefined,
  });
}

/** Follows a run; what is told is a line a step. */
export async function follow(
  world: World,
  runId: string,
  options: { readonly answered?: string; readonly told?: Map<string, string> } = {},
): Promise<StatusAnswer> {
  return watchRun({
    api: world.people.vera.api,
    runId,
    say: world.tell.say,
    pollMillis: 500,
    appearSeconds: 300,
    ...options,
  });
}

export interface Challenger extends Inspected {
  readonly status: StatusAnswer;
  readonly digest: string;
  readonly told: Map<string, string>;
}

/** Follows a run to its question and checks everything that lies behind it. */
export async function toQuestion(
  world: World,
  runId: string,
  against: Champion | undefined,
): Promise<Challenger> {
  const told = new Map<string, string>();
  const status = await follow(world, runId, { told });
  if (status.pending === null) {
    // A run that ended names the step that is to blame by what it left undone.
    expectOutputs(status, 'question');
    throw new StoryFailed(
      named('EvaluateChallenger'),
      `run ${runId} was to wait for approval, but is ${status.run.status}: ${status.run.reason ?? ''}`,
    );
  }
  expectThat(
    status.pending.kind === 'approval',
    named('ValidateData'),
    `run ${runId} waits for ${status.pending.kind}, not for approval`,
  );
  const inspected = await inspectChallenger(world, status, against);
  return { ...inspected, status, told, digest: status.pending.digest };
}

/** Ben approves; the run goes on to its end, and everything that serves is checked. */
export async function approveChallenger(
  world: World,
  challenger: Challenger,
  reason: string,
): Promise<{ readonly promoted: Champion; readonly secondsToServe: number }> {
  const { run } = challenger.status;
  const version = world.champions.length + 1;
  await world.people.ben.api.decide(run.runId, 'approve', { reason, digest: challenger.digest });
  const approvedAt = performance.now();
  const end = new AbortController();
  const serving = firstAnswerOf(world, challenger, version, approvedAt, end.signal);
  // Thrown where it is awaited; until then it must not count as unhandled.
  serving.catch(() => undefined);
  try {
    const promoted = await followToPromotion(world, challenger, version, reason);
    return { promoted, secondsToServe: await serving };
  } finally {
    // Where the story ends here, the process has to end too.
    end.abort();
  }
}

async function followToPromotion(
  world: World,
  challenger: Challenger,
  version: number,
  reason: string,
): Promise<Champion> {
  const { run } = challenger.status;
  const status = await follow(world, run.runId, {
    answered: challenger.digest,
    told: challenger.told,
  });
  expectOutputs(status, 'answer');
  expectThat(
    status.run.status === 'completed',
    named('Promote'),
    `run ${run.runId} was to complete, but is ${status.run.status}: ${status.run.reason ?? ''}`,
  );
  const champion = { version, sha256: challenger.artifact, commit: run.commit, runId: run.runId };
  world.champions.push(champion);
  await expectServing(world, champion, named('Promote'));
  const { since } = await world.people.vera.api.champion(world.model);
  expectThat(
    since?.kind === 'promoted' && since.actor === 'ben' && since.reason === reason,
    named('Promote'),
    'the ledger does not say that ben promoted it, and why',
  );
  world.diary.champion({ version, sha256: champion.sha256, commit: run.commit, at: since.at });
  world.diary.decision(run.commit, 'promoted', reason);
  await expectPredictions(world, champion, challenger);
  return champion;
}

/** Pointer and health both name this version in production. */
export async function expectServing(world: World, of: Champion, step: string): Promise<void> {
  const { production } = await world.people.vera.api.champion(world.model);
  expectThat(
    production?.version === of.version && serveOnly(production.routes, of),
    step,
    `the pointer is at version ${production?.version ?? '-'}, not ${of.version} alone`,
  );
  const health = await world.people.vera.api.health(world.model);
  expectThat(
    health.version === of.version &&
      health.sha256 === of.sha256 &&
      health.stage === 'production' &&
      serveOnly(health.routes, of),
    step,
    `/health says version ${health.version ?? '-'} of ${health.stage}, not ${of.version} alone`,
  );
}

/** `/predict` gives what the artifact's own bytes give, fetched from S3 past our code. */
async function expectPredictions(world: World, of: Champion, challenger: Inspected): Promise<void> {
  const artifact = decodeArtifact(await world.aws.object('models', of.sha256));
  const rows = challenger.holdout.slice(0, 20);
  const answer = await world.people.vera.api.predict(world.model, recordsFor(artifact, rows));
  expectThat(
    answer.version === of.version && answer.sha256 === of.sha256 && answer.role === 'champion',
    named('Promote'),
    `/predict answers with version ${answer.version}, not ${of.version}`,
  );
  const ids = new Set(answer.predictions.map(({ id }) => id));
  expectThat(
    ids.size === rows.length,
    'serve-model',
    `/predict gave ${ids.size} ids for ${rows.length} rows`,
  );
  const wrong = scoresOf(artifact, rows).findIndex((score, i) => {
    const served = answer.predictions[i]?.probability ?? Number.NaN;
    return !(Math.abs(served - score) <= TOLERANCE);
  });
  expectThat(
    wrong === -1,
    'serve-model',
    `/predict and the artifact's bytes differ in holdout row ${wrong}`,
  );
}

async function firstAnswerOf(
  world: World,
  { holdout, artifact }: Inspected,
  version: number,
  since: number,
  end: AbortSignal,
): Promise<number> {
  const records = recordsFor(
    decodeArtifact(await world.aws.object('models', artifact)),
    holdout.slice(0, 1),
  );
  const seconds = () => (performance.now() - since) / 1000;
  while (!end.aborted && seconds() < SERVE_LIMIT_SECONDS) {
    const answered = await world.people.vera.api
      .predict(world.model, records)
      .then((answer) => answer.version)
      // Before version 1 there is nothing to answer with.
      .catch(() => 0);
    if (answered === version) return seconds();
    await new Promise((resolve) => setTimeout(resolve, SERVE_POLL_MILLIS));
  }
  return Number.NaN;
}

/** Runs a part of a scene, tells of it and writes it into the diary. */
export async function part<T>(
  world: World,
  name: string,
  work: () => Promise<{ readonly outcome: string; readonly value: T }>,
): Promise<T> {
  const began = performance.now();
  const note = (outcome: string) =>
    world.diary.step(name, (performance.now() - began) / 1000, outcome);
  const done: { readonly value: T }[] = [];
  try {
    await world.tell.act(name, async () => {
      const { outcome, value } = await work();
      done.push({ value });
      note(outcome);
      return outcome;
    });
  } catch (error) {
    const { line } = endOf(error);
    note(error instanceof StoryFailed ? error.message : line);
    // Whatever happened, the story says where.
    throw error instanceof StoryFailed ? error : new StoryFailed(name, line, { cause: error });
  }
  const [first] = done;
  if (first === undefined) throw new Error(`${name} has no outcome`);
  return first.value;
}

/** Both numbers and the interval of the comparison with the champion, in one line. */
export function comparison({ measured }: Inspected): string {
  const ours = aucOf(measured.challenger);
  const theirs = measured.champion === null ? undefined : aucOf(measured.champion);
  const paired = measured.measurements.paired?.find(({ against }) => against === 'champion');
  if (theirs === undefined || paired === undefined) {
    const best = measured.baselines
      .map((baseline) => `${baseline.name} ${digits(aucOf(baseline))}`)
      .join(', ');
    return `AUC ${digits(ours)} against the baselines (${best})`;
  }
  return `AUC ${digits(ours)} against the champion's ${digits(theirs)}, difference ${digits(paired.estimate)} [${digits(paired.lower)}, ${digits(paired.upper)}]`;
}

function digits(value: number | null): string {
  return value === null ? '-' : value.toFixed(4);
}
