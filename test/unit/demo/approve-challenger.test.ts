/** Having a challenger champion, as the demo does it, where the line doesn't approveChallenger it. */
import { expect, it } from 'vitest';
import { StoryFailed } from '../../../demo/expectation.ts';
import { type Challenger, approveChallenger } from '../../../demo/scenes/release.ts';
import type { World } from '../../../demo/world.ts';
import { encodeArtifact } from '#learning/pipeline/artifact.ts';
import { fitBaseline } from '#learning/baselines.ts';
import { MANIFEST, madeUp, PROVENANCE } from '../learning/made-up-table.ts';

it('leaves nothing that asks on once the story has failed: the process must end', async () => {
  const made = madeUp(60);
  const bytes = encodeArtifact(
    fitBaseline('base-rate', {
      ...made,
      positive: 'yes',
      trainingManifest: MANIFEST,
      provenance: PROVENANCE,
    }),
  );
  let asked = 0;
  const failed = { run: { runId: 'r', status: 'failed', reason: 'broken' }, outputs: {} };
  const world = {
    model: 'm',
    champions: [],
    tell: { say: () => undefined },
    aws: { object: async () => bytes },
    people: {
      ben: { api: { decide: async () => undefined } },
      vera: {
        api: {
          status: async () => ({ ...failed, steps: [], pending: null }),
          predict: async () => {
            asked += 1;
            throw new Error('no champion yet');
          },
        },
      },
    },
  } as unknown as World;
  const row = Object.fromEntries(made.table.columns.map(({ name }) => [name, '']));
  const challenger = {
    artifact: 'sha256:x',
    holdout: [row],
    status: failed,
    digest: 'sha256:d',
    told: new Map(),
  } as unknown as Challenger;
  await expect(approveChallenger(world, challenger, 'better')).rejects.toBeInstanceOf(StoryFailed);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const then = asked;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(asked).toBe(then);
});
