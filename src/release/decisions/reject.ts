import type { RecordDecisionInput } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import { decisionIdOf } from '#domain/decision-id.ts';
import { loadEvidence } from '#release/load-evidence.ts';
import { commitDecision, type DecisionDeps } from './commit-decision.ts';

type Reject = Extract<RecordDecisionInput, { decision: 'reject' }>;

/**
 * Writes a rejection to the ledger, the gate's or a person's; no pointer moves. MLflow hears of it by
 * the outbox, so that it may be down.
 *
 * Throws `EvidenceMismatch` (the gate did not say no), `ApprovalStale` (no person rejected this evidence).
 */
export async function reject(
  deps: DecisionDeps,
  { run, evaluation, tracking, answer }: Reject,
): Promise<{ readonly sequence: number }> {
  const { measured } = await loadEvidence(deps, run, evaluation);
  const by =
    answer === undefined
      ? gate(run.runId, evaluation)
      : await person(deps, run.runId, evaluation.digest);
  const decisionId = decisionIdOf(run.runId, 'reject', evaluation.digest);
  const entry = await commitDecision(deps, run.model, decisionId, async () => ({
    ...(tracking && {
      event: ({ model, sequence, actor, reason, at }) => ({
        type: 'RunRejected',
        detail: {
          schemaVersion: 1,
          model,
          kind: by.kind,
          runId: run.runId,
          sequence,
          trackingRunId: tracking.trackingRunId,
          actor,
          reason,
          at,
        },
      }),
    }),
    entry: {
      ...by,
      runId: run.runId,
      commit: run.commit,
      // A rejected challenger has no version: its hash identifies it.
      version: null,
      sha256: evaluation.artifact,
      previousVersion: (await deps.registry.pointer(run.model, 'production'))?.version ?? null,
      evidence: { measured: evaluation.measured, timings: evaluation.timings },
      charter: measured.charter,
    },
  }));
  deps.log(`${run.runId} is ${entry.kind}: ${entry.reason}`, {
    model: run.model,
    runId: run.runId,
    sequence: entry.sequence,
  });
  return { sequence: entry.sequence };
}

function gate(runId: string, { next, reason }: Reject['evaluation']) {
  if (next !== 'nobody') {
    throw new TitleholderError('EvidenceMismatch', `the gate did not reject run ${runId}`);
  }
  return {
    kind: 'rejected_by_gate' as const,
    authority: 'policy' as const,
    actor: 'policy',
    reason,
  };
}

/** Who rejected, from the stored decisions and not from the token's answer. */
async function person(deps: DecisionDeps, runId: string, digest: string) {
  const approval = await deps.approvals.get(runId, 'approval');
  const no = approval?.decisions.findLast((d) => d.choice === 'reject');
  if (approval?.status !== 'rejected' || approval.digest !== digest || no === undefined) {
    throw new TitleholderError('ApprovalStale', `nobody rejected the evidence of run ${runId}`);
  }
  return {
    kind: 'rejected' as const,
    authority: 'approval' as const,
    actor: no.actor,
    reason: no.reason,
  };
}
