import { beforeAll, describe, expect, it } from 'vitest';
import type { Folder } from '#contracts/folder/charter.ts';
import { identityHash } from '#dataset/identity.ts';
import { readManifest, writeManifest } from '#dataset/register.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { checksOf } from '#gates/decide.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { holdoutMetrics } from '../../../functions/record-run/tracked-metrics.ts';
import { entrantOf } from '#evaluation/admit.ts';
import { evaluate, type EvaluationInput } from '#evaluation/evaluate.ts';
import { prepare, type PreparedData } from '#dataset/prepare.ts';
import { train, trainQuickly, type TrainingInput } from '#training/train.ts';
import { bytesOf, smallFolder, smallRows } from '../dataset/small-folder.ts';

const PROVENANCE = {
  model: 'small',
  commit: 'a'.repeat(40),
  bundle: sha256Hex('bundle'),
  data: sha256Hex('data'),
  code: sha256Hex('code'),
  asOf: '2026-01-01T00:00:00.000Z',
};
let ticks = 0;
/** A clock that never shows the same time twice: no reproducible output may depend on it. */
const stopwatch = (): number => (ticks += 0.001);

/** A model that is worse than the folder's own. */
const STUMP = {
  name: 'stump',
  algorithm: 'forest',
  settings: { trees: 2, maxDepth: 1, minLeaf: 1, featuresPerSplit: 'sqrt' },
};

const folder = smallFolder();
let prepared: PreparedData;
let full: ReturnType<typeof train>;

function prepareRows(lines: readonly string[], of: Folder = folder): PreparedData {
  return prepare({
    folder: of,
    csv: bytesOf(lines),
    file: 'data.csv',
    asOf: PROVENANCE.asOf,
    stored: null,
  });
}
function trainingOf(of: PreparedData, by: Folder = folder): TrainingInput {
  return {
    folder: by,
    training: of.training,
    trainingManifest: sha256Hex(of.trainingManifest),
    provenance: PROVENANCE,
    stopwatch,
  };
}
const trainOn = (of: PreparedData, by: Folder = folder) => train(trainingOf(of, by));
interface Trained {
  readonly artifact: Uint8Array;
  readonly sha256: string;
}
function entrant({ artifact, sha256 }: Trained, manifest = prepared.trainingManifest) {
  return entrantOf('the challenger', { bytes: artifact, sha256, manifest });
}
function inputFor(training: Trained, changes: Partial<EvaluationInput> = {}): EvaluationInput {
  return {
    folder,
    charter: sha256Hex('charter'),
    challenger: entrant(training),
    champion: null,
    holdout: prepared.holdout,
    register: prepared.register,
    training: prepared.training,
    provenance: PROVENANCE,
    stopwatch,
    ...changes,
  };
}
const named = (name: string, message: RegExp | string): unknown =>
  expect.objectContaining({ name, message: expect.stringMatching(message) as string });

beforeAll(() => {
  prepared = prepareRows(smallRows(900));
  full = trainOn(prepared);
});

describe('training', () => {
  it('scores every candidate on grouped folds, fits the chosen one and says why', () => {
    const { rows, chosen, reason, nested, next } = full.leaderboard;
    expect(rows.map((r) => r.candidate.name).toSorted()).toEqual(['a', 'b']);
    for (const { foldAuc, meanAuc, standardError } of rows) {
      const [one = 0, two = 0] = foldAuc;
      expect(foldAuc).toHaveLength(2);
      expect(meanAuc).toBeCloseTo((one + two) / 2, 15);
      // Of two values, the standard error of their mean is half their distance.
      expect(standardError).toBeCloseTo(Math.abs(one - two) / 2, 15);
    }
    expect(next).toBe('fit');
    expect(reason).toContain(chosen);
    expect(reason).toMatch(/optimistic, being chosen; nested estimate 0\.\d{4} ± 0\.\d{4}$/);
    expect(nested?.chosen).toHaveLength(2);
    expect(full.candidate).toBe(chosen);
    expect(decodeArtifact(full.artifact).provenance).toEqual({
      ...PROVENANCE,
      seed: 0,
      stage: 'full',
      candidate: chosen,
    });
    expect(full.metrics.auc).toBeGreaterThan(0.7);
  });

  it('is quick with the plan’s few rows, trees and depth', () => {
    const quick = trainQuickly(trainingOf(prepared));
    const artifact = decodeArtifact(quick.artifact);
    expect(artifact.estimator).toMatchObject({ kind: 'forest', trees: 3 });
    expect(artifact.provenance.stage).toBe('quick');
    const report = JSON.parse(new TextDecoder().decode(quick.report)) as Record<string, unknown>;
    expect(report['rows']).toBe(200);
  });

  it('trains on a rare class, quick and in more folds than it can fill', () => {
    const rare = smallRows(6000).map((l, i) =>
      l.replace(/,(yes|no)$/, i % 150 < 1 ? ',yes' : ',no'),
    );
    const by = smallFolder({
      model: { plan: { primaryMetric: 'auc', replicates: 200, folds: 20 } },
    });
    // As many rows of the class, but in fewer groups than there are folds.
    const few = rare.map((l, i) => l.replace(/,(yes|no)$/, i % 450 < 3 ? ',yes' : ',no'));
    for (const lines of [rare, few]) {
      const table = prepareRows(lines, by);
      const [row] = trainOn(table, by).leaderboard.rows;
      expect(row?.foldAuc.length).toBeGreaterThan(3);
      if (lines === few) expect(row?.foldAuc.length).toBeLessThan(20);
      const quick = trainQuickly(trainingOf(table, by));
      const report = JSON.parse(new TextDecoder().decode(quick.report)) as Record<string, unknown>;
      expect(report['rows']).toBe(200);
    }
  });

  it('drops a column that is constant in the training rows, and still scores rows that have it', () => {
    const constant = prepareRows(
      smallRows(900).map((l) => l.replace(/,(red|green|blue),/, ',red,')),
    );
    const training = trainOn(constant);
    const { columns, otherColumns } = decodeArtifact(training.artifact);
    expect(columns.map((c) => c.name)).toEqual(['x']);
    // A prediction's row may still bear them.
    expect(otherColumns).toEqual(['who', 'colour', 'y']);
  });

  it.each([
    { algorithm: 'ml-random-forest', settings: { trees: 5, maxDepth: 4, minLeaf: 5 } },
    { algorithm: 'logistic' },
    { algorithm: 'boosting', settings: { rounds: 5, leaves: 4 } },
    {
      algorithm: 'forest',
      settings: { trees: 5, maxDepth: 4 },
      transforms: [{ kind: 'encode', as: 'one-hot' }],
      calibration: 'isotonic',
    },
    { algorithm: 'logistic', calibration: 'sigmoid' },
  ])('takes the candidate that a folder names: %j', (candidate) => {
    const by = smallFolder({ model: { candidates: [{ name: 'c', ...candidate }] } });
    const training = trainOn(prepared, by);
    const { estimator, calibrator } = decodeArtifact(training.artifact);
    expect(estimator.kind).toBe(candidate.algorithm);
    expect(calibrator?.kind).toBe(candidate.calibration);
    expect(training.leaderboard.reason).toMatch(/^c is the only candidate: mean AUC 0\.\d{4}/);
    expect(training.leaderboard.nested).toBeNull();
    expect(evaluate(inputFor(training)).evidence.challenger.metrics.auc.value).toBeGreaterThan(0.6);
  });
});

describe('the trial', () => {
  it('gives the same bytes for the same input, all but the times', () => {
    const again = prepareRows(smallRows(900));
    for (const part of ['training', 'trainingManifest', 'holdout', 'register', 'report'] as const) {
      expect(again[part]).toEqual(prepared[part]);
    }
    const retrained = trainOn(again);
    expect(retrained.artifact).toEqual(full.artifact);
    const [one, two] = [evaluate(inputFor(full)), evaluate(inputFor(retrained))];
    expect(two.measured).toEqual(one.measured);
    expect(two.scores).toEqual(one.scores);
    expect(two.verdict).toEqual(one.verdict);
    expect(one.evidence.scores).toBe(sha256Hex(one.scores));
  });

  it('judges by the trivial baselines where there is no champion', () => {
    const { verdict, evidence } = evaluate(inputFor(full));
    expect(evidence.baselines.map((b) => b.name)).toEqual(['base-rate', 'best-column']);
    expect(checksOf(evidence)).toEqual([
      {
        name: 'holdout-unseen',
        mode: 'enforce',
        passed: true,
        message: expect.stringContaining('none of') as string,
      },
      {
        name: 'leak',
        mode: 'warn',
        passed: true,
        message: 'no column alone has an AUC of 0.98 or more',
      },
      {
        name: 'both-labels',
        mode: 'warn',
        passed: true,
        message: expect.stringMatching(/calls \d+ of 264 holdout rows positive$/) as string,
      },
    ]);
    expect(verdict.reason).toContain('baseline');
    expect(holdoutMetrics(evidence)['auc']).toBe(evidence.challenger.metrics.auc.value);
  });

  it('scores the champion on today’s holdout, by turns with the challenger', () => {
    const champion = { ...entrant(full), version: 4 };
    const { evidence, timings, verdict } = evaluate(inputFor(full, { champion }));
    expect(evidence.champion?.metrics).toEqual(evidence.challenger.metrics);
    expect(verdict.verdict).toBe('hold');
    expect(verdict.reason).toContain('version 4');
    const { ratios } = JSON.parse(new TextDecoder().decode(timings)) as {
      ratios: Record<string, number>;
    };
    expect(ratios['artifactBytes']).toBe(1);
    expect(ratios['p50']).toBeCloseTo(1, 6);
  });

  it('refuses a holdout that a model was trained on, with the number of groups', () => {
    const held = new TextDecoder().decode(prepared.holdout).split('\n').slice(1, -1);
    const [one, two] = [...new Set(held.map((line) => line.split(',', 1)[0] ?? ''))];
    const overlap = [one, two].map((who) => identityHash('small', JSON.stringify([who])));
    const { identity, groups } = readManifest(prepared.trainingManifest);
    const certain = writeManifest('small', identity, [...groups, ...overlap]);
    const trainedOnIt = train({
      folder,
      training: prepared.training,
      trainingManifest: sha256Hex(certain),
      provenance: PROVENANCE,
      stopwatch,
    });
    expect(() => evaluate(inputFor(full, { challenger: entrant(trainedOnIt, certain) }))).toThrow(
      named('HoldoutRefused', /^2 of \d+ holdout groups trained the challenger/),
    );
    // The champion’s list counts as well.
    expect(() =>
      evaluate(
        inputFor(full, {
          champion: { ...entrant(trainedOnIt, certain), version: 1 },
        }),
      ),
    ).toThrow(named('HoldoutRefused', /trained the champion/));
  });

  it('refuses a model whose training rows are identified by other columns than the holdout’s', () => {
    const wider = { kind: 'features', columns: ['x', 'colour'] } as const;
    const { groups } = readManifest(prepared.trainingManifest);
    const other = writeManifest('small', wider, groups);
    const elsewhere = train({
      folder,
      training: prepared.training,
      trainingManifest: sha256Hex(other),
      provenance: PROVENANCE,
      stopwatch,
    });
    expect(() =>
      evaluate(
        inputFor(full, {
          champion: { ...entrant(elsewhere, other), version: 1 },
        }),
      ),
    ).toThrow(
      named(
        'HoldoutRefused',
        /^the champion’s .* by features x, colour and .* by group who: [^\n]*$/,
      ),
    );
    expect(() => evaluate(inputFor(full, { challenger: entrant(elsewhere, other) }))).toThrow(
      named('HoldoutRefused', /^the challenger’s/),
    );
  });

  it.each(['model', 'commit', 'bundle', 'data'] as const)(
    'refuses a challenger of another %s',
    (field) => {
      const provenance = { ...PROVENANCE, [field]: field === 'model' ? 'other' : 'b'.repeat(40) };
      expect(() => evaluate(inputFor(full, { provenance }))).toThrow(
        named('ProvenanceMismatch', new RegExp(`its ${field} differs`)),
      );
    },
  );

  it('refuses a sample, a wrong manifest, changed bytes and another snapshot’s register', () => {
    expect(() => evaluate(inputFor(trainQuickly(trainingOf(prepared))))).toThrow(
      named('ProvenanceMismatch', /sample/),
    );
    const manifest = writeManifest('small', { kind: 'group', columns: ['who'] }, []);
    expect(() => evaluate(inputFor(full, { challenger: entrant(full, manifest) }))).toThrow(
      named('ProvenanceMismatch', /manifest/),
    );
    const bytes = full.artifact.with(10, 33);
    expect(() => entrant({ artifact: bytes, sha256: full.sha256 })).toThrow(
      named('ArtifactCorrupt', /hash/),
    );
    const { register } = prepareRows(smallRows(600));
    expect(() => evaluate(inputFor(full, { register }))).toThrow(
      named('EvidenceMismatch', /register/),
    );
  });

  describe('beside an anchor', () => {
    const since = [{ version: 2, difference: -0.004 }];
    const judged = (
      model: NonNullable<EvaluationInput['anchor']>['model'],
      changes: Partial<EvaluationInput> = {},
    ) => {
      const sha256 = 'sha256' in model ? model.sha256 : full.sha256;
      const anchor = { version: 1, sha256, since, model };
      const champion = { ...entrant(full), version: 2 };
      return evaluate(inputFor(full, { champion, anchor, ...changes }));
    };

    it('scores it on the same rows and compares with it', () => {
      const weak = trainOn(prepared, smallFolder({ model: { candidates: [STUMP] } }));
      const { evidence, scores } = judged(entrant(weak));
      const { anchor, paired } = evidence.measurements;
      expect(anchor).toMatchObject({ version: 1, sha256: weak.sha256, since, change: -0.004 });
      expect(anchor?.reason).toBeUndefined();
      const auc = (of: { auc: { value: number | null } } | undefined): number => of?.auc.value ?? 0;
      const found = paired?.find(({ against }) => against === 'anchor');
      expect(found?.estimate).toBeCloseTo(
        auc(evidence.challenger.metrics) - auc(anchor?.scored?.metrics),
        12,
      );
      const document = JSON.parse(new TextDecoder().decode(scores)) as { anchor: number[] };
      expect(document.anchor).toHaveLength(evidence.rows.total);
    });

    it('is the champion itself where none is given', () => {
      const champion = { ...entrant(full), version: 2 };
      const { anchor, paired } = evaluate(inputFor(full, { champion })).evidence.measurements;
      expect(anchor).toMatchObject({ version: 2, since: [], change: 0, scored: null });
      expect(paired?.map(({ against }) => against)).not.toContain('anchor');
      expect(evaluate(inputFor(full)).evidence.measurements.anchor).toBeUndefined();
    });

    it('says why it can’t be scored, and refuses nothing', () => {
      const reasonOf = (...of: Parameters<typeof judged>) => {
        const { evidence, verdict } = judged(...of);
        expect(verdict.verdict).toBe('hold');
        expect(evidence.measurements.anchor?.scored).toBeNull();
        expect(evidence.measurements.paired?.map(({ against }) => against)).not.toContain('anchor');
        return evidence.measurements.anchor?.reason;
      };
      expect(reasonOf({ missing: 'no object has this hash' })).toBe('no object has this hash');

      const held = new TextDecoder().decode(prepared.holdout).split('\n')[1] ?? '';
      const group = identityHash('small', JSON.stringify([held.split(',', 1)[0]]));
      const { identity, groups } = readManifest(prepared.trainingManifest);
      const seen = writeManifest('small', identity, [...groups, group]);
      const trainedWith = (manifest: Uint8Array, by: Folder = folder) => {
        const trainingManifest = sha256Hex(manifest);
        return entrant(train({ ...trainingOf(prepared, by), trainingManifest }), manifest);
      };
      expect(reasonOf(trainedWith(seen))).toMatch(/^1 of \d+ holdout groups trained the anchor/);

      const wider = { kind: 'features', columns: ['x', 'colour'] } as const;
      expect(reasonOf(trainedWith(writeManifest('small', wider, groups)))).toMatch(
        /^the anchor’s training rows are identified by/,
      );
      expect(reasonOf(entrant(full, seen))).toMatch(/^the anchor was trained on other rows/);
      const artifact = { ...entrant(full).artifact, positive: 'other' };
      expect(reasonOf({ ...entrant(full), artifact })).toMatch(/another positive class/);
      const [first, ...others] = entrant(full).artifact.columns;
      const columns = [{ ...first!, name: 'gone' }, ...others];
      expect(
        reasonOf({ ...entrant(full), artifact: { ...entrant(full).artifact, columns } }),
      ).toMatch(/'gone' is missing/);
    });
  });

  it('refuses to judge by a champion that can’t score today’s rows', () => {
    const columns = [
      { name: 'who', type: 'text', role: 'identity' },
      { name: 'x', type: 'number', role: 'feature' },
      { name: 'colour', type: 'category', role: 'ignored' },
      { name: 'y', type: 'category', role: 'target' },
    ];
    const narrow = smallFolder({ schema: { columns } });
    const own = prepareRows(smallRows(900), narrow);
    const challenger = trainOn(own, narrow);
    expect(() =>
      evaluate({
        ...inputFor(challenger),
        challenger: entrant(challenger, own.trainingManifest),
        folder: narrow,
        champion: { ...entrant(full), version: 2 },
        holdout: own.holdout,
        register: own.register,
        training: own.training,
      }),
    ).toThrow(named('HoldoutRefused', /champion \(version 2\).*'colour' is missing/));
  });
});
