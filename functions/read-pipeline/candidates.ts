/** What of a run's candidates people are shown: the items of the Map that trains them. */
import * as z from 'zod';
import { type CandidateChoice, STEPS } from '#contracts/steps.ts';
import { outputsOf } from '#release/recorded-step.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { StateVisit } from '#domain/ports/executions.ts';
import type { Run, StepRecord } from '#domain/run.ts';
import { isOpen } from '#domain/run.ts';
import type { ShownCandidate, ShownStep } from '#contracts/answers.ts';
import { parseJson } from '#contracts/parse.ts';
import { shownVisit } from './steps.ts';

/** The Map whose items the candidates are. */
const MAP = 'TrainCandidates';

type Score = Pick<ShownCandidate, 'meanAuc' | 'standardError' | 'notFitted'>;
const UNSCORED: Score = { meanAuc: null, standardError: null, notFitted: null };

/** Read no further than shown: a document of an earlier version mustn't hide its run. */
const Named = z.looseObject({ candidate: z.looseObject({ name: z.string() }) });
const Ranked = z.looseObject({
  rows: z.array(Named.extend({ meanAuc: z.number(), standardError: z.number().nullable() })),
  notFitted: z.array(Named.extend({ reason: z.string() })).default([]),
});
const Folded = z.looseObject({ folds: z.array(z.looseObject({ auc: z.number() })).min(1) });
const Unfitted = z.looseObject({ notFitted: z.string() });

/**
 * Every candidate that a run planned, in the order of attempts and plan.
 *
 * @param of.steps as they are shown. Throws `ArtifactMissing`, `ArtifactCorrupt`.
 */
export async function shownCandidates(
  artifacts: ArtifactStore,
  of: {
    readonly run: Run;
    readonly records: readonly StepRecord[];
    readonly visits: readonly StateVisit[];
    readonly steps: readonly ShownStep[];
  },
): Promise<readonly ShownCandidate[]> {
  const { records } = of;
  const choice = outputsOf(records, STEPS.ChooseCandidate).at(-1);
  const scored = new Map(
    outputsOf(records, STEPS.TrainCandidate).map((one) => [one.candidate, one.scores]),
  );
  const scores = await scoresOf(artifacts, choice, scored);
  const visited = itemVisits(of.visits);
  const isStopped = of.steps.find((step) => step.name === MAP)?.status === 'cancelled';
  const plans = new Map(
    outputsOf(records, STEPS.PlanCandidates, STEPS.ProposeCandidates).map((plan) => [
      plan.attempt,
      plan,
    ]),
  );
  /** As a step of its own. */
  const shownItem = (name: string, visit: StateVisit | undefined): ShownStep => {
    if (visit !== undefined) return shownVisit(name, visit, isStopped);
    // A candidate that an earlier attempt of the run scored keeps that output.
    const status = scored.has(name) ? 'success' : isOpen(of.run.status) ? 'idle' : 'skipped';
    return { name, status, startedAt: null, endedAt: null, seconds: null };
  };
  return [...plans.values()]
    .toSorted((a, b) => a.attempt - b.attempt)
    .flatMap(({ attempt, candidates }) =>
      candidates.map((name, index) => ({
        ...shownItem(name, visited.get(`${attempt}/${index}`)),
        attempt,
        ...(scores.get(name) ?? UNSCORED),
        chosen: choice?.next === 'fit' && choice.candidate === name,
      })),
    );
}

/** The last visit of each item by `attempt/place`: the Map's first round is the first attempt's. */
function itemVisits(visits: readonly StateVisit[]): ReadonlyMap<string, StateVisit> {
  const found = new Map<string, StateVisit>();
  let round = 0;
  for (const visit of visits) {
    if (visit.state === MAP) round += 1;
    if (visit.item !== null) found.set(`${round}/${visit.item}`, visit);
  }
  return found;
}

/** From the last leaderboard; of candidates scored since, from their own documents. */
async function scoresOf(
  artifacts: ArtifactStore,
  choice: CandidateChoice | undefined,
  scored: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Score>> {
  const read = async (sha256: string) =>
    parseJson(z.unknown(), await artifacts.get('reports', sha256), 'a report on candidates');
  const ranked = choice && Ranked.safeParse(await read(choice.leaderboard)).data;
  const scores = new Map<string, Score>();
  for (const { candidate, meanAuc, standardError } of ranked?.rows ?? []) {
    scores.set(candidate.name, { ...UNSCORED, meanAuc, standardError });
  }
  for (const { candidate, reason } of ranked?.notFitted ?? []) {
    scores.set(candidate.name, { ...UNSCORED, notFitted: reason });
  }
  const since = [...scored].filter(([name]) => !scores.has(name));
  await Promise.all(
    since.map(async ([name, sha256]) => scores.set(name, scoreOf(await read(sha256)))),
  );
  return scores;
}

function scoreOf(document: unknown): Score {
  const notFitted = Unfitted.safeParse(document).data?.notFitted ?? null;
  const folds = Folded.safeParse(document).data?.folds;
  if (folds === undefined) return { ...UNSCORED, notFitted };
  return { ...UNSCORED, meanAuc: folds.reduce((sum, { auc }) => sum + auc, 0) / folds.length };
}
