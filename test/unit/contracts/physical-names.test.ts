import { describe, expect, it } from 'vitest';
import { ENVIRONMENTS } from '#contracts/environments.ts';
import {
  isDeadLetterQueue,
  LOCAL_ACCOUNT,
  NAME_PREFIX,
  physicalNames,
  stackNames,
} from '#contracts/physical-names.ts';

describe('physical names', () => {
  it('are no other environment’s, and begin alike', () => {
    const all = ENVIRONMENTS.map((environment) => {
      const names = physicalNames(environment, LOCAL_ACCOUNT);
      const { runsTable, championTable, bucket, bus, machine, queues, apis } = names;
      return [
        ...[runsTable, championTable, bucket, machine, names.functionName('serve-model-staging')],
        ...Object.values(queues),
        ...Object.values(stackNames(environment)),
        ...new Set([bus, ...Object.values(apis)]),
      ];
    });
    for (const names of all) {
      expect(new Set(names).size).toBe(names.length);
      expect(names.every((name) => name.startsWith(NAME_PREFIX))).toBe(true);
    }
    expect(new Set(all.flat()).size).toBe(all.flat().length);
  });

  it('name what they belong to in ARNs', () => {
    const names = physicalNames('local', LOCAL_ACCOUNT);
    expect(names.executionArn('r-1')).toBe(
      'arn:aws:states:us-east-1:000000000000:execution:titleholder-local-release-model:r-1',
    );
    expect(names.bucketArn).toBe('arn:aws:s3:::titleholder-local-artifacts-000000000000-us-east-1');
  });
});

describe('isDeadLetterQueue', () => {
  it.each([
    ['titleholder-local-commits-dead-letters', true],
    ['titleholder-dev-moves-dead-letters', true],
    ['titleholder-production-endings-dead-letters', true],
    ['titleholder-local-commits', false],
    ['titleholder-local-moves', false],
    ['titleholder-other-endings-dead-letters', false],
    ['somebody-commits-dead-letters', false],
  ])('%s: %s', (queue, expected) => {
    expect(isDeadLetterQueue(queue)).toBe(expected);
  });
});
