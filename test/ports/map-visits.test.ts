/** What a Map's items, and the Map, are shown as: read from histories, and by the interpreter. */
import { readFileSync } from 'node:fs';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { type MemoryExecutions, memoryExecutions } from '#adapters/memory/executions.ts';
import { visitsOf } from '#adapters/step-functions/visits.ts';
import type { StateVisit } from '#domain/ports/executions.ts';
import type { Run } from '#domain/run.ts';
import { definedSteps, shownSteps } from '../../functions/read-pipeline/steps.ts';
import { reasonOf } from '#release/run-ending.ts';
import { throwing } from '../state-machines/walk.ts';
import { AWS_HISTORIES } from './aws-histories.ts';

const FIXTURES = new URL('../fixtures/histories/', import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8'));
const MACHINE = read('machine.asl.json');
type Scenario = { readonly list: readonly string[]; readonly again: boolean };
const SCENARIOS = read('scenarios.json') as Record<string, Scenario>;
const LOCALSTACK = read('localstack.json') as Record<
  string,
  (HistoryEvent & { timestamp: string })[]
>;

function ofLocalStack(name: string): readonly StateVisit[] {
  const events = LOCALSTACK[name] ?? [];
  return visitsOf(events.map((e) => ({ ...e, timestamp: new Date(e.timestamp) })));
}

async function ofMemory(name: string): Promise<readonly StateVisit[]> {
  let now = 0;
  let busy = true;
  const work = async (does: string): Promise<number> => {
    if (does === 'hang') return new Promise(() => undefined);
    // The other items have begun by then.
    if (does === 'fail') await new Promise((resolve) => setTimeout(resolve, 5));
    if (does === 'fail') return throwing('Odd', 'not even')();
    if (does === 'busy once' && busy) {
      busy = false;
      return throwing('Busy')();
    }
    return 1;
  };
  const executions = memoryExecutions({
    definition: MACHINE,
    functions: { Work: (input) => work((input as { item: string }).item) },
    now: () => new Date(now).toISOString(),
  });
  await executions.start('e', SCENARIOS[name]);
  await settled(executions);
  if (name === 'is stopped') await executions.stop('e', 'Cancelled', 'by ada');
  now += name === 'runs out of time' ? 600_000 : 2000;
  if (name === 'times out' || name === 'runs out of time') void executions.elapse();
  await settled(executions);
  return executions.visits('e');
}

/** Waits until nothing changes any more: an item may hang for ever. */
async function settled(executions: MemoryExecutions): Promise<void> {
  for (let before = '', now = '-'; now !== before; ) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 20));
    now = JSON.stringify(await executions.visits('e'));
  }
}

type Row = readonly [string, number | null, string, string | null, string | null];

/** The items of a round by their place: threads enter them in any order. */
function rows(visits: readonly StateVisit[]): Row[] {
  const made: Row[] = [];
  for (const { state, item, status, error, cause } of visits) {
    const row: Row = [state, item, status, error, reasonOf(cause ?? '') ?? null];
    const place = made.findLastIndex((other) => other[1] === null || other[1] <= (item ?? -1));
    if (item === null) made.push(row);
    else made.splice(place + 1, 0, row);
  }
  return made;
}

const done = (state: string): Row => [state, null, 'success', null, null];
const work = (item: number, status: string, error: Row[3] = null, cause: Row[4] = null): Row => [
  'Work',
  item,
  status,
  error,
  cause,
];
const EXPECTED: Record<string, readonly Row[]> = {
  succeeds: [
    ...[done('Begin'), done('Each')],
    ...[work(0, 'success'), work(1, 'success'), work(2, 'success')],
    ...[done('IsAnotherRoundAsked'), done('Done')],
  ],
  'goes round again': [
    ...[done('Begin'), done('Each'), work(0, 'success'), work(1, 'success')],
    ...[done('IsAnotherRoundAsked'), done('Again')],
    ...[done('Each'), work(0, 'success'), work(1, 'success')],
    ...[done('IsAnotherRoundAsked'), done('Done')],
  ],
  recovers: [
    ...[done('Begin'), done('Each'), work(0, 'success'), work(1, 'success')],
    ...[done('IsAnotherRoundAsked'), done('Done')],
  ],
  fails: [
    ...[done('Begin'), ['Each', null, 'failed', 'Odd', 'not even'] as const],
    ...[work(0, 'success'), work(1, 'failed', 'Odd', 'not even'), work(2, 'aborted')],
    ...[done('Caught'), done('Done')],
  ],
  'times out': [
    ...[done('Begin'), ['Each', null, 'failed', 'States.Timeout', null] as const],
    ...[work(0, 'failed', 'States.Timeout'), work(1, 'success')],
    ...[done('Caught'), done('Done')],
  ],
  'is stopped': [
    ...[done('Begin'), ['Each', null, 'aborted', 'Cancelled', 'by ada'] as const],
    ...[work(0, 'success'), work(1, 'aborted'), work(2, 'aborted')],
  ],
  'runs out of time': [
    ...[done('Begin'), ['Each', null, 'failed', 'States.Timeout', null] as const],
    ...[work(0, 'success'), work(1, 'aborted'), work(2, 'aborted')],
  ],
};

/** Where LocalStack does otherwise than AWS. */
const DEVIATIONS: Record<string, readonly Row[]> = {
  // It fails over its own stop of a Map.
  'is stopped': EXPECTED['is stopped']!.with(1, [
    ...['Each', null, 'failed', 'States.Runtime'],
    "AttributeError('str' object has no attribute 'get')",
  ] as unknown as Row),
  // It lets the items come to their end before the execution ends.
  'runs out of time': [
    ...EXPECTED['runs out of time']!.slice(0, 3),
    ...[work(1, 'success'), work(2, 'success')],
  ],
};

describe.each(Object.keys(SCENARIOS))('a Map that %s', (name) => {
  it('is shown alike by the interpreter in memory', async () => {
    expect(rows(await ofMemory(name))).toEqual(EXPECTED[name]);
  });
  it('is read from the history that LocalStack writes', () => {
    expect(rows(ofLocalStack(name))).toEqual(DEVIATIONS[name] ?? EXPECTED[name]);
  });
  const aws = AWS_HISTORIES[name];
  // For the others no recording of AWS is known.
  if (aws !== undefined) {
    it('is read from a history as AWS gives it', () => {
      expect(rows(visitsOf(aws))).toEqual(EXPECTED[name]);
    });
  }
});

describe('the step of a stopped Map', () => {
  const steps = definedSteps(JSON.stringify(MACHINE));
  const told = visitsOf(AWS_HISTORIES['is stopped, each end told']!);
  it('is cancelled, whatever it failed with', async () => {
    const run = { status: 'cancelled', cancelledBy: 'ada' } as Run;
    const all = [
      await ofMemory('is stopped'),
      ofLocalStack('is stopped'),
      visitsOf(AWS_HISTORIES['is stopped']!),
      told,
    ];
    for (const visits of all) {
      const [step, ...others] = shownSteps(steps, visits, run);
      expect(others).toEqual([]);
      expect(step).toMatchObject({ name: 'Each', status: 'cancelled' });
      expect(step).not.toHaveProperty('error');
      expect(step).not.toHaveProperty('cause');
    }
  });
  it('is so by each item’s end where AWS tells it', () => {
    const [begin, , ...items] = EXPECTED['is stopped']!;
    expect(rows(told)).toEqual([begin, ['Each', null, 'aborted', null, null], ...items]);
  });
});

describe('the step of a Map whose item failed', () => {
  it('bears the item’s error and one line of its cause', async () => {
    const steps = definedSteps(JSON.stringify(MACHINE));
    const run = { status: 'failed' } as Run;
    for (const visits of [await ofMemory('fails'), ofLocalStack('fails')]) {
      expect(shownSteps(steps, visits, run)).toMatchObject([
        { name: 'Each', status: 'failed', error: 'Odd', cause: 'not even' },
      ]);
    }
  });
});
