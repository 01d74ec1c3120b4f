import { describe, expect, it } from 'vitest';
import { type ExecutionStatusChange, memoryExecutions } from '#adapters/memory/executions.ts';
import { StatusChangeEvent } from '#contracts/steps.ts';
import { INPUT } from './samples.ts';
import { NAME, throwing, walk } from './walk.ts';

const task = (more: object = {}) => ({
  Type: 'Task',
  Resource: '${Work}',
  Parameters: { 'value.$': '$.value' },
  ResultPath: '$.result',
  Next: 'Done',
  ...more,
});
const item = () => ({
  Type: 'Task',
  Resource: '${Work}',
  Parameters: { 'item.$': '$.item', 'shared.$': '$.shared', 'index.$': '$.index' },
  End: true,
});
const items = () => ({
  ProcessorConfig: { Mode: 'INLINE' },
  StartAt: 'Work',
  States: { Work: item() },
});
const each = (more: object = {}) => ({
  Type: 'Map',
  ItemsPath: '$.list',
  ItemSelector: {
    'item.$': '$$.Map.Item.Value',
    'index.$': '$$.Map.Item.Index',
    'shared.$': '$.shared',
  },
  MaxConcurrency: 2,
  ItemProcessor: items(),
  ResultPath: '$.results',
  Next: 'Done',
  ...more,
});
const machine = (states: object, more: object = {}) => ({
  StartAt: 'Work',
  TimeoutSeconds: 100,
  States: { ...states, Done: { Type: 'Succeed' } },
  ...more,
});
const wait = (more: object = {}) =>
  task({
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: { FunctionName: '${Work}', Payload: { 'token.$': '$$.Task.Token' } },
    ...more,
  });

function run(definition: unknown, work: (input: any) => unknown) {
  const events: ExecutionStatusChange[] = [];
  let now = 0;
  const executions = memoryExecutions({
    definition,
    functions: { Work: async (input) => work(input) },
    now: () => new Date(now).toISOString(),
    onStatusChange: (event) => {
      events.push(event);
    },
  });
  return {
    executions,
    events,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

describe('the interpreter', () => {
  it.each([
    ['another type of state', { Work: { Type: 'Wait', Seconds: 1, Next: 'Done' } }],
    ['another resource', { Work: task({ Resource: 'arn:aws:states:::dynamodb:putItem' }) }],
    ['a field it does not know', { Work: task({ HeartbeatSeconds: 5 }) }],
    [
      'another comparison',
      { Work: { Type: 'Choice', Choices: [{ Variable: '$.a', NumericEquals: 1, Next: 'Done' }] } },
    ],
    ['a filter in a path', { Work: task({ ResultPath: '$.a[0]' }) }],
    ['a state that is missing', { Work: task({ Next: 'Nowhere' }) }],
  ])('refuses a definition with %s', (_, states) => {
    expect(() => run(machine(states), () => null)).toThrow();
  });

  it.each([
    ['a Map of more than one Task', { StartAt: 'Work', States: { Work: item(), More: item() } }],
    ['a Map of a Task that goes on', { StartAt: 'Work', States: { Work: task() } }],
    ['a Map that is distributed', { ...items(), ProcessorConfig: { Mode: 'DISTRIBUTED' } }],
  ])('refuses a definition with %s', (_, processor) => {
    const states = { Each: { ...each(), ItemProcessor: { ...items(), ...processor } } };
    expect(() => run(machine(states, { StartAt: 'Each' }), () => null)).toThrow();
  });

  it('maps a list with at most so many at once, and gives the results in the list’s order', async () => {
    let now = 0;
    let most = 0;
    const { executions, events } = run(
      machine({ Each: each() }, { StartAt: 'Each' }),
      async ({ item, shared, index }) => {
        now += 1;
        most = Math.max(most, now);
        for (let i = 0; i < 20 - item; i += 1) await Promise.resolve();
        now -= 1;
        return `${shared}${item}${index}`;
      },
    );
    await executions.start('a', { list: [5, 6, 7, 8, 9], shared: 's' });
    await executions.idle();
    expect(most).toBe(2);
    expect(events.at(-1)?.detail.status).toBe('SUCCEEDED');
    const visits = await executions.visits('a');
    expect(visits.map((v) => v.state)).toEqual(['Each', ...Array(5).fill('Work'), 'Done']);
    expect(visits.every((v) => v.status === 'success')).toBe(true);
  });

  it('fails a Map by the name of its item’s error, begins no further item and lets its Catch take it', async () => {
    const seen: number[] = [];
    const { executions } = run(
      machine(
        {
          Each: each({
            Catch: [{ ErrorEquals: ['Odd'], ResultPath: '$.error', Next: 'Done' }],
          }),
        },
        { StartAt: 'Each' },
      ),
      ({ item }) => {
        seen.push(item);
        return item === 2 ? throwing('Odd')() : item;
      },
    );
    await executions.start('a', { list: [1, 2, 3, 4, 5, 6], shared: 's' });
    await executions.idle();
    expect(await executions.status('a')).toBe('SUCCEEDED');
    expect(seen.length).toBeLessThan(6);
    const failed = (await executions.visits('a')).filter((v) => v.status === 'failed');
    expect(failed).toMatchObject([
      { state: 'Each', error: 'Odd' },
      { state: 'Work', error: 'Odd' },
    ]);
  });

  it('ends the items that still run with their Map, which doesn’t wait for them', async () => {
    const later = wait({
      Parameters: { FunctionName: '${Work}', Payload: { 'item.$': '$.list' } },
    });
    const { executions } = run(
      machine(
        {
          Each: each({ Catch: [{ ErrorEquals: ['Odd'], ResultPath: '$.e', Next: 'Later' }] }),
          Later: later,
        },
        { StartAt: 'Each' },
      ),
      ({ item }) => {
        if (item === 2) return throwing('Odd')();
        return item === 1 ? new Promise(() => undefined) : null;
      },
    );
    await executions.start('a', { list: [1, 2], shared: 's' });
    await executions.idle();
    const visits = await executions.visits('a');
    expect(visits.map((v) => [v.state, v.item, v.status])).toEqual([
      ['Each', null, 'failed'],
      ['Work', 0, 'aborted'],
      ['Work', 1, 'failed'],
      ['Later', null, 'waiting'],
    ]);
  });

  it('ends a Map that has no list to go through', async () => {
    const { executions, events } = run(machine({ Each: each() }, { StartAt: 'Each' }), () => null);
    await executions.start('a', { list: 'none', shared: 's' });
    await executions.idle();
    expect(events.at(-1)?.detail).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });

  it('refuses a definition whose function is missing', () => {
    expect(() =>
      memoryExecutions({ definition: machine({ Work: task() }), functions: {}, now: () => '' }),
    ).toThrow(/\$\{Work\}/);
  });

  it('starts a name once', async () => {
    let calls = 0;
    const { executions } = run(machine({ Work: task() }), () => (calls += 1));
    expect(await executions.start('a', { value: 1 })).toBe('started');
    expect(await executions.start('a', { value: 1 })).toBe('exists');
    await executions.idle();
    expect(await executions.start('a', { value: 2 })).toBe('exists');
    expect(calls).toBe(1);
  });

  it('spends a token once, and knows no other', async () => {
    let token = '';
    const { executions } = run(machine({ Work: wait() }), (input) => {
      token = input.token;
    });
    await executions.start('a', {});
    await executions.idle();
    expect((await executions.visits('a'))[0]?.status).toBe('waiting');
    expect(await executions.succeed('bogus', 1)).toBe(false);
    expect(await executions.succeed(token, { ok: true })).toBe(true);
    expect(await executions.succeed(token, { ok: true })).toBe(false);
    expect(await executions.fail(token, 'E', '')).toBe(false);
    await executions.idle();
    expect(await executions.status('a')).toBe('SUCCEEDED');
  });

  it('takes an answer that came before the function returned', async () => {
    const { executions } = run(
      machine({ Work: wait() }),
      (input): Promise<boolean> => executions.succeed(input.token, 1),
    );
    await executions.start('a', {});
    await executions.idle();
    expect(await executions.status('a')).toBe('SUCCEEDED');
  });

  it('fails a task whose token somebody failed', async () => {
    const { executions, events } = run(
      machine({ Work: wait() }),
      (input): Promise<boolean> => executions.fail(input.token, 'Oops', 'because'),
    );
    await executions.start('a', {});
    await executions.idle();
    expect(events.at(-1)?.detail).toMatchObject({
      status: 'FAILED',
      error: 'Oops',
      cause: 'because',
    });
  });

  it('ends a task at its time-out, also one whose function never returns', async () => {
    for (const work of [() => undefined, () => new Promise(() => undefined)]) {
      const { executions, pass, events } = run(
        machine({ Work: wait({ TimeoutSecondsPath: '$.seconds' }) }),
        work,
      );
      await executions.start('a', { seconds: 10 });
      pass(9);
      void executions.elapse();
      expect(await executions.status('a')).toBe('RUNNING');
      pass(1);
      await executions.elapse();
      expect(events.at(-1)?.detail).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    }
  });

  it('ends an execution at the machine’s time-out, and what its task answers afterwards is late', async () => {
    let token = '';
    const { executions, pass, events } = run(machine({ Work: wait() }), (input) => {
      token = input.token;
    });
    await executions.start('a', {});
    await executions.idle();
    pass(100);
    await executions.elapse();
    expect(await executions.status('a')).toBe('TIMED_OUT');
    expect(await executions.succeed(token, 1)).toBe(false);
    expect(events.map((e) => e.detail.status)).toEqual(['RUNNING', 'TIMED_OUT']);
    expect((await executions.visits('a'))[0]).toMatchObject({
      status: 'failed',
      error: 'States.Timeout',
    });
  });

  it('stops an execution that waits, through no Catch', async () => {
    const { executions, events } = run(
      machine({ Work: wait({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }] }) }),
      () => undefined,
    );
    await executions.start('a', {});
    await executions.idle();
    await executions.stop('a', 'Cancelled', 'by ada');
    await executions.idle();
    expect(await executions.status('a')).toBe('ABORTED');
    expect((await executions.visits('a')).map((v) => v.state)).toEqual(['Work']);
    expect(StatusChangeEvent.parse(events.at(-1)).detail).toMatchObject({
      error: 'Cancelled',
      cause: 'by ada',
    });
    await executions.stop('nobody', 'E', '');
  });

  it('retries as often as the Retry says, then catches, and shows one visit', async () => {
    let calls = 0;
    const { executions } = run(
      machine({
        Work: task({
          Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 2 }],
          Catch: [{ ErrorEquals: ['States.TaskFailed'], ResultPath: '$.error', Next: 'Done' }],
        }),
      }),
      () => {
        calls += 1;
        return throwing('Busy')();
      },
    );
    await executions.start('a', { value: 1 });
    await executions.idle();
    expect(calls).toBe(3);
    expect(await executions.visits('a')).toMatchObject([
      { state: 'Work', status: 'failed', error: 'Busy' },
      { state: 'Done' },
    ]);
  });

  it.each([
    ['a path with nothing at it', { other: 1 }, (): unknown => null, 'States.Runtime'],
    [
      'more than 256 KB of state',
      { value: 1 },
      (): unknown => 'x'.repeat(300_000),
      'States.DataLimitExceeded',
    ],
  ])('ends the execution past every Catch on %s', async (_, input, work, error) => {
    const { executions, events } = run(
      machine({ Work: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }] }) }),
      work,
    );
    await executions.start('a', input);
    await executions.idle();
    expect(events.at(-1)?.detail).toMatchObject({ status: 'FAILED', error });
  });

  it('says what a listener to its events threw', async () => {
    const executions = memoryExecutions({
      definition: machine({ Work: task() }),
      functions: { Work: () => Promise.resolve(1) },
      now: () => '2026-01-01T00:00:00.000Z',
      onStatusChange: throwing('Deaf'),
    });
    await executions.start('a', { value: 1 });
    await expect(executions.idle()).rejects.toThrow('on purpose');
  });

  it('tells its definition', async () => {
    const { executions } = await walk();
    expect(JSON.parse(await executions.definition())).toMatchObject({ StartAt: 'OpenRun' });
    expect(await executions.status(NAME)).toBe('SUCCEEDED');
    expect(NAME).toBe(`${INPUT.runId}-1`);
  });
});
