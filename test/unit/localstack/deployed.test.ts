import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAssembly } from '../../../localstack/deployed.ts';

/** An assembly of one stack: a function, a machine that calls it, and a table. */
function assembly(of: {
  readonly bundle?: string;
  readonly memory?: number;
  readonly definition?: string;
  readonly table?: string;
  readonly metadata?: string;
}) {
  const folder = mkdtempSync(join(tmpdir(), 'titleholder-assembly-'));
  const template = {
    Resources: {
      CloseRun: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          FunctionName: 'close-run',
          Code: { S3Bucket: 'assets', S3Key: `${of.bundle ?? 'a'.repeat(64)}.zip` },
          MemorySize: of.memory ?? 256,
        },
        Metadata: { 'aws:asset:path': of.metadata ?? 'here' },
      },
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          StateMachineName: 'machine',
          DefinitionString: of.definition ?? '{"Resource":"${CloseRun}"}',
          DefinitionSubstitutions: { CloseRun: { 'Fn::GetAtt': ['CloseRun', 'Arn'] } },
        },
      },
      Runs: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: of.table ?? 'runs' } },
    },
    Outputs: {},
  };
  writeFileSync(join(folder, 'the-stack.template.json'), JSON.stringify(template));
  writeFileSync(join(folder, 'the-stack.assets.json'), '{}');
  return readAssembly(folder);
}

const differing = (a: Record<string, string>, b: Record<string, string>) =>
  Object.keys({ ...a, ...b }).filter((name) => a[name] !== b[name]);

describe('an assembly', () => {
  it('tells bundles and definitions, functions named by their ARN', async () => {
    const { functions, machines } = await assembly({});
    expect(functions).toEqual({ 'close-run': 'a'.repeat(64) });
    expect(machines).toEqual({
      machine: '{"Resource":"arn:aws:lambda:us-east-1:000000000000:function:close-run"}',
    });
  });

  it.each([
    ['a bundle', { bundle: 'b'.repeat(64) }, { functions: ['close-run'] }],
    ['a definition', { definition: '{}' }, { machines: ['machine'] }],
    ['where an asset was', { metadata: 'there' }, {}],
    [
      'a function’s memory',
      { memory: 512 },
      { others: ['the-stack: AWS::Lambda::Function CloseRun'] },
    ],
    ['a table', { table: 'others' }, { others: ['the-stack: AWS::DynamoDB::Table Runs'] }],
  ])('with another %s differs there alone', async (_what, change, expected) => {
    const [before, after] = [await assembly({}), await assembly(change)];
    expect({
      functions: differing(before.functions, after.functions),
      machines: differing(before.machines, after.machines),
      others: differing(before.others, after.others),
    }).toEqual({ functions: [], machines: [], others: [], ...expected });
  });
});
