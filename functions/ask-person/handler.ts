import type * as z from 'zod';
import { type TokenAnswer, AskInput } from '#contracts/steps.ts';
import { type Approval, WAITING_STATUS } from '#domain/approval.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { compareAndSwap } from '#domain/compare-and-swap.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Approvals } from '#domain/ports/approvals.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { Executions } from '#domain/ports/executions.ts';
import type { Log } from '#domain/ports/log.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { StepStore } from '#domain/ports/step-store.ts';
import { type Commit, isOpen } from '#domain/run.ts';
import { parse } from '#contracts/parse.ts';
import { rulingPolicy } from '#release/load-folder.ts';
import { checkHandedOver, commitOf } from '#release/recorded-step.ts';
import { updateRun } from '#release/update-run.ts';

export interface AskDeps {
  readonly commits: CommitStore;
  readonly runs: RunStore;
  readonly steps: StepStore;
  readonly approvals: Approvals;
  readonly artifacts: ArtifactStore;
  readonly registry: ChampionRegistry;
  readonly executions: Executions;
  readonly clock: Clock;
  readonly log: Log;
}

type Ask = z.infer<typeof AskInput>;

/**
 * Asks people about a run and leaves the task's token in the approval, or answers it at once where
 * people said the same before (`resume`). Safe to repeat.
 *
 * Throws `BadInput`, `CommitUnknown`, `ProvenanceMismatch`, `Conflict`, and what loading the policy
 * throws.
 */
export const askPerson =
  (deps: AskDeps) =>
  async (event: unknown): Promise<{ readonly asked: boolean }> => {
    const ask = parse(AskInput, event, 'the step’s input');
    const { run, kind, token } = ask;
    const commit = await commitOf(deps.commits, run);
    checkHandedOver(ask, await deps.steps.list(run.runId));
    const digest = digestOf(ask);
    const policy = await rulingPolicy(deps, run);
    return compareAndSwap(async () => {
      const stored = await deps.approvals.get(run.runId, kind);
      if (stored !== undefined && wasApproved(stored, digest)) {
        await deps.executions.succeed(token, answerOf(stored));
        deps.log(`${run.runId} was ${kind === 'approval' ? 'approved' : 'continued'} before`, {
          runId: run.runId,
          digest,
        });
        return { result: { asked: false } };
      }
      // The status is set first: the call that answers the token sets 'running', which must not be overwritten.
      const status = WAITING_STATUS[kind];
      const after = await updateRun(deps, run.runId, (now) =>
        now.status === status || !isOpen(now.status) ? undefined : { status },
      );
      if (!isOpen(after.status)) {
        throw new TitleholderError(
          'BadInput',
          `run ${run.runId} is ${after.status}: nobody is asked about it`,
        );
      }
      const next = questionOf(stored, { ask, digest, commit, policy, now: deps.clock.now() });
      const result = { asked: true };
      return next === undefined ? { result } : { result, write: () => deps.approvals.put(next) };
    });
  };

/** Digest of what the decision is about; earlier decisions on another digest are void. */
function digestOf({ kind, run, data, evaluation }: Ask): string {
  switch (kind) {
    case 'approval':
      if (evaluation === undefined)
        throw new TitleholderError('BadInput', 'no evaluation to approve');
      return evaluation.digest;
    case 'acceptance':
      if (data?.question == null) throw new TitleholderError('BadInput', 'no question to accept');
      return data.question.digest;
    case 'continue': {
      const { runId, bundle, data: table } = run;
      return sha256Hex(canonicalJson({ kind, runId, bundle, data: table }));
    }
  }
}

/**
 * Whether people approved exactly this before. An acceptance is never answered from its item: the ledger alone
 * counts, and validation has just not found it there.
 */
function wasApproved(stored: Approval, digest: string): boolean {
  if (stored.digest !== digest || stored.kind === 'acceptance') return false;
  return stored.status === 'approved' || stored.status === 'spent';
}

function answerOf(stored: Approval): TokenAnswer {
  const yes = stored.decisions.filter((d) => d.choice === 'approve');
  return {
    choice: 'approved',
    by: yes.map((d) => d.actor).join(', '),
    reason: yes.map((d) => d.reason).join('; '),
  };
}

/** The item to store; undefined where this very question is stored already. */
function questionOf(
  stored: Approval | undefined,
  of: {
    readonly ask: Ask;
    readonly digest: string;
    readonly commit: Commit;
    readonly policy: { readonly approval: { required: number; timeoutHours: number } };
    readonly now: string;
  },
): Approval | undefined {
  const { ask, digest, commit, policy, now } = of;
  const open = stored?.status === 'pending' && stored.digest === digest ? stored : undefined;
  if (open?.token === ask.token) return undefined;
  const expires = new Date(Date.parse(now) + policy.approval.timeoutHours * 3_600_000);
  return {
    schemaVersion: 1,
    runId: commit.runId,
    kind: ask.kind,
    model: commit.model,
    token: ask.token,
    digest,
    status: 'pending',
    required: ask.kind === 'approval' ? policy.approval.required : 1,
    authors: commit.authors,
    decisions: open?.decisions ?? [],
    requestedAt: now,
    expiresAt: expires.toISOString(),
    revision: (stored?.revision ?? 0) + 1,
  };
}
