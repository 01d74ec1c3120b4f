/** `titleholder redeploy`, from a copy of the project that can be edited, while a run waits for approval. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoStepStore } from '#adapters/dynamodb/step-store.ts';
import { send, until } from './support/line.ts';
import { newRepository } from './support/repository.ts';
import {
  connect,
  freshName,
  hasStack,
  NAMES,
  PROJECT,
  type StackUnderTest,
} from './support/stack.ts';
import { spawnSync } from 'node:child_process';

const SOURCES = ['cli', 'functions', 'infra', 'localstack', 'src', 'state-machines'];
const FILES = ['cdk.json', 'package.json', 'package-lock.json', 'tsconfig.json'];

describe.runIf(hasStack)('a running stack', () => {
  const copy = mkdtempSync(join(tmpdir(), 'titleholder-redeploy-'));
  let stack: StackUnderTest;
  /** Changes back what the first test changed. */
  let undo: readonly (() => void)[] = [];
  beforeAll(async () => {
    stack = await connect();
    for (const path of [...SOURCES, ...FILES]) {
      cpSync(join(PROJECT, path), join(copy, path), { recursive: true });
    }
    symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
    mkdirSync(join(copy, '.local'));
    symlinkSync(stack.folder, join(copy, '.local', 'stack'));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  /** Changes a file of the copy; what it returns changes it back. */
  function edit(file: string, from: string, to: string): () => void {
    const path = join(copy, file);
    const before = readFileSync(path, 'utf8');
    expect(before, file).toContain(from);
    writeFileSync(path, before.replace(from, to));
    return () => writeFileSync(path, before);
  }

  function redeploy() {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(copy, 'cli', 'main.ts'), 'redeploy', '--json'],
      { env: { PATH: process.env['PATH'], HOME: process.env['HOME'] }, encoding: 'utf8' },
    );
    const changed = status === 0 ? (JSON.parse(stdout).changed as string[]) : undefined;
    return { status, changed, stderr };
  }

  it('takes changed functions and a changed machine in, and a run that waits goes on with them', async () => {
    const model = freshName('redeployed');
    const repository = await newRepository();
    await repository.add(model);
    const runId = await send(stack, repository, model);
    const { pending } = await until(stack, runId, 'awaiting_approval');

    // The copy is elsewhere, which bundles show in comments: all are other at first.
    expect(redeploy().status).toBe(0);
    undo = [
      edit('functions/smoke-test/handler.ts', 'have the hash and load', 'load, as was redeployed'),
      edit(
        'state-machines/release-model/definition.asl.json',
        'One release',
        'A redeployed release',
      ),
    ];
    expect(redeploy().changed).toEqual([NAMES.functionName('smoke-test'), NAMES.machine]);

    await stack
      .api('ben')
      .decide(runId, 'approve', { reason: 'still good', digest: pending?.digest });
    await until(stack, runId, 'completed');
    const steps = await dynamoStepStore(stack.aws.dynamodb(), NAMES.runsTable).list(runId);
    const smoke = steps.find(({ step }) => step === 'SmokeTest');
    expect(JSON.stringify(smoke?.output)).toContain('load, as was redeployed');
    const machine = await stack.aws
      .sfn()
      .send(new DescribeStateMachineCommand({ stateMachineArn: NAMES.machineArn }));
    expect(machine.definition).toContain('A redeployed release');
    expect(machine.definition).not.toContain('${');
  });

  it('refuses what only a deployment can change, in one line, and replaces nothing then', () => {
    const whole = edit('infra/functions/serving.ts', 'memoryMb: 1024', 'memoryMb: 1025');
    for (const back of undo) back();
    const { status, stderr } = redeploy();
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^titleholder: more changed than functions' code and the machine's definition \(titleholder-local-stateless: AWS::Lambda::Function ServeModelStaging\w+, .*\): npm stop and npm start deploy it, on fresh data\n$/,
    );
    whole();
    // As they run still: nothing was replaced.
    expect(redeploy().changed).toEqual([NAMES.functionName('smoke-test'), NAMES.machine]);
  });

  it('names file and line of a source that does not build', () => {
    edit('functions/close-run/handler.ts', 'export const', 'export export const');
    const { status, stderr } = redeploy();
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^titleholder: the functions don't build: functions\/close-run\/handler\.ts:\d+:\d+: .+\n$/,
    );
  });
});
