import { describe, expect, it } from 'vitest';
import type { Folder } from '#contracts/folder/charter.ts';
import { Leaderboard, type CandidateScores } from '#contracts/selection.ts';
import { absoluteLimit } from '#gates/absolute-limit.ts';
import { roundsOf } from '#training/candidates.ts';
import { choose, smallestWithin, type Tried } from '#training/choose.ts';
import { smallFolder } from '../dataset/small-folder.ts';

describe('the choice within a tolerance', () => {
  it.each([
    ['the smallest within it', [0.815, 0.816, 0.82], [10, 20, 30], 0],
    ['not a smaller one outside of it', [0.8, 0.81, 0.82], [10, 20, 30], 2],
    ['the best where it is the smallest', [0.816, 0.818, 0.82], [30, 20, 10], 2],
    ['of as small ones the better', [0.816, 0.818, 0.82], [10, 10, 30], 1],
    ['of equals the earlier', [0.82, 0.82, 0.7], [10, 10, 1], 0],
  ])('takes %s', (_, means, sizes, expected) => {
    const contenders = means.map((mean, i) => ({
      values: [mean - 0.1, mean, mean + 0.1],
      size: sizes[i] ?? 0,
    }));
    expect(smallestWithin(0.0051, contenders).chosen).toBe(expected);
  });

  it('takes the best where there is no tolerance', () => {
    const contenders = [
      { values: [0.8], size: 1 },
      { values: [0.81], size: 100 },
    ];
    expect(smallestWithin(0, contenders)).toEqual({ chosen: 1, best: 1 });
  });
});

/** 20 points, of which `minLeaf` 13 is the good one. */
const SPACE = {
  algorithm: 'forest',
  settings: { trees: [5], minLeaf: Array.from({ length: 20 }, (_, i) => i + 1) },
};
const GOOD = 13;

function retuning(attempts: number, candidatesPerAttempt: number, seed: number): Folder {
  const folder = smallFolder({
    model: {
      seed,
      space: SPACE,
      candidates: [{ name: 'own', algorithm: 'forest', settings: { trees: 5, minLeaf: 500 } }],
    },
  });
  return {
    ...folder,
    policy: {
      ...folder.policy,
      gates: [{ name: 'auc', metric: 'auc', mode: 'enforce', min: 0.8, onFail: 'retune' }],
      retune: { attempts, candidatesPerAttempt },
    },
  };
}

/** As a training would leave them, with this AUC. */
function scored(candidate: CandidateScores['candidate'], auc: number): CandidateScores {
  const metrics = {
    auc,
    accuracy: 0.7,
    f1: 0.7,
    precision: 0.7,
    recall: 0.7,
    prAuc: 0.7,
    logLoss: 0.5,
    brier: 0.2,
    precisionAtK: 0.9,
    ece: 0.05,
  };
  return {
    schemaVersion: 1,
    model: 'small',
    candidate,
    folds: [-0.01, 0, 0.01].map((off, fold) => ({
      fold,
      auc: auc + off,
      size: 100,
      inner: [auc + off, auc - off],
    })),
    calibrator: null,
    threshold: 0.5,
    metrics,
  };
}
const isGood = ({ settings }: CandidateScores['candidate']) =>
  'minLeaf' in settings && settings.minLeaf === GOOD;

/** What the machine's loop does. Returns the rounds, the proposals tried and the end. */
function search(folder: Folder): {
  rounds: number;
  tried: Tried<CandidateScores>[];
  chosen: string;
  passed: boolean;
} {
  const tried: Tried<CandidateScores>[] = [];
  const rounds = roundsOf(folder);
  for (let round = 1; ; round += 1) {
    for (const candidate of rounds[round - 1] ?? []) {
      const scores = scored(candidate, isGood(candidate) ? 0.9 : 0.6);
      tried.push({ scores, round, seconds: 1 });
    }
    const { next, chosen, gates } = choose(folder, rounds, round, tried);
    if (next === 'fit') {
      return { rounds: round, tried, chosen, passed: gates.every((g) => g.passed) };
    }
  }
}

describe('retuning', () => {
  const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

  it('finds the one good point of twenty within its budget, in at least 19 of 20 seeds', () => {
    const ends = SEEDS.map((seed) => search(retuning(4, 5, seed)));
    const found = ends.filter(({ tried, chosen }) =>
      tried.some(({ scores }) => scores.candidate.name === chosen && isGood(scores.candidate)),
    );
    expect(found.length).toBeGreaterThanOrEqual(19);
    for (const { rounds, tried, passed } of found) {
      expect(passed).toBe(true);
      // The folder's own, then at most four times five.
      expect(rounds).toBeLessThanOrEqual(5);
      expect(tried.length).toBe(1 + 5 * (rounds - 1));
    }
    // It ends when the gate is passed, and not only with the budget.
    expect(new Set(ends.map((e) => e.rounds)).size).toBeGreaterThan(2);
  });

  it('spends its budget and no more where it does not find it', () => {
    const ends = SEEDS.map((seed) => search(retuning(2, 3, seed)));
    const missed = ends.filter(({ passed }) => !passed);
    // Six of twenty points are drawn: 14 of 20 seeds miss, give or take.
    expect(missed.length).toBeGreaterThan(6);
    expect(missed.length).toBeLessThan(20);
    for (const { rounds, tried } of missed) {
      expect(rounds).toBe(3);
      expect(tried).toHaveLength(1 + 2 * 3);
    }
  });

  it('proposes no point twice, none that the folder has, and the same for the same seed', () => {
    const proposalsOf = (of: Folder) => roundsOf(of).slice(1);
    const folder = retuning(10, 6, 3);
    const proposed = proposalsOf(folder).flat();
    expect(new Set(proposed.map((c) => JSON.stringify(c.settings))).size).toBe(20);
    // 20 points, six a round, and none for a fifth.
    expect(proposalsOf(folder).map((c) => c.length)).toEqual([6, 6, 6, 2]);
    expect(proposed.map((c) => c.name).slice(0, 7)).toEqual([
      ...['retune-1-1', 'retune-1-2', 'retune-1-3', 'retune-1-4', 'retune-1-5', 'retune-1-6'],
      'retune-2-1',
    ]);
    expect(proposalsOf(retuning(10, 6, 3)).flat()).toEqual(proposed);
    expect(proposalsOf(retuning(10, 6, 4))).not.toEqual(proposalsOf(folder));

    const [point] = proposed;
    if (point === undefined) throw new Error('there is a first proposal');
    // The same with a default written out is the same point.
    const mine = { ...point, name: 'mine', transforms: [], calibration: 'none' as const };
    const known: Folder = {
      ...folder,
      model: { ...folder.model, candidates: [...folder.model.candidates, mine] },
    };
    expect(
      proposalsOf(known)
        .flat()
        .map((c) => JSON.stringify(c.settings)),
    ).toEqual(proposed.slice(1).map((c) => JSON.stringify(c.settings)));
  });

  it('proposes no point again that the space names twice', () => {
    const folder = retuning(10, 6, 3);
    const { space } = folder.model;
    if (space?.algorithm !== 'forest') throw new Error('there is a space');
    // As no folder that was read may have it.
    const twice = { ...space, settings: { ...space.settings, maxDepth: [4, 4] } };
    const all = roundsOf({ ...folder, model: { ...folder.model, space: twice } })
      .slice(1)
      .flat();
    expect(all).toHaveLength(20);
  });

  it('is over when the space has no further point', () => {
    const folder = retuning(10, 12, 0);
    const attempts = roundsOf(folder);
    const all = attempts.flatMap((candidates, i) =>
      candidates.map((candidate) => ({
        scores: scored(candidate, 0.6),
        round: i + 1,
        seconds: 1,
      })),
    );
    expect(all).toHaveLength(21);
    expect(choose(folder, attempts, 3, all)).toMatchObject({ attemptsLeft: 0, next: 'fit' });
  });

  it.each([
    ['the gate only warns', { mode: 'warn' as const }],
    ['the gate rejects', { onFail: 'reject' as const }],
  ])('is not asked for where %s', (_, change) => {
    const folder = retuning(4, 5, 0);
    const [gate] = folder.policy.gates.filter(absoluteLimit.isOwn);
    if (gate === undefined) throw new Error('there is a gate');
    const other: Folder = {
      ...folder,
      policy: { ...folder.policy, gates: [{ ...gate, ...change }] },
    };
    expect(roundsOf(other)).toEqual([folder.model.candidates]);
    expect(search(other)).toMatchObject({ rounds: 1 });
  });
});

describe('the choice', () => {
  const folder = smallFolder({
    model: {
      candidates: ['a', 'b', 'c'].map((name) => ({ name, algorithm: 'forest' })),
    },
  });
  const tried = (
    values: Record<string, { auc: number[]; inner: number[][]; size: number }>,
  ): Tried[] =>
    folder.model.candidates.map((candidate) => {
      const { auc, inner, size } = values[candidate.name] ?? { auc: [], inner: [], size: 0 };
      const scores = scored(candidate, 0.8);
      const folds = auc.map((value, fold) => ({
        fold,
        auc: value,
        size,
        inner: inner[fold] ?? [],
      }));
      return { scores: { ...scores, folds }, round: 1, seconds: 1 };
    });

  it('measures itself on each fold by what was chosen without it', () => {
    // By hand: without fold 0 b is best, without fold 1 a; each is alone within its standard error.
    const board = choose(
      folder,
      roundsOf(folder),
      1,
      tried({
        a: {
          auc: [0.9, 0.6],
          inner: [
            [0.6, 0.61],
            [0.9, 0.91],
          ],
          size: 10,
        },
        b: {
          auc: [0.7, 0.8],
          inner: [
            [0.8, 0.81],
            [0.7, 0.71],
          ],
          size: 20,
        },
        c: {
          auc: [0.5, 0.5],
          inner: [
            [0.5, 0.5],
            [0.5, 0.5],
          ],
          size: 1,
        },
      }),
    );
    expect(board.nested?.chosen).toEqual(['b', 'a']);
    // b on fold 0, a on fold 1.
    expect(board.nested?.meanAuc).toBeCloseTo((0.7 + 0.6) / 2, 12);
    expect(board.nested?.standardError).toBeCloseTo(0.05, 12);
    // Chosen on the very folds it looks better.
    expect(board.rows[0]?.meanAuc).toBeCloseTo(0.75, 12);
    expect(board.reason).toMatch(/optimistic, being chosen; nested estimate 0\.6500 ± 0\.0500$/);
  });

  it('leaves out of it who could not be scored within a fold, and a fold within which nobody could', () => {
    const board = choose(
      folder,
      roundsOf(folder),
      1,
      tried({
        // The best within the second fold, had it been scored there.
        a: { auc: [0.9, 0.6, 0.7], inner: [[0.6, 0.61], [], []], size: 10 },
        b: { auc: [0.7, 0.8, 0.7], inner: [[0.8, 0.81], [0.7, 0.71], []], size: 20 },
        c: { auc: [0.5, 0.5, 0.5], inner: [[0.5, 0.5], [0.5, 0.5], []], size: 1 },
      }),
    );
    expect(board.nested).toMatchObject({ chosen: ['b', 'b'] });
    expect(board.nested?.meanAuc).toBeCloseTo((0.7 + 0.8) / 2, 12);
  });

  const notFitted = (name: string): Tried => {
    const candidate = folder.model.candidates.find((c) => c.name === name);
    if (candidate === undefined) throw new Error(`there is a candidate ${name}`);
    const scores = {
      schemaVersion: 1 as const,
      model: 'small',
      candidate,
      notFitted: `${name} is refused`,
    };
    return { scores, round: 1, seconds: 2 };
  };

  it('takes nobody who could not be fitted, and says why', () => {
    const scores = tried({
      b: { auc: [0.7, 0.8], inner: [], size: 20 },
      c: { auc: [0.5, 0.5], inner: [], size: 1 },
    }).filter((one) => one.scores.candidate.name !== 'a');
    const board = choose(folder, roundsOf(folder), 1, [notFitted('a'), ...scores]);
    expect(board.chosen).toBe('b');
    expect(board.rows.map((row) => row.candidate.name)).toEqual(['b', 'c']);
    expect(board.notFitted).toMatchObject([
      { candidate: { name: 'a' }, attempt: 1, reason: 'a is refused', seconds: 2 },
    ]);
    expect(board.reason).toMatch(/; 1 of 3 candidates could not be fitted$/);
    expect(Leaderboard.parse(JSON.parse(JSON.stringify(board)))).toEqual(board);
    // As leaderboards were before.
    const { notFitted: _none, ...older } = board;
    expect(Leaderboard.parse(older).notFitted).toEqual([]);
  });

  it('is refused by name where nobody could be fitted, with the first reason', () => {
    const all = ['a', 'b', 'c'].map(notFitted);
    expect(() => choose(folder, roundsOf(folder), 1, all)).toThrow(
      expect.objectContaining({
        name: 'NoCandidateFitted',
        message: 'none of 3 candidates can be fitted on the training rows; the first: a is refused',
      }),
    );
  });

  it('gives each mean its interval by Student’s t, and the best first', () => {
    const board = choose(
      folder,
      roundsOf(folder),
      1,
      tried({
        a: { auc: [0.7, 0.72, 0.74], inner: [], size: 10 },
        b: { auc: [0.8, 0.82, 0.84], inner: [], size: 10 },
        c: { auc: [0.6, 0.62, 0.64], inner: [], size: 10 },
      }),
    );
    expect(board.rows.map((r) => r.candidate.name)).toEqual(['b', 'a', 'c']);
    // scipy.stats.t.interval(0.95, 2, 0.82, 0.02 / sqrt(3)), scipy 1.17.1.
    expect(board.rows[0]?.lower).toBeCloseTo(0.770317, 5);
    expect(board.rows[0]?.upper).toBeCloseTo(0.869683, 5);
    expect(board.nested).toBeNull();
  });

  it('says which others were within reach', () => {
    const board = choose(
      folder,
      roundsOf(folder),
      1,
      tried({
        a: { auc: [0.8, 0.82, 0.84], inner: [], size: 1000 },
        b: { auc: [0.79, 0.816, 0.842], inner: [], size: 20 },
        c: { auc: [0.6, 0.6, 0.6], inner: [], size: 1 },
      }),
    );
    expect(board.chosen).toBe('b');
    expect(board.reason).toBe(
      'b (mean AUC 0.8160 over 3 folds) is the smallest of 2 candidates within half the margin (0.005) of the best, a (0.8200): 20 leaves or coefficients against 1000; optimistic, being chosen',
    );
  });
});
