/** The whole line in memory: the machine's own definition over the real handlers. */
import { readFileSync } from 'node:fs';
import { type MemoryExecutions, memoryExecutions } from '#adapters/memory/executions.ts';
import { SchemaDocument } from '#contracts/folder/schema.ts';
import type { ModelDocument } from '#contracts/folder/model.ts';
import type { PolicyDocument } from '#contracts/folder/policy.ts';
import { claimsCsv } from '#claims/generate.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { runIdOf } from '#domain/run-id.ts';
import type { Executions } from '#domain/ports/executions.ts';
import { executionName } from '#domain/run-id.ts';
import { type Run, type RunStatus } from '#domain/run.ts';
import { drawAll } from '#plots/drawings.ts';
import { askPerson } from '../../functions/ask-person/handler.ts';
import { checkCiReport } from '../../functions/check-ci-report/handler.ts';
import { chooseCandidate } from '../../functions/choose-candidate/handler.ts';
import { closeEnded, closeRun } from '../../functions/close-run/handler.ts';
import { answerQuestion } from '../../functions/decide-run/answer-question.ts';
import type { DecideDeps } from '../../functions/decide-run/answer-question.ts';
import { evaluateChallenger } from '../../functions/evaluate-challenger/handler.ts';
import { fullTrain } from '../../functions/full-train/handler.ts';
import { openRun } from '../../functions/open-run/handler.ts';
import { planCandidates } from '../../functions/plan-candidates/handler.ts';
import { quickTrain } from '../../functions/quick-train/handler.ts';
import { recordDecision } from '../../functions/record-decision/handler.ts';
import { recordRun } from '../../functions/record-run/handler.ts';
import { smokeTest } from '../../functions/smoke-test/handler.ts';
import { trainCandidate } from '../../functions/train-candidate/handler.ts';
import { validateData } from '../../functions/validate-data/handler.ts';
import { verifyPromotion } from '../../functions/verify-promotion/handler.ts';
import { releaseModel } from '../../state-machines/release-model/definition.ts';
import { MODEL, world } from './world.ts';

const ROOT = new URL('../../', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const WEAK = { trees: 3, maxDepth: 1, minLeaf: 1, featuresPerSplit: 'sqrt' } as const;
const FAIR = { trees: 8, maxDepth: 4, minLeaf: 5, featuresPerSplit: 'all' } as const;
const GOOD = { trees: 30, maxDepth: 8, minLeaf: 3, featuresPerSplit: 5 } as const;
export const SETTINGS = { weak: WEAK, fair: FAIR, good: GOOD } as const;

export interface CommitOptions {
  readonly commit: string;
  readonly settings?: (typeof SETTINGS)[keyof typeof SETTINGS];
  readonly policy?: Partial<PolicyDocument>;
  readonly model?: Partial<ModelDocument>;
  readonly rows?: Uint8Array;
  readonly schema?: (schema: SchemaDocument) => SchemaDocument;
  readonly readme?: string;
  readonly submitter?: string;
  readonly report?: (report: Record<string, unknown>) => Record<string, unknown>;
}

export const ROWS = claimsCsv({ rows: 1500, seed: 1 });
export const ALICE = 'alice@example.org';
export const BOB = 'bob@example.org';
const JUNIT = '<testsuite tests="1" failures="0"><testcase name="lint"/></testsuite>';

type Handler = (event: unknown) => Promise<unknown>;

export interface LineOptions {
  readonly queue?: 'wait' | 'supersede';
  /** Pictures cost a third of a run, and few tests look at them. */
  readonly draws?: boolean;
}

export function line(options: LineOptions = {}) {
  const memory = world({ tickMillis: 1 });
  const { artifacts, clock, commits, reader, registry, runs } = memory;
  const own = (): MemoryExecutions => machine;
  const executions: Executions = {
    start: (name, input) => own().start(name, input),
    stop: (name, error, cause) => own().stop(name, error, cause),
    succeed: (token, output) => own().succeed(token, output),
    fail: (token, error, cause) => own().fail(token, error, cause),
    status: (name) => own().status(name),
    visits: (name) => own().visits(name),
    definition: () => own().definition(),
  };
  const base = {
    ...memory,
    executions,
    stopwatch: () => performance.now() / 1000,
    draw: options.draws === true ? drawAll : () => Promise.resolve({}),
    wait: () => Promise.resolve(),
  };
  const handlers: Record<string, Handler> = {
    OpenRun: openRun(base),
    CheckCiReport: checkCiReport(base),
    ValidateData: validateData(base),
    QuickTrain: quickTrain(base),
    RecordRun: recordRun(base),
    AskPerson: askPerson(base),
    PlanCandidates: planCandidates(base),
    TrainCandidate: trainCandidate(base),
    ChooseCandidate: chooseCandidate(base),
    FullTrain: fullTrain(base),
    EvaluateChallenger: evaluateChallenger(base),
    RecordDecision: recordDecision(base),
    SmokeTest: smokeTest(base),
    VerifyPromotion: verifyPromotion(base),
    CloseRun: closeRun(base),
  };
  const calls: { name: string; input: unknown; output: unknown }[] = [];
  const replaced = new Map<string, Handler>();
  const functions = Object.fromEntries(
    Object.entries(handlers).map(([name, handler]): [string, Handler] => [
      name,
      async (input) => {
        // Only a Map's items run at once, and they are of one function.
        reader.name = name;
        const output = await (replaced.get(name) ?? handler)(input);
        calls.push({ name, input, output });
        return output;
      },
    ]),
  );
  const close = closeEnded(base);
  const stateBytes: number[] = [];
  const machine: MemoryExecutions = memoryExecutions({
    definition: releaseModel,
    functions,
    now: clock.now,
    onStatusChange: async (event) => {
      const { batchItemFailures } = await close(ended(event));
      if (batchItemFailures.length > 0) throw new Error('the ending was not heard');
    },
    observe: ({ data }) => stateBytes.push(JSON.stringify(data).length),
  });
  const decide = {
    ...base,
    decisions: { record: (decision) => functions['RecordDecision']!(decision) },
  } satisfies DecideDeps;

  async function put(of: CommitOptions): Promise<Run> {
    const submitter = of.submitter ?? ALICE;
    const documentOf = (name: string): Record<string, unknown> =>
      JSON.parse(text(`models/${MODEL}/${name}`)) as Record<string, unknown>;
    const model = documentOf('model.json');
    const files = {
      'model.json': JSON.stringify({
        ...model,
        plan: { ...(model['plan'] as object), replicates: 300 },
        quick: { rows: 300, trees: 3, maxDepth: 3 },
        candidates: [{ name: 'c', algorithm: 'forest', settings: of.settings ?? FAIR }],
        ...of.model,
      }),
      'schema.json':
        of.schema === undefined
          ? text(`models/${MODEL}/schema.json`)
          : JSON.stringify(of.schema(SchemaDocument.parse(documentOf('schema.json')))),
      ...(of.readme === undefined ? {} : { 'README.md': of.readme }),
      'policy.json': JSON.stringify({
        ...documentOf('policy.json'),
        gates: [],
        queue: options.queue ?? 'wait',
        ...of.policy,
      }),
    };
    const keep = (kind: 'bundles' | 'data' | 'reports', content: Uint8Array | string) =>
      artifacts.put(
        kind,
        typeof content === 'string' ? new TextEncoder().encode(content) : content,
      );
    const bundle = await keep('bundles', canonicalJson({ schemaVersion: 1, model: MODEL, files }));
    const data = await keep('data', of.rows ?? ROWS);
    const commit = of.commit.padEnd(40, '0');
    const report = {
      schemaVersion: 1,
      model: MODEL,
      commit,
      bundle,
      data,
      submitter,
      authors: [submitter],
      tools: { titleholder: '0.1.0' },
      junit: JUNIT,
    };
    const written = of.report?.(report) ?? { ...report, digest: sha256Hex(canonicalJson(report)) };
    const ciReport = await keep('reports', JSON.stringify(written));
    const runId = runIdOf({ model: MODEL, commit, bundle, data, cause: 'push' });
    const asOf = clock.now();
    const shared = { schemaVersion: 1, runId, model: MODEL, commit, branch: 'main' } as const;
    await commits.put({
      ...shared,
      bundle,
      data,
      ciReport,
      cause: 'push',
      submitter,
      authors: [submitter],
      asOf,
    });
    const run: Run = {
      ...shared,
      cause: 'push',
      submitter,
      status: 'running',
      attempt: 1,
      revision: 1,
      createdAt: asOf,
      updatedAt: asOf,
    };
    await runs.create(run);
    return run;
  }

  async function start(runId: string, attempt: number): Promise<void> {
    const input = { schemaVersion: 1, runId, model: MODEL, attempt };
    await own().start(executionName(runId, attempt), input);
    await own().idle();
  }

  const runOf = async (runId: string): Promise<Run> => (await runs.get(runId))!;

  return {
    ...base,
    handlers,
    calls,
    stateBytes,
    replaced,
    store: put,
    start,
    runOf,
    elapse: async (millis: number) => {
      memory.pass(millis);
      await own().elapse();
    },
    /** Commits and runs until the run waits or ends. */
    async commit(of: CommitOptions): Promise<string> {
      const { runId } = await put(of);
      await start(runId, 1);
      return runId;
    },
    async resume(runId: string): Promise<void> {
      const ended = ['error', 'reason', 'cancelledBy', 'supersededBy'];
      const kept = Object.entries(await runOf(runId)).filter(([field]) => !ended.includes(field));
      const run = Object.fromEntries(kept) as unknown as Run;
      const attempt = run.attempt + 1;
      await runs.replace({ ...run, status: 'running', attempt, revision: run.revision + 1 });
      await start(runId, attempt);
    },
    async say(
      runId: string,
      choice: 'approve' | 'reject',
      how: { readonly actor?: string; readonly kind?: 'approval' | 'acceptance' | 'continue' } = {},
    ): Promise<string> {
      const { message } = await answerQuestion(
        decide,
        await runOf(runId),
        [how.kind ?? 'approval'],
        { actor: how.actor ?? BOB, choice, reason: `${choice} it`, digest: undefined },
      );
      await own().idle();
      return message;
    },
    async status(runId: string): Promise<RunStatus> {
      return (await runOf(runId)).status;
    },
    async served(): Promise<number | undefined> {
      return (await registry.pointer(MODEL, 'production'))?.version;
    },
    rollBack: async (decisionId: string, to?: number, from?: number) =>
      handlers['RecordDecision']!({
        decision: 'rollback',
        decisionId,
        model: MODEL,
        actor: BOB,
        reason: 'worse in production',
        from: from ?? (await registry.pointer(MODEL, 'production'))?.version ?? 1,
        ...(to === undefined ? {} : { to }),
      }),
    lastOutput: (name: string, match: (input: unknown) => boolean = () => true): unknown =>
      calls.findLast((call) => call.name === name && match(call.input))?.output,
  };
}

/** An execution's status change as its queue brings it. */
export function ended(event: unknown): object {
  return { Records: [{ messageId: 'ending', body: JSON.stringify(event) }] };
}
