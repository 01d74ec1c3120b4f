/** Point 3: better settings, judged against the champion on the same rows. */
import type { CommitPushed } from '#contracts/events.ts';
import { expectThat } from '../expectation.ts';
import { named } from '../inspect.ts';
import type { Stage } from '../stage.ts';
import { announcement, expectNoNewExecution } from './duplicates.ts';
import { comparison, crown, part, send, toQuestion } from './release.ts';

const POLL_MILLIS = 40;

/** @returns the event of this commit, which comes again later. */
export async function betterChallenger(stage: Stage): Promise<CommitPushed> {
  await stage.sabotage();
  const champion = stage.crowned.at(-1);
  const before = await stage.people.vera.api.health(stage.model);
  const { challenger, event } = await part(
    stage,
    'a commit with better settings, judged against the champion',
    async () => {
      await stage.repository.commit([stage.model], stage.story.better, 'Grow a better forest');
      const began = performance.now();
      const sent = await send(stage);
      const again = announcement(stage, sent.runId);
      const question = await toQuestion(stage, sent.runId, champion);
      const asked = question.status.pending?.requestedAt ?? '';
      const created = question.status.run.createdAt;
      // By the server's clock where it says both, so that our polling isn't in it.
      const seconds = (Date.parse(asked) - Date.parse(created)) / 1000;
      stage.diary.measure(
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
  await part(stage, 'its event again, while it runs', () => expectNoNewExecution(stage, event));

  await part(stage, 'approved; staging and production side by side', async () => {
    const sides = watchSides(stage);
    const { crowned, secondsToServe } = await crown(
      stage,
      challenger,
      'Better on the same rows',
    ).finally(sides.end);
    stage.diary.measure('secondsToServe', secondsToServe);
    const differed = (await sides.seen()).find(
      (side) => side.staging === crowned.version && side.production === crowned.version - 1,
    );
    expectThat(
      differed !== undefined,
      named('DeployToStaging'),
      'staging and production never answered with different versions',
    );
    const after = await stage.people.vera.api.health(stage.model);
    expectThat(before.code === after.code, 'serve-model', 'the code changed with the version');
    return {
      outcome: `staging said version ${differed.staging} while production said ${differed.production}; then version ${crowned.version} served, by the same code`,
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
function watchSides(stage: Stage): {
  readonly end: () => void;
  /** What was seen up to the end. */
  readonly seen: () => Promise<readonly Side[]>;
} {
  const seen: Side[] = [];
  const end = new AbortController();
  const watching = (async () => {
    while (!end.signal.aborted) {
      const [staging, production] = await Promise.all([
        stage.staging.health(stage.model),
        stage.people.vera.api.health(stage.model),
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
