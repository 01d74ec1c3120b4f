/** A table that nobody here made a folder for: from `init` to an answer of `/predict`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { send, until } from './support/line.ts';
import { newRepository, type Repository } from './support/repository.ts';
import { connect, freshName, hasStack, PROJECT, type StackUnderTest } from './support/stack.ts';

/** Someone who isn't in the table. */
const APPLICANT = {
  Seniority: 9,
  Home: 'rent',
  Time: 60,
  Age: 30,
  Marital: 'married',
  Records: 'no',
  Job: 'freelance',
  Expenses: 73,
  Income: 129,
  Assets: 0,
  Debt: 0,
  Amount: 800,
  Price: 846,
};

describe.skipIf(!hasStack)('a table of one’s own', () => {
  let stack: StackUnderTest;
  let repository: Repository;
  const model = freshName('credit');
  beforeAll(async () => {
    stack = await connect();
    repository = await newRepository();
  });

  it('goes through the whole line and serves', async () => {
    await mkdir(join(repository.root, 'models'), { recursive: true });
    const made = await stack.verb(
      'ana',
      'init',
      ...['--data', join(PROJECT, 'test/fixtures/credit.csv'), '--name', model],
      ...['--target', 'Status', '--positive', 'bad', '--dir', join(repository.root, 'models')],
    );
    expect(made).toMatchObject({ code: 0, stdout: `${repository.folder(model)}\n` });
    // What `init` wrote, but for the number of trees.
    await repository.edit(model, {
      model: (document) => {
        document.candidates = document.candidates.slice(1, 2);
        document.candidates[0].settings.trees = 20;
      },
    });
    const runId = await send(stack, repository, model);
    const { pending, evaluation } = await until(stack, runId, 'awaiting_approval');
    expect(evaluation?.verdict).toBe('promote');
    expect(pending).toMatchObject({ kind: 'approval', required: 1 });
    const own = await stack.verb('ana', 'approve', runId);
    expect(own.code).toBe(2);
    const approved = await stack.verb('ben', 'approve', runId, '--reason', 'a first model');
    expect(approved).toMatchObject({ code: 0, stdout: `${runId} is approved\n` });
    const { run } = await until(stack, runId, 'completed');
    expect(run.version).toBe(1);

    const answer = await stack
      .api('vera')
      .predict(model, [
        APPLICANT,
        { ...APPLICANT, Income: null, Job: null },
        { ...APPLICANT, Home: 'houseboat', Marital: '' },
      ]);
    expect(answer).toMatchObject({ model, version: 1, sha256: evaluation?.artifact });
    expect(answer.predictions).toHaveLength(3);
    for (const { probability, label } of answer.predictions) {
      expect(probability).toBeGreaterThan(0);
      expect(probability).toBeLessThan(1);
      expect(['bad', 'not bad', 'good']).toContain(label);
    }
    const [known, missing, unseen] = answer.predictions.map(({ probability }) => probability);
    expect(new Set([known, missing, unseen]).size).toBeGreaterThan(1);

    const champion = await stack.verb('vera', 'champion', model, '--json');
    expect(JSON.parse(champion.stdout).since).toMatchObject({
      kind: 'promoted',
      actor: 'ben',
      authority: 'approval',
      reason: 'a first model',
    });
    const verified = await stack.verb('vera', 'ledger', 'verify', model);
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.stdout).toMatch(
      /^\d+ entries, every hash and link right, the chain ends at its head\n/,
    );
  });
});
