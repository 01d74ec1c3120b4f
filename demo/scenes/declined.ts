/** Point 5: a person says no. */
import { expectThat } from '../expectation.ts';
import { named } from '../inspect.ts';
import type { World } from '../world.ts';
import { expectDuplicateCommit } from './duplicates.ts';
import { comparison, expectServing, follow, part, send, toQuestion } from './release.ts';

export async function declined(world: World): Promise<void> {
  const champion = world.champions.at(-1);
  if (champion === undefined) throw new Error('there is no champion to defend');
  await part(world, 'a commit rejected by a person', async () => {
    const commit = await world.repository.commit(
      [world.model],
      world.story.declined,
      'Try other settings',
    );
    const { runId } = await send(world);
    const question = await toQuestion(world, runId, champion);
    const reason = 'Not worth a change of champion';
    await world.people.ben.api.decide(runId, 'reject', { reason, digest: question.digest });
    const { run } = await follow(world, runId, {
      answered: question.digest,
      told: question.told,
    });
    expectThat(
      run.status === 'rejected' && run.error === undefined,
      named('RecordRejection'),
      `a rejected run is ${run.status}`,
    );
    const { entries } = await world.people.vera.api.ledger(world.model);
    const entry = entries.find((one) => one.runId === runId);
    expectThat(
      entry?.kind === 'rejected' && entry.actor === 'ben' && entry.reason === reason,
      named('RecordRejection'),
      'the ledger does not say that ben rejected it, and why',
    );
    await expectServing(world, champion, named('RecordRejection'));
    world.diary.decision(commit, 'rejected', reason);
    await expectDuplicateCommit(world, runId);
    return {
      outcome: `${comparison(question)}; rejected by ben: ${reason}`,
      value: undefined,
    };
  });
}
