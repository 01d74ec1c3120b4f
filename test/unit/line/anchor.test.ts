import { describe, expect, it } from 'vitest';
import { readMeasured } from '#contracts/evidence.ts';
import type { EvaluationReference } from '#contracts/steps.ts';
import type { ApiClient } from '#client/client.ts';
import { TitleholderError } from '#domain/errors.ts';
import { explainRun } from '../../../cli/remote/explain.ts';
import { readEvidence } from '../../../functions/read-pipeline/read-run.ts';
import { line, SETTINGS } from '../../support/line.ts';
import { MODEL } from '../../support/world.ts';

/** So wide that a challenger of the champion's kind is no worse. */
const WIDE = { plan: { primaryMetric: 'auc', alpha: 0.05, margin: 0.2, replicates: 300, k: 0.1 } };

/** What `explain` prints. */
async function explained(l: ReturnType<typeof line>, runId: string): Promise<string> {
  const evaluation = l.lastOutput('EvaluateChallenger');
  const api = {
    status: async () => ({ run: await l.runOf(runId), evaluation, outputs: {}, candidates: [] }),
    evidence: () => readEvidence(l, runId),
  };
  return (await explainRun(api as unknown as ApiClient, runId)).words;
}

async function chain() {
  const l = line();
  const anchorOf = async (runId: string) => {
    const evaluation = l.lastOutput(
      'EvaluateChallenger',
      (input) => (input as { run: { runId: string } }).run.runId === runId,
    ) as EvaluationReference;
    return readMeasured(await l.artifacts.get('evidence', evaluation.measured)).measurements.anchor;
  };
  const commit = (name: string, settings: (typeof SETTINGS)['fair' | 'good' | 'weak']) =>
    l.commit({ commit: name, settings, model: WIDE as never });
  const approved = async (name: string, settings: (typeof SETTINGS)['fair' | 'good' | 'weak']) => {
    const run = await commit(name, settings);
    await l.say(run, 'approve');
    expect(await l.status(run)).toBe('completed');
    return run;
  };
  return { l, anchorOf, commit, approved };
}

describe('the anchor of a model’s champions', () => {
  it('is the first until one wins, then the winner, and after a rollback what it was then', async () => {
    const { l, anchorOf, commit, approved } = await chain();
    await approved('a1', SETTINGS.fair);
    const second = await approved('a2', { ...SETTINGS.fair, minLeaf: 7 } as never);
    expect(await anchorOf(second)).toMatchObject({ version: 1, since: [], scored: null });

    const third = await commit('a3', { ...SETTINGS.fair, minLeaf: 9 } as never);
    const anchor = await anchorOf(third);
    const promoted = (await l.registry.ledger(MODEL)).findLast(({ kind }) => kind === 'promoted');
    const before = readMeasured(await l.artifacts.get('evidence', promoted!.evidence!.measured));
    const [difference] = before.measurements.paired!;
    expect(difference?.lower).toBeLessThanOrEqual(0);
    expect(anchor).toMatchObject({
      version: 1,
      since: [{ version: 2, difference: difference?.estimate }],
      change: difference?.estimate,
    });
    expect(anchor?.scored?.metrics.auc.value).toBeGreaterThan(0.5);
    const words = await explained(l, third);
    expect(words).toMatch(/\n {2}anchor \(version 1\) +0\.\d{4}/);
    expect(words).toMatch(/\nchallenger - anchor: auc -?0\.\d{4} \[/);
    expect(words).toMatch(/\nanchor: version 1; .*: version 2 [+-]0\.\d{4}\n/);
    expect(words).toMatch(/\nok {2}anchor \(warn\): AUC .* is above the margin -0\.2$/);
    await l.say(third, 'reject');

    await l.rollBack('r1');
    const fresh = await commit('a4', SETTINGS.weak);
    expect(await anchorOf(fresh)).toMatchObject({ version: 1, since: [] });
  });

  it('is who won last', async () => {
    const { anchorOf, commit, approved } = await chain();
    await approved('b1', SETTINGS.weak);
    const winner = await approved('b2', SETTINGS.fair);
    expect(await anchorOf(winner)).toMatchObject({ version: 1 });
    await approved('b3', { ...SETTINGS.fair, minLeaf: 7 } as never);
    expect(
      await anchorOf(await commit('b4', { ...SETTINGS.fair, minLeaf: 9 } as never)),
    ).toMatchObject({ version: 2, since: [{ version: 3 }] });
  });

  it('that is gone stops nobody, and the question to a person says what was lost since', async () => {
    const { l, anchorOf, commit, approved } = await chain();
    await approved('c1', SETTINGS.fair);
    await approved('c2', { ...SETTINGS.fair, minLeaf: 7 } as never);
    const first = (await l.registry.version(MODEL, 1))!.sha256;
    const { get } = l.artifacts;
    l.artifacts.get = (kind, sha256) =>
      sha256 === first
        ? Promise.reject(new TitleholderError('ArtifactMissing', 'it was deleted'))
        : get(kind, sha256);
    const run = await commit('c3', { ...SETTINGS.fair, minLeaf: 9 } as never);
    expect(await l.status(run)).toBe('awaiting_approval');
    expect(await anchorOf(run)).toMatchObject({
      version: 1,
      scored: null,
      reason: 'it was deleted',
    });
    const asked = l.lastOutput('EvaluateChallenger') as EvaluationReference;
    expect(asked.reason).toMatch(
      /the anchor \(version 1\) can't be scored on today's holdout \(it was deleted\); by their own evidence the promotion since (lost|won) 0\.\d{4} in sum$/,
    );
    expect(await explained(l, run)).toMatch(
      /\nanchor: version 1; by their own evidence the promotion since (lost|won) 0\.\d{4} in sum: version 2 [+-]0\.\d{4}\n {2}can't be scored on today's holdout: it was deleted\n/,
    );
    await l.say(run, 'approve');
    expect(await l.served()).toBe(3);
  });
});
