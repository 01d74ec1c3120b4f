/** Points 1 and 2: a model without a champion gets its first. */
import { ApiRefusal } from '#client/client.ts';
import { expectThat } from '../expectation.ts';
import { named } from '../inspect.ts';
import type { World } from '../world.ts';
import { comparison, approveChallenger, part, send, toQuestion } from './release.ts';

export async function firstChampion(world: World): Promise<void> {
  const { ana, vera } = world.people;
  const challenger = await part(world, 'a first commit, judged against the baselines', async () => {
    const { production } = await vera.api.champion(world.model);
    expectThat(production === null, 'fresh state', `${world.model} has a champion already`);
    const commit = await world.repository.commit(
      [world.model],
      world.story.first,
      'Train a first model',
    );
    const sent = await send(world);
    expectThat(!sent.duplicate, 'accept-commit', 'a first commit counts as a duplicate');
    expectThat(sent.commit === commit, 'commit', 'another commit was sent than was made');
    const question = await toQuestion(world, sent.runId, undefined);
    const { evaluation } = question.status;
    expectThat(
      evaluation !== null && evaluation.verdict !== 'reject' && evaluation.next === 'person',
      named('EvaluateChallenger'),
      `the verdict on the first model is ${evaluation?.verdict ?? '-'}`,
    );
    return { outcome: `${evaluation.verdict}: ${comparison(question)}`, value: question };
  });

  await part(world, 'its author may not approve it', async () => {
    const { runId } = challenger.status.run;
    const refused = await ana.api
      .decide(runId, 'approve', { reason: 'it is mine' })
      .catch(asRefusal);
    expectThat(
      refused instanceof ApiRefusal && refused.status === 403,
      'decide-run',
      'ana approved her own commit',
    );
    return { outcome: refused.message, value: undefined };
  });

  await part(world, 'approved by ben, staged, smoke-tested, promoted', async () => {
    const { promoted } = await approveChallenger(
      world,
      challenger,
      'A first model, better than the baselines',
    );
    return { outcome: `version ${promoted.version} serves`, value: undefined };
  });
}

function asRefusal(error: unknown): unknown {
  if (error instanceof ApiRefusal) return error;
  throw error;
}
