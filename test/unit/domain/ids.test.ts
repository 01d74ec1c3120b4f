import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptanceIdOf,
  decisionIdOf,
  keyedRollbackIdOf,
  restagingIdOf,
  rollbackIdOf,
} from '#domain/decision-id.ts';
import {
  executionName,
  modelOfRunId,
  parseExecutionName,
  RUN_ID,
  RUN_IDS,
  runIdOf,
} from '#domain/run-id.ts';
import { nextVersion } from '#domain/version.ts';
import { hashOf } from './support/entries.ts';

const commit = {
  model: 'claims-denial',
  commit: 'ab'.repeat(20),
  bundle: hashOf(1),
  data: hashOf(2),
  cause: 'push',
};

describe('run ids', () => {
  const models = fc.stringMatching(/^[a-z][a-z0-9-]{0,29}$/);
  const hex40 = fc.stringMatching(/^[0-9a-f]{40}$/);

  it('name the model, whatever it is called, and the attempt of an execution', () => {
    fc.assert(
      fc.property(models, hex40, fc.integer({ min: 1, max: 9999 }), (model, sha, attempt) => {
        const runId = runIdOf({ ...commit, model, commit: sha });
        expect(runId).toMatch(RUN_ID);
        expect(modelOfRunId(runId)).toBe(model);
        expect(parseExecutionName(executionName(runId, attempt))).toEqual({ runId, attempt });
      }),
      { seed: 1 },
    );
  });

  it.each(['model', 'commit', 'bundle', 'data', 'cause'] as const)(
    'are other ones for another %s',
    (field) => {
      const other = { model: 'b', commit: 'cd'.repeat(20), bundle: hashOf(3), data: hashOf(4) };
      const changed = { ...commit, [field]: { ...other, cause: 'schedule:nightly' }[field] };
      expect(runIdOf(changed)).not.toBe(runIdOf(commit));
      expect(runIdOf({ ...commit })).toBe(runIdOf(commit));
    },
  );

  it('are no other text’s, and found in a text', () => {
    const runId = runIdOf(commit);
    for (const wrong of ['', 'claims', `${runId}-1`, runId.toUpperCase(), `../${runId}`]) {
      expect(modelOfRunId(wrong)).toBeUndefined();
    }
    expect(parseExecutionName('somebody-else')).toBeUndefined();
    expect(`see ${runId} and ${runId}.`.replace(RUN_IDS, 'RUN')).toBe('see RUN and RUN.');
  });
});

describe('decision ids', () => {
  it('are the same for the same decision, and no other one’s', () => {
    const ids = [
      ...(['stage', 'promote', 'reject'] as const).flatMap((decision) =>
        [1, 2].map((n) => decisionIdOf('r', decision, hashOf(n))),
      ),
      decisionIdOf('r2', 'stage', hashOf(1)),
      restagingIdOf(decisionIdOf('r', 'stage', hashOf(1)), 3),
      acceptanceIdOf('r', 2),
      acceptanceIdOf('r', 3),
      rollbackIdOf('01J'),
      ...['a', 'b'].map((key) => keyedRollbackIdOf({ model: 'm', subject: 'olga', key })),
      keyedRollbackIdOf({ model: 'm', subject: 'ben', key: 'a' }),
      keyedRollbackIdOf({ model: 'n', subject: 'olga', key: 'a' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(decisionIdOf('r', 'stage', hashOf(1))).toBe(ids[0]);
    expect(ids[0]).toMatch(/^stage-r-[0-9a-f]{16}$/);
  });
});

describe('version numbers', () => {
  it.each([
    [[], 1],
    [[1, 2], 3],
    [[7, 2], 8],
  ] as const)('after %j comes %i', (minted, next) => {
    expect(nextVersion(minted.map((version) => ({ version })))).toBe(next);
  });
});
