/** The API's functions over memory, and what they would change, to be compared before and after. */
import { deepStrictEqual as deepEqual } from 'node:assert/strict';
import { memoryArtifactStore } from '#adapters/memory/artifact-store.ts';
import { memoryDeadLetters, memoryEventBus } from '#adapters/memory/event-bus.ts';
import { memoryIdentity } from '#adapters/memory/identity.ts';
import { memoryStores } from '#adapters/memory/stores.ts';
import { memoryTracking } from '#adapters/memory/tracking.ts';
import type { Approval, ApprovalKind } from '#domain/approval.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { chain, type LedgerEntry } from '#domain/ledger.ts';
import { pointerTo } from '#domain/pointer.ts';
import { runIdOf } from '#domain/run-id.ts';
import type { Executions, ExecutionStatus, StateVisit } from '#domain/ports/executions.ts';
import { type Principal, ROLES } from '#domain/roles.ts';
import type { Commit, Run } from '#domain/run.ts';
import { acceptCommit } from '../../../../functions/accept-commit/handler.ts';
import { decideRun } from '../../../../functions/decide-run/handler.ts';
import { generateClaims } from '../../../../functions/generate-claims/handler.ts';
import { readPipeline } from '../../../../functions/read-pipeline/handler.ts';
import { serveModel } from '../../../../functions/serve-model/handler.ts';
import { startRun } from '../../../../functions/start-run/handler.ts';
import type { ProxyAnswer } from '#edge/problem.ts';
import { match, type RouteFunction } from '#contracts/routes.ts';
import { Problem } from '#contracts/answers.ts';

export const MODEL = 'claims-denial';
export const COMMIT = 'c'.repeat(40);
export const CODE = `sha256:${'d'.repeat(64)}`;
const NOW = '2026-01-02T03:04:05.000Z';

const DOCUMENTS = {
  'model.json': {
    schemaVersion: 1,
    name: MODEL,
    title: 'Denials',
    target: 'status',
    positive: 'Denied',
    identity: { key: ['claim_id'] },
    data: { path: 'claims.csv' },
    split: {},
    plan: { primaryMetric: 'auc' },
    seed: 0,
    quick: {},
    candidates: [
      { name: 'forest', algorithm: 'forest', settings: { trees: 5, maxDepth: 3, minLeaf: 5 } },
    ],
  },
  'schema.json': {
    schemaVersion: 1,
    columns: [
      { name: 'status', type: 'category', role: 'target' },
      { name: 'claim_id', type: 'text', role: 'identity' },
      { name: 'age', type: 'number', role: 'feature' },
    ],
  },
  'policy.json': { schemaVersion: 1, tier: 'standard', gates: [], approval: {} },
};

export function bundleBytes(
  change: {
    readonly model?: string;
    readonly document?: object;
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): Uint8Array {
  const files = Object.fromEntries(
    Object.entries({ ...DOCUMENTS, ...change.document }).map(([k, v]) => [k, JSON.stringify(v)]),
  );
  return bytes({ schemaVersion: 1, model: change.model ?? MODEL, files: change.files ?? files });
}

export function bytes(document: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(document));
}

/** Executions that only note what was asked of them. */
export function notedExecutions() {
  const started = new Map<string, unknown>();
  const ended = new Map<string, ExecutionStatus>();
  const visits = new Map<string, readonly StateVisit[]>();
  const answers: { token: string; output: unknown }[] = [];
  const stopped: { name: string; error: string; cause: string }[] = [];
  const spent = new Set<string>();
  const executions: Executions = {
    start: async (name, input) => {
      if (started.has(name)) return 'exists';
      started.set(name, input);
      return 'started';
    },
    stop: async (name, error, cause) => {
      stopped.push({ name, error, cause });
      ended.set(name, 'ABORTED');
    },
    succeed: async (token, output) => {
      if (spent.has(token)) return false;
      spent.add(token);
      answers.push({ token, output });
      return true;
    },
    fail: async () => false,
    status: async (name) => (started.has(name) ? (ended.get(name) ?? 'RUNNING') : undefined),
    visits: async (name) => visits.get(name) ?? [],
    definition: async () =>
      JSON.stringify({
        StartAt: 'OpenRun',
        States: {
          OpenRun: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' },
          TrainCandidates: { Type: 'Map', ItemProcessor: { States: {} } },
          FullTrain: { Type: 'Task', Resource: 'arn:x', TimeoutSeconds: 930 },
          WhoDecides: { Type: 'Choice' },
          WaitForApproval: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          },
          CloseCompleted: { Type: 'Task', Resource: 'arn:y', TimeoutSeconds: 90 },
        },
      }),
  };
  return { executions, started, ended, visits, answers, stopped };
}

export async function world() {
  const store = memoryStores();
  const artifacts = memoryArtifactStore();
  const bus = memoryEventBus();
  const letters = memoryDeadLetters();
  const tracking = memoryTracking();
  const noted = notedExecutions();
  const recorded: unknown[] = [];
  let answer: (decision: unknown) => unknown = () => ({
    version: 1,
    sha256: CODE,
    revision: 3,
    sequence: 9,
    previousVersion: 2,
  });
  const logs: string[] = [];
  let time = Date.parse(NOW);
  const clock = { now: () => new Date(time).toISOString() };
  let issued = 0;
  const principals: Record<string, Principal> = { nobody: { subject: 'nobody', grants: [] } };
  for (const role of ROLES) {
    principals[role] = { subject: `${role}-1`, grants: [{ role }] };
    principals[`${role}-of`] = { subject: `${role}-of`, grants: [{ role, model: MODEL }] };
    principals[`${role}-other`] = {
      subject: `${role}-other`,
      grants: [{ role, model: 'other-model' }],
    };
  }
  const log = (line: string) => void logs.push(line);
  const ids = { next: () => String((issued += 1)).padStart(26, '0') };
  const shared = { identity: memoryIdentity(principals), log, clock };
  const decisions = {
    record: async (decision: unknown) => {
      recorded.push(decision);
      return answer(decision);
    },
  };
  const functions: Readonly<Record<RouteFunction, (event: unknown) => Promise<unknown>>> = {
    'accept-commit': acceptCommit({
      ...shared,
      commits: store.commits,
      runs: store.runs,
      artifacts,
      bus,
      people: { 'Ann@example.org': 'ann' },
    }),
    'decide-run': decideRun({
      ...shared,
      ...store,
      artifacts,
      executions: noted.executions,
      decisions,
      ids,
    }),
    'read-pipeline': readPipeline({
      ...shared,
      ...store,
      artifacts,
      tracking,
      executions: noted.executions,
    }),
    'serve-model': serveModel({
      ...shared,
      slot: 'production',
      registry: store.registry,
      artifacts,
      ids,
      code: CODE,
      memoryMb: () => 64,
    }),
    'generate-claims': generateClaims(shared),
  };

  const bundle = await artifacts.put('bundles', bundleBytes());
  const data = await artifacts.put('data', bytes({ any: 'table' }));
  const report = {
    schemaVersion: 1,
    model: MODEL,
    commit: COMMIT,
    bundle,
    data,
    submitter: 'committer-1',
    authors: ['ann@example.org', 'unmapped@example.org'],
    tools: {},
    junit: '<testsuite/>',
    digest: sha256Hex('report'),
  };
  const ciReport = await artifacts.put('reports', bytes(report));
  const commit: Commit = {
    schemaVersion: 1,
    runId: runIdOf({ model: MODEL, commit: COMMIT, bundle, data, cause: 'push' }),
    model: MODEL,
    commit: COMMIT,
    branch: 'main',
    bundle,
    data,
    ciReport,
    cause: 'push',
    submitter: 'committer-1',
    authors: ['committer-1', 'ann'],
    asOf: NOW,
  };
  const run: Run = {
    schemaVersion: 1,
    runId: commit.runId,
    model: MODEL,
    commit: COMMIT,
    branch: 'main',
    cause: 'push',
    submitter: 'committer-1',
    status: 'running',
    attempt: 1,
    revision: 1,
    createdAt: NOW,
    updatedAt: NOW,
  };
  const { runId } = commit;

  return {
    ...store,
    ...noted,
    artifacts,
    bus,
    letters,
    tracking,
    recorded,
    logs,
    principals,
    commit,
    run,
    runId,
    report,
    startRun: startRun({
      log,
      clock,
      commits: store.commits,
      runs: store.runs,
      executions: noted.executions,
      deadLetters: letters,
    }),
    pass: (millis: number) => void (time += millis),
    answerDecisions: (next: (decision: unknown) => unknown) => void (answer = next),

    /** A stored commit with an open run of this status, its execution running. */
    async open(status: Run['status'] = 'running') {
      await store.commits.put(commit);
      await store.runs.create({ ...run, status });
      await noted.executions.start(`${runId}-1`, {});
    },

    /** What the machine does before it asks: the evaluation's record and the question. */
    async ask(kind: ApprovalKind = 'approval', of: Partial<Approval> = {}) {
      const digest = of.digest ?? sha256Hex(`evaluation`);
      await store.steps.record({
        schemaVersion: 1,
        runId,
        step: kind === 'acceptance' ? 'ValidateData' : 'EvaluateChallenger',
        inputHash: sha256Hex(kind),
        attempt: 1,
        startedAt: NOW,
        endedAt: NOW,
        output: kind === 'acceptance' ? dataReference(digest) : evaluation(digest),
      });
      await store.approvals.put({
        schemaVersion: 1,
        runId,
        kind,
        model: MODEL,
        token: 'the-secret-token',
        digest,
        status: 'pending',
        required: 1,
        authors: commit.authors,
        decisions: [],
        requestedAt: NOW,
        expiresAt: '2026-01-03T00:00:00.000Z',
        revision: 1,
        ...of,
      });
      return digest;
    },

    /** Moves a pointer with a ledger entry, as record-decision does. */
    async move(slot: 'staging' | 'production', version: number, sha256: string, kind = 'promoted') {
      const before = await store.registry.pointer(MODEL, slot);
      const pointer = pointerTo(before, { model: MODEL, slot, version, sha256, now: clock.now() });
      const entry: Omit<LedgerEntry, 'sequence' | 'prevHash'> = {
        schemaVersion: 1,
        model: MODEL,
        kind: slot === 'staging' ? 'staged' : kind,
        at: clock.now(),
        actor: 'someone',
        authority: 'approval',
        reason: 'a reason',
        decisionId: `${slot}-${version}-${pointer.revision}`,
        runId,
        commit: COMMIT,
        version,
        sha256,
        previousVersion: before?.version ?? null,
        evidence: null,
        charter: null,
      };
      const known = await store.registry.version(MODEL, version);
      await store.ledgerWriter.commit({
        entry: chain(entry, await store.registry.head(MODEL)),
        pointer,
        ...(known === undefined && {
          version: {
            schemaVersion: 1,
            model: MODEL,
            version,
            sha256,
            runId,
            commit: COMMIT,
            createdAt: NOW,
            trackingRunId: null,
          },
        }),
      });
    },

    /** Everything a function could have changed. */
    async state() {
      const kinds: readonly ApprovalKind[] = ['approval', 'continue', 'acceptance'];
      return structuredClone({
        runs: await store.runs.list({ limit: 100 }),
        commits: await store.commits.list({ model: MODEL, prefix: '', limit: 100 }),
        approvals: await Promise.all(kinds.map((kind) => store.approvals.get(runId, kind))),
        ledger: await store.registry.ledger(MODEL),
        production: await store.registry.pointer(MODEL, 'production'),
        lock: await store.locks.get(MODEL),
        events: bus.events,
        started: [...noted.started.keys()],
        stopped: noted.stopped,
        answers: noted.answers,
        recorded,
        letters: letters.letters,
      });
    },

    async call(
      name: RouteFunction,
      method: string,
      path: string,
      of: {
        readonly as?: string | undefined;
        readonly body?: unknown;
        readonly raw?: string;
        readonly query?: Readonly<Record<string, string>>;
        readonly headers?: Readonly<Record<string, string>>;
        readonly event?: object;
      } = {},
    ) {
      const event = {
        httpMethod: method,
        path,
        headers: {
          ...(of.as !== undefined && { Authorization: `Bearer ${of.as}` }),
          ...of.headers,
        },
        queryStringParameters: of.query ?? null,
        body: of.raw ?? (of.body === undefined ? null : JSON.stringify(of.body)),
        isBase64Encoded: false,
        requestContext: { requestId: 'request-1' },
        ...of.event,
      };
      const answered = (await functions[name](event)) as ProxyAnswer;
      const { statusCode: status, headers } = answered;
      const sent = JSON.parse(answered.body) as unknown;
      const route = match(path)?.routes.find((one) => one.method === method);
      // Its contract has every field that is sent: a client would drop the others.
      const isProblem = headers['content-type'] === 'application/problem+json';
      const described = isProblem ? Problem : route?.answer;
      deepEqual(described?.parse(sent) ?? sent, sent, `${method} ${path}`);
      return {
        status,
        headers,
        body: sent as Record<string, any>,
      };
    },
    functions,
  };
}
export type World = Awaited<ReturnType<typeof world>>;

export function evaluation(digest: string) {
  return {
    measured: sha256Hex('measured'),
    timings: sha256Hex('timings'),
    charts: sha256Hex('charts'),
    digest,
    artifact: sha256Hex('artifact'),
    verdict: 'promote',
    reason: 'better',
    next: 'person',
    champion: null,
  };
}

export function dataReference(digest: string) {
  const hash = sha256Hex('any');
  return {
    training: hash,
    trainingManifest: hash,
    holdout: hash,
    register: hash,
    epoch: 1,
    report: hash,
    charter: hash,
    holdBeforeCd: false,
    waitSeconds: 3600,
    rows: 1000,
    trainingRows: 800,
    holdoutRows: 200,
    datasetWindow: '2023/2024',
    question: { kind: 'charter', digest, summary: 'the AUC gate is lower' },
  };
}
