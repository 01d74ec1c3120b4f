import { describe, expect, it } from 'vitest';
import { verifyLedger } from '#domain/ledger.ts';
import { executionName } from '#domain/run-id.ts';
import { mirrorChampion } from '../../../functions/mirror-champion/handler.ts';
import { recordDecision } from '../../../functions/record-decision/handler.ts';
import { ALICE, BOB, line, ROWS, SETTINGS } from '../../support/line.ts';
import { MODEL } from '../../support/world.ts';

describe('the line, from a commit to the champion', () => {
  it('promotes, improves, rejects by gate and by person, rolls back twice and no further', async () => {
    const l = line();
    const first = await l.commit({ commit: 'a1', settings: SETTINGS.weak });
    expect(await l.runOf(first)).toMatchObject({ status: 'awaiting_approval' });
    await l.say(first, 'approve');
    expect(await l.runOf(first)).toMatchObject({ status: 'completed', version: 1 });

    const second = await l.commit({ commit: 'a2', settings: SETTINGS.fair });
    await l.say(second, 'approve');
    expect(await l.runOf(second)).toMatchObject({ status: 'completed', version: 2 });
    expect(l.logs).toContain('v2 → Production (archived v1)');

    const bad = await l.commit({ commit: 'a3', settings: SETTINGS.weak });
    expect(await l.status(bad)).toBe('rejected_by_gate');
    expect((await l.runOf(bad)).reason).toMatch(/interval \[-0\.\d+, -0\.\d+\], is below 0/);
    expect(await l.served()).toBe(2);

    const declined = await l.commit({ commit: 'a4', settings: SETTINGS.good });
    await l.say(declined, 'reject');
    expect(await l.runOf(declined)).toMatchObject({ status: 'rejected', reason: 'reject it' });

    const third = await l.commit({ commit: 'a5', settings: SETTINGS.good });
    await l.say(third, 'approve');
    expect(await l.served()).toBe(3);

    expect(await l.rollBack('r1')).toMatchObject({ version: 2, previousVersion: 3 });
    expect(await l.rollBack('r1')).toMatchObject({ version: 2, previousVersion: 3 });
    expect(await l.status(third)).toBe('rolled_back');
    expect(await l.rollBack('r2')).toMatchObject({ version: 1, previousVersion: 2 });
    await expect(l.rollBack('r3')).rejects.toMatchObject({ name: 'NoRollbackTarget' });
    expect(await l.served()).toBe(1);

    const entries = await l.registry.ledger(MODEL);
    expect(verifyLedger(MODEL, entries)).toEqual({ ok: true, length: entries.length });
    expect(entries.map((e) => e.kind)).toEqual([
      'staged',
      'promoted',
      'staged',
      'promoted',
      'rejected_by_gate',
      'rejected',
      'staged',
      'promoted',
      'rolled_back',
      'rolled_back',
    ]);
    expect(entries[3]).toMatchObject({ actor: BOB, authority: 'approval', reason: 'approve it' });
    expect((await l.registry.charter(MODEL))?.acceptedBy).toBe(BOB);
    expect(await l.outbox.pending(10)).toEqual([]);
    expect(l.bus.events).toHaveLength(10);
    const tracked = await l.tracking.runs({ limit: 100 });
    expect(tracked.runs).toHaveLength(10);
    for (const { tags } of tracked.runs) {
      for (const tag of ['commit_sha', 'stage', 'dataset_window', 'seed', 'model_version']) {
        expect(tags[tag]).toBeTruthy();
      }
    }
    expect(Math.max(...l.stateBytes)).toBeLessThan(32 * 1024);
    expect((await l.locks.get(MODEL))?.holder).toBeNull();
  });

  it('goes on by policy alone only on a low tier and a clear win', async () => {
    const l = line();
    const policy = { tier: 'low' } as const;
    const first = await l.commit({ commit: 'b1', policy, settings: SETTINGS.weak });
    // Nobody has accepted this policy yet, so it can't wave itself through.
    expect(await l.status(first)).toBe('awaiting_approval');
    await l.say(first, 'approve');
    const second = await l.commit({ commit: 'b2', policy });
    expect(await l.status(second)).toBe('completed');
    const [byPerson, byPolicy] = (await l.registry.ledger(MODEL)).filter(
      (entry) => entry.kind === 'promoted',
    );
    expect(byPerson).toMatchObject({ authority: 'approval', version: 1 });
    expect(byPolicy).toMatchObject({ authority: 'policy', actor: ALICE, version: 2 });
  });

  it('serves a model with booleans and codes, which staging is asked only in their own words', async () => {
    const l = line();
    const typeOf: Readonly<Record<string, 'boolean' | 'code'>> = {
      in_network: 'boolean',
      prior_auth: 'boolean',
      cpt_code: 'code',
    };
    const run = await l.commit({
      commit: 'f1',
      schema: (schema) => ({
        ...schema,
        read: { separator: ',', decimal: '.', missing: [] },
        columns: schema.columns.map(({ values, ...column }) => {
          const type = typeOf[column.name];
          if (type !== undefined) return { ...column, type };
          return values === undefined ? column : { ...column, values };
        }),
      }),
    });
    await l.say(run, 'approve');
    expect(await l.runOf(run)).toMatchObject({ status: 'completed' });
    expect(await l.served()).toBe(1);
  });

  it('goes back once, however often a rollback is repeated whose answer was lost', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'e1', settings: SETTINGS.weak }), 'approve');
    await l.say(await l.commit({ commit: 'e2', settings: SETTINGS.fair }), 'approve');
    await l.say(await l.commit({ commit: 'e3', settings: SETTINGS.good }), 'approve');
    await l.rollBack('r1', undefined, 3);
    // The same key is the same decision; another one was meant to leave what serves no more.
    expect(await l.rollBack('r1', undefined, 3)).toMatchObject({ version: 2, previousVersion: 3 });
    await expect(l.rollBack('r2', undefined, 3)).rejects.toMatchObject({
      name: 'Conflict',
      details: { serves: 2, from: 3 },
    });
    expect(await l.served()).toBe(2);
  });

  it('rolls back to no version that staging has not verified', async () => {
    const l = line();
    await l.say(await l.commit({ commit: 'd1', settings: SETTINGS.weak }), 'approve');
    await l.say(await l.commit({ commit: 'd2' }), 'approve');
    const commit = (change: Parameters<typeof l.ledgerWriter.commit>[0]) => {
      expect(change.requireVerified).toBe(change.pointer?.sha256);
      return l.ledgerWriter.commit(change);
    };
    const deps = { ...l, ledgerWriter: { commit } };
    const input = {
      decision: 'rollback',
      decisionId: 'r1',
      model: MODEL,
      from: 2,
      actor: 'olga',
      reason: 'r',
    };
    expect(await recordDecision(deps)(input)).toMatchObject({ version: 1, previousVersion: 2 });
  });

  it('gives no way around the approval', async () => {
    const l = line();
    const run = await l.commit({ commit: 'c1' });
    await expect(l.say(run, 'approve', { actor: ALICE })).rejects.toMatchObject({
      name: 'Forbidden',
    });
    const asked = l.calls.findLast((c) => c.name === 'AskPerson')!.input as {
      run: unknown;
      evaluation: { next: string };
    };
    const tracking = l.lastOutput('RecordRun');
    const stage = l.handlers['RecordDecision']!;
    await expect(
      stage({ decision: 'stage', run: asked.run, evaluation: asked.evaluation, tracking }),
    ).rejects.toMatchObject({ name: 'ApprovalStale' });
    const evaluation = { ...asked.evaluation, next: 'policy' };
    await expect(
      stage({ decision: 'stage', run: asked.run, evaluation, tracking }),
    ).rejects.toMatchObject({ name: 'ProvenanceMismatch' });
    expect(await l.registry.ledger(MODEL)).toEqual([]);
  });

  it('evaluates again when the champion moved before the approval', async () => {
    const l = line();
    for (const [commit, settings] of [
      ['d1', SETTINGS.weak],
      ['d2', SETTINGS.fair],
    ] as const) {
      await l.say(await l.commit({ commit, settings }), 'approve');
    }
    const run = await l.commit({ commit: 'd3', settings: SETTINGS.good });
    await l.rollBack('r1');
    await expect(l.say(run, 'approve')).rejects.toMatchObject({ name: 'ApprovalStale' });
    await l.elapse(0);
    expect(await l.status(run)).toBe('awaiting_approval');
    await l.say(run, 'approve');
    expect(await l.runOf(run)).toMatchObject({ status: 'completed', version: 3 });
    expect((await l.registry.ledger(MODEL)).at(-1)).toMatchObject({ previousVersion: 1 });
  });

  it('closes a stopped run as cancelled and lets the next one run', async () => {
    const l = line();
    const first = await l.commit({ commit: 'e1' });
    const second = await l.commit({ commit: 'e2', settings: SETTINGS.good });
    const third = await l.commit({ commit: 'e3', settings: SETTINGS.good });
    expect(await l.status(second)).toBe('waiting');
    expect(await l.status(third)).toBe('waiting');
    await l.executions.stop(executionName(second, 1), 'Stopped', 'by hand');
    await l.executions.stop(executionName(first, 1), 'Stopped', 'by hand');
    await l.elapse(0);
    expect(await l.runOf(first)).toMatchObject({ status: 'cancelled', reason: 'by hand' });
    expect(await l.status(second)).toBe('cancelled');
    expect(await l.status(third)).toBe('awaiting_approval');
    expect(await l.locks.get(MODEL)).toMatchObject({ holder: third, waiters: [] });
  });

  it('times a run out when its machine does, and when nobody answers', async () => {
    const l = line();
    const first = await l.commit({ commit: 'f1' });
    await l.elapse(25 * 3_600_000);
    expect(await l.status(first)).toBe('timed_out');
    const second = await l.commit({ commit: 'f2' });
    expect(await l.status(second)).toBe('awaiting_approval');
  });

  it('supersedes a run that only waits for a person, where the policy says so', async () => {
    const l = line({ queue: 'supersede' });
    const first = await l.commit({ commit: '1a' });
    const second = await l.commit({ commit: '1b', settings: SETTINGS.good });
    expect(await l.runOf(first)).toMatchObject({ status: 'superseded', supersededBy: second });
    expect(await l.status(second)).toBe('awaiting_approval');
  });

  it('resumes after MLflow failed without training again', async () => {
    const l = line();
    l.faults.trackingDown = true;
    const run = await l.commit({ commit: '2a' });
    expect(await l.runOf(run)).toMatchObject({
      status: 'failed',
      error: 'TrackingUnavailable',
      reason: 'MLflow is down',
    });
    l.faults.trackingDown = false;
    await l.resume(run);
    expect(await l.status(run)).toBe('awaiting_approval');
    const steps = await l.steps.list(run);
    expect(steps.filter((s) => s.step === 'QuickTrain')).toHaveLength(1);
    await l.say(run, 'approve');
    expect(await l.status(run)).toBe('completed');
  });

  it('tells MLflow of a rejection by the outbox, so that MLflow may be down', async () => {
    const l = line();
    const run = await l.commit({ commit: '2b' });
    l.faults.trackingDown = true;
    l.faults.busDown = true;
    await l.say(run, 'reject');
    expect(await l.runOf(run)).toMatchObject({ status: 'rejected', reason: 'reject it' });
    const [left] = await l.outbox.pending(10);
    const [cd] = (await l.tracking.runs({ model: MODEL, stage: 'CD', limit: 1 })).runs;
    expect(left).toMatchObject({
      type: 'RunRejected',
      detail: { runId: run, trackingRunId: cd?.trackingRunId, actor: BOB, reason: 'reject it' },
    });
    l.faults.trackingDown = false;
    const mirror = mirrorChampion(l);
    const body = { source: 'titleholder', 'detail-type': left?.type, detail: left?.detail };
    const event = { Records: [{ messageId: 'm', body: JSON.stringify(body) }] };
    expect(await mirror(event)).toEqual({ batchItemFailures: [] });
    expect((await l.tracking.run(cd!.trackingRunId))?.tags).toMatchObject({
      decision: 'rejected',
      decided_by: BOB,
      decision_reason: 'reject it',
    });
  });

  it('holds a loosened charter until it is accepted, and takes rejection for an answer', async () => {
    const l = line();
    await l.say(await l.commit({ commit: '3a', settings: SETTINGS.weak }), 'approve');
    const loose = { settings: SETTINGS.good, policy: { tier: 'low' as const } };
    const run = await l.commit({ commit: '3b', ...loose });
    expect(await l.status(run)).toBe('held');
    const data = l.lastOutput('ValidateData') as { question: { summary: string } };
    expect(data.question.summary).toBe('policy.tier: "standard" → "low"');
    await l.say(run, 'approve', { kind: 'acceptance' });
    expect(await l.status(run)).toBe('completed');
    const kinds = (await l.registry.ledger(MODEL)).map((e) => e.kind);
    expect(kinds.slice(2)).toEqual(['charter_accepted', 'staged', 'promoted']);
    const other = await l.commit({ commit: '3c' });
    await l.say(other, 'reject', { kind: 'acceptance' });
    expect(await l.status(other)).toBe('rejected');
  });

  it('holds a table that changes the holdout until that is accepted', async () => {
    const l = line();
    await l.say(await l.commit({ commit: '4a', settings: SETTINGS.weak }), 'approve');
    const rows = new TextDecoder().decode(ROWS).split('\n').slice(0, 1400).join('\n');
    const run = await l.commit({
      commit: '4b',
      settings: SETTINGS.good,
      rows: new TextEncoder().encode(`${rows}\n`),
    });
    expect(await l.status(run)).toBe('held');
    const before = await l.holdouts.get(MODEL);
    await l.say(run, 'approve', { kind: 'acceptance' });
    expect(await l.status(run)).toBe('awaiting_approval');
    expect((await l.holdouts.get(MODEL))?.revision).toBe((before?.revision ?? 0) + 1);
  });

  it('lets a first mistake about who a row is be put right, until a charter is accepted', async () => {
    const l = line();
    const byClaim = { identity: { key: ['claim_id'] } };
    const first = await l.commit({ commit: 'ab1', model: byClaim });
    await l.say(first, 'reject');
    const second = await l.commit({ commit: 'ab2' });
    // A holdout that has judged is not drawn anew by whoever commits.
    expect(await l.status(second)).toBe('held');
    const before = await l.holdouts.get(MODEL);
    const data = l.lastOutput('ValidateData') as { question: { summary: string } };
    expect(data.question.summary).toMatch(/by key claim_id, and this commit’s by group member_id/);
    await l.say(second, 'approve', { kind: 'acceptance' });
    expect(await l.status(second)).toBe('awaiting_approval');
    expect((await l.holdouts.get(MODEL))?.revision).toBe((before?.revision ?? 0) + 1);
    expect((await l.registry.ledger(MODEL)).at(-1)).toMatchObject({ kind: 'holdout_accepted' });
    await l.say(second, 'approve');
    const third = await l.commit({ commit: 'ab3', model: byClaim });
    expect(await l.runOf(third)).toMatchObject({ status: 'failed', error: 'HoldoutRefused' });
  });

  it('holds the run whose own charter asks for it, once that is accepted', async () => {
    const l = line();
    await l.say(await l.commit({ commit: '8a', settings: SETTINGS.weak }), 'approve');
    const run = await l.commit({
      commit: '8b',
      settings: SETTINGS.good,
      policy: { holdBeforeCd: true },
    });
    expect(await l.status(run)).toBe('held');
    await l.say(run, 'approve', { kind: 'acceptance' });
    expect(await l.status(run)).toBe('ci_complete');
    await l.say(run, 'approve', { kind: 'continue' });
    expect(await l.status(run)).toBe('awaiting_approval');
  });

  it('waits for a continuation where the model asks for one', async () => {
    const l = line();
    const run = await l.commit({ commit: '5a', policy: { holdBeforeCd: true } });
    expect(await l.status(run)).toBe('ci_complete');
    await l.say(run, 'approve', { kind: 'continue' });
    expect(await l.status(run)).toBe('awaiting_approval');
  });
});
