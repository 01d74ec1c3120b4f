/** Walks the machine over sample functions, and remembers where it came by. */
import { memoryExecutions, type MemoryExecutions } from '#adapters/memory/executions.ts';
import { releaseModel } from '../../state-machines/release-model/definition.ts';
import { ANSWER, INPUT, INPUTS, OUTPUTS, RUN } from './samples.ts';

type Handler = (input: any) => unknown;

export interface Walk {
  readonly executions: MemoryExecutions;
  readonly status: string | undefined;
  readonly states: readonly string[];
  /** Payloads as each function got them. */
  readonly calls: readonly { readonly function: string; readonly input: any }[];
  /** Biggest state seen, in bytes. */
  readonly bytes: number;
  readonly error: string | null;
  readonly cause: string | null;
}

export const NAME = `${INPUT.runId}-1`;

/**
 * Runs one execution to its end. `overrides` replaces functions by placeholder; OpenRun and AskPerson
 * answer their token unless replaced (`answers` says what people answer, in turn). Every payload is
 * parsed by its function's schema.
 */
export async function walk(
  overrides: Readonly<Record<string, Handler>> = {},
  options: {
    readonly answers?: readonly unknown[];
    readonly definition?: unknown;
    readonly elapse?: number;
    /** Payloads needn't parse: the test plants a wrong value. */
    readonly lenient?: boolean;
  } = {},
): Promise<Walk> {
  const calls: { function: string; input: any }[] = [];
  const answers = [...(options.answers ?? [])];
  let bytes = 0;
  let now = Date.parse('2026-01-01T00:00:00.000Z');
  let ended: { error: string | null; cause: string | null } = { error: null, cause: null };
  const waiting: Record<string, Handler> = {
    OpenRun: ({ token }) => executions.succeed(token, RUN),
    AskPerson: ({ token }) => executions.succeed(token, answers.shift() ?? ANSWER),
  };
  const functions = Object.fromEntries(
    Object.keys(INPUTS).map((name) => [
      name,
      async (input: unknown) => {
        calls.push({
          function: name,
          input: options.lenient === true ? input : INPUTS[name]?.parse(input),
        });
        return (overrides[name] ?? waiting[name] ?? OUTPUTS[name])?.(input);
      },
    ]),
  );
  const executions = memoryExecutions({
    definition: options.definition ?? releaseModel,
    functions,
    now: () => new Date(now).toISOString(),
    observe: ({ data }) => {
      bytes = Math.max(bytes, Buffer.byteLength(JSON.stringify(data)));
    },
    onStatusChange: ({ detail }) => {
      if (detail.status !== 'RUNNING') ended = { error: detail.error, cause: detail.cause };
    },
  });
  await executions.start(NAME, INPUT);
  await executions.idle();
  if (options.elapse !== undefined) {
    now += options.elapse * 1000;
    await executions.elapse();
  }
  return {
    executions,
    status: await executions.status(NAME),
    states: (await executions.visits(NAME)).map((v) => v.state),
    calls,
    bytes,
    ...ended,
  };
}

/** Throws an error of this name, as a function's own. */
export const throwing =
  (name: string, message = 'on purpose') =>
  () => {
    throw Object.assign(new Error(message), { name });
  };
