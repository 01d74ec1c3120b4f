import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localIssuer } from '../../adapters/identity/local-issuer.ts';
import { StoryFailed } from '../../cli/demo/expectation.ts';
import { playStory, type Told } from '../../cli/demo/story.ts';
import { plainTeller } from '../../cli/demo/teller.ts';
import { Endpoints, pointAt } from '../../cli/remote/place.ts';

/** Set by test/run.ts: the endpoints of a stack that is up and deployed. */
const FILE = process.env['TITLEHOLDER_TEST_STACK'];
const PROJECT = resolve(import.meta.dirname, '..', '..');
/** Enough for the bad candidate to be told from a champion, and quick to train. */
const ROWS = 6000;
const MINUTE = 60_000;

async function play(name: string, breakStep?: string): Promise<Told> {
  const file = FILE ?? '';
  const endpoints = Endpoints.parse(JSON.parse(readFileSync(file, 'utf8')));
  pointAt(endpoints);
  return playStory({
    endpoints,
    issuer: await localIssuer(dirname(file)),
    folder: join(dirname(file), 'stories', name),
    source: join(PROJECT, 'models', 'claims-denial'),
    name,
    rows: ROWS,
    breakStep,
    tell: plainTeller(() => undefined),
  });
}

describe.skipIf(FILE === undefined)('the story on a local stack', () => {
  it('turns out as it is told, from a first commit to a third rollback', {
    timeout: 10 * MINUTE,
  }, async () => {
    const { report, failure } = await play('story');
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

  it.each([
    ['quick-train', 'QuickTrain (quick-train)'],
    ['train-candidate', 'TrainCandidate (train-candidate)'],
    ['full-train', 'FullTrain (full-train)'],
    ['evaluate-challenger', 'EvaluateChallenger (evaluate-challenger)'],
    ['record-decision', 'DeployToStaging (record-decision)'],
  ])(
    'finds out a %s that only repeats its last output',
    async (step, named) => {
      const { failure, report } = await play(`no-${step}`.slice(0, 26), step);
      expect(failure).toBeInstanceOf(StoryFailed);
      expect(failure).toMatchObject({ step: named });
      expect(report.champions.map(({ version }) => version)).toEqual([1]);
    },
    5 * MINUTE,
  );
});
