/** Checks an evaluation that the machine carries against the stored evidence. */
import { type Measured, readMeasured } from '#contracts/evidence.ts';
import type { Charter } from '#contracts/folder/charter.ts';
import type { PolicyDocument } from '#contracts/folder/policy.ts';
import type { EvaluationReference, RunReference } from '#contracts/steps.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import { decide } from '#gates/decide.ts';
import type { Verdict } from '#gates/verdict.ts';
import { loadCharter } from './load-folder.ts';

/** What a person approves: the challenger, the evidence, the charter, and the champion compared with. */
export function evaluationDigest(
  of: Pick<EvaluationReference, 'artifact' | 'measured' | 'timings' | 'champion' | 'rules'> & {
    readonly charter: string;
  },
): string {
  const { artifact, measured, timings, charter, champion } = of;
  const rules = rulesOf(of);
  return sha256Hex(
    canonicalJson({
      artifact,
      measured,
      timings,
      charter,
      champion,
      // Approvals from before rules had a number are bound to a digest without one.
      ...(rules === 1 ? {} : { rules }),
    }),
  );
}

/** The rules by which an evaluation is judged; it has no number where it is from before there were any. */
export function rulesOf({ rules = 1 }: Pick<EvaluationReference, 'rules'>): number {
  return rules;
}

/**
 * Who decides now. A hold waits for a person on every tier, and so does a model's first release: its
 * approval accepts the charter, and a committer must not accept the policy of their own commit. Where the
 * challenger is the champion there is nothing to decide.
 */
export function whoDecides(
  { verdict, finding }: Pick<Verdict, 'verdict' | 'finding'>,
  policy: PolicyDocument,
  champion: EvaluationReference['champion'],
): EvaluationReference['next'] {
  if (finding === 'same-model') return 'unchanged';
  if (verdict === 'reject') return 'nobody';
  const byItself = verdict === 'promote' && policy.tier === 'low' && champion !== null;
  return byItself ? 'policy' : 'person';
}

export interface Evidence {
  readonly measured: Measured;
  readonly charter: Charter;
  readonly verdict: Verdict;
}

/**
 * Loads an evaluation's evidence and decides again, so that no challenger is promoted or rejected on a
 * reference that a step made up or took from another run.
 *
 * Throws `EvidenceMismatch`, saying what differs; `ArtifactMissing`, `ArtifactCorrupt`.
 */
export async function loadEvidence(
  deps: { readonly artifacts: ArtifactStore; readonly registry: ChampionRegistry },
  run: RunReference,
  evaluation: EvaluationReference,
): Promise<Evidence> {
  const measured = readMeasured(await deps.artifacts.get('evidence', evaluation.measured));
  const accepted = await deps.registry.charter(run.model);
  const differences: readonly (readonly [string, unknown, unknown])[] = [
    ['model', measured.model, run.model],
    ['commit', measured.commit, run.commit],
    ['bundle', measured.bundle, run.bundle],
    ['asOf', measured.asOf, run.asOf],
    ['challenger', measured.challenger.sha256, evaluation.artifact],
    ['champion version', measured.champion?.version, evaluation.champion?.version],
    ['champion', measured.champion?.sha256, evaluation.champion?.sha256],
    ['charter', measured.charter, accepted?.charter ?? measured.charter],
  ];
  for (const [what, found, expected] of differences) {
    if (found !== expected) mismatch(run, `is about another ${what}`);
  }
  const charter = await loadCharter(deps.artifacts, measured.charter);
  const verdict = decide(measured, charter, rulesOf(evaluation));
  if (verdict.verdict !== evaluation.verdict || verdict.reason !== evaluation.reason) {
    mismatch(run, `says ${verdict.verdict}, the evaluation ${evaluation.verdict}`);
  }
  if (whoDecides(verdict, charter.policy, evaluation.champion) !== evaluation.next) {
    mismatch(run, 'leaves the decision to somebody else');
  }
  if (evaluationDigest({ ...evaluation, charter: measured.charter }) !== evaluation.digest) {
    mismatch(run, 'has another digest');
  }
  return { measured, charter, verdict };
}

function mismatch(run: RunReference, what: string): never {
  throw new TitleholderError(
    'EvidenceMismatch',
    `EvaluateChallenger: the stored evidence ${what} (run ${run.runId})`,
    { step: 'EvaluateChallenger', runId: run.runId },
  );
}
