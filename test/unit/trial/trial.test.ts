import { beforeAll, describe, expect, it } from 'vitest';
import type { Folder } from '../../../contracts/folder.ts';
import { identityHash } from '../../../dataset/identity.ts';
import { readManifest, writeManifest } from '../../../dataset/register.ts';
import { sha256Hex } from '../../../domain/canonical.ts';
import { decodeArtifact } from '../../../learning/artifact.ts';
import { holdoutMetrics } from '../../../release/tracked-metrics.ts';
import { evaluate, type EvaluateInput } from '../../../trial/evaluate.ts';
import { prepare, type Prepared } from '../../../trial/prepare.ts';
import { train, type Training } from '../../../trial/train.ts';
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

const folder = smallFolder();
let prepared: Prepared;
let full: Training;

function prepareRows(lines: readonly string[], of: Folder = folder): Prepared {
  return prepare({
    folder: of,
    csv: bytesOf(lines),
    file: 'data.csv',
    asOf: PROVENANCE.asOf,
    stored: null,
  });
}
function trainOn(of: Prepared, stage: 'quick' | 'full' = 'full', by: Folder = folder): Training {
  return train({
    folder: by,
    training: of.training,
    trainingManifest: sha256Hex(of.trainingManifest),
    stage,
    provenance: PROVENANCE,
    stopwatch,
  });
}
function inputFor(training: Training, changes: Partial<EvaluateInput> = {}): EvaluateInput {
  return {
    folder,
    charter: sha256Hex('charter'),
    challenger: { bytes: training.artifact, sha256: training.sha256 },
    champion: null,
    manifests: { challenger: prepared.trainingManifest, champion: null },
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
  it('chooses the candidate with the best mean AUC over grouped folds, and reports them all', () => {
    expect(full.scores.map((s) => s.name)).toEqual(['a', 'b']);
    for (const score of full.scores) {
      expect(score.foldAuc).toHaveLength(2);
      expect(score.meanAuc).toBeCloseTo(
        ((score.foldAuc[0] ?? 0) + (score.foldAuc[1] ?? 0)) / 2,
        15,
      );
    }
    const best = full.scores.reduce((x, y) => (y.meanAuc > x.meanAuc ? y : x));
    expect(full.candidate).toBe(best.name);
    expect(decodeArtifact(full.artifact).provenance).toEqual({
      ...PROVENANCE,
      seed: 0,
      stage: 'full',
      candidate: best.name,
    });
    expect(full.metrics.auc).toBeGreaterThan(0.7);
  });

  it('is quick with the plan’s few rows, trees and depth', () => {
    const quick = trainOn(prepared, 'quick');
    const artifact = decodeArtifact(quick.artifact);
    expect(artifact.estimator.trees).toBe(3);
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
    const table = prepareRows(rare, by);
    for (const stage of ['quick', 'full'] as const) {
      const training = trainOn(table, stage, by);
      expect(training.scores[0]?.foldAuc.length).toBeGreaterThan(5);
      expect(training.scores[0]?.foldAuc.length).toBeLessThan(20);
      if (stage === 'full') continue;
      const report = JSON.parse(new TextDecoder().decode(training.report)) as Record<
        string,
        unknown
      >;
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

  it('takes the other engine where a candidate names it', () => {
    const other: Folder = {
      ...folder,
      model: {
        ...folder.model,
        candidates: folder.model.candidates
          .slice(0, 1)
          .map((c) => ({ ...c, algorithm: 'ml-random-forest' })),
      },
    };
    const training = trainOn(prepared, 'full', other);
    expect(decodeArtifact(training.artifact).estimator.kind).toBe('ml-random-forest');
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
    expect(evidence.checks).toEqual([
      {
        name: 'holdout-unseen',
        mode: 'enforce',
        passed: true,
        message: expect.stringContaining('none of') as string,
      },
    ]);
    expect(verdict.reason).toContain('baseline');
    expect(holdoutMetrics(evidence)['auc']).toBe(evidence.challenger.metrics.auc.value);
  });

  it('scores the champion on today’s holdout, by turns with the challenger', () => {
    const champion = { bytes: full.artifact, sha256: full.sha256, version: 4 };
    const { evidence, timings, verdict } = evaluate(
      inputFor(full, {
        champion,
        manifests: { challenger: prepared.trainingManifest, champion: prepared.trainingManifest },
      }),
    );
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
      stage: 'full',
      provenance: PROVENANCE,
      stopwatch,
    });
    expect(() =>
      evaluate(inputFor(trainedOnIt, { manifests: { challenger: certain, champion: null } })),
    ).toThrow(named('HoldoutRefused', /^2 of \d+ holdout groups trained the challenger/));
    // The champion’s list counts as well.
    expect(() =>
      evaluate(
        inputFor(full, {
          champion: { bytes: trainedOnIt.artifact, sha256: trainedOnIt.sha256, version: 1 },
          manifests: { challenger: prepared.trainingManifest, champion: certain },
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
      stage: 'full',
      provenance: PROVENANCE,
      stopwatch,
    });
    expect(() =>
      evaluate(
        inputFor(full, {
          champion: { bytes: elsewhere.artifact, sha256: elsewhere.sha256, version: 1 },
          manifests: { challenger: prepared.trainingManifest, champion: other },
        }),
      ),
    ).toThrow(
      named(
        'HoldoutRefused',
        /^the champion’s .* by features x, colour and .* by group who: [^\n]*$/,
      ),
    );
    expect(() =>
      evaluate(inputFor(elsewhere, { manifests: { challenger: other, champion: null } })),
    ).toThrow(named('HoldoutRefused', /^the challenger’s/));
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
    expect(() => evaluate(inputFor(trainOn(prepared, 'quick')))).toThrow(
      named('ProvenanceMismatch', /sample/),
    );
    const manifest = writeManifest('small', { kind: 'group', columns: ['who'] }, []);
    expect(() =>
      evaluate(inputFor(full, { manifests: { challenger: manifest, champion: null } })),
    ).toThrow(named('ProvenanceMismatch', /manifest/));
    const bytes = full.artifact.with(10, 33);
    expect(() => evaluate(inputFor(full, { challenger: { bytes, sha256: full.sha256 } }))).toThrow(
      named('ArtifactCorrupt', /hash/),
    );
    const { register } = prepareRows(smallRows(600));
    expect(() => evaluate(inputFor(full, { register }))).toThrow(
      named('EvidenceMismatch', /register/),
    );
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
    const challenger = trainOn(own, 'full', narrow);
    expect(() =>
      evaluate({
        ...inputFor(challenger),
        folder: narrow,
        champion: { bytes: full.artifact, sha256: full.sha256, version: 2 },
        manifests: { challenger: own.trainingManifest, champion: prepared.trainingManifest },
        holdout: own.holdout,
        register: own.register,
        training: own.training,
      }),
    ).toThrow(named('HoldoutRefused', /champion \(version 2\).*'colour' is missing/));
  });
});
