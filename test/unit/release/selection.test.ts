import { describe, expect, it } from 'vitest';
import type { Candidate } from '#contracts/folder/candidate.ts';
import type { Leaderboard } from '#contracts/selection.ts';
import type { CandidateChoice, DataReference } from '#contracts/steps.ts';
import { claimsCsv } from '#claims/generate.ts';
import { TitleholderError } from '#domain/errors.ts';
import { fullTrain } from '../../../functions/full-train/handler.ts';
import { trainCandidate } from '../../../functions/train-candidate/handler.ts';
import { line, SETTINGS } from '../../support/line.ts';

const forest = (name: string, settings: object) =>
  ({ name, algorithm: 'forest', settings }) as Candidate;

const rowsOf = (rows: number): string[] =>
  new TextDecoder()
    .decode(claimsCsv({ rows, seed: 1 }))
    .trimEnd()
    .split('\n');
const bytesOf = (lines: readonly string[]) => new TextEncoder().encode(`${lines.join('\n')}\n`);

/** Ten features in the schema, and one of them constant in the data: no folder says that nine are left. */
const [header = '', ...rest] = rowsOf(1500);
const age = header.split(',').indexOf('age');
const CONSTANT = bytesOf([header, ...rest.map((row) => row.split(',').with(age, '40').join(','))]);
const MANY = forest('many', { ...SETTINGS.fair, featuresPerSplit: 10 });
const REASON =
  "without fold 1 of 3: candidate 'many': featuresPerSplit is 'sqrt', 'all' or 1 to 9 here, not 10";

const GATE = {
  name: 'discrimination',
  metric: 'auc' as const,
  mode: 'enforce' as const,
  min: 0.6,
  onFail: 'retune' as const,
};

/** So that a run ends before the expensive steps. */
const stop = () => Promise.reject(new TitleholderError('NotFound', 'far enough'));

describe('a run whose data does not let every candidate be fitted', () => {
  it('goes on with the others, and tells which and why', async () => {
    const l = line();
    const model = { candidates: [MANY, forest('fair', SETTINGS.fair)] };
    const run = await l.commit({ commit: 'a1', model, rows: CONSTANT });
    expect(await l.runOf(run)).toMatchObject({ status: 'awaiting_approval' });
    expect(l.lastOutput('ChooseCandidate')).toMatchObject({
      candidate: 'fair',
      reason: expect.stringMatching(/; 1 of 2 candidates could not be fitted$/) as string,
    });
    const { trackingRunId } = l.lastOutput('RecordRun') as { trackingRunId: string };
    const file = (path: string) => new TextDecoder().decode(l.tracking.file(trackingRunId, path));
    const board = JSON.parse(file('leaderboard.json')) as Leaderboard;
    expect(board.rows.map((row) => row.candidate.name)).toEqual(['fair']);
    expect(board.notFitted).toMatchObject([{ candidate: { name: 'many' }, reason: REASON }]);
    expect(file('report.md')).toContain(`- many (forest): ${REASON}`);
    expect(file('leaderboard.csv').trimEnd().split('\n').at(-1)).toBe(
      `,many,forest,1,,,,,,${board.notFitted[0]?.seconds},false,,,,"${REASON}"`,
    );
    expect((await l.tracking.run(trackingRunId))?.metrics).toMatchObject({
      candidates: 1,
      candidates_not_fitted: 1,
    });
  });

  it('goes on where what a retuning proposed is such', async () => {
    const l = line();
    l.replaced.set('FullTrain', stop);
    const run = await l.commit({
      commit: 'a2',
      rows: CONSTANT,
      policy: {
        gates: [{ ...GATE, min: 0.999 }],
        retune: { attempts: 2, candidatesPerAttempt: 1 },
      },
      model: {
        candidates: [forest('weak', SETTINGS.weak)],
        space: {
          algorithm: 'forest',
          settings: { trees: [2, 3], featuresPerSplit: [10] },
        },
      },
    });
    // Both attempts were made, and the choice after the last one goes by what the earlier one left.
    expect(await l.runOf(run)).toMatchObject({ error: 'NotFound', reason: 'far enough' });
    const choices = l.calls.filter((c) => c.name === 'ChooseCandidate').map((c) => c.output);
    expect(choices).toMatchObject([{ attempt: 1 }, { attempt: 2 }, { attempt: 3, next: 'fit' }]);
    expect((choices.at(-1) as CandidateChoice).reason).toMatch(
      /; 2 of 3 candidates could not be fitted$/,
    );
  });

  it('fails by name where none is left, as soon as its quick training, with the first reason', async () => {
    const l = line();
    const candidates = [MANY, { ...MANY, name: 'more' }];
    const run = await l.commit({ commit: 'a3', model: { candidates }, rows: CONSTANT });
    expect(await l.runOf(run)).toMatchObject({
      status: 'failed',
      error: 'NoCandidateFitted',
      reason: `none of 2 candidates can be fitted on the training rows; the first: ${REASON}`,
    });
  });
});

describe('the training steps', () => {
  it('stop by name before Lambda’s own time-out', async () => {
    const l = line();
    l.replaced.set('FullTrain', stop);
    await l.commit({ commit: 'b1' });
    const { input } = l.calls.find((c) => c.name === 'TrainCandidate')!;
    // As a function of 900 s that has 4 s left, and has not been recorded before.
    const deps = { ...l, code: 'sha256:other' };
    const nearly = { getRemainingTimeInMillis: () => 4000 };
    await expect(trainCandidate(deps)(input, nearly)).rejects.toMatchObject({
      name: 'OutOfTime',
      message: expect.stringMatching(/^candidate 'c': 1 of 3 fits took /) as string,
    });
  });

  it('are refused the holdout in every read, the full training too', async () => {
    const l = line();
    await l.commit({ commit: 'b2' });
    const { input } = l.calls.find((c) => c.name === 'FullTrain')! as { input: object };
    const { data, choice } = input as { data: DataReference; choice: CandidateChoice };
    // As if the choice's record had been forged to name the holdout as its leaderboard.
    const forged = { ...choice, leaderboard: data.holdout };
    const steps = {
      ...l.steps,
      list: async (id: string) =>
        (await l.steps.list(id)).map((s) =>
          s.step === 'ChooseCandidate' ? { ...s, output: forged } : s,
        ),
    };
    await expect(fullTrain({ ...l, steps })({ ...input, choice: forged })).rejects.toMatchObject({
      name: 'HoldoutRefused',
    });
  });
});

describe('a picture that can’t be drawn', () => {
  it('is told in the log and in the report, and costs no other and no release', async () => {
    const l = line({ draws: true });
    // A function that has just time for the fit itself.
    const { log } = l;
    const said: { line: string; fields: unknown }[] = [];
    const deps = {
      ...l,
      log: (text: string, fields?: unknown) => {
        said.push({ line: text, fields });
        log(text);
      },
    };
    l.replaced.set('FullTrain', (input) =>
      fullTrain(deps)(input, { getRemainingTimeInMillis: () => 4000 }),
    );
    // What votes can't be explained by SHAP.
    const settings = { trees: 3, maxDepth: 3, sampleRows: 200 };
    const candidates = [{ name: 'votes', algorithm: 'ml-random-forest', settings } as Candidate];
    const run = await l.commit({ commit: 'd1', model: { candidates } });
    expect(await l.status(run)).toBe('awaiting_approval');
    expect(said).toEqual([
      {
        line: 'picture not drawn',
        fields: {
          runId: run,
          picture: 'learning-curve.svg',
          reason: expect.stringMatching(/^the learning curve: 0 of 8 fits took/) as string,
        },
      },
    ]);
    expect(l.logs).toContain('picture not drawn');
    const { trackingRunId } = l.lastOutput('RecordRun') as { trackingRunId: string };
    const report = new TextDecoder().decode(l.tracking.file(trackingRunId, 'report.md'));
    expect(report).toContain('Not drawn: learning-curve.svg: the learning curve: 0 of 8 fits');
    expect(report).toContain('Not drawn: shap-summary.svg: an ml-random-forest has no covers');
    const files = (await l.tracking.run(trackingRunId))?.files ?? [];
    expect(files.filter((path) => path.startsWith('charts/'))).toEqual([
      'charts/calibration.svg',
      'charts/confusion.svg',
      'charts/importance.svg',
      'charts/precision-recall.svg',
      'charts/roc.svg',
    ]);
  });
});

describe('a retuning in the machine', () => {
  const few = bytesOf(rowsOf(450));
  /** 20 points, of which one has leaves small enough to split at all. */
  const space = {
    algorithm: 'forest' as const,
    settings: { trees: [5], minLeaf: [10, ...Array.from({ length: 19 }, (_, i) => 5000 + i)] },
  };

  const seeds = process.env['TITLEHOLDER_PROVE'] === undefined ? 6 : 20;

  it('finds the one good point of twenty within its budget, from all seeds but one', async () => {
    const found: string[] = [];
    const attempts = new Set<number>();
    for (let seed = 0; seed < seeds; seed += 1) {
      const l = line();
      l.replaced.set('FullTrain', stop);
      const run = await l.commit({
        commit: `c${seed.toString(16)}`,
        rows: few,
        policy: { gates: [GATE], retune: { attempts: 4, candidatesPerAttempt: 5 } },
        model: { seed, candidates: [forest('own', { trees: 5, minLeaf: 9000 })], space },
      });
      expect((await l.runOf(run)).reason).toBe('far enough');
      const { leaderboard, attempt } = l.lastOutput('ChooseCandidate') as CandidateChoice;
      const board = JSON.parse(
        new TextDecoder().decode(await l.artifacts.get('reports', leaderboard)),
      ) as Leaderboard;
      const chosen = board.rows.find((row) => row.candidate.name === board.chosen);
      attempts.add(attempt);
      expect(attempt).toBeLessThanOrEqual(5);
      expect(l.calls.filter((c) => c.name === 'TrainCandidate')).toHaveLength(
        1 + 5 * (attempt - 1),
      );
      const settings = chosen?.candidate.settings ?? {};
      if ('minLeaf' in settings && settings.minLeaf === 10 && board.gates.every((g) => g.passed)) {
        found.push(board.chosen);
      }
    }
    expect(found.length).toBeGreaterThanOrEqual(seeds - 1);
    // It ends when the gate is passed, and not only with the budget.
    expect(attempts.size).toBeGreaterThan(2);
  });
});
