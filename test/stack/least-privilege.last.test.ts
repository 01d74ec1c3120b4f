/**
 * The local AWS enforces no permission. So the functions record each call they make, and here, after
 * everything else of the tier (the story included), each is held against the synthesized roles.
 */
import { LOCAL_ACCOUNT, LOG_GROUP_PREFIX } from '#contracts/physical-names.ts';
import {
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  callsIn,
  evaluate,
  type Grant,
  grantsIn,
  type RecordedCall,
} from '../infra/least-privilege.ts';
import { appOf, LOCAL, templatesOf } from '../infra/synthesize.ts';
import { connect, hasStack, NAMES } from './support/stack.ts';

const ENV = {
  CDK_DEFAULT_ACCOUNT: LOCAL_ACCOUNT.account,
  CDK_DEFAULT_REGION: LOCAL_ACCOUNT.region,
};

describe.skipIf(!hasStack)('the calls of all functions', () => {
  let grants: readonly Grant[];
  let calls: readonly RecordedCall[];
  beforeAll(async () => {
    const stack = await connect();
    grants = grantsIn(templatesOf(appOf(LOCAL, ENV)).stateless);
    const client = stack.aws.logs();
    const found = new Map<string, RecordedCall>();
    const groups = paginateDescribeLogGroups(
      { client },
      { logGroupNamePrefix: `${LOG_GROUP_PREFIX}${NAMES.functionName('')}` },
    );
    for await (const { logGroups = [] } of groups) {
      for (const { logGroupName } of logGroups) {
        for await (const { events = [] } of paginateFilterLogEvents(
          { client },
          { logGroupName, filterPattern: '"awsCall"' },
        )) {
          for (const call of callsIn(events.map((e) => e.message ?? '').join('\n'))) {
            found.set(JSON.stringify(call), call);
          }
        }
      }
    }
    calls = [...found.values()];
  });

  it('were recorded, of every function that this tier runs', () => {
    const silent = new Set(grants.map((g) => g.function));
    for (const { function: name } of calls) silent.delete(name);
    // Deployed with the context recordCalls=1. The generator calls nobody.
    expect([...silent]).toEqual([NAMES.functionName('generate-claims')]);
  });

  it('are each allowed by the function’s own role', () => {
    const { denied, unused } = evaluate(grants, calls);
    const lines = unused.map((u) => `  ${u.function}  ${u.action}  ${u.resource}`);
    process.stdout.write(
      `${calls.length} different calls recorded; granted and not used here:\n${lines.join('\n')}\n`,
    );
    expect(denied).toEqual([]);
  });

  it('would be denied without any one of the grants that they use', () => {
    const { unused } = evaluate(grants, calls);
    const idle = new Set(unused.map((u) => `${u.function} ${u.action}`));
    const used = grants.filter(
      (g) =>
        !g.actions.every((a) => /^(logs|xray|sqs):|^s3:ListBucket$/.test(a)) &&
        g.actions.every((a) => !idle.has(`${g.function} ${a}`)),
    );
    expect(used.length).toBeGreaterThan(50);
    const needless = used.filter((grant) => {
      const others = grants.filter((g) => g !== grant);
      return evaluate(others, calls).denied.length === 0;
    });
    expect(
      needless.map((g) => `${g.function} ${g.actions.join(',')} ${g.resources.join(',')}`),
    ).toEqual([]);
  });
});
