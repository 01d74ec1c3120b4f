import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { ChampionAnswer } from '#contracts/answers.ts';
import type { ApiClient } from '#client/client.ts';
import { explainRun } from '../../../cli/remote/explain.ts';
import { championWords } from '../../../cli/remote/answer-words.ts';
import { readEvidence, readStatus } from '../../../functions/read-pipeline/read-run.ts';
import { line } from '../../support/line.ts';
import { type Api, api } from '../../support/api.ts';
import { evaluation } from '../../support/documents.ts';
import { MODEL } from '../../support/world.ts';

const get = (w: Api, path: string, query: Record<string, string> = {}, as = 'viewer') =>
  w.call('read-pipeline', 'GET', path, { as, query });
const at = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, '0')}.000Z`;

describe('GET /pipeline/{run}/status', () => {
  it('shows run, steps, outputs and the open question, and never its token', async () => {
    const w = await api();
    await w.open('awaiting_approval');
    const digest = await w.ask();
    w.visits.set(`${w.runId}-1`, [
      {
        state: 'OpenRun',
        type: 'Task',
        status: 'success',
        enteredAt: at(5),
        exitedAt: at(6),
        error: null,
        cause: null,
        item: null,
      },
      {
        state: 'WaitForApproval',
        type: 'Task',
        status: 'waiting',
        enteredAt: at(8),
        exitedAt: null,
        error: null,
        cause: null,
        item: null,
      },
    ]);
    const { status, body } = await get(w, `/pipeline/${w.runId}/status`);
    expect(status).toBe(200);
    expect(body['run']).toEqual(
      w.run.status === 'running' ? { ...w.run, status: 'awaiting_approval' } : {},
    );
    expect(body['commit']).toEqual(w.commit);
    expect(body['steps']).toEqual([
      { name: 'OpenRun', status: 'success', startedAt: at(5), endedAt: at(6), seconds: 1 },
      ...['TrainCandidates', 'FullTrain'].map((name) => ({
        name,
        status: 'skipped',
        startedAt: null,
        endedAt: null,
        seconds: null,
      })),
      {
        name: 'WaitForApproval',
        status: 'awaiting_approval',
        startedAt: at(8),
        endedAt: null,
        seconds: null,
      },
      { name: 'CloseCompleted', status: 'idle', startedAt: null, endedAt: null, seconds: null },
    ]);
    expect(body['pending']).toMatchObject({ kind: 'approval', digest, required: 1, decisions: [] });
    expect(body['evaluation']).toEqual(evaluation(digest));
    expect(body['outputs']).toEqual({ EvaluateChallenger: evaluation(digest) });
    expect(JSON.stringify(body)).not.toContain('the-secret-token');
  });

  it('shows a run in the queue as queued, a failed step with its error, and no question of a closed run', async () => {
    const w = await api();
    await w.open('failed');
    await w.ask('acceptance');
    w.visits.set(`${w.runId}-1`, [
      {
        state: 'OpenRun',
        type: 'Task',
        status: 'waiting',
        enteredAt: at(5),
        exitedAt: null,
        error: null,
        cause: null,
        item: null,
      },
      {
        state: 'TrainCandidate',
        type: 'Task',
        status: 'failed',
        enteredAt: at(5),
        exitedAt: at(9),
        error: 'DataInvalid',
        cause: null,
        item: 0,
      },
      {
        state: 'TrainCandidates',
        type: 'Map',
        status: 'failed',
        enteredAt: at(5),
        exitedAt: at(9),
        error: 'DataInvalid',
        cause: null,
        item: null,
      },
    ]);
    const { body } = await get(w, `/pipeline/${w.runId}/status`);
    expect(body['steps'].map((s: { status: string }) => s.status)).toEqual([
      'queued',
      'failed',
      'skipped',
      'skipped',
      'skipped',
    ]);
    expect(body['steps'][1].error).toBe('DataInvalid');
    expect(body['pending']).toBeNull();
  });

  it('shows the step that a cancel ended as cancelled, and an earlier failure as it was', async () => {
    const w = await api();
    await w.open('awaiting_approval');
    const run = (await w.runs.get(w.runId))!;
    await w.runs.replace({
      ...run,
      status: 'cancelled',
      cancelledBy: 'ana',
      revision: run.revision + 1,
    });
    const visit = (state: string, error: string) => ({
      state,
      type: 'Task',
      status: 'failed' as const,
      enteredAt: at(5),
      exitedAt: at(6),
      error,
      cause: null,
      item: null,
    });
    w.visits.set(`${w.runId}-1`, [
      visit('FullTrain', 'ChampionMoved'),
      visit('WaitForApproval', 'States.Timeout'),
    ]);
    const { body } = await get(w, `/pipeline/${w.runId}/status`);
    const steps = body['steps'] as { name: string; status: string; error?: string }[];
    expect(steps.find((s) => s.name === 'FullTrain')).toMatchObject({ error: 'ChampionMoved' });
    const waited = steps.find((s) => s.name === 'WaitForApproval');
    expect(waited?.status).toBe('cancelled');
    expect(waited).not.toHaveProperty('error');
  });

  it('shows what an acceptance is about', async () => {
    const w = await api();
    await w.open('held');
    await w.ask('acceptance');
    const { body } = await get(w, `/pipeline/${w.runId}/status`);
    expect(body['pending']).toMatchObject({
      kind: 'acceptance',
      question: { kind: 'charter', summary: 'the AUC gate is lower' },
    });
  });
});

describe('the question about a changed charter', () => {
  it('shows every change, also those that the machine’s state has no room for', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'a1' }), 'approve');
    const gates = Array.from({ length: 40 }, (_, i) => ({
      name: `another-gate-${i}`,
      metric: 'auc',
      mode: 'warn',
      min: 0.5,
    }));
    const runId = await l.commit({ commit: 'a2', policy: { gates } as never });
    const { pending, outputs } = await readStatus(l, [], runId);
    for (const { name } of gates) expect(pending?.question?.summary).toContain(name);
    expect(JSON.stringify(outputs).length).toBeLessThan(4_000);
  });
});

describe('GET /pipeline/{run}/evidence', () => {
  it('gives both documents and what they led to; 404 before there are any', async () => {
    const w = await api();
    await w.open();
    expect((await get(w, `/pipeline/${w.runId}/evidence`)).status).toBe(404);
    await w.ask();
    // Named in state, but not stored: never made up.
    expect((await get(w, `/pipeline/${w.runId}/evidence`)).status).toBe(503);
  });

  it('bears every gate with what was measured and its limit, as explain shows it', async () => {
    const l = line();
    const gates = [
      { name: 'auc', metric: 'auc', mode: 'warn', onFail: 'reject', min: 0.99 },
      { name: 'accuracy', metric: 'accuracy', mode: 'enforce', onFail: 'reject', min: 0.5 },
    ] as const;
    const runId = await l.commit({ commit: 'a1', policy: { gates: [...gates] } });
    const evidence = await readEvidence(l, runId);
    const recorded = (await l.steps.list(runId)).find((s) => s.step === 'EvaluateChallenger');
    expect(evidence.verdict).toMatchObject(recorded?.output as object);
    expect(evidence.verdict.gates).toMatchObject([
      { name: 'auc', mode: 'warn', limit: 0.99, passed: false },
      { name: 'accuracy', mode: 'enforce', limit: 0.5, passed: true },
      { name: 'enough-groups', metric: 'groups', limit: 30, passed: true },
      { name: 'enough-groups', metric: 'groups of the rarer class', limit: 15, passed: true },
    ]);
    const { words } = await explainRun(
      {
        status: async () => ({ evaluation: recorded?.output, outputs: {}, candidates: [] }),
        evidence: async () => evidence,
      } as unknown as ApiClient,
      runId,
    );
    const measured = evidence.measured.challenger.metrics.auc.value?.toFixed(4) ?? '';
    expect(words).toMatch(new RegExp(`auc +auc +warn +${measured} +0.99 +NO`));
    const { importance } = evidence.measured.measurements;
    const [first] = importance!.columns.toSorted((x, y) => y.challenger!.mean - x.challenger!.mean);
    const fall = first!.challenger!.mean.toFixed(4);
    expect(words).toContain(
      `AUC lost when a column is shuffled (${importance!.rows} holdout rows):`,
    );
    expect(words).toMatch(new RegExp(`COLUMN +CHALLENGER *\n +${first!.column} +${fall}`));
    expect(words).toMatch(/accuracy +accuracy +enforce +0\.\d{4} +0\.5 +yes/);
    expect(words).toContain("warning: gate 'auc' failed");
  });
});

describe('GET /champion and /ledger', () => {
  it('gives the pointers of now and of a moment, and verifies the chain to its head', async () => {
    const w = await api();
    const [v1, v2] = [sha256Hex('1'), sha256Hex('2')];
    await w.move('production', 1, v1);
    w.pass(10_000);
    await w.move('staging', 2, v2);
    await w.move('production', 2, v2);
    const now = await get(w, '/champion', { model: MODEL });
    expect(now.body['production']).toEqual(await w.registry.pointer(MODEL, 'production'));
    expect(now.body['since']).toMatchObject({ kind: 'promoted', version: 2, previousVersion: 1 });
    const then = await get(w, '/champion', { model: MODEL, at: '2026-01-02T03:04:06Z' });
    expect(then.body).toMatchObject({ production: { version: 1, revision: 1 }, staging: null });
    const before = await get(w, '/champion', { model: MODEL, at: '2025-01-01T00:00:00+02:00' });
    expect(before.body).toMatchObject({ production: null, since: null });
    expect((await get(w, '/champion', { model: MODEL, at: 'yesterday' })).status).toBe(400);
    const ledger = await get(w, '/ledger', { model: MODEL });
    expect(ledger.body['entries']).toHaveLength(3);
    expect(ledger.body['verification']).toEqual({ ok: true, length: 3 });
    const empty = await get(w, '/ledger', { model: 'unheard-of' });
    expect(empty.body).toEqual({ entries: [], head: null, verification: { ok: true, length: 0 } });
  });

  it('says that staging still has a version that production was rolled back from', async () => {
    const w = await api();
    const [v1, v2] = [sha256Hex('1'), sha256Hex('2')];
    await w.move('production', 1, v1);
    await w.move('staging', 2, v2);
    await w.move('production', 2, v2);
    w.pass(10_000);
    const before = ChampionAnswer.parse((await get(w, '/champion', { model: MODEL })).body);
    expect(championWords(before, undefined)).not.toContain('quarantined');
    await w.move('production', 1, v1, 'rolled_back');
    const after = ChampionAnswer.parse((await get(w, '/champion', { model: MODEL })).body);
    expect(after.quarantined).toEqual([2]);
    expect(championWords(after, undefined)).toMatch(
      /^version 1 .*\nstaging: version 2 \(.{12}\), quarantined: production was rolled back from it$/,
    );
    const then = await get(w, '/champion', { model: MODEL, at: '2026-01-02T03:04:06Z' });
    expect(then.body['quarantined']).toEqual([]);
  });

  it('sees a ledger whose end was cut off, which its chain alone would not', async () => {
    const w = await api();
    await w.move('production', 1, sha256Hex('1'));
    const { readLedger } = await import('../../../functions/read-pipeline/read-champion.ts');
    const answer = await readLedger({ ...w.registry, ledger: async () => [] }, MODEL);
    expect(answer).toMatchObject({ verification: { ok: false, sequence: 1 } });
  });
});

describe('GET /mlflow/…', () => {
  async function mirrored() {
    const w = await api();
    const { trackingRunId } = await w.tracking.record({
      key: 'k',
      model: MODEL,
      name: 'CD',
      stage: 'CD',
      startedAt: at(1),
      endedAt: at(2),
      params: {},
      metrics: {},
      files: [],
      tags: {
        commit_sha: w.commit.commit,
        stage: 'CD',
        dataset_window: 'w',
        seed: '0',
        model_version: '1',
      },
    });
    return { w, trackingRunId };
  }

  it('says where MLflow and the registry disagree', async () => {
    const { w, trackingRunId } = await mirrored();
    await w.move('production', 1, sha256Hex('1'));
    const apart = await get(w, '/mlflow/champion', { model: MODEL });
    expect(apart.body).toMatchObject({
      agree: false,
      message: 'MLflow disagrees: champion is none, should be 1',
    });
    const of = { model: MODEL, version: 1, sha256: '', trackingRunId, commit: '', description: '' };
    await w.tracking.registerVersion(of);
    await w.tracking.setAliases(MODEL, { champion: 1, challenger: null, previous: null });
    const alike = await get(w, '/mlflow/champion', { model: MODEL });
    expect(alike.body).toMatchObject({
      agree: true,
      pointer: { version: 1 },
      aliases: { champion: 1 },
    });
  });

  it('lists runs by stage and commit, and gives one to those who may read its model', async () => {
    const { w, trackingRunId } = await mirrored();
    const found = await get(w, '/mlflow/runs', {
      model: MODEL,
      stage: 'CD',
      commit_sha: 'ccccccc',
    });
    expect(found.body['runs']).toHaveLength(1);
    expect((await get(w, '/mlflow/runs', { model: MODEL, stage: 'XX' })).status).toBe(400);
    expect((await get(w, `/mlflow/runs/${trackingRunId}`, {}, 'viewer-of')).status).toBe(200);
    expect((await get(w, `/mlflow/runs/${trackingRunId}`, {}, 'viewer-other')).status).toBe(403);
    expect((await get(w, `/mlflow/runs/${'0'.repeat(31)}f`)).status).toBe(404);
  });
});

describe('GET /pipeline/runs, /steps, /claims/generate', () => {
  it('pages runs, newest first; across models only for those who may read all', async () => {
    const w = await api();
    for (let i = 0; i < 3; i += 1) {
      await w.runs.create({
        ...w.run,
        runId: `${MODEL}-cccccccccccc-0000000${i}`,
        createdAt: at(i),
      });
    }
    const one = await get(w, '/pipeline/runs', { model: MODEL, limit: '2' });
    expect(one.body['runs'].map((r: { createdAt: string }) => r.createdAt)).toEqual([at(2), at(1)]);
    const two = await get(w, '/pipeline/runs', {
      model: MODEL,
      limit: '2',
      cursor: one.body['cursor'],
    });
    expect(two.body['runs']).toHaveLength(1);
    expect(two.body).not.toHaveProperty('cursor');
    expect((await get(w, '/pipeline/runs')).status).toBe(200);
    expect((await get(w, '/pipeline/runs', {}, 'viewer-of')).status).toBe(403);
    expect((await get(w, '/pipeline/runs', { cursor: 'made-up' })).status).toBe(400);
  });

  it("gives the deployed machine's tasks in their order", async () => {
    const w = await api();
    const { body } = await get(w, '/steps');
    expect(body['steps'].map((s: { name: string }) => s.name)).toEqual([
      'OpenRun',
      'TrainCandidates',
      'FullTrain',
      'WaitForApproval',
      'CloseCompleted',
    ]);
    expect(body['steps'][1]).toEqual({
      name: 'TrainCandidates',
      comment: null,
      timeoutSeconds: null,
      waits: false,
    });
    expect(body['steps'][2]).toEqual({
      name: 'FullTrain',
      comment: null,
      timeoutSeconds: 930,
      waits: false,
    });
  });

  it('makes the same claims for the same seed, and 0 is a seed', async () => {
    const w = await api();
    const claims = (query: Record<string, string>) =>
      w.call('generate-claims', 'GET', '/claims/generate', { as: 'viewer', query });
    const zero = await claims({ n: '5', seed: '0' });
    expect(zero.body['claims']).toHaveLength(5);
    expect(zero.body['seed']).toBe(0);
    expect(canonicalJson((await claims({ n: '5', seed: '0' })).body)).toBe(
      canonicalJson(zero.body),
    );
    expect((await claims({ n: '5', seed: '1' })).body['claims']).not.toEqual(zero.body['claims']);
    for (const query of [{ n: '10001' }, { n: '0' }, { n: '-1' }, { n: '1.5' }, { seed: '-1' }]) {
      expect((await claims(query)).status).toBe(400);
    }
    const most = await w.functions['generate-claims']({
      httpMethod: 'GET',
      path: '/claims/generate',
      headers: { authorization: 'Bearer viewer' },
      queryStringParameters: { n: '10000' },
    });
    // Lambda's limit for an answer is 6 MB.
    expect(JSON.stringify(most).length).toBeLessThan(6_000_000);
  });
});
