import { charterOf } from '#contracts/folder/charter.ts';
import type { RecordDecisionInput } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { RegistryChange } from '#domain/ports/ledger-writer.ts';
import { charterHash, loadFolder } from '#release/load-folder.ts';
import { commitDecision, type DecisionDeps } from './commit-decision.ts';

type Accept = Extract<RecordDecisionInput, { decision: 'accept' }>;

/**
 * Writes to the ledger that a person accepted a changed charter or holdout; validation goes by that.
 *
 * A holdout's entry bears the question's digest as its `sha256`. Throws `EvidenceMismatch` (nothing is
 * asked, or the charter isn't the commit's), `ApprovalStale` (the acceptance isn't of this question).
 */
export async function accept(
  deps: DecisionDeps,
  { run, data, decisionId, actor, reason }: Accept,
): Promise<{ readonly sequence: number }> {
  const { question } = data;
  if (question === null) {
    throw new TitleholderError('EvidenceMismatch', `run ${run.runId} asks for nothing to accept`);
  }
  const { model } = run;
  const { kind, digest } = question;
  if (kind === 'charter') {
    const own = charterHash(charterOf(await loadFolder(deps.artifacts, run)));
    if (own !== digest || data.charter !== digest) {
      throw new TitleholderError(
        'EvidenceMismatch',
        `the charter to accept is not that of the commit of run ${run.runId}`,
      );
    }
  }
  const entry = await commitDecision(deps, model, decisionId, async (now) => ({
    spend: await acceptance(deps, run.runId, digest),
    ...(kind === 'charter' && {
      charter: { schemaVersion: 1 as const, model, charter: digest, acceptedBy: actor, at: now },
    }),
    entry: {
      kind: kind === 'charter' ? 'charter_accepted' : 'holdout_accepted',
      actor,
      authority: 'person',
      reason,
      runId: run.runId,
      commit: run.commit,
      version: null,
      sha256: digest,
      previousVersion: (await deps.registry.pointer(model, 'production'))?.version ?? null,
      evidence: null,
      charter: kind === 'charter' ? digest : data.charter,
    },
  }));
  deps.log(`${entry.kind} for ${model} by ${actor}`, { model, sequence: entry.sequence });
  return { sequence: entry.sequence };
}

/** The acceptance that people gave, to be spent: it is good for one entry. */
async function acceptance(
  deps: DecisionDeps,
  runId: string,
  digest: string,
): Promise<NonNullable<RegistryChange['spend']>> {
  const given = await deps.approvals.get(runId, 'acceptance');
  if (given?.status !== 'approved' || given.digest !== digest) {
    throw new TitleholderError('ApprovalStale', `nobody accepted the question of run ${runId}`);
  }
  return { runId, kind: 'acceptance', revision: given.revision };
}
