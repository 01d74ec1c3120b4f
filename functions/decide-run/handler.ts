/** What people decide about runs: every change goes by a POST, and each has its own conditions. */
import type { ExecutionInput } from '#contracts/steps.ts';
import { Moved } from '#contracts/steps.ts';
import { mayTouchRun } from '#domain/access.ts';
import { type ApprovalKind, WAITING_STATUS } from '#domain/approval.ts';
import { keyedRollbackIdOf, rollbackIdOf } from '#domain/decision-id.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Principal } from '#domain/roles.ts';
import type { Run } from '#domain/run.ts';
import { executionName } from '#domain/run-id.ts';
import { isOpen } from '#domain/run.ts';
import type { DecidedAnswer } from '#contracts/answers.ts';
import type { HttpAnswer, SignedRequest } from '#edge/edge.ts';
import { httpFunction, noSuchRun, on } from '#edge/edge.ts';
import { type AnswerOf, ROUTES } from '#contracts/routes.ts';
import { updateRun } from '#release/update-run.ts';
import { answerQuestion, type DecideDeps } from './answer-question.ts';

/** POST /pipeline/{run}/continue, approve, reject, accept, cancel, resume and /pipeline/rollback. */
export const decideRun = (deps: DecideDeps) =>
  httpFunction('decide-run', deps, [
    on(ROUTES.continue, decision(deps, 'approve', ['continue'])),
    on(ROUTES.approve, decision(deps, 'approve', ['approval'])),
    on(ROUTES.accept, decision(deps, 'approve', ['acceptance'])),
    on(ROUTES.reject, decision(deps, 'reject', ['approval', 'acceptance', 'continue'])),
    on(ROUTES.cancel, cancel(deps)),
    on(ROUTES.resume, resume(deps)),
    on(ROUTES.rollback, rollback(deps)),
  ]);

const decision =
  (deps: DecideDeps, choice: 'approve' | 'reject', kinds: readonly ApprovalKind[]) =>
  async (
    request: SignedRequest<typeof ROUTES.approve | typeof ROUTES.reject>,
  ): Promise<HttpAnswer<DecidedAnswer>> => {
    const { principal, params, body } = request;
    const run = await runOf(deps, params.run);
    const { approval, message } = await answerQuestion(deps, run, kinds, {
      actor: principal.subject,
      choice,
      reason: body.reason ?? DEFAULT_REASON,
      digest: body.digest,
    });
    const status = approval.status === 'pending' ? WAITING_STATUS[approval.kind] : approval.status;
    deps.log(message, { runId: run.runId, by: principal.subject, status });
    return { status: 200, body: { runId: run.runId, status, message } };
  };

const DEFAULT_REASON = 'no reason was given';

const cancel =
  (deps: DecideDeps) =>
  async (request: SignedRequest<typeof ROUTES.cancel>): Promise<HttpAnswer<DecidedAnswer>> => {
    const { principal, params, body } = request;
    const before = await runOf(deps, params.run);
    const { runId } = before;
    refuseStranger(principal, before, 'cancel');
    if (before.status === 'cancelled')
      return answerOf(runId, 'cancelled', `${runId} was cancelled`);
    refuseClosed(before, 'cancelled');
    const reason = body.reason ?? `cancelled by ${principal.subject}`;
    const name = executionName(runId, before.attempt);
    const never = (await deps.executions.status(name)) === undefined;
    const run = await updateRun(deps, runId, (now) => {
      refuseClosed(now, 'cancelled');
      // An execution that never began sends no event that would close its run.
      return {
        cancelledBy: principal.subject,
        reason,
        ...(never && { status: 'cancelled' as const }),
      };
    });
    if (!never) await deps.executions.stop(executionName(runId, run.attempt), 'Cancelled', reason);
    deps.log(`${runId} is cancelled`, { runId, by: principal.subject });
    // A stopped execution's run is closed by its event, which is still on its way.
    return never
      ? answerOf(runId, 'cancelled', `${runId} is cancelled`)
      : answerOf(runId, run.status, `${runId} is being cancelled`);
  };

const RESUMABLE: readonly string[] = ['failed', 'timed_out', 'cancelled'];

const resume =
  (deps: DecideDeps) =>
  async (request: SignedRequest<typeof ROUTES.resume>): Promise<HttpAnswer<DecidedAnswer>> => {
    const { principal, params } = request;
    const run = await runOf(deps, params.run);
    refuseStranger(principal, run, 'resume');
    const next = isOpen(run.status) ? run : nextAttempt(run, deps.clock.now());
    const name = executionName(next.runId, next.attempt);
    if (next === run) {
      // The run is open and has no execution: the call that opened it was lost before it started one.
      if ((await deps.executions.status(name)) !== undefined) {
        throw new TitleholderError(
          'Conflict',
          `${run.runId} is ${run.status}; it can't be resumed`,
        );
      }
    } else {
      await deps.runs.replace(next);
    }
    const input: ExecutionInput = {
      schemaVersion: 1,
      runId: next.runId,
      model: next.model,
      attempt: next.attempt,
    };
    await deps.executions.start(name, input);
    const message = `${next.runId} goes on as attempt ${next.attempt}`;
    deps.log(message, { runId: next.runId, by: principal.subject });
    return answerOf(next.runId, 'running', message);
  };

/** The run opened again, without what its last attempt ended with. */
function nextAttempt(run: Run, now: string): Run {
  if (!RESUMABLE.includes(run.status)) {
    throw new TitleholderError(
      'Conflict',
      `${run.runId} is ${run.status}; only a failed, timed-out or cancelled run can be resumed`,
    );
  }
  const { error: _error, reason: _reason, cancelledBy: _by, supersededBy: _s, ...kept } = run;
  return {
    ...kept,
    status: 'running',
    attempt: run.attempt + 1,
    revision: run.revision + 1,
    updatedAt: now,
  };
}

const rollback =
  (deps: DecideDeps) =>
  async (
    request: SignedRequest<typeof ROUTES.rollback>,
  ): Promise<HttpAnswer<AnswerOf<typeof ROUTES.rollback>>> => {
    const { principal, body, headers } = request;
    const { model, from, to, reason } = body;
    const moved = Moved.parse(
      await deps.decisions.record({
        decision: 'rollback',
        decisionId: rollbackId(deps, principal, model, headers['idempotency-key']),
        model,
        from,
        ...(to !== undefined && { to }),
        actor: principal.subject,
        reason,
      }),
    );
    const { version, sha256, previousVersion, sequence } = moved;
    const left = previousVersion === null ? '' : `; version ${previousVersion} is quarantined`;
    const message = `version ${version} of ${model} serves again${left}`;
    deps.log(message, { model, by: principal.subject, sequence });
    return { status: 200, body: { version, sha256, previousVersion, sequence, message } };
  };

/**
 * Each request is a decision of its own, unless its sender says by `Idempotency-Key` that it is the
 * same one again because its first answer was lost.
 */
function rollbackId(
  deps: DecideDeps,
  principal: Principal,
  model: string,
  key: string | undefined,
): string {
  return key === undefined
    ? rollbackIdOf(deps.ids.next())
    : keyedRollbackIdOf({ model, subject: principal.subject, key });
}

async function runOf(deps: DecideDeps, runId: string): Promise<Run> {
  const run = await deps.runs.get(runId);
  if (run === undefined) throw noSuchRun(runId);
  return run;
}

function refuseStranger(principal: Principal, run: Run, verb: string): void {
  if (mayTouchRun(principal, run)) return;
  throw new TitleholderError(
    'Forbidden',
    `${run.runId} is ${run.submitter}'s: only its submitter or an operator may ${verb} it`,
    { subject: principal.subject },
  );
}

function refuseClosed(run: Run, what: string): void {
  if (isOpen(run.status)) return;
  throw new TitleholderError('Conflict', `${run.runId} is ${run.status}; it can't be ${what}`);
}

function answerOf(runId: string, status: string, message: string): HttpAnswer<DecidedAnswer> {
  return { status: 200, body: { runId, status, message } };
}
