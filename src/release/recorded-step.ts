/**
 * Does what every step of the machine does besides its own work: checks its input, answers with the
 * recorded output where the input is the same, and records its output.
 */
import type * as z from 'zod';
import { parse, tryParse } from '#contracts/parse.ts';
import { PRODUCERS, type RunReference, type StepName } from '#contracts/steps.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { StepStore } from '#domain/ports/step-store.ts';
import type { Commit, StepRecord } from '#domain/run.ts';

export interface StepDeps {
  readonly commits: CommitStore;
  readonly steps: StepStore;
  readonly clock: Clock;
}

export interface StepInput {
  readonly run: RunReference;
}

/** What Lambda hands over beside the event. */
export interface Invocation {
  readonly getRemainingTimeInMillis: () => number;
}

/** What a step's work is given besides its input. */
export interface StepContext<K = null> {
  readonly commit: Commit;
  /** The key as it was read before the work: what the work must go by. */
  readonly key: K;
  /** Until Lambda's own time-out; infinite where there is none. */
  readonly secondsLeft: () => number;
}

export interface Step<I extends StepInput, O, K = null> {
  readonly name: StepName | ((input: I) => StepName);
  readonly input: z.ZodType<I>;
  readonly output: z.ZodType<O>;
  /** What the output depends on besides the input: code, champion, stored holdout. */
  readonly key: (input: I) => Promise<K>;
  /**
   * always: measures or moves the live world, so it is recorded and never skipped. settled: moves what
   * its own key names, so it is recorded under the key as the work left it.
   */
  readonly mode?: 'always' | 'settled';
}

/**
 * Makes a handler of a step's work.
 *
 * The handler throws `BadInput` (the event doesn't parse), `CommitUnknown`, `ProvenanceMismatch` (the
 * run or an earlier output isn't what is recorded for this run), and what the work throws.
 */
export function recorded<I extends StepInput, O, K>(
  step: Step<I, O, K>,
  deps: StepDeps,
  work: (input: I, context: StepContext<K>) => Promise<O>,
): (event: unknown, invocation?: Invocation) => Promise<O> {
  return async (event, invocation) => {
    const startedAt = deps.clock.now();
    const secondsLeft = () =>
      invocation === undefined ? Infinity : invocation.getRemainingTimeInMillis() / 1000;
    const input = parse(step.input, event, 'the step’s input');
    const name = typeof step.name === 'string' ? step.name : step.name(input);
    const commit = await commitOf(deps.commits, input.run);
    const records = await deps.steps.list(input.run.runId);
    checkHandedOver(input, records);
    const key = await step.key(input);
    const hash = inputHash(name, input, key);
    if (step.mode !== 'always') {
      const found = records.find((r) => r.step === name && r.inputHash === hash);
      if (found !== undefined) return step.output.parse(found.output);
    }
    const output = step.output.parse(await work(input, { commit, key, secondsLeft }));
    const stored = await recordOutput(deps, input.run, name, {
      inputHash:
        step.mode === 'settled'
          ? inputHash(name, input, await step.key(input))
          : step.mode === 'always'
            ? inputHash(name, input, { output })
            : hash,
      output,
      startedAt,
    });
    return step.output.parse(stored);
  };
}

/**
 * Records a step's output: for `resume`, for the next step's check, and for whoever reads the run.
 *
 * Returns what is recorded: of two calls at once the first one's, which alone the next step accepts.
 */
export async function recordOutput(
  deps: StepDeps,
  run: RunReference,
  step: StepName,
  what: { readonly inputHash: string; readonly output: unknown; readonly startedAt: string },
): Promise<unknown> {
  await deps.steps.record({
    schemaVersion: 1,
    runId: run.runId,
    step,
    attempt: run.attempt,
    endedAt: deps.clock.now(),
    ...what,
  });
  return (await deps.steps.get(run.runId, step, what.inputHash))?.output ?? what.output;
}

/** The key of a step whose output depends on nothing but its input. */
export const noKey = (): Promise<null> => Promise.resolve(null);

/** sha256 of everything that an output depends on, and so of neither the attempt nor the way people are asked. */
export function inputHash(step: StepName, input: StepInput, key: unknown): string {
  const { runId, model, commit, bundle, data, ciReport, asOf } = input.run;
  const run = { runId, model, commit, bundle, data, ciReport, asOf };
  return sha256Hex(canonicalJson({ step, input: { ...input, run }, key: key ?? null }));
}

/** The stored commit of a run. Throws `CommitUnknown`, and `ProvenanceMismatch` on another one's fields. */
export async function commitOf(commits: CommitStore, run: RunReference): Promise<Commit> {
  const commit = await commits.get(run.runId);
  if (commit === undefined) {
    throw new TitleholderError('CommitUnknown', `no commit is stored for run ${run.runId}`);
  }
  for (const field of ['model', 'commit', 'bundle', 'data', 'ciReport', 'asOf'] as const) {
    if (commit[field] !== run[field]) {
      throw new TitleholderError(
        'ProvenanceMismatch',
        `OpenRun handed over another ${field} than the stored commit of run ${run.runId} has`,
        { field, runId: run.runId },
      );
    }
  }
  return commit;
}

/**
 * Refuses an output that no step of this run recorded. A step that answers with another run's output is
 * thereby refused by the next step. Throws `ProvenanceMismatch`, naming the step.
 */
export function checkHandedOver(input: StepInput, records: readonly StepRecord[]): void {
  for (const [field, given] of Object.entries(input)) {
    const producers = PRODUCERS[field];
    if (producers === undefined || given === undefined) continue;
    const known = new Set(
      records
        .filter((r) => producers.some((p) => p === r.step))
        .map((r) => canonicalJson(r.output)),
    );
    for (const handed of Array.isArray(given) ? given : [given]) {
      if (known.has(canonicalJson(handed))) continue;
      const step = producerOf(producers, handed);
      throw new TitleholderError(
        'ProvenanceMismatch',
        `${step} handed over an output that is not recorded for run ${input.run.runId}`,
        { step, runId: input.run.runId },
      );
    }
  }
}

function producerOf(producers: readonly StepName[], handed: unknown): StepName | 'a step' {
  const isObject = typeof handed === 'object' && handed !== null;
  const quick = isObject && 'stage' in handed && handed.stage === 'quick';
  const planned = isObject && 'attempt' in handed && handed.attempt === 1;
  return (quick || planned ? producers[0] : producers.at(-1)) ?? 'a step';
}

/**
 * What the steps of these names recorded, in order of time. What this version can't read is left out, so
 * that a record of an earlier one doesn't hide its run.
 */
export function outputsOf<O extends z.ZodType>(
  records: readonly StepRecord[],
  ...steps: readonly { readonly name: StepName; readonly output: O }[]
): readonly z.output<O>[] {
  return records
    .toSorted((a, b) => (a.endedAt < b.endedAt ? -1 : 1))
    .flatMap((record) => {
      const step = steps.find(({ name }) => name === record.step);
      const read = step === undefined ? undefined : tryParse<O>(step.output, record.output);
      return read?.ok === true ? [read.value] : [];
    });
}
