import { type Moved, RecordDecisionInput, type Staged, type StepName } from '#contracts/steps.ts';
import { parse } from '#contracts/parse.ts';
import { accept } from '#release/decisions/accept.ts';
import type { DecisionDeps } from '#release/decisions/commit-decision.ts';
import { promote } from '#release/decisions/promote.ts';
import { reject } from '#release/decisions/reject.ts';
import { rollBack } from '#release/decisions/roll-back.ts';
import { deployToStaging } from '#release/decisions/deploy-to-staging.ts';
import { checkHandedOver, commitOf, inputHash, recordOutput } from '#release/recorded-step.ts';
import { markRunning } from '#release/update-run.ts';

/**
 * Takes every decision that moves a pointer or enters the ledger, each with its own conditions; nothing
 * else writes there. The same decision again is answered with what was recorded.
 *
 * Throws `BadInput`, `CommitUnknown`, `ProvenanceMismatch`, `EvidenceMismatch`, `ApprovalStale`,
 * `ChampionMoved`, `SmokeTestFailed`, `NoRollbackTarget`, `DecisionExists` (the id names another
 * decision), `ArtifactMissing`, `ArtifactCorrupt`, `Conflict`.
 */
export const recordDecision =
  (deps: DecisionDeps) =>
  async (event: unknown): Promise<Staged | Moved | { readonly sequence: number }> => {
    const startedAt = deps.clock.now();
    const input = parse(RecordDecisionInput, event, 'the step’s input');
    if (input.decision === 'rollback') return rollBack(deps, input);
    const { run } = input;
    const commit = await commitOf(deps.commits, run);
    checkHandedOver(input, await deps.steps.list(run.runId));
    const keep = async <T>(step: StepName, output: T): Promise<T> => {
      const hash = inputHash(step, input, { output });
      await recordOutput(deps, run, step, { inputHash: hash, output, startedAt });
      return output;
    };
    switch (input.decision) {
      case 'stage':
        await markRunning(deps, run.runId);
        return keep('DeployToStaging', await deployToStaging(deps, input, commit));
      case 'promote':
        return keep('Promote', await promote(deps, input, commit));
      case 'reject':
        return keep(
          input.answer === undefined ? 'RecordGateRejection' : 'RecordRejection',
          await reject(deps, input),
        );
      case 'accept':
        return accept(deps, input);
    }
  };
