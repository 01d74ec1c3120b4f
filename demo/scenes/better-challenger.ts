/** Point 3: better settings, judged against the champion on the same rows. */
import type { CommitPushed } from '#contracts/events.ts';
import { expectThat } from '../expectation.ts';
import { named } from '../inspect.ts';
import type { World } from '../world.ts';
import { announcement, expectNoNewExecution } from './duplicates.ts';
import { comparison, approveChallenger, part, send, toQuestion } from './release.ts';

const POLL_MILLIS = 40;

/** @returns the event of this commit, which comes again later. */
export async function betterChallenger(world: World): Promise<CommitPushed> {
  await world.sabotage();
  const champion = world.champions.at(-1);
  const before = await world.people.vera.api.health(world.model);
  const { challenger, event } = await part(
    world,
    'a commit with better settings, judged against the champion',
    async () => {
      await world.repository.commit([world.model], world.story.better, 'Grow a better forest');
      const began = performance.now();
      const sent = await send(world);
      const again = announcement(world, sent.runId);
      const question = await toQuestion(world, sent.runId, champion);
      const asked = question.status.pending?.requestedAt ?? '';
      const created = question.status.run.createdAt;
      // By the server's clock where it says both, so that our polling isn't in it.
      const seconds = (Date.parse(asked) - Date.parse(created)) / 1000;
      world.diary.measure(
        'secondsToAwaitingApproval',
        Number.isFinite(seconds) ? seconds : (performance.now() - began) / 1000,
      );
      const { evaluation } = question.status;
      expectThat(
        evaluation !== null && evaluation.verdict !== 'reject',
        named('EvaluateChallenger'),
        `the verdict on the better model is ${evaluation?.verdict ?? '-'}: ${evaluation?.reason ?? ''}`,
      );
      return {
        outcome: `${evaluation.verdict}: ${comparison(question)}`,
        value: { challenger: question, event: await again },
      };
    },
  );
  await part(world, 'its event again, while it runs', () => expectNoNewExecution(world, event));

  await part(world, 'approved; staging and production side by side', async () => {
    const sides = watchSides(world);
    const { promoted, secondsToServe } = await approveChallenger(
      world,
      challenger,
      'Better on the same rows',
    ).finally(sides.end);
    world.diary.measure('secondsToServe', secondsToServe);
    const differed = (await sides.seen()).find(
      (side) => side.staging === promoted.version && side.production === promoted.version - 1,
    );
    expectThat(
      differed !== undefined,
      named('DeployToStaging'),
      'staging and production never answered with different versions',
    );
    const after = await world.people.vera.api.health(world.model);
    expectThat(before.code === after.code, 'serve-model', 'the code changed with the version');
    return {
      outcome: `staging said version ${differed.staging} while production said ${differed.production}; then version ${promoted.version} served, by the same code`,
      value: undefined,
    };
  });
  return event;
}

interface Side {
  readonly staging: number | null;
  readonly production: number | null;
}

/** Asks both `/health` at once, again and again. */
function watchSides(world: World): {
  readonly end: () => void;
  /** What was seen up to the end. */
  readonly seen: () => Promise<readonly Side[]>;
} {
  const seen: Side[] = [];
  const end = new AbortController();
  const watching = (async () => {
    while (!end.signal.aborted) {
      const [staging, production] = await Promise.all([
        world.staging.health(world.model),
        world.people.vera.api.health(world.model),
      ]);
      seen.push({ staging: staging.version, production: production.version });
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
    }
  })();
  // A failure is told by `seen`; until then it must not count as unhandled.
  watching.catch(() => undefined);
  return {
    end: () => end.abort(),
    seen: async () => {
      await watching;
      return seen;
    },
  };
}
