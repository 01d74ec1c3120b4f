/** The choice among candidates, by what folds of the training rows say and by nothing else. */
import type { Candidate } from '#contracts/folder/candidate.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import type {
  CandidateOutcome,
  CandidateScores,
  Leaderboard,
  LeaderboardRow,
  NotFitted,
} from '#contracts/selection.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { absoluteLimit, isWithin } from '#gates/absolute-limit.ts';
import { intervalOfMean, meanOf, standardErrorOf } from './fold-statistics.ts';

/** What became of a candidate, and what isn't part of that. */
export interface Tried<Outcome = CandidateOutcome> {
  readonly scores: Outcome;
  /** 1 for the folder's own candidates, then one more with each retuning. */
  readonly round: number;
  readonly seconds: number;
}

export function isFitted<T extends Tried>(
  tried: T,
): tried is T & { readonly scores: CandidateScores } {
  return !('notFitted' in tried.scores);
}

/** The error of a training that has no candidate left; the reason is the first one's. */
export function noneFitted(outcomes: readonly NotFitted[]): TitleholderError {
  const [first] = outcomes;
  return new TitleholderError(
    'NoCandidateFitted',
    `none of ${outcomes.length} candidates can be fitted on the training rows; the first: ${first?.notFitted ?? 'there is no candidate'}`,
  );
}

/** One candidate as the rule sees it. */
export interface Contender {
  /** One a fold, the same folds for all. */
  readonly values: readonly number[];
  /** Leaves or coefficients. */
  readonly size: number;
}

/**
 * Of those whose mean is within `tolerance` of the best mean, the one with the fewest leaves or
 * coefficients; of as many, the one with the better mean, then the earlier one.
 *
 * A tolerance by the folds' own standard error gives away more than anybody accepts of a challenger: that
 * error holds how hard each fold is, which all candidates share (measured: docs/adr/0008). Returns
 * indices. Throws `SettingsInvalid` where there is nothing to choose from.
 */
export function smallestWithin(
  tolerance: number,
  contenders: readonly Contender[],
): { readonly chosen: number; readonly best: number } {
  const means = contenders.map(({ values }) => meanOf(values));
  let best = 0;
  means.forEach((mean, i) => {
    if (mean > (means[best] ?? Number.NaN)) best = i;
  });
  if (contenders[best] === undefined) {
    throw new TitleholderError('SettingsInvalid', 'there is no candidate');
  }
  const least = (means[best] ?? Number.NaN) - tolerance;
  let chosen = best;
  contenders.forEach(({ size }, i) => {
    if (!((means[i] ?? Number.NaN) >= least)) return;
    const now = contenders[chosen]?.size ?? 0;
    if (size < now || (size === now && (means[i] ?? 0) > (means[chosen] ?? 0))) chosen = i;
  });
  return { chosen, best };
}

/** Half the charter's margin: less than what counts as no worse. */
function toleranceOf({ model }: Folder): number {
  return model.plan.margin / 2;
}

/**
 * Chooses among everything tried so far and says whether to fit it or to look further.
 *
 * `rounds` are the folder's, `tried` all candidates of the first `round` of them in their order; who
 * can't be fitted can't be chosen. The chosen one's mean is the best of several and so optimistic;
 * `nested` makes the choice again without each fold, by the scores within the others, and measures that
 * choice on the fold. A gate that may retune and isn't reached on out-of-fold rows asks for another
 * round while there is one. Throws `NoCandidateFitted`.
 */
export function choose(
  folder: Folder,
  rounds: readonly (readonly Candidate[])[],
  round: number,
  tried: readonly Tried[],
): Leaderboard {
  const able = tried.filter(isFitted);
  const unable = tried.flatMap(({ scores, round, seconds }) =>
    'notFitted' in scores ? [{ scores, round, seconds }] : [],
  );
  if (able.length === 0) throw noneFitted(unable.map(({ scores }) => scores));
  const contenders = able.map(({ scores: { folds } }) => ({
    values: folds.map((f) => f.auc),
    size: meanOf(folds.map((f) => f.size)),
  }));
  const tolerance = toleranceOf(folder);
  const { chosen, best } = smallestWithin(tolerance, contenders);
  const rows = able.map((one, i) => rowOf(one, contenders[i]?.size ?? 0));
  const [winner, top] = [rows[chosen], rows[best]];
  const metrics = able[chosen]?.scores.metrics;
  if (winner === undefined || top === undefined || metrics === undefined) {
    throw new TitleholderError('SettingsInvalid', 'there is no candidate');
  }
  const nested = nestedEstimate(able, tolerance);
  const gates = folder.policy.gates
    .filter(absoluteLimit.isOwn)
    .filter((gate) => gate.mode === 'enforce' && gate.onFail === 'retune')
    .map((gate) => {
      const measured = metrics[gate.metric] ?? null;
      return { name: gate.name, metric: gate.metric, measured, passed: isWithin(gate, measured) };
    });
  const left = rounds.length - round;
  const reason = reasonOf(winner, top, rows, tolerance, nested);
  return {
    schemaVersion: 1,
    model: folder.model.name,
    attempt: round,
    rule: 'half-margin',
    rows: rows.toSorted((a, b) => b.meanAuc - a.meanAuc),
    notFitted: unable.map(({ scores, round: attempt, seconds }) => ({
      candidate: scores.candidate,
      attempt,
      scores: sha256Hex(canonicalJson(scores)),
      reason: scores.notFitted,
      seconds,
    })),
    chosen: winner.candidate.name,
    reason:
      unable.length === 0
        ? reason
        : `${reason}; ${unable.length} of ${tried.length} candidates could not be fitted`,
    nested,
    gates,
    attemptsLeft: left,
    next: gates.some((g) => !g.passed) && left > 0 ? 'retune' : 'fit',
  };
}

function rowOf({ scores, round, seconds }: Tried<CandidateScores>, size: number): LeaderboardRow {
  const foldAuc = scores.folds.map((f) => f.auc);
  const meanAuc = meanOf(foldAuc);
  const interval = intervalOfMean(foldAuc);
  return {
    candidate: scores.candidate,
    attempt: round,
    scores: sha256Hex(canonicalJson(scores)),
    foldAuc,
    meanAuc,
    standardError: standardErrorOf(foldAuc),
    lower: interval?.lower ?? null,
    upper: interval?.upper ?? null,
    size,
    seconds,
  };
}

function nestedEstimate(
  tried: readonly Tried<CandidateScores>[],
  tolerance: number,
): Leaderboard['nested'] {
  const [first] = tried;
  if (tried.length < 2 || first === undefined) return null;
  const chosen: string[] = [];
  const values: number[] = [];
  first.scores.folds.forEach((_, i) => {
    // Who can't be fitted within the fold can't be chosen there. Nobody can where there are too few groups
    // or too rare a class to hold anything out of the rest.
    const able = tried.filter(({ scores }) => (scores.folds[i]?.inner.length ?? 0) > 0);
    if (able.length === 0) return;
    const contenders = able.map(({ scores }) => ({
      values: scores.folds[i]?.inner ?? [],
      size: scores.folds[i]?.size ?? 0,
    }));
    const one = able[smallestWithin(tolerance, contenders).chosen]?.scores;
    const held = one?.folds[i];
    if (one === undefined || held === undefined) return;
    chosen.push(one.candidate.name);
    values.push(held.auc);
  });
  if (values.length === 0) return null;
  return { meanAuc: meanOf(values), standardError: standardErrorOf(values), chosen };
}

function reasonOf(
  winner: LeaderboardRow,
  top: LeaderboardRow,
  rows: readonly LeaderboardRow[],
  tolerance: number,
  nested: Leaderboard['nested'],
): string {
  const { name } = winner.candidate;
  const mean = winner.meanAuc.toFixed(4);
  const folds = `${winner.foldAuc.length} fold${winner.foldAuc.length === 1 ? '' : 's'}`;
  if (rows.length === 1) return `${name} is the only candidate: mean AUC ${mean} over ${folds}`;
  const near = rows.filter((row) => row.meanAuc >= top.meanAuc - tolerance).length;
  const why =
    winner === top
      ? `${name} has the best mean AUC of ${rows.length} candidates, ${mean} over ${folds}${
          near > 1 ? ', and is the smallest' : ', and is alone'
        } within half the margin (${tolerance})`
      : `${name} (mean AUC ${mean} over ${folds}) is the smallest of ${near} candidates within half the margin (${tolerance}) of the best, ${top.candidate.name} (${top.meanAuc.toFixed(4)}): ${Math.round(winner.size)} leaves or coefficients against ${Math.round(top.size)}`;
  const honest =
    nested === null
      ? 'optimistic, being chosen'
      : `optimistic, being chosen; nested estimate ${nested.meanAuc.toFixed(4)}${
          nested.standardError === null ? '' : ` ± ${nested.standardError.toFixed(4)}`
        }`;
  return `${why}; ${honest}`;
}
