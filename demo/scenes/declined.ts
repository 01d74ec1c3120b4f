/** Point 5: a person says no. */
import { expectThat } from '../expectation.ts';
import { named } from '../inspect.ts';
import type { Stage } from '../stage.ts';
import { expectDuplicateCommit } from './duplicates.ts';
import { comparison, expectServing, follow, part, send, toQuestion } from './release.ts';

export async function declined(stage: Stage): Promise<void> {
  const champion = stage.crowned.at(-1);
  if (champion === undefined) throw new Error('there is no champion to defend');
  await part(stage, 'a commit rejected by a person', async () => {
    const commit = await stage.repository.commit(
      [stage.model],
      stage.story.declined,
      'Try other settings',
    );
    const { runId } = await send(stage);
    const question = await toQuestion(stage, runId, champion);
    const reason = 'Not worth a change of champion';
    await stage.people.ben.api.decide(runId, 'reject', { reason, digest: question.digest });
    const { run } = await follow(stage, runId, {
      answered: question.digest,
      told: question.told,
    });
    expectThat(
      run.status === 'rejected' && run.error === undefined,
      named('RecordRejection'),
      `a rejected run is ${run.status}`,
    );
    const { entries } = await stage.people.vera.api.ledger(stage.model);
    const entry = entries.find((one) => one.runId === runId);
    expectThat(
      entry?.kind === 'rejected' && entry.actor === 'ben' && entry.reason === reason,
      named('RecordRejection'),
      'the ledger does not say that ben rejected it, and why',
    );
    await expectServing(stage, champion, named('RecordRejection'));
    stage.diary.decision(commit, 'rejected', reason);
    await expectDuplicateCommit(stage, runId);
    return {
      outcome: `${comparison(question)}; rejected by ben: ${reason}`,
      value: undefined,
    };
  });
}
