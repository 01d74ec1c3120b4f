/** The demo's story, and whether it notices a step that is not there: alone, for it replaces functions. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { localIssuer } from '#adapters/oidc/local-issuer.ts';
import { StoryFailed } from '../../demo/expectation.ts';
import { replaceByRecording } from '../../demo/sabotage.ts';
import { betterChallenger } from '../../demo/scenes/better-challenger.ts';
import { firstChampion } from '../../demo/scenes/first-champion.ts';
import type { World } from '../../demo/world.ts';
import { playStory, prepareWorld, type Setting } from '../../demo/story.ts';
import { plainTeller } from '../../demo/teller.ts';
import { Endpoints, pointAt } from '../../cli/local-stack.ts';

/** Set by test/run.ts: the endpoints of a stack that is up and deployed. */
const FILE = process.env['TITLEHOLDER_TEST_STACK'];
const PROJECT = resolve(import.meta.dirname, '..', '..');
/** Enough for the bad candidate to be told from a champion, and quick to train. */
const ROWS = 6000;

async function settingOf(name: string): Promise<Setting> {
  const file = FILE ?? '';
  const endpoints = Endpoints.parse(JSON.parse(readFileSync(file, 'utf8')));
  pointAt(endpoints);
  return {
    endpoints,
    issuer: await localIssuer(dirname(file)),
    folder: join(dirname(file), 'stories', name),
    source: join(PROJECT, 'models', 'claims-denial'),
    name,
    rows: ROWS,
    tell: plainTeller(() => undefined),
  };
}

describe.skipIf(FILE === undefined)('the story on a local stack', () => {
  it('turns out as it is told, from a first commit to a third rollback', async () => {
    const { report, failure } = await playStory(await settingOf('story'));
    expect(failure).toBeUndefined();
    expect(report.champions.map(({ version }) => version)).toEqual([1, 2, 3, 2, 1]);
    expect(new Set(report.champions.map(({ sha256 }) => sha256)).size).toBe(3);
    const outcomes = report.decisions.map(({ outcome }) => outcome);
    expect(outcomes).toEqual([
      'promoted',
      'duplicate',
      'promoted',
      'rejected_by_gate',
      'duplicate',
      'duplicate',
      'duplicate',
      'rejected',
      'promoted',
      'rolled_back',
      'rolled_back',
    ]);
  });

  // One champion for all: a run that was found out leaves it as it was.
  describe('finds out a function that only repeats its last output', () => {
    let world: World;
    beforeAll(async () => {
      world = (await prepareWorld(await settingOf('repeats'))).world;
      await firstChampion(world);
    });

    it.each([
      ['train-candidate', 'TrainCandidate (train-candidate)'],
      ['full-train', 'FullTrain (full-train)'],
      ['evaluate-challenger', 'EvaluateChallenger (evaluate-challenger)'],
      ['record-decision', 'DeployToStaging (record-decision)'],
    ])('%s', async (step, named) => {
      const putBack = await replaceByRecording({
        endpoint: world.endpoints.awsEndpointUrl,
        step,
        api: world.people.vera.api,
        runId: world.champions[0]?.runId ?? '',
      });
      try {
        const failure: unknown = await betterChallenger(world).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(StoryFailed);
        expect(failure).toMatchObject({ step: named });
        expect(world.champions.map(({ version }) => version)).toEqual([1]);
      } finally {
        await putBack();
      }
    });
  });
});
