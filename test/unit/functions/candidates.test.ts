import { describe, expect, it } from 'vitest';
import type { StatusAnswer } from '#contracts/answers.ts';
import type { ApiClient } from '#client/client.ts';
import { explainRun } from '../../../cli/remote/explain.ts';
import { statusWords } from '../../../cli/remote/answer-words.ts';
import type { ScoredCandidate } from '#contracts/steps.ts';
import { executionName } from '#domain/run-id.ts';
import { closeEnded } from '../../../functions/close-run/handler.ts';
import { readEvidence, readStatus } from '../../../functions/read-pipeline/read-run.ts';
import { definedSteps } from '../../../functions/read-pipeline/steps.ts';
import { loadLeaderboard, loadScores } from '#release/selection-documents.ts';
import { ended, line, SETTINGS } from '../../support/line.ts';

type Line = ReturnType<typeof line>;

const forest = (name: string, settings: object) => ({
  name,
  algorithm: 'forest' as const,
  settings: { ...SETTINGS.weak, ...settings },
});

async function statusOf(l: Line, runId: string): Promise<StatusAnswer> {
  const defined = definedSteps(await l.executions.definition());
  return readStatus(l, defined, runId);
}

const stepOf = ({ steps }: StatusAnswer) => steps.find((s) => s.name === 'TrainCandidates');
const wait = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

/** Of the candidates `a`, `b`, `c`, trained up to 4 at once, `b` does something else. */
async function begun(b: () => Promise<unknown>): Promise<{ l: Line; runId: string }> {
  const l = line();
  l.replaced.set('TrainCandidate', (input) =>
    (input as { candidate: string }).candidate === 'b' ? b() : l.handlers['TrainCandidate']!(input),
  );
  const candidates = [
    forest('a', SETTINGS.weak),
    forest('b', SETTINGS.fair),
    forest('c', SETTINGS.fair),
  ];
  const { runId, model } = await l.store({ commit: 'c1', model: { candidates } });
  const input = { schemaVersion: 1, runId, model, attempt: 1 };
  await l.executions.start(executionName(runId, 1), input);
  return { l, runId };
}

describe('the question to the approver', () => {
  it('bears what the evaluation warns of: here a model that calls nobody positive', async () => {
    const l = line();
    const plan = {
      primaryMetric: 'auc',
      alpha: 0.05,
      margin: 0.01,
      replicates: 300,
      folds: 2,
      k: 0.1,
      // Above every score of a forest whose leaves are large.
      threshold: 1,
    } as const;
    const status = await statusOf(l, await l.commit({ commit: 'a1', model: { plan } }));
    expect(status.evaluation?.warnings).toEqual([
      expect.stringMatching(/^check 'both-labels' failed: .* calls none of the \d+ holdout rows/),
    ]);
    expect(statusWords(status)).toMatch(/^verdict .*\nwarning: check 'both-labels' failed: /m);
  });
});

const scored = (l: Line) => l.calls.filter((c) => c.name === 'TrainCandidate').length;

describe('the candidates of a run', () => {
  it('are shown each with its score, as the leaderboard has it, and the chosen one', async () => {
    const l = line();
    const candidates = [
      { name: 'baseline', algorithm: 'logistic' as const, settings: {} },
      forest('weak', SETTINGS.weak),
    ];
    const runId = await l.commit({ commit: 'a1', model: { candidates } });
    const choice = l.lastOutput('ChooseCandidate') as { leaderboard: string; candidate: string };
    const { rows } = await loadLeaderboard(l.artifacts, choice.leaderboard);
    const status = await statusOf(l, runId);
    expect(status.candidates).toMatchObject(
      candidates.map(({ name }) => {
        const row = rows.find((r) => r.candidate.name === name)!;
        const { meanAuc, standardError } = row;
        const chosen = name === choice.candidate;
        return { name, attempt: 1, status: 'success', meanAuc, standardError, chosen };
      }),
    );
    const words = statusWords(status);
    const { words: explained } = await explainRun(
      {
        status: async () => status,
        evidence: async () => readEvidence(l, runId),
      } as unknown as ApiClient,
      runId,
    );
    for (const { candidate, meanAuc, standardError } of rows) {
      const mean = meanAuc.toFixed(4);
      const error = standardError!.toFixed(4);
      const chosen = candidate.name === choice.candidate;
      const end = chosen ? ', chosen$' : '$';
      expect(words).toMatch(
        new RegExp(`^ +${candidate.name} +success +\\d.* AUC ${mean} ± ${error}${end}`, 'm'),
      );
      expect(explained).toMatch(
        new RegExp(
          `^ +${candidate.name} +1 +success +${mean} +${error}${chosen ? ' +chosen' : ''}$`,
          'm',
        ),
      );
    }
  });

  const gate = { name: 'auc', metric: 'auc', mode: 'enforce', min: 0.999, onFail: 'retune' };
  const retuned = {
    policy: { gates: [gate as never], retune: { attempts: 2, candidatesPerAttempt: 2 } },
    model: {
      candidates: [forest('weak', SETTINGS.weak)],
      space: { algorithm: 'forest' as const, settings: { trees: [1, 2, 3, 4, 5] } } as never,
    },
  };

  it('are shown of every attempt of a retuning, by attempt', async () => {
    const l = line();
    const runId = await l.commit({ commit: 'a2', ...retuned });
    const { candidates } = await statusOf(l, runId);
    expect(candidates.map((c) => `${c.attempt} ${c.name} ${c.status}`)).toEqual([
      '1 weak success',
      '2 retune-1-1 success',
      '2 retune-1-2 success',
      '3 retune-2-1 success',
      '3 retune-2-2 success',
    ]);
    const { candidate } = l.lastOutput('ChooseCandidate') as { candidate: string };
    expect(candidates.filter((c) => c.chosen).map((c) => c.name)).toEqual([candidate]);
    expect(candidates.every((c) => c.meanAuc !== null)).toBe(true);
  });

  it('are each told by the round of their own attempt', async () => {
    const l = line();
    l.replaced.set('TrainCandidate', async (input) => {
      if ((input as { candidate: string }).candidate !== 'retune-1-1') {
        return l.handlers['TrainCandidate']!(input);
      }
      throw Object.assign(new Error('on purpose'), { name: 'SettingsInvalid' });
    });
    const runId = await l.commit({ commit: 'a3', ...retuned });
    const [own, failed] = (await statusOf(l, runId)).candidates;
    expect(own).toMatchObject({ name: 'weak', status: 'success', chosen: false });
    expect(failed).toMatchObject({ name: 'retune-1-1', attempt: 2, status: 'failed' });
  });

  it('are shown where one failed: that one with its error, the others with their scores', async () => {
    const { l, runId } = await begun(async () => {
      await wait(50);
      throw Object.assign(new Error('no such thing'), { name: 'SettingsInvalid' });
    });
    while ((await l.status(runId)) !== 'failed') await wait(20);
    const status = await statusOf(l, runId);
    expect(stepOf(status)).toMatchObject({
      status: 'failed',
      error: 'SettingsInvalid',
      cause: 'no such thing',
    });
    const first = l.lastOutput(
      'TrainCandidate',
      (input) => (input as { candidate: string }).candidate === 'a',
    ) as ScoredCandidate;
    const document = await loadScores(l.artifacts, first.scores);
    const folds = 'folds' in document ? document.folds : [];
    const [a, b] = status.candidates;
    expect(a).toMatchObject({ name: 'a', status: 'success', chosen: false });
    expect(a?.meanAuc).toBeCloseTo(folds.reduce((sum, f) => sum + f.auc, 0) / folds.length, 12);
    expect(b).toMatchObject({
      name: 'b',
      status: 'failed',
      error: 'SettingsInvalid',
      meanAuc: null,
    });
    expect(statusWords(status)).toMatch(/^ +b +failed .* SettingsInvalid: no such thing$/m);
  });

  it('are shown with why they could not be fitted, before and after the choice', async () => {
    const said = 'fold 2: no rows';
    const { l, runId } = await begun(async () => {
      const document = { notFitted: said, candidate: { name: 'b' } };
      const bytes = new TextEncoder().encode(JSON.stringify(document));
      const output = {
        candidate: 'b',
        scores: await l.artifacts.put('reports', bytes),
        seconds: 1,
      };
      await l.steps.record({
        ...{ schemaVersion: 1, runId, step: 'TrainCandidate', inputHash: 'b', attempt: 1 },
        ...{ output, startedAt: l.clock.now(), endedAt: l.clock.now() },
      });
      return output;
    });
    l.replaced.set('ChooseCandidate', () => new Promise(() => undefined));
    while (stepOf(await statusOf(l, runId))?.status !== 'success') await wait(20);
    const b = (await statusOf(l, runId)).candidates[1];
    expect(b).toMatchObject({ name: 'b', status: 'success', meanAuc: null, notFitted: said });
    const board = { rows: [], notFitted: [{ candidate: { name: 'b' }, reason: 'no rows' }] };
    const leaderboard = await l.artifacts.put(
      'reports',
      new TextEncoder().encode(JSON.stringify(board)),
    );
    await l.steps.record({
      ...{ schemaVersion: 1, runId, step: 'ChooseCandidate', inputHash: 'c', attempt: 1 },
      output: { attempt: 1, candidate: 'a', leaderboard, next: 'fit', reason: 'why' },
      ...{ startedAt: l.clock.now(), endedAt: l.clock.now() },
    });
    const after = await statusOf(l, runId);
    expect(after.candidates[1]?.notFitted).toBe('no rows');
    expect(statusWords(after)).toMatch(/^ +b +success .* not fitted: no rows$/m);
  });

  it('are cancelled with their run, and what was scored stands when it is resumed', async () => {
    const { l, runId } = await begun(() => new Promise(() => undefined));
    while (scored(l) < 2) await wait(20);
    const running = await statusOf(l, runId);
    expect(running.candidates.map((c) => c.status)).toEqual(['success', 'running', 'success']);
    const run = await l.runOf(runId);
    const cancelled = { cancelledBy: 'ana', reason: 'wrong branch', revision: run.revision + 1 };
    await l.runs.replace({ ...run, ...cancelled });
    await l.executions.stop(executionName(runId, 1), 'Cancelled', 'wrong branch');
    while ((await l.status(runId)) !== 'cancelled') await wait(20);
    const status = await statusOf(l, runId);
    expect(stepOf(status)?.status).toBe('cancelled');
    expect(status.candidates.map((c) => c.status)).toEqual(['success', 'cancelled', 'success']);
    expect(statusWords(status)).toContain(`${runId}: cancelled by ana\nwrong branch\n`);
    l.replaced.set('PlanCandidates', () => {
      throw Object.assign(new Error('not now'), { name: 'ArtifactMissing' });
    });
    await l.resume(runId);
    const resumed = await statusOf(l, runId);
    expect(resumed.candidates.map((c) => c.status)).toEqual(['success', 'skipped', 'success']);
  });
});

describe('the end of an execution that somebody cancelled', () => {
  it('is a cancelled run for the reason that was given, also where the service calls it failed', async () => {
    const l = line();
    const runId = await l.commit({ commit: 'e1' });
    const run = await l.runOf(runId);
    const cancelled = { cancelledBy: 'ana', reason: 'wrong branch', revision: run.revision + 1 };
    await l.runs.replace({ ...run, ...cancelled });
    await closeEnded(l)(
      ended({
        'detail-type': 'Step Functions Execution Status Change',
        detail: {
          name: executionName(runId, 1),
          status: 'FAILED',
          error: 'States.Runtime',
          cause: "AttributeError('str' object has no attribute 'get')",
        },
      }),
    );
    const closed = await l.runOf(runId);
    expect(closed).toMatchObject({ status: 'cancelled', reason: 'wrong branch' });
    expect(closed).not.toHaveProperty('error');
  });
});
