import { describe, expect, it } from 'vitest';
import type { Leaderboard } from '#contracts/selection.ts';
import type { DataReference, RunReference } from '#contracts/steps.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { withoutHoldout } from '#release/unseen-holdout.ts';
import { line, SETTINGS } from '../../support/line.ts';
import { MODEL } from '../../support/world.ts';

describe('the candidates of a commit', () => {
  const forest = (name: string, settings: object) => ({
    name,
    algorithm: 'forest' as const,
    settings: { ...SETTINGS.weak, ...settings },
  });
  const holdoutReads = (l: ReturnType<typeof line>) => {
    const { holdout, register } = l.lastOutput('ValidateData') as Record<string, string>;
    const [whole] = l.calls.filter((c) => c.name === 'ValidateData');
    const { data } = (whole!.input as { run: { data: string } }).run;
    return l.reads.filter((r) => [holdout, register, data].includes(r.sha256)).map((r) => r.by);
  };

  it('train side by side, and the leaderboard says which was chosen and why', async () => {
    const l = line({ draws: true });
    const candidates = [
      { name: 'baseline', algorithm: 'logistic' as const, settings: {} },
      forest('weak', SETTINGS.weak),
      { ...forest('good', SETTINGS.good), calibration: 'sigmoid' as const },
    ];
    const run = await l.commit({ commit: '8a', model: { candidates } });
    expect(await l.status(run)).toBe('awaiting_approval');
    const trained = l.calls.filter((c) => c.name === 'TrainCandidate');
    expect(trained.map((c) => (c.output as { candidate: string }).candidate).toSorted()).toEqual([
      'baseline',
      'good',
      'weak',
    ]);
    const choice = l.lastOutput('ChooseCandidate') as Record<string, string>;
    expect(choice).toMatchObject({ attempt: 1, next: 'fit' });
    expect(l.lastOutput('FullTrain')).toMatchObject({ candidate: choice['candidate'] });

    const { trackingRunId } = l.lastOutput('RecordRun') as { trackingRunId: string };
    const file = (path: string) => new TextDecoder().decode(l.tracking.file(trackingRunId, path));
    const board = JSON.parse(file('leaderboard.json')) as Leaderboard;
    expect(board.chosen).toBe(choice['candidate']);
    expect(file('report.md')).toContain(choice['reason']);
    expect(file('report.md')).toContain('and so optimistic');
    expect(file('leaderboard.csv').trimEnd().split('\n')).toHaveLength(4);
    const tracked = await l.tracking.run(trackingRunId);
    expect(tracked?.metrics['nested_auc']).toBe(board.nested?.meanAuc);
    // The last of the curve's points: MLflow shows the others.
    expect(tracked?.metrics['candidates/weak/fold_auc']).toBe(
      board.rows.find((r) => r.candidate.name === 'weak')?.foldAuc.at(-1),
    );
    expect(tracked?.files).toEqual(
      expect.arrayContaining([
        'charts/calibration.svg',
        'charts/confusion.svg',
        'charts/importance.svg',
        'charts/learning-curve.svg',
        'charts/precision-recall.svg',
        'charts/roc.svg',
        'charts/shap-summary.svg',
        'model/MLmodel',
      ]),
    );
    for (const path of tracked?.files ?? []) {
      if (path.endsWith('.svg')) expect(file(path), path).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
    }
    expect(holdoutReads(l)).toEqual(expect.arrayContaining(['EvaluateChallenger']));
  });

  it('are more by retuning, within the policy’s budget, before any row of the holdout is read', async () => {
    const l = line();
    const policy = {
      gates: [
        {
          name: 'discrimination',
          metric: 'auc' as const,
          mode: 'enforce' as const,
          min: 0.88,
          onFail: 'retune' as const,
        },
      ],
      retune: { attempts: 4, candidatesPerAttempt: 2 },
    };
    const model = {
      candidates: [forest('weak', SETTINGS.weak)],
      space: {
        algorithm: 'forest' as const,
        // Of eight points one has trees enough, and deep enough.
        settings: { trees: [1, 20], maxDepth: [1, 8], minLeaf: [5, 600], featuresPerSplit: [5] },
      },
    };
    const run = await l.commit({ commit: '9a', policy, model });
    expect(await l.status(run)).toBe('awaiting_approval');
    const choices = l.calls.filter((c) => c.name === 'ChooseCandidate').map((c) => c.output);
    const attempts = choices.length;
    expect(attempts).toBeGreaterThan(1);
    expect(attempts).toBeLessThanOrEqual(5);
    expect(choices.map((c) => (c as { next: string }).next)).toEqual([
      ...Array<string>(attempts - 1).fill('retune'),
      'fit',
    ]);
    expect(l.calls.filter((c) => c.name === 'TrainCandidate')).toHaveLength(1 + 2 * (attempts - 1));
    const chosen = l.lastOutput('FullTrain') as { candidate: string };
    expect(chosen.candidate).toMatch(/^retune-/);

    const order = l.calls.map((c) => c.name);
    const evaluated = order.indexOf('EvaluateChallenger');
    expect(order.lastIndexOf('ChooseCandidate')).toBeLessThan(evaluated);
    // The counter: who reads the table or its holdout, from the first training on.
    const readers = holdoutReads(l).filter((by) => by !== 'ValidateData');
    expect(readers.filter((by) => by !== 'EvaluateChallenger')).toEqual([]);
    expect(readers.length).toBeGreaterThan(0);
    expect(Math.max(...l.stateBytes)).toBeLessThan(32 * 1024);
  });

  it('can’t read the holdout: a training step is refused it by name', async () => {
    const l = line();
    await l.commit({ commit: '9b' });
    const { input } = l.calls.find((c) => c.name === 'TrainCandidate')!;
    const { run, data } = input as { run: RunReference; data: DataReference };
    const guarded = withoutHoldout(l.artifacts, { run, data });
    for (const hash of [run.data, data.holdout, data.register]) {
      await expect(guarded.get('data', hash)).rejects.toMatchObject({ name: 'HoldoutRefused' });
    }
    expect((await guarded.get('data', data.training)).length).toBeGreaterThan(0);
  });

  it('stop at the policy’s budget, and the holdout judges the best of them', async () => {
    const l = line();
    const gate = { name: 'auc', metric: 'auc', mode: 'enforce', min: 0.99, onFail: 'retune' };
    const run = await l.commit({
      commit: '9c',
      policy: { gates: [gate as never], retune: { attempts: 1, candidatesPerAttempt: 2 } },
      model: {
        candidates: [forest('weak', SETTINGS.weak)],
        space: { algorithm: 'forest', settings: { trees: [2, 3, 4] } },
      },
    });
    expect(await l.status(run)).toBe('rejected_by_gate');
    expect(l.calls.filter((c) => c.name === 'ChooseCandidate')).toHaveLength(2);
    expect(l.calls.filter((c) => c.name === 'EvaluateChallenger')).toHaveLength(1);
  });

  it('are trained once each, also where the choice failed and the run is resumed', async () => {
    const l = line();
    const failing = () =>
      Promise.reject(Object.assign(new Error('on purpose'), { name: 'ArtifactMissing' }));
    l.replaced.set('ChooseCandidate', failing);
    const candidates = [forest('a', SETTINGS.weak), forest('b', SETTINGS.fair)];
    const run = await l.commit({ commit: '9d', model: { candidates } });
    expect(await l.runOf(run)).toMatchObject({ status: 'failed', error: 'ArtifactMissing' });
    l.replaced.clear();
    await l.resume(run);
    expect(await l.status(run)).toBe('awaiting_approval');
    const steps = await l.steps.list(run);
    expect(steps.filter((s) => s.step === 'TrainCandidate')).toHaveLength(2);
  });

  it('may be of ml-random-forest, from the commit to the champion', async () => {
    const l = line();
    const settings = { ...SETTINGS.fair, trees: 2, sampleRows: 300 };
    const candidates = [{ name: 'library', algorithm: 'ml-random-forest' as const, settings }];
    const run = await l.commit({ commit: 'ab', model: { candidates } });
    expect(await l.status(run)).toBe('awaiting_approval');
    await l.say(run, 'approve');
    expect(await l.runOf(run)).toMatchObject({ status: 'completed', version: 1 });
    const { sha256 } = (await l.registry.version(MODEL, 1))!;
    const { estimator } = decodeArtifact(await l.artifacts.get('models', sha256));
    expect(estimator.kind).toBe('ml-random-forest');
  });
});
