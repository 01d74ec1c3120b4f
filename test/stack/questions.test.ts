/** What a run asks people: to go on, to accept another charter or holdout, to promote. */
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { crown, eventually, send, until } from './support/line.ts';
import { forest, newRepository } from './support/repository.ts';
import { connect, freshName, hasStack, type StackUnderTest } from './support/stack.ts';

describe.skipIf(!hasStack)('a question to a person', () => {
  let stack: StackUnderTest;
  beforeAll(async () => {
    stack = await connect();
  });

  const ledgerOf = async (model: string) => (await stack.api('vera').ledger(model)).entries;

  it.concurrent('may come before CD: approval is refused there, and is still needed after continue', async () => {
    const repository = await newRepository();
    const model = freshName('holds');
    await repository.add(model, 1000, { policy: (d) => (d.holdBeforeCd = true) });
    const runId = await send(stack, repository, model);
    const { pending, outputs } = await until(stack, runId, 'ci_complete');
    expect(pending?.kind).toBe('continue');
    expect(outputs['RecordCiRun']).toBeDefined();
    expect(outputs['FullTrain']).toBeUndefined();
    const early = await stack.verb('ben', 'approve', runId);
    expect(early).toMatchObject({
      code: 2,
      stderr: `titleholder: ${runId} does not wait for an approval; it is ci_complete (HTTP 409)\n`,
    });
    const author = await stack.verb('ana', 'continue', runId);
    expect(author.code).toBe(2);
    const released = await stack.verb(
      'ben',
      'continue',
      runId,
      '--reason',
      'the quick run is fine',
    );
    expect(released).toMatchObject({ code: 0, stdout: `${runId} is continued\n` });
    const asked = await until(stack, runId, 'awaiting_approval');
    expect(asked.pending?.kind).toBe('approval');
    expect(asked.pending?.decisions).toEqual([]);
    await stack.verb('ben', 'reject', runId, '--reason', 'no need');
    await until(stack, runId, 'rejected');
  });

  it.concurrent('is the difference of a charter that loosens a gate; only an admin accepts it', async () => {
    const repository = await newRepository();
    const model = freshName('looser');
    await repository.add(model);
    await crown(stack, repository, model);
    const before = await ledgerOf(model);
    await repository.edit(model, {
      policy: (d) => (d.gates[0].min = 0.5),
      model: (d) => (d.candidates = [forest(12, 9)]),
    });
    const runId = await send(stack, repository, model);
    const { pending } = await until(stack, runId, 'held');
    expect(pending?.kind).toBe('acceptance');
    expect(pending?.question).toMatchObject({
      kind: 'charter',
      summary: 'policy.gates[better-than-chance].min: 0.55 → 0.5',
    });
    const shown = await stack.verb('vera', 'status', runId);
    expect(shown.stdout).toContain('policy.gates[better-than-chance].min: 0.55 → 0.5');
    const approve = await stack.verb('ben', 'approve', runId);
    expect(approve).toMatchObject({ code: 2 });
    expect(approve.stderr).toContain('does not wait for an approval; it is held');
    const notAdmin = await stack.verb('ben', 'policy', 'accept', runId, '--reason', 'why not');
    expect(notAdmin.code).toBe(2);
    expect(await ledgerOf(model)).toEqual(before);

    const accepted = await stack.verb('adam', 'policy', 'accept', runId, '--reason', 'small data');
    expect(accepted).toMatchObject({ code: 0, stdout: `${runId} is accepted\n` });
    const [entry] = (await ledgerOf(model)).slice(before.length);
    expect(entry).toMatchObject({
      kind: 'charter_accepted',
      actor: 'adam',
      reason: 'small data',
      authority: 'person',
      runId,
      charter: pending?.digest,
    });
    // Accepted isn't approved: it is evaluated, and asked again, or sent home by the gate.
    const { run, outputs } = await until(stack, runId, 'awaiting_approval', 'rejected_by_gate');
    expect(outputs['EvaluateChallenger']).toBeDefined();
    if (run.status === 'awaiting_approval') {
      await stack.verb('ana', 'cancel', runId);
      await until(stack, runId, 'cancelled');
    }
  });

  it.concurrent('is the counts of holdout rows that changed or are lacking; nothing changes until accepted', async () => {
    const repository = await newRepository();
    const model = freshName('rows');
    await repository.add(model);
    await crown(stack, repository, model);
    const before = await ledgerOf(model);
    const first = await stack.api('vera').runs({ model });
    const status = await stack.api('vera').status(first.runs[0]?.runId ?? '');
    const { holdout, holdoutRows } = status.outputs['ValidateData'] as {
      holdout: string;
      holdoutRows: number;
    };
    const victim = await holdoutClaim(holdout);

    await repository.edit(model, {
      data: (lines) => lines.map((line) => (line.startsWith(`${victim},`) ? flipped(line) : line)),
      model: (d) => (d.candidates = [forest(12, 9)]),
    });
    const changed = await send(stack, repository, model);
    const held = await until(stack, changed, 'held');
    expect(held.pending?.question).toMatchObject({
      kind: 'holdout',
      summary: `of ${holdoutRows} holdout rows 1 changed and 0 are lacking; 0 would join`,
    });
    await stack.verb('adam', 'reject', changed, '--reason', 'where does this come from?');
    await until(stack, changed, 'rejected');
    expect(await ledgerOf(model)).toEqual(before);

    await repository.edit(model, {
      data: (lines) => lines.filter((line) => !line.startsWith(`${victim},`)),
    });
    const lacking = await send(stack, repository, model);
    const heldAgain = await until(stack, lacking, 'held');
    expect(heldAgain.pending?.question?.summary).toBe(
      `of ${holdoutRows} holdout rows 0 changed and 1 are lacking; 0 would join`,
    );
    expect(await ledgerOf(model)).toEqual(before);
    await stack.verb('adam', 'policy', 'accept', lacking, '--reason', 'a withdrawn claim');
    const { outputs } = await until(stack, lacking, 'awaiting_approval', 'rejected_by_gate');
    expect(outputs['ValidateData']).toMatchObject({ holdoutRows: holdoutRows - 1, question: null });
    const [entry] = (await ledgerOf(model)).slice(before.length);
    expect(entry).toMatchObject({ kind: 'holdout_accepted', actor: 'adam', runId: lacking });
    await stack.verb('ana', 'cancel', lacking);
  });

  it.concurrent('is void once another champion serves: 409, evaluated again, asked again', async () => {
    const repository = await newRepository();
    const model = freshName('stale');
    await repository.add(model, 1200, { model: (d) => (d.candidates = [forest(10, 3, 40)]) });
    await crown(stack, repository, model);
    // Each clearly better than the one before: which rows judge hangs on the model's fresh name.
    await repository.edit(model, { model: (d) => (d.candidates = [forest(12, 6, 20)]) });
    await crown(stack, repository, model);
    await repository.edit(model, { model: (d) => (d.candidates = [forest(40, 12, 5)]) });
    const runId = await send(stack, repository, model);
    const asked = await until(stack, runId, 'awaiting_approval');
    expect(asked.evaluation?.champion?.version).toBe(2);

    const back = await stack.verb('olga', 'rollback', model, '--reason', 'complaints');
    expect(back).toMatchObject({ code: 0 });
    const refused = await stack.verb('ben', 'approve', runId, '--reason', 'looked at version 2');
    expect(refused).toMatchObject({
      code: 2,
      stderr: `titleholder: ${runId} was compared with version 2 and version 1 serves now; it is evaluated again (HTTP 409)\n`,
    });
    await eventually('a second evaluation', async () => {
      const { evaluation } = await stack.api('vera').status(runId);
      return evaluation?.champion?.version === 1;
    });
    const again = await until(stack, runId, 'awaiting_approval');
    expect(again.pending?.digest).not.toBe(asked.pending?.digest);
    expect(again.pending?.decisions).toEqual([]);
    const old = await stack
      .api('cora')
      .decide(runId, 'approve', { digest: asked.pending?.digest })
      .catch((error: unknown) => error);
    expect(old).toMatchObject({ status: 409 });
    await stack.verb('ben', 'approve', runId, '--reason', 'looked at version 1');
    const { run } = await until(stack, runId, 'completed');
    expect(run.version).toBe(3);
  });

  it.concurrent('comes with the anchor’s numbers, and is none where the same folder is committed again', async () => {
    const repository = await newRepository();
    const model = freshName('chain');
    // So wide that one tree more is no worse.
    await repository.add(model, 1000, { model: (d) => (d.plan.margin = 0.2) });
    await crown(stack, repository, model);
    await repository.edit(model, { model: (d) => (d.candidates = [forest(11, 8)]) });
    const second = await crown(stack, repository, model);
    await repository.edit(model, { model: (d) => (d.candidates = [forest(12, 8)]) });
    const third = await send(stack, repository, model);
    await until(stack, third, 'awaiting_approval');
    const difference = (await stack.api('vera').evidence(second)).measured.measurements.paired?.[0];
    const { measured } = await stack.api('vera').evidence(third);
    const hasWon = (difference?.lower ?? 0) > 0;
    expect(measured.measurements.anchor).toMatchObject({
      version: hasWon ? 2 : 1,
      since: hasWon ? [] : [{ version: 2, difference: difference?.estimate }],
    });
    expect(measured.measurements.anchor?.scored === null).toBe(hasWon);
    const { stdout } = await stack.verb('vera', 'explain', third);
    expect(stdout).toMatch(hasWon ? /\nanchor: the champion/ : /\nanchor: version 1; by their own/);
    await stack.verb('ben', 'approve', third, '--reason', 'no worse');
    await until(stack, third, 'completed');

    const before = await ledgerOf(model);
    const again = await send(stack, repository, model);
    const { run, pending } = await until(stack, again, 'completed');
    expect(pending).toBeNull();
    expect(run.version).toBeUndefined();
    expect(run.reason).toContain('the same model as the champion (version 3)');
    expect(await ledgerOf(model)).toEqual(before);
    const shown = await stack.verb('vera', 'status', again);
    expect(shown.stdout).toContain('nothing changes, and nobody is asked');
  });

  /** The id of a claim in a stored holdout. */
  async function holdoutClaim(sha256: string): Promise<string> {
    const bucket = stack.endpoints.outputs['ArtifactBucket'] ?? '';
    const bytes = await s3ArtifactStore(stack.aws.s3(), bucket).get('data', sha256);
    const [header = '', row = ''] = new TextDecoder().decode(bytes).split('\n');
    return row.split(',')[header.split(',').indexOf('claim_id')] ?? '';
  }
});

/** The claim with the other status. */
function flipped(line: string): string {
  return line.endsWith(',Denied')
    ? line.replace(/Denied$/, 'Approved')
    : line.replace(/Approved$/, 'Denied');
}
