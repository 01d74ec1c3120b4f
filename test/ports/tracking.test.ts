import { beforeAll, describe, expect, it } from 'vitest';
import { awsClients, type HttpAttempt, type HttpFault } from '#adapters/aws/clients.ts';
import { memoryTracking } from '#adapters/memory/tracking.ts';
import { modelFolder } from '#adapters/mlflow/pyfunc/model-folder.ts';
import { mlflowTracking } from '#adapters/mlflow/tracking.ts';
import type { Tracking, TrackingRun } from '#domain/ports/tracking.ts';
import { decodeArtifact, encodeArtifact } from '#learning/pipeline/artifact.ts';
import { MANIFEST, PROVENANCE } from '../unit/learning/made-up-table.ts';
import { hasMlflow, unique } from './support/aws.ts';
import { sha } from './support/samples.ts';

describeTracking('memory', () => memoryTracking());
if (hasMlflow) {
  describeTracking('MLflow', () => mlflowTracking(awsClients().mlflow()));

  describe('Tracking on MLflow when the wire breaks', () => {
    const broken = (fault: (attempt: HttpAttempt) => HttpFault | undefined, totalMillis = 20_000) =>
      mlflowTracking(awsClients({ fault }).mlflow(), { totalMillis });

    it('keeps one run a key when the answer to its creation is lost', async () => {
      let left = 1;
      const tracking = broken(({ path }) =>
        path.endsWith('/runs/create') && left-- > 0 ? { loseAnswer: true } : undefined,
      );
      const run = runOf(unique('m'));
      const { trackingRunId } = await tracking.record(run);
      expect(await tracking.record(run)).toEqual({ trackingRunId });
      const finished = (await tracking.runs({ model: run.model, limit: 10 })).runs.filter(
        (r) => r.status === 'FINISHED',
      );
      expect(finished.map((r) => r.trackingRunId)).toEqual([trackingRunId]);
    });

    it('finishes a run that broke half-way', async () => {
      let dead = true;
      const tracking = broken(
        ({ path }) => (dead && path.endsWith('/runs/update') ? { refuse: true } : undefined),
        1_500,
      );
      const run = runOf(unique('m'));
      await expect(tracking.record(run)).rejects.toMatchObject({ name: 'TrackingUnavailable' });
      dead = false;
      const { trackingRunId } = await tracking.record(run);
      expect(await tracking.run(trackingRunId)).toMatchObject({
        status: 'FINISHED',
        metrics: { auc: 0.9 },
      });
    });

    it('makes one model of a run that broke half-way, and points its version at it', async () => {
      let dead = true;
      const tracking = broken(
        ({ path }) => (dead && path.endsWith('/runs/update') ? { refuse: true } : undefined),
        1_500,
      );
      const run = runOf(unique('m'), { artifact: ARTIFACT });
      await expect(tracking.record(run)).rejects.toMatchObject({ name: 'TrackingUnavailable' });
      dead = false;
      const { trackingRunId } = await tracking.record(run);
      await tracking.registerVersion({
        model: run.model,
        version: 1,
        sha256: sha('a'),
        trackingRunId,
        commit: TAGS.commit_sha,
        description: '',
      });
      const base = process.env['MLFLOW_TRACKING_URI'] ?? '';
      const answer = await fetch(
        `${base}/api/2.0/mlflow/model-versions/get?name=${run.model}&version=1`,
      );
      const { model_version } = (await answer.json()) as { model_version: { source: string } };
      expect(model_version.source).toMatch(/^models:\/m-[0-9a-f]+$/);
      const id = model_version.source.slice('models:/'.length);
      const made = await fetch(`${base}/api/2.0/mlflow/logged-models/${id}`).then((r) => r.json());
      expect(made).toMatchObject({
        model: { info: { status: 'LOGGED_MODEL_READY', source_run_id: trackingRunId } },
      });
      const found = await fetch(`${base}/api/2.0/mlflow/runs/get?run_id=${trackingRunId}`);
      expect(await found.json()).toMatchObject({
        run: { outputs: { model_outputs: [{ model_id: id }] } },
      });
    });

    it('tries again after the jammed SQL pool, a 400 that passes', async () => {
      let left = 2;
      const body = JSON.stringify({
        error_code: 'BAD_REQUEST',
        message: 'QueuePool limit of size',
      });
      const tracking = broken(() => (left-- > 0 ? { status: 400, body } : undefined));
      await tracking.record(runOf(unique('m')));
    });
  });
}

describe('Tracking on MLflow that is not there', () => {
  const dead = mlflowTracking(
    awsClients({ env: { MLFLOW_TRACKING_URI: 'http://127.0.0.1:9' } }).mlflow(),
    { totalMillis: 300 },
  );
  it('says TrackingUnavailable within its time, and unhealthy', async () => {
    const began = performance.now();
    await expect(dead.aliases('m')).rejects.toMatchObject({ name: 'TrackingUnavailable' });
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(await dead.healthy()).toBe(false);
  });
});

const TAGS = {
  commit_sha: 'abc'.padEnd(40, '0'),
  stage: 'CI',
  dataset_window: '2025-01-01/2025-12-31',
  seed: '0',
  model_version: 'none',
};

/** The smallest model: one number, weighed. */
const ARTIFACT = {
  bytes: encodeArtifact({
    format: 'titleholder-model',
    schemaVersion: 2,
    columns: [{ name: 'age', kind: 'numeric' }],
    transforms: [],
    estimator: {
      kind: 'logistic',
      inputs: [{ kind: 'standard', mean: 40, scale: 10, coefficient: 1, missing: 0 }],
      intercept: 0,
    },
    calibrator: null,
    threshold: 0.5,
    positive: 'yes',
    trainingManifest: MANIFEST,
    provenance: PROVENANCE,
  }),
  createdAt: '2026-03-01T10:00:00.123Z',
};

function runOf(model: string, some: Partial<TrackingRun> = {}): TrackingRun {
  return {
    key: `${model}/CI`,
    model,
    name: `${model} CI`,
    stage: 'CI',
    startedAt: '2026-03-01T10:00:00.123Z',
    endedAt: '2026-03-01T10:01:00.000Z',
    params: { trees: '100', 'forest/depth': '12', empty: '' },
    metrics: { auc: 0.9, 'recall at 0.5': 1e-7, zero: 0 },
    tags: TAGS,
    files: [
      {
        path: 'report.md',
        bytes: new TextEncoder().encode('# Report'),
        contentType: 'text/markdown',
      },
      {
        path: 'model/forest ä.json',
        bytes: new TextEncoder().encode('{}'),
        contentType: 'application/json',
      },
    ],
    ...some,
  };
}

export function describeTracking(name: string, make: () => Tracking): void {
  describe(`Tracking: ${name}`, () => {
    let tracking: Tracking;
    beforeAll(() => {
      tracking = make();
    });

    it('records a run with everything in it', async () => {
      const model = unique('m');
      const { trackingRunId } = await tracking.record(runOf(model));
      expect(await tracking.run(trackingRunId)).toMatchObject({
        trackingRunId,
        name: `${model} CI`,
        stage: 'CI',
        status: 'FINISHED',
        startedAt: '2026-03-01T10:00:00.123Z',
        params: { trees: '100', 'forest/depth': '12', empty: '' },
        metrics: { auc: 0.9, 'recall at 0.5': 1e-7, zero: 0 },
        tags: { ...TAGS, 'titleholder.key': `${model}/CI`, 'titleholder.model': model },
        files: ['model/forest ä.json', 'report.md'],
      });
      expect(await tracking.run('0'.repeat(31) + 'f')).toBeUndefined();
    });

    it('keeps a curve’s points, the last of them as the metric', async () => {
      const run = runOf(unique('m'), { curves: { fold_auc: [0.7, 0.8, 0.75], empty: [] } });
      const { trackingRunId } = await tracking.record(run);
      const written = await tracking.run(trackingRunId);
      expect(written?.metrics).toEqual({ ...run.metrics, fold_auc: 0.75 });
    });

    it('keeps an artifact as the folder by which MLflow loads it', async () => {
      const model = unique('m');
      const { trackingRunId } = await tracking.record(runOf(model, { artifact: ARTIFACT }));
      const written = await tracking.run(trackingRunId);
      const folder = modelFolder({
        ...ARTIFACT,
        artifact: decodeArtifact(ARTIFACT.bytes),
        runId: null,
        modelId: null,
      });
      expect(written?.files).toEqual(
        ['report.md', 'model/forest ä.json', ...folder.map(({ path }) => `model/${path}`)].sort(),
      );
      const { trackingVersion } = await tracking.registerVersion({
        model,
        version: 1,
        sha256: sha('a'),
        trackingRunId,
        commit: TAGS.commit_sha,
        description: 'the first',
      });
      expect(trackingVersion).toBe(1);
    });

    it('refuses an artifact that is none before anything is written', async () => {
      const model = unique('m');
      const artifact = { ...ARTIFACT, bytes: new TextEncoder().encode('{}') };
      await expect(tracking.record(runOf(model, { artifact }))).rejects.toMatchObject({
        name: 'ArtifactInvalid',
      });
      expect((await tracking.runs({ model, limit: 1 })).runs).toEqual([]);
    });

    it('returns the same run for the same key, of five at once too', async () => {
      const run = runOf(unique('m'));
      const ids = await Promise.all(Array.from({ length: 5 }, () => tracking.record(run)));
      expect(new Set(ids.map((i) => i.trackingRunId)).size).toBe(1);
      expect((await tracking.runs({ model: run.model, limit: 10 })).runs).toHaveLength(1);
    });

    it('takes 150 params, 120 tags and 1,200 metrics', async () => {
      const model = unique('m');
      const many = <T>(n: number, value: (i: number) => T) =>
        Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, value(i)]));
      const { trackingRunId } = await tracking.record(
        runOf(model, {
          params: many(150, String),
          tags: { ...TAGS, ...many(120, String) },
          metrics: many(1200, (i) => i / 7),
        }),
      );
      const run = (await tracking.run(trackingRunId))!;
      expect(Object.keys(run.params)).toHaveLength(150);
      expect(Object.keys(run.metrics)).toHaveLength(1200);
      expect(run.tags['k119']).toBe('119');
      expect(run.metrics['k6']).toBe(6 / 7);
    });

    it("leaves out metrics that aren't numbers", async () => {
      const { trackingRunId } = await tracking.record(
        runOf(unique('m'), { metrics: { a: Number.NaN, b: Infinity, c: 1 } }),
      );
      expect((await tracking.run(trackingRunId))?.metrics).toEqual({ c: 1 });
    });

    it.each([
      ['a long param', { params: { p: 'x'.repeat(6001) } }],
      ['a long tag', { tags: { ...TAGS, t: 'x'.repeat(8001) } }],
      ['a key with a strange character', { params: { 'a=b': '1' } }],
      ['a number for a text', { params: { p: 1 as unknown as string } }],
      ['a missing tag', { tags: {} }],
      [
        'a path upwards',
        { files: [{ path: '../x', bytes: new Uint8Array(), contentType: 'x/y' }] },
      ],
    ] as [string, Partial<TrackingRun>][])('refuses %s before it is lost', async (_what, some) => {
      const model = unique('m');
      await expect(tracking.record(runOf(model, some))).rejects.toMatchObject({
        name: 'TrackingRefused',
      });
      expect((await tracking.runs({ model, limit: 1 })).runs).toEqual([]);
    });

    it('lists runs newest first by model, stage and commit, page by page', async () => {
      const model = unique('m');
      for (const i of [1, 2, 3]) {
        const stage = i === 2 ? 'CD' : 'CI';
        await tracking.record(
          runOf(model, {
            key: `${model}/${i}`,
            name: `n${i}`,
            stage,
            startedAt: `2026-03-0${i}T00:00:00.000Z`,
            tags: { ...TAGS, stage, commit_sha: `${i}abc`.padEnd(40, '0') },
          }),
        );
      }
      const names = async (query: Partial<Parameters<Tracking['runs']>[0]>) =>
        (await tracking.runs({ model, limit: 10, ...query })).runs.map((r) => r.name);
      expect(await names({})).toEqual(['n3', 'n2', 'n1']);
      expect(await names({ stage: 'CI' })).toEqual(['n3', 'n1']);
      expect(await names({ commit: '2abc000' })).toEqual(['n2']);
      expect(await names({ commit: '9' })).toEqual([]);
      const first = await tracking.runs({ model, limit: 2 });
      expect(first.runs.map((r) => r.files.length)).toEqual([2, 2]);
      const rest = await tracking.runs({ model, limit: 2, cursor: first.cursor! });
      expect(rest.runs.map((r) => r.name)).toEqual(['n1']);
      expect(rest.cursor).toBeUndefined();
      expect((await tracking.runs({ limit: 5 })).runs).toHaveLength(5);
      expect((await tracking.runs({ model: unique('none'), limit: 5 })).runs).toEqual([]);
    });

    it('sets a tag, and sets it again', async () => {
      const { trackingRunId } = await tracking.record(runOf(unique('m')));
      await tracking.setTag(trackingRunId, 'model_version', '3');
      await tracking.setTag(trackingRunId, 'model_version', '4');
      expect((await tracking.run(trackingRunId))?.tags['model_version']).toBe('4');
      await expect(tracking.setTag('0'.repeat(31) + 'f', 'a', 'b')).rejects.toMatchObject({
        name: 'TrackingRefused',
      });
    });

    it('registers a version once and points the aliases at our numbers', async () => {
      const model = unique('m');
      const { trackingRunId } = await tracking.record(runOf(model));
      const version = (n: number) => ({
        model,
        version: n,
        sha256: sha('a'),
        trackingRunId,
        commit: TAGS.commit_sha,
        description: 'd',
      });
      expect(await tracking.aliases(model)).toBeUndefined();
      // Ours begin at 7: MLflow counts for itself.
      const first = await tracking.registerVersion(version(7));
      const second = await tracking.registerVersion(version(9));
      expect([first.trackingVersion, second.trackingVersion]).toEqual([1, 2]);
      expect(await tracking.registerVersion(version(7))).toEqual(first);
      expect(await tracking.aliases(model)).toEqual({
        champion: null,
        challenger: null,
        previous: null,
      });
      await tracking.setAliases(model, { champion: 7, challenger: 9, previous: null });
      await tracking.setAliases(model, { champion: 9, challenger: null, previous: 7 });
      const expected = { champion: 9, challenger: null, previous: 7 };
      expect(await tracking.aliases(model)).toEqual(expected);
      await expect(
        tracking.setAliases(model, { champion: 7, challenger: 8, previous: null }),
      ).rejects.toMatchObject({ name: 'TrackingRefused' });
      expect(await tracking.aliases(model)).toEqual(expected);
    });

    it('has no aliases to take from a model that nobody registered', async () => {
      const model = unique('m');
      await tracking.setAliases(model, { champion: null, challenger: null, previous: null });
      expect(await tracking.aliases(model)).toBeUndefined();
    });

    it('is healthy', async () => {
      expect(await tracking.healthy()).toBe(true);
    });
  });
}
