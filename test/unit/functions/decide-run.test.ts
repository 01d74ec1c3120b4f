import { acceptanceIdOf } from '#domain/decision-id.ts';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { decideRun } from '../../../functions/decide-run/handler.ts';
import { type Api, api } from '../../support/api.ts';
import { MODEL } from '../../support/world.ts';

const post = (w: Api, verb: string, as: string, body: unknown = {}) =>
  w.call('decide-run', 'POST', `/pipeline/${w.runId}/${verb}`, { as, body });

async function asked(kind: 'approval' | 'continue' | 'acceptance' = 'approval', of: object = {}) {
  const w = await api();
  const status = {
    approval: 'awaiting_approval',
    continue: 'ci_complete',
    acceptance: 'held',
  } as const;
  await w.open(status[kind]);
  await w.ask(kind, of);
  w.principals['author'] = { subject: 'ann', grants: [{ role: 'approver' }, { role: 'admin' }] };
  w.principals['approver2'] = { subject: 'approver-2', grants: [{ role: 'approver' }] };
  return w;
}

describe('POST approve', () => {
  it('answers the token once and says who and why; the same again is 200', async () => {
    const w = await asked();
    const first = await post(w, 'approve', 'approver', { reason: 'better on every slice' });
    expect(first).toMatchObject({ status: 200, body: { runId: w.runId, status: 'approved' } });
    expect(w.answers).toEqual([
      {
        token: 'the-secret-token',
        output: { choice: 'approved', by: 'approver-1', reason: 'better on every slice' },
      },
    ]);
    expect((await w.runs.get(w.runId))?.status).toBe('running');
    const before = await w.state();
    expect((await post(w, 'approve', 'approver')).status).toBe(200);
    expect(await w.state()).toEqual(before);
    const other = await post(w, 'approve', 'approver2');
    expect(other).toMatchObject({ status: 409, body: { error: 'DecisionExists' } });
    expect(await w.state()).toEqual(before);
  });

  it('waits for as many people as the policy asks for', async () => {
    const w = await asked('approval', { required: 2 });
    const first = await post(w, 'approve', 'approver');
    expect(first.body).toMatchObject({
      status: 'awaiting_approval',
      message: `1 of 2 approvals of ${w.runId}`,
    });
    expect((await post(w, 'approve', 'approver')).body['status']).toBe('awaiting_approval');
    expect(w.answers).toEqual([]);
    expect((await post(w, 'approve', 'approver2')).body['status']).toBe('approved');
    expect(w.answers).toHaveLength(1);
  });

  it.each([
    ['an author', 'author', {}, {}, 403, /can't approve it; somebody else must/],
    ['after it expired', 'approver', {}, { expiresAt: '2026-01-01T00:00:00.000Z' }, 410, /expired/],
    ['other evidence', 'approver', { digest: sha256Hex('old') }, {}, 409, /other evidence/],
    ['a decided question', 'approver', {}, { status: 'rejected' }, 409, /was rejected already/],
    ['a viewer', 'viewer', {}, {}, 403, /^this needs approver$/],
    ['compliance that no policy names', 'compliance', {}, {}, 403, /^this needs approver$/],
  ])('refuses %s and changes nothing', async (_what, as, body, of, status, detail) => {
    const w = await asked('approval', of);
    const before = await w.state();
    const answer = await post(w, 'approve', as, body);
    expect([answer.status, answer.body['detail']]).toEqual([status, expect.stringMatching(detail)]);
    expect(await w.state()).toEqual(before);
  });

  it('is voided by a champion that moved: the run is evaluated again', async () => {
    const w = await asked();
    await w.move('production', 1, sha256Hex('v1'));
    const answer = await post(w, 'approve', 'approver');
    expect(answer).toMatchObject({ status: 409, body: { error: 'ApprovalStale' } });
    expect(answer.body['detail']).toMatch(/compared with no champion and version 1 serves now/);
    expect(w.answers).toEqual([
      { token: 'the-secret-token', output: expect.objectContaining({ choice: 'stale' }) },
    ]);
    expect((await w.approvals.get(w.runId, 'approval'))?.status).toBe('stale');
    expect((await w.runs.get(w.runId))?.status).toBe('running');
    // A repeat tells nobody twice.
    expect((await post(w, 'approve', 'approver')).status).toBe(409);
    expect(w.answers).toHaveLength(1);
  });

  it('is not had by continue, accept or another question', async () => {
    const w = await asked();
    const before = await w.state();
    for (const [verb, as] of [
      ['continue', 'approver'],
      ['accept', 'admin'],
    ] as const) {
      const answer = await post(w, verb, as);
      expect([verb, answer.status, answer.body['error']]).toEqual([verb, 409, 'Conflict']);
    }
    expect(await w.state()).toEqual(before);
  });

  it('of a closed run is refused', async () => {
    const w = await asked();
    const run = (await w.runs.get(w.runId))!;
    await w.runs.replace({ ...run, status: 'cancelled', revision: run.revision + 1 });
    const before = await w.state();
    expect((await post(w, 'approve', 'approver')).status).toBe(409);
    expect(await w.state()).toEqual(before);
  });

  const markedBy = async (w: Api, later: string) => {
    const run = (await w.runs.get(w.runId))!;
    await w.runs.replace({ ...run, supersededBy: later, revision: run.revision + 1 });
  };

  it.each([
    ['approve', 'approver', 'approval'],
    ['continue', 'approver', 'continue'],
    ['accept', 'admin', 'acceptance'],
    ['reject', 'approver', 'approval'],
  ] as const)('after a later commit superseded the run is refused: %s', async (verb, as, kind) => {
    const w = await asked(kind);
    await markedBy(w, 'run-later');
    const before = await w.state();
    const answer = await post(w, verb, as, verb === 'reject' ? { reason: 'r' } : {});
    expect(answer).toMatchObject({ status: 409, body: { error: 'Conflict' } });
    expect(answer.body['detail']).toBe(`${w.runId} is superseded by run-later; decide on that one`);
    expect(await w.state()).toEqual(before);
  });

  it('that loses the race against a later commit sends the run nowhere', async () => {
    const w = await asked();
    const put = w.approvals.put;
    w.approvals.put = async (approval) => {
      await put(approval);
      await markedBy(w, 'run-later');
    };
    const answer = await post(w, 'approve', 'approver');
    expect(answer).toMatchObject({ status: 409, body: { error: 'Conflict' } });
    expect(answer.body['detail']).toContain('run-later');
    expect(w.answers).toEqual([]);
    expect((await w.runs.get(w.runId))?.status).toBe('awaiting_approval');
    // Nor does saying it again.
    expect((await post(w, 'approve', 'approver')).status).toBe(409);
    expect(w.answers).toEqual([]);
  });

  it('makes good a crash after the decision was stored', async () => {
    const w = await asked();
    const stored = (await w.approvals.get(w.runId, 'approval'))!;
    const decision = {
      id: 'd',
      actor: 'approver-1',
      choice: 'approve',
      reason: 'r',
      at: stored.requestedAt,
    } as const;
    await w.approvals.put({ ...stored, status: 'approved', decisions: [decision], revision: 2 });
    expect((await post(w, 'approve', 'approver')).status).toBe(200);
    expect(w.answers).toHaveLength(1);
  });

  it('looks once more when somebody else decided at the same moment', async () => {
    const w = await asked('approval', { required: 2 });
    let raced = false;
    const handler = decideRun({
      identity: { verify: async () => w.principals['approver']! },
      commits: w.commits,
      runs: w.runs,
      steps: w.steps,
      registry: w.registry,
      artifacts: w.artifacts,
      executions: w.executions,
      decisions: { record: async () => ({}) },
      clock: { now: () => w.commit.asOf },
      ids: { next: () => 'id' },
      log: () => undefined,
      approvals: {
        get: w.approvals.get,
        put: async (approval) => {
          if (!raced) {
            raced = true;
            const now = (await w.approvals.get(w.runId, 'approval'))!;
            const decision = {
              id: 'o',
              actor: 'other',
              choice: 'approve',
              reason: 'r',
              at: now.requestedAt,
            } as const;
            await w.approvals.put({ ...now, decisions: [decision], revision: now.revision + 1 });
          }
          return w.approvals.put(approval);
        },
      },
    });
    const answer = await handler({
      httpMethod: 'POST',
      path: `/pipeline/${w.runId}/approve`,
      headers: { authorization: 'Bearer t' },
    });
    expect(answer.statusCode).toBe(200);
    const stored = await w.approvals.get(w.runId, 'approval');
    expect(stored?.decisions.map((d) => d.actor)).toEqual(['other', 'approver-1']);
    expect(w.answers).toHaveLength(1);
  });
});

describe('POST reject', () => {
  it('needs a reason, and gives it to the machine', async () => {
    const w = await asked();
    const before = await w.state();
    for (const body of [{}, { reason: '  ' }]) {
      expect((await post(w, 'reject', 'approver', body)).status).toBe(400);
    }
    expect(await w.state()).toEqual(before);
    const answer = await post(w, 'reject', 'approver', { reason: 'unfair to small clinics' });
    expect(answer.body['status']).toBe('rejected');
    expect(w.answers[0]?.output).toEqual({
      choice: 'rejected',
      by: 'approver-1',
      reason: 'unfair to small clinics',
    });
  });

  it('is open to an author, who may withdraw', async () => {
    const w = await asked();
    expect((await post(w, 'reject', 'author', { reason: 'mine is wrong' })).status).toBe(200);
  });
});

describe('POST continue and accept', () => {
  it('continue releases a held run', async () => {
    const w = await asked('continue');
    expect((await post(w, 'continue', 'approver')).status).toBe(200);
    expect(w.answers).toHaveLength(1);
  });

  it('accept writes the ledger before it answers the token, and once', async () => {
    const w = await asked('acceptance');
    const order: string[] = [];
    w.answerDecisions(() => (order.push(`answered ${w.answers.length}`), { sequence: 1 }));
    expect((await post(w, 'accept', 'admin', { reason: 'the data changed' })).status).toBe(200);
    expect(order).toEqual(['answered 0']);
    expect(w.recorded[0]).toMatchObject({
      decision: 'accept',
      decisionId: acceptanceIdOf(w.runId, 2),
      actor: 'admin-1',
      reason: 'the data changed',
      run: { runId: w.runId, attempt: 1 },
      data: { question: { kind: 'charter' } },
    });
    expect(w.answers).toHaveLength(1);
  });

  it('accept whose ledger entry failed is repeated as the same decision', async () => {
    const w = await asked('acceptance');
    w.answerDecisions(() => {
      throw new TitleholderError('Unavailable', 'down');
    });
    expect((await post(w, 'accept', 'admin')).status).toBe(503);
    expect(w.answers).toEqual([]);
    w.answerDecisions(() => {
      throw new TitleholderError('DecisionExists', 'recorded already');
    });
    expect((await post(w, 'accept', 'admin')).status).toBe(200);
    expect(w.answers).toHaveLength(1);
    expect(new Set(w.recorded.map((r) => (r as { decisionId: string }).decisionId)).size).toBe(1);
  });

  it('accept by an author is refused', async () => {
    const w = await asked('acceptance');
    const before = await w.state();
    expect((await post(w, 'accept', 'author')).status).toBe(403);
    expect(await w.state()).toEqual(before);
  });
});

describe('POST cancel and resume', () => {
  it('cancel stops the execution and says who; another committer may not', async () => {
    const w = await asked();
    w.principals['stranger'] = { subject: 'else', grants: [{ role: 'committer' }] };
    const before = await w.state();
    expect((await post(w, 'cancel', 'stranger')).body['detail']).toMatch(
      /only its submitter or an operator/,
    );
    expect(await w.state()).toEqual(before);
    const { status, body } = await post(w, 'cancel', 'committer', { reason: 'wrong data' });
    expect(status).toBe(200);
    // Its closer has not come yet.
    const run = await w.runs.get(w.runId);
    expect(body).toMatchObject({ status: run?.status, message: `${w.runId} is being cancelled` });
    expect(w.stopped).toEqual([{ name: `${w.runId}-1`, error: 'Cancelled', cause: 'wrong data' }]);
    expect((await w.runs.get(w.runId))?.cancelledBy).toBe('committer-1');
  });

  it('cancel closes a run whose execution never began', async () => {
    const w = await api();
    await w.commits.put(w.commit);
    await w.runs.create(w.run);
    expect((await post(w, 'cancel', 'operator')).status).toBe(200);
    expect((await w.runs.get(w.runId))?.status).toBe('cancelled');
    expect((await post(w, 'cancel', 'operator')).status).toBe(200);
  });

  it('resume opens the next attempt of a run that failed, and no other', async () => {
    const w = await api();
    await w.open('failed');
    expect((await post(w, 'resume', 'committer')).status).toBe(200);
    expect([...w.started.keys()]).toEqual([`${w.runId}-1`, `${w.runId}-2`]);
    const run = await w.runs.get(w.runId);
    expect(run).toMatchObject({ attempt: 2, status: 'running' });
    expect((await post(w, 'resume', 'committer')).status).toBe(409);
    for (const status of ['completed', 'rejected', 'rejected_by_gate', 'superseded'] as const) {
      const other = await api();
      await other.open(status);
      const before = await other.state();
      expect((await post(other, 'resume', 'operator')).status).toBe(409);
      expect(await other.state()).toEqual(before);
    }
  });

  it('resume starts an attempt that was opened and never started', async () => {
    const w = await api();
    await w.open('failed');
    await w.runs.replace({ ...w.run, status: 'running', attempt: 2, revision: 2 });
    expect((await post(w, 'resume', 'operator')).status).toBe(200);
    expect([...w.started.keys()]).toContain(`${w.runId}-2`);
  });
});

describe('POST /pipeline/rollback', () => {
  const body = { model: MODEL, from: 2, reason: 'complaints' };
  const rollback = (w: Api, of: object = {}, headers: Record<string, string> = {}) =>
    w.call('decide-run', 'POST', '/pipeline/rollback', {
      as: 'operator',
      body: { ...body, ...of },
      headers,
    });

  it('answers with the versions, and each request is a decision of its own', async () => {
    const w = await api();
    const first = await rollback(w);
    expect(first).toMatchObject({
      status: 200,
      body: { version: 1, previousVersion: 2, sequence: 9 },
    });
    expect(first.body['message']).toBe(
      `version 1 of ${MODEL} serves again; version 2 is quarantined`,
    );
    await rollback(w);
    await rollback(w, {}, { 'Idempotency-Key': 'k' });
    await rollback(w, {}, { 'Idempotency-Key': 'k' });
    const ids = w.recorded.map((r) => (r as { decisionId: string }).decisionId);
    expect(new Set(ids).size).toBe(3);
    expect(ids[2]).toBe(ids[3]);
    expect(w.recorded[0]).toMatchObject({
      decision: 'rollback',
      actor: 'operator-1',
      reason: 'complaints',
    });
  });

  it('with nowhere to go is 409', async () => {
    const w = await api();
    w.answerDecisions(() => {
      throw new TitleholderError('NoRollbackTarget', 'no version is left to go back to');
    });
    expect(await rollback(w)).toMatchObject({ status: 409, body: { error: 'NoRollbackTarget' } });
  });

  it('of anything but production is refused', async () => {
    const w = await api();
    expect((await rollback(w, { environment: 'staging' })).status).toBe(400);
    expect(w.recorded).toEqual([]);
  });
});
