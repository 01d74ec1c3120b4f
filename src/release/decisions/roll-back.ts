import type { Moved, RecordDecisionInput } from '#contracts/steps.ts';
import type { ChainedEntry } from '#domain/ledger.ts';
import { askedTarget, rollbackTarget } from '#domain/rollback.ts';
import { TitleholderError } from '#domain/errors.ts';
import { pointerTo } from '#domain/pointer.ts';
import { updateRun } from '#release/update-run.ts';
import { movedAnswer } from './moved-answer.ts';
import { championMoved, commitDecision, type DecisionDeps } from './commit-decision.ts';

type Rollback = Extract<RecordDecisionInput, { decision: 'rollback' }>;

/**
 * Points production at an earlier champion whose bytes are there and whole; the version that is left is
 * quarantined by the entry.
 *
 * Throws `NoRollbackTarget`, `ArtifactMissing`, `ArtifactCorrupt`, `ChampionMoved`, and `Conflict` where
 * another version than `from` serves or staging never verified the target.
 */
export async function rollBack(deps: DecisionDeps, input: Rollback): Promise<Moved> {
  const { registry } = deps;
  const { model, from, to, actor, reason, decisionId } = input;
  const entry = await commitDecision(deps, model, decisionId, async (now) => {
    const entries = await registry.ledger(model);
    const before = await registry.pointer(model, 'production');
    if (before === undefined) noTarget(`${model} has no champion to roll back from`);
    // A caller who repeats a rollback whose answer was lost would otherwise go back once more.
    if (before.version !== from) {
      throw new TitleholderError(
        'Conflict',
        `version ${before.version} of ${model} serves, and not version ${from}, which this rollback was to leave`,
        { model, serves: before.version, from },
      );
    }
    const target =
      to === undefined ? rollbackTarget(entries) : askedTarget(entries, before.version, to);
    if (target === undefined) {
      noTarget(
        to === undefined
          ? `${model} has no earlier champion that isn't quarantined`
          : `version ${to} of ${model} is no earlier champion, or is quarantined`,
      );
    }
    // Before the pointer moves: what can't be loaded must not be pointed at.
    await deps.artifacts.get('models', target.sha256);
    const { version, sha256 } = target;
    const minted = await registry.version(model, version);
    return {
      event: championMoved('rolled_back'),
      requireVerified: sha256,
      pointer: pointerTo(before, { model, slot: 'production', version, sha256, now }),
      entry: {
        kind: 'rolled_back',
        actor,
        authority: 'person',
        reason,
        runId: minted?.runId ?? null,
        commit: minted?.commit ?? null,
        version,
        sha256,
        previousVersion: before.version,
        evidence: null,
        charter: null,
      },
    };
  });
  const moved = await movedAnswer(deps, entry, 'production');
  await markLeft(deps, entry);
  deps.log(`v${moved.version} → Production (rolled back v${moved.previousVersion ?? 0})`, {
    model,
    sequence: moved.sequence,
    sha256: moved.sha256,
  });
  return moved;
}

/** Marks the run whose version was left as rolled back, also when the decision is repeated. */
async function markLeft(deps: DecisionDeps, entry: ChainedEntry): Promise<void> {
  const left = entry.previousVersion;
  const version = left === null ? undefined : await deps.registry.version(entry.model, left);
  if (version === undefined) return;
  await updateRun(deps, version.runId, (run) =>
    run.status === 'completed' ? { status: 'rolled_back', reason: entry.reason } : undefined,
  );
}

function noTarget(why: string): never {
  throw new TitleholderError('NoRollbackTarget', why);
}
