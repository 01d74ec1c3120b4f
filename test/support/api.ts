/** The API's functions over memory, and what they would change, to be compared before and after. */
import { deepStrictEqual as deepEqual } from 'node:assert/strict';
import { Problem } from '#contracts/answers.ts';
import type { Approval, ApprovalKind } from '#domain/approval.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { chain, type LedgerEntry } from '#domain/ledger.ts';
import { pointerTo } from '#domain/pointer.ts';
import { runIdOf } from '#domain/run-id.ts';
import type { Commit, Run } from '#domain/run.ts';
import type { ProxyAnswer } from '#edge/problem.ts';
import { match, type RouteFunction } from '#contracts/routes.ts';
import { acceptCommit } from '../../functions/accept-commit/handler.ts';
import { decideRun } from '../../functions/decide-run/handler.ts';
import { generateClaims } from '../../functions/generate-claims/handler.ts';
import { readPipeline } from '../../functions/read-pipeline/handler.ts';
import { serveModel } from '../../functions/serve-model/handler.ts';
import { startRun } from '../../functions/start-run/handler.ts';
import { bundleBytes, bytes, dataReference, evaluation } from './documents.ts';
import { notedExecutions } from './executions.ts';
import { CODE, MODEL, NOW, world } from './world.ts';

export const COMMIT = 'c'.repeat(40);

/** The API's functions, over executions that only note, with one commit that is not stored yet. */
export async function api() {
  const base = world();
  const noted = notedExecutions();
  const recorded: unknown[] = [];
  let answer: (decision: unknown) => unknown = () => ({
    version: 1,
    sha256: CODE,
    revision: 3,
    sequence: 9,
    previousVersion: 2,
  });
  const decisions = {
    record: async (decision: unknown) => {
      recorded.push(decision);
      return answer(decision);
    },
  };
  const deps = { ...base, executions: noted.executions, decisions };
  const functions: Readonly<Record<RouteFunction, (event: unknown) => Promise<unknown>>> = {
    'accept-commit': acceptCommit({ ...deps, people: { 'Ann@example.org': 'ann' } }),
    'decide-run': decideRun(deps),
    'read-pipeline': readPipeline(deps),
    'serve-model': serveModel({ ...deps, slot: 'production', memoryMb: () => 64 }),
    'generate-claims': generateClaims(deps),
  };

  const bundle = await base.artifacts.put('bundles', bundleBytes());
  const data = await base.artifacts.put('data', bytes({ any: 'table' }));
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
  const ciReport = await base.artifacts.put('reports', bytes(report));
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
    ...base,
    ...noted,
    recorded,
    commit,
    run,
    runId,
    report,
    startRun: startRun(deps),
    answerDecisions: (next: (decision: unknown) => unknown) => void (answer = next),

    /** A stored commit with an open run of this status, its execution running. */
    async open(status: Run['status'] = 'running') {
      await base.commits.put(commit);
      await base.runs.create({ ...run, status });
      await noted.executions.start(`${runId}-1`, {});
    },

    /** What the machine does before it asks: the evaluation's record and the question. */
    async ask(kind: ApprovalKind = 'approval', of: Partial<Approval> = {}) {
      const digest = of.digest ?? sha256Hex(`evaluation`);
      await base.steps.record({
        schemaVersion: 1,
        runId,
        step: kind === 'acceptance' ? 'ValidateData' : 'EvaluateChallenger',
        inputHash: sha256Hex(kind),
        attempt: 1,
        startedAt: NOW,
        endedAt: NOW,
        output: kind === 'acceptance' ? dataReference(digest) : evaluation(digest),
      });
      await base.approvals.put({
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
      const before = await base.registry.pointer(MODEL, slot);
      const pointer = pointerTo(before, {
        model: MODEL,
        slot,
        version,
        sha256,
        now: base.clock.now(),
      });
      const entry: Omit<LedgerEntry, 'sequence' | 'prevHash'> = {
        schemaVersion: 1,
        model: MODEL,
        kind: slot === 'staging' ? 'staged' : kind,
        at: base.clock.now(),
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
      const known = await base.registry.version(MODEL, version);
      await base.ledgerWriter.commit({
        entry: chain(entry, await base.registry.head(MODEL)),
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
        runs: await base.runs.list({ limit: 100 }),
        commits: await base.commits.list({ model: MODEL, prefix: '', limit: 100 }),
        approvals: await Promise.all(kinds.map((kind) => base.approvals.get(runId, kind))),
        ledger: await base.registry.ledger(MODEL),
        production: await base.registry.pointer(MODEL, 'production'),
        lock: await base.locks.get(MODEL),
        events: base.bus.events,
        started: [...noted.started.keys()],
        stopped: noted.stopped,
        answers: noted.answers,
        recorded,
        letters: base.deadLetters.letters,
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
export type Api = Awaited<ReturnType<typeof api>>;
