/** Point 4: a bad candidate meets the gate, and a good commit's event comes again. */
import type { CommitPushed } from '#contracts/events.ts';
import { expectThat } from '../expectation.ts';
import { aucOf, inspectChallenger, named } from '../inspect.ts';
import type { World } from '../world.ts';
import { expectDuplicateVerbs, expectNoNewExecution } from './duplicates.ts';
import { comparison, expectServing, follow, part, send, toQuestion } from './release.ts';

export async function badCandidate(world: World, good: CommitPushed): Promise<void> {
  const { vera, ben } = world.people;
  const champion = world.champions.at(-1);
  if (champion === undefined) throw new Error('there is no champion to defend');
  await world.repository.commit(
    [world.model, world.twin],
    world.story.bad,
    'Three stumps should be enough',
  );

  await part(world, 'a bad candidate, rejected by the gate', async () => {
    const { runId } = await send(world);
    const status = await follow(world, runId);
    const { evaluation, run } = status;
    const found = await inspectChallenger(world, status, champion);
    expectThat(
      run.status === 'rejected_by_gate' && evaluation?.verdict === 'reject',
      named('EvaluateChallenger'),
      `the bad candidate is ${run.status}, verdict ${evaluation?.verdict ?? '-'}`,
    );
    const ours = aucOf(found.measured.challenger) ?? Number.NaN;
    expectThat(
      found.measured.baselines.every((baseline) => ours > (aucOf(baseline) ?? Number.NaN)),
      'story.json',
      'the bad candidate does not even beat the baselines',
    );
    expectThat(
      status.pending === null && !status.steps.some((step) => isQuestion(step)),
      named('EvaluateChallenger'),
      'somebody was asked about a candidate that the gate rejected',
    );
    const { entries } = await vera.api.ledger(world.model);
    const entry = entries.find((one) => one.runId === runId);
    expectThat(
      entry?.kind === 'rejected_by_gate' && entry.authority === 'policy',
      named('RecordGateRejection'),
      'the ledger does not say that the gate rejected it',
    );
    await expectServing(world, champion, named('RecordGateRejection'));
    world.diary.decision(run.commit, 'rejected_by_gate', evaluation.reason);
    return {
      outcome: `reject: ${comparison(found)}; nobody was asked, version ${champion.version} serves`,
      value: undefined,
    };
  });

  await part(world, 'the same commit for a model without a champion', async () => {
    const { runId } = await send(world, world.twin);
    const question = await toQuestion(world, runId, undefined);
    const reason = 'It beats the baselines, but we have better';
    await ben.api.decide(runId, 'reject', { reason, digest: question.digest });
    const status = await follow(world, runId, {
      answered: question.digest,
      told: question.told,
    });
    expectThat(
      status.run.status === 'rejected',
      named('RecordRejection'),
      `the twin's run is ${status.run.status}, not rejected`,
    );
    const { evaluation } = question.status;
    return {
      outcome: `${evaluation?.verdict ?? '-'}: ${comparison(question)}; went to approval, and ben said no`,
      value: undefined,
    };
  });

  await part(world, "a good commit's event again, after it ended", () =>
    expectNoNewExecution(world, good),
  );
  await part(world, 'and with another time', () =>
    expectNoNewExecution(world, { ...good, asOf: new Date().toISOString() }),
  );
  await part(world, 'and asked for by a person', () => expectDuplicateVerbs(world, good));
}

function isQuestion({ name, status }: { readonly name: string; readonly status: string }): boolean {
  return name === 'WaitForApproval' && status !== 'idle' && status !== 'skipped';
}
