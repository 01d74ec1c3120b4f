import { describe, expect, it } from 'vitest';
import { memoryIds } from '#adapters/memory/ids.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { allTraffic, drawOf, pointerTo } from '#domain/pointer.ts';
import { TitleholderError } from '#domain/errors.ts';
import { serveModel } from '../../../functions/serve-model/handler.ts';
import { encodeArtifact } from '#learning/pipeline/artifact.ts';
import { fitPipeline } from '#learning/pipeline/fit.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { MANIFEST, madeUp, PROVENANCE } from '../learning/made-up-table.ts';
import { type Api, api } from '../../support/api.ts';
import { CODE, MODEL } from '../../support/world.ts';

const made = madeUp(120);
function trained(trees: number, model = MODEL) {
  return fitPipeline({
    ...made,
    candidate: {
      name: 'c',
      algorithm: 'forest',
      settings: { trees, maxDepth: 4, minLeaf: 3, featuresPerSplit: 'sqrt' },
    },
    seed: 0,
    positive: 'Denied',
    thresholdRule: 0.5,
    trainingManifest: MANIFEST,
    provenance: { ...PROVENANCE, model },
  });
}
const records = Array.from({ length: made.table.rows }, (_, row) =>
  Object.fromEntries(
    made.table.columns.map((c) => {
      if (c.kind === 'numeric')
        return [c.name, Number.isNaN(c.values[row]!) ? null : c.values[row]!];
      return [c.name, c.levels[c.codes[row]!] ?? null];
    }),
  ),
);
const first = records[0]!;

async function serving(...trees: number[]) {
  const w = await api();
  const hashes: string[] = [];
  for (const [i, n] of trees.entries()) {
    const sha256 = await w.artifacts.put('models', encodeArtifact(trained(n)));
    await w.move('production', i + 1, sha256);
    hashes.push(sha256);
  }
  return { w, hashes };
}
const predict = (w: Api, body: unknown, model = MODEL) =>
  w.call('serve-model', 'POST', '/predict', { as: 'caller', query: { model }, body });

describe('POST /predict', () => {
  it('gives the probabilities of the scorer, bit for bit, in every shape', async () => {
    const { w, hashes } = await serving(7);
    const artifact = trained(7);
    const expected = [...scorer(artifact).scoreTable(made.table)];
    const columns = Object.keys(first);
    const data = records.map((r) => columns.map((c) => r[c] ?? null));
    for (const body of [
      { records },
      { dataframe_records: records },
      { dataframe_split: { columns, data, index: records.map((_, i) => i) } },
    ]) {
      const answer = await predict(w, body);
      expect(answer.status).toBe(200);
      const { predictions, ...rest } = answer.body;
      expect(rest).toEqual({
        model: MODEL,
        version: 1,
        sha256: hashes[0],
        role: 'champion',
        stage: 'production',
      });
      const ids = new Set<string>(predictions.map((p: { id: string }) => p.id));
      expect(ids.size).toBe(records.length);
      for (const id of ids) expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
      expect(predictions.map((p: { probability: number }) => p.probability)).toEqual(expected);
      for (const { probability, label } of predictions) {
        expect(label).toBe(probability >= 0.5 ? 'Denied' : 'not Denied');
      }
    }
  });

  it('labels a row with the target’s own other value', async () => {
    const w = await api();
    const artifact = { ...trained(7), negative: 'Approved' };
    await w.move('production', 1, await w.artifacts.put('models', encodeArtifact(artifact)));
    const { predictions } = (await predict(w, { records })).body;
    for (const { probability, label } of predictions) {
      expect(label).toBe(probability >= 0.5 ? 'Denied' : 'Approved');
    }
    expect(new Set(predictions.map((p: { label: string }) => p.label)).size).toBe(2);
  });

  it('takes a row with all columns of the model’s table, and reads its features alone', async () => {
    const w = await api();
    const artifact = { ...trained(7), otherColumns: ['claim_id', 'status'] };
    await w.move('production', 1, await w.artifacts.put('models', encodeArtifact(artifact)));
    const whole = records.map((r, i) => ({ ...r, claim_id: `c${i}`, status: 'Denied' }));
    const bare = await predict(w, { records });
    const scores = ({ body }: typeof bare) =>
      body['predictions'].map((p: { probability: number }) => p.probability);
    expect(scores(await predict(w, { records: whole }))).toEqual(scores(bare));
    const other = await predict(w, { records: [{ ...first, member: 'm' }] });
    expect(other.body['detail']).toBe("row 0: column 'member' is unknown to the model");
  });

  const { first: _first, ...lacking } = first;
  it.each([
    [
      'an unknown column',
      { records: [first, { ...first, status: 'x' }] },
      /row 1: column 'status' is unknown/,
      { row: 1, column: 'status' },
    ],
    [
      'a missing column',
      { records: [first, first, lacking] },
      /row 2: column 'first' is missing/,
      { row: 2, column: 'first' },
    ],
    [
      'a wrong type',
      { records: [{ ...first, second: true }] },
      /row 0: column 'second' is true or false/,
      { row: 0, column: 'second' },
    ],
    [
      'words for a number',
      { records: [{ ...first, second: 'many' }] },
      /row 0: column 'second' is not a number/,
      { row: 0, column: 'second' },
    ],
    [
      'a ragged row',
      { dataframe_split: { columns: ['first'], data: [[1], [1, 2]] } },
      /row 1 has 2 cells for 1/,
      { row: 1 },
    ],
    [
      // Looked through pair by pair, they held the function for longer than it may run.
      'as many columns as a body holds',
      {
        dataframe_split: {
          columns: Array.from({ length: 100_000 }, (_, i) => `c${i}`),
          data: [[1]],
        },
      },
      /row 0 has 1 cells for 100000/,
      { row: 0 },
    ],
    [
      'a column twice',
      { dataframe_split: { columns: ['first', 'first'], data: [[1, 2]] } },
      /'first' is given twice/,
      { column: 'first' },
    ],
  ])('refuses %s with 422, naming row and column', async (_what, body, detail, details) => {
    const { w } = await serving(3);
    const answer = await predict(w, body);
    expect([answer.status, answer.body['detail']]).toEqual([422, expect.stringMatching(detail)]);
    expect(answer.body['details']).toEqual(details);
  });

  it('refuses bodies of no shape with 400 and a model without a champion with 404', async () => {
    const { w } = await serving(3);
    for (const body of [{}, { records: [] }, { rows: [first] }, { records: [first], more: 1 }]) {
      expect((await predict(w, body)).status).toBe(400);
    }
    const none = await predict(w, { records: [first] }, 'another');
    expect(none).toMatchObject({
      status: 404,
      body: { detail: 'another has no champion in production' },
    });
  });

  it('follows the pointer within half a second, and back again without reading the model again', async () => {
    const { w, hashes } = await serving(3);
    const version = async () => (await predict(w, { records: [first] })).body['version'];
    expect(await version()).toBe(1);
    const sha256 = await w.artifacts.put('models', encodeArtifact(trained(5)));
    await w.move('production', 2, sha256);
    w.pass(499);
    expect(await version()).toBe(1);
    w.pass(1);
    expect(await version()).toBe(2);
    // What is in memory was checked when it was read; a rollback needs no S3.
    w.artifacts.corrupt('models', hashes[0]!);
    await w.move('production', 1, hashes[0]!, 'rolled_back');
    w.pass(500);
    expect(await version()).toBe(1);
  });

  it('never serves a spoilt model, nor another in its place', async () => {
    const { w } = await serving(3);
    expect((await predict(w, { records: [first] })).status).toBe(200);
    const sha256 = await w.artifacts.put('models', encodeArtifact(trained(5)));
    w.artifacts.corrupt('models', sha256);
    await w.move('production', 2, sha256);
    w.pass(500);
    const answer = await predict(w, { records: [first] });
    expect(answer).toMatchObject({ status: 503, body: { error: 'ArtifactCorrupt' } });
    expect(answer.headers['retry-after']).toBe('1');
    const health = await w.call('serve-model', 'GET', '/health', { query: { model: MODEL } });
    expect(health).toMatchObject({ status: 503, body: { status: 'degraded', version: 2 } });
  });

  it('refuses bytes that are no model, and a model of another name', async () => {
    for (const bytes of [new TextEncoder().encode('{}'), encodeArtifact(trained(2, 'other'))]) {
      const w = await api();
      await w.move('production', 1, await w.artifacts.put('models', bytes));
      const answer = await predict(w, { records: [first] });
      expect(answer).toMatchObject({ status: 503, body: { error: 'ArtifactInvalid' } });
    }
  });
});

describe('several routes', () => {
  async function routed() {
    const w = await api();
    const stored = (trees: number) => w.artifacts.put('models', encodeArtifact(trained(trees)));
    const routes = [
      { version: 4, sha256: await stored(3), share: 0.7, role: 'champion' },
      { version: 5, sha256: await stored(5), share: 0.3, role: 'canary' },
    ] as const;
    const ids = systemIds();
    const handler = serveModel({
      identity: { verify: async () => w.principals['caller']! },
      slot: 'production',
      registry: {
        // Version and hash beside the routes are nobody's: they must not be read.
        pointer: async (model, slot) => ({
          ...pointerTo(undefined, { model, slot, version: 0, sha256: 'none', now: NOW }),
          routes,
        }),
      },
      artifacts: w.artifacts,
      clock: { now: () => NOW },
      ids,
      code: CODE,
      memoryMb: () => 1,
      log: () => undefined,
    });
    const ask = async (path: '/health' | '/predict', records?: object[]) =>
      (await handler({ internal: { path, model: MODEL, ...(records && { records }) } })) as Record<
        string,
        any
      >;
    return { w, routes, ask };
  }
  const NOW = '2026-01-01T00:00:00.000Z';

  it('each answer a request as often as its share says, and by its id', async () => {
    const { routes, ask } = await routed();
    const scorers = routes.map(({ role }) => scorer(trained(role === 'champion' ? 3 : 5)));
    const all = new Set<string>();
    let canaries = 0;
    for (let i = 0; i < 400; i++) {
      const { predictions, ...rest } = await ask('/predict', [first, first]);
      const at = drawOf(predictions[0].id) < 0.7 ? 0 : 1;
      const { share: _share, ...route } = routes[at];
      expect(rest).toEqual({ model: MODEL, stage: 'production', ...route });
      for (const { id, probability } of predictions) {
        expect(probability).toBe(scorers[at]!.scoreRecord(first));
        all.add(id);
      }
      canaries += at;
    }
    expect(all.size).toBe(800);
    // Five standard errors of a share of 0.3 among 400.
    expect(Math.abs(canaries / 400 - 0.3)).toBeLessThan(0.115);
  });

  it('are all shown and checked by health, which is not ok where one can’t be loaded', async () => {
    const { w, routes, ask } = await routed();
    expect(await ask('/health')).toMatchObject({ status: 'ok', routes });
    const broken = await routed();
    broken.w.artifacts.corrupt('models', routes[1].sha256);
    expect(await broken.ask('/health')).toMatchObject({
      status: 'degraded',
      checks: [{ name: 'pointer', ok: true }, { ok: true }, { ok: true }, { ok: false }],
    });
    expect(w.logs).toEqual([]);
  });
});

describe('GET /health', () => {
  const health = (w: Api, as?: string) =>
    w.call('serve-model', 'GET', '/health', { as, query: { model: MODEL } });

  it('says what serves to everybody, and the details to viewers', async () => {
    const { w, hashes } = await serving(3);
    const open = await health(w);
    expect(open.body).toEqual({
      status: 'ok',
      stage: 'production',
      model: MODEL,
      version: 1,
      sha256: hashes[0],
      routes: allTraffic(1, hashes[0]!),
      code: CODE,
      checks: ['pointer', 'artifact', 'code'].map((name) => ({ name, ok: true })),
    });
    const viewer = await health(w, 'viewer');
    expect(viewer.body['memoryMb']).toBe(64);
    expect(viewer.body['checks'][1].detail).toContain(hashes[0]);
    expect((await health(w, 'viewer-other')).body).toEqual(open.body);
    expect((await health(w, 'forged')).status).toBe(401);
  });

  it('is empty before there is a champion', async () => {
    const w = await api();
    expect(await health(w)).toMatchObject({
      status: 200,
      body: { status: 'empty', version: null },
    });
    const any = await w.call('serve-model', 'GET', '/health');
    expect(any).toMatchObject({ status: 200, body: { status: 'ok', model: null } });
  });
});

describe('when DynamoDB does not answer', () => {
  async function breakable() {
    const { w } = await serving(3);
    let broken = false;
    const handler = serveModel({
      identity: { verify: async () => w.principals['caller']! },
      slot: 'production',
      registry: {
        pointer: async (model, slot) => {
          if (broken) throw new TitleholderError('Unavailable', 'DynamoDB does not answer');
          return w.registry.pointer(model, slot);
        },
      },
      artifacts: w.artifacts,
      clock: { now: () => new Date(now).toISOString() },
      ids: memoryIds(),
      code: CODE,
      memoryMb: () => 1,
      log: () => undefined,
    });
    let now = 0;
    const ask = (path: '/health' | '/predict') =>
      handler({
        internal: { path, model: MODEL, ...(path === '/predict' && { records: [first] }) },
      });
    return {
      ask,
      fail: () => (broken = true),
      heal: () => (broken = false),
      pass: (ms: number) => (now += ms),
    };
  }

  it('the last known champion serves on, and health says so', async () => {
    const { ask, fail, heal, pass } = await breakable();
    await ask('/predict');
    fail();
    pass(10_000);
    expect(await ask('/predict')).toMatchObject({ version: 1 });
    expect(await ask('/health')).toMatchObject({
      status: 'degraded',
      version: 1,
      checks: [{ name: 'pointer', ok: false }, { ok: true }, { ok: true }],
    });
    heal();
    pass(500);
    expect(await ask('/health')).toMatchObject({ status: 'ok' });
  });

  it('an environment that knew none says that it cannot', async () => {
    const { ask, fail } = await breakable();
    fail();
    await expect(ask('/predict')).rejects.toMatchObject({ name: 'Unavailable' });
    expect(await ask('/health')).toMatchObject({ status: 'degraded', version: null });
  });
});

describe('a direct invocation', () => {
  it('answers with the plain document, and throws by name', async () => {
    const { w } = await serving(3);
    const handler = w.functions['serve-model'];
    const answer = await handler({
      internal: { path: '/predict', model: MODEL, records: [first] },
    });
    expect(answer).toMatchObject({ model: MODEL, version: 1, stage: 'production' });
    await expect(
      handler({ internal: { path: '/predict', model: MODEL, records: [{}] } }),
    ).rejects.toMatchObject({ name: 'DataInvalid' });
    await expect(
      handler({ internal: { path: '/predict', model: 'another', records: [first] } }),
    ).rejects.toMatchObject({ name: 'NotFound' });
    await expect(handler({ internal: { path: '/secret', model: MODEL } })).rejects.toMatchObject({
      name: 'BadInput',
    });
    expect(await handler({ internal: { path: '/health', model: MODEL } })).toMatchObject({
      status: 'ok',
      memoryMb: 64,
    });
  });

  it('cannot be made through API Gateway, whatever the body says', async () => {
    const { w } = await serving(3);
    const internal = { path: '/predict', model: MODEL, records: [first] };
    const answer = await w.call('serve-model', 'POST', '/predict', { body: { internal } });
    expect(answer.status).toBe(401);
  });
});
