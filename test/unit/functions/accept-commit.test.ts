import { describe, expect, it } from 'vitest';
import { MAX_BUNDLE_BYTES, MAX_DATA_BYTES } from '#contracts/commit-limits.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { COMMIT, type Api, api } from '../../support/api.ts';
import { bundleBytes, bytes } from '../../support/documents.ts';
import { MODEL } from '../../support/world.ts';

const as = 'committer';
const post = (w: Api, path: string, body: unknown, who = as) =>
  w.call('accept-commit', 'POST', path, { as: who, body });
const bodyOf = (w: Api, change: object = {}) => ({
  model: MODEL,
  commit: COMMIT,
  bundle: w.commit.bundle,
  data: w.commit.data,
  ciReport: w.commit.ciReport,
  ...change,
});

describe('POST /pipeline/uploads', () => {
  it('gives a URL for each object that is not stored', async () => {
    const w = await api();
    const sha256 = sha256Hex('new');
    const answer = await post(w, '/pipeline/uploads', {
      model: MODEL,
      objects: [
        { kind: 'bundles', sha256: w.commit.bundle, bytes: 9 },
        { kind: 'data', sha256, bytes: 3 },
      ],
    });
    expect(answer.status).toBe(200);
    const [stored, missing] = answer.body['uploads'];
    expect(stored).toEqual({ kind: 'bundles', sha256: w.commit.bundle, url: null, headers: {} });
    w.artifacts.upload(missing.url, missing.headers, new TextEncoder().encode('new'));
    expect(await w.artifacts.size('data', sha256)).toBe(3);
  });

  it.each([
    ['bundles', MAX_BUNDLE_BYTES],
    ['data', MAX_DATA_BYTES],
  ])('refuses %s over the limit, naming size and limit', async (kind, limit) => {
    const w = await api();
    const object = { kind, sha256: sha256Hex('x'), bytes: limit + 1 };
    const answer = await post(w, '/pipeline/uploads', { model: MODEL, objects: [object] });
    expect(answer.status).toBe(413);
    expect(answer.body['detail']).toContain(String(limit + 1));
    expect(answer.body['detail']).toContain(String(limit));
  });
});

describe('POST /pipeline/commit', () => {
  it('stores who submitted it, by their token, and who wrote it, and publishes it once', async () => {
    const w = await api();
    const answer = await post(w, '/pipeline/commit', bodyOf(w));
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ runId: w.runId, duplicate: false });
    const stored = await w.commits.get(w.runId);
    expect(stored?.submitter).toBe('committer-1');
    expect(stored?.authors).toEqual(['committer-1', 'ann', 'unmapped@example.org']);
    expect(w.bus.events).toHaveLength(1);
    expect(w.bus.events[0]?.detail).not.toHaveProperty('submitter');

    // Its event was lost: nobody made a run of it.
    w.pass(60_000);
    const again = await post(w, '/pipeline/commit', bodyOf(w));
    expect(again.body).toMatchObject({ duplicate: true, message: `duplicate of ${w.runId}` });
    expect(w.bus.events).toHaveLength(2);
    expect(w.bus.events[1]).toEqual(w.bus.events[0]);

    await w.runs.create(w.run);
    const third = await post(w, '/pipeline/commit', bodyOf(w));
    expect(third.body).toMatchObject({ duplicate: true, message: `duplicate of ${w.runId}` });
    expect(w.bus.events).toHaveLength(2);
  });

  it('takes the same commit with other data for another run', async () => {
    const w = await api();
    const first = await post(w, '/pipeline/commit', bodyOf(w));
    const data = await w.artifacts.put('data', bytes({ another: 'table' }));
    const second = await post(w, '/pipeline/commit', bodyOf(w, { data }));
    expect(second).toMatchObject({ status: 202, body: { duplicate: false } });
    expect(second.body['runId']).not.toBe(first.body['runId']);
    expect(w.bus.events.map(({ detail }) => detail)).toMatchObject([
      { commit: COMMIT, data: w.commit.data },
      { commit: COMMIT, data },
    ]);
    const again = await post(w, '/pipeline/commit', bodyOf(w, { data }));
    expect(again.body).toMatchObject({ duplicate: true, runId: second.body['runId'] });
  });

  it('takes a short hash of one stored commit only', async () => {
    const w = await api();
    const unknown = await post(w, '/pipeline/commit', bodyOf(w, { commit: 'ccccccc' }));
    expect(unknown.status).toBe(400);
    expect(unknown.body['detail']).toMatch(
      /no stored commit that begins with ccccccc; send all 40/,
    );
    await w.open();
    const known = await post(w, '/pipeline/commit', bodyOf(w, { commit: 'ccccccc' }));
    expect(known.body).toMatchObject({ runId: w.runId, duplicate: true });
    const other = `${'c'.repeat(39)}d`;
    await w.commits.put({ ...w.commit, runId: `${MODEL}-cccccccccccc-00000000`, commit: other });
    const two = await post(w, '/pipeline/commit', bodyOf(w, { commit: 'ccccccc' }));
    expect(two.body['detail']).toMatch(/2 stored commits begin with ccccccc/);
  });

  it('takes the first commit of a model that nobody has heard of', async () => {
    const w = await api();
    const document = {
      'model.json': {
        ...JSON.parse(JSON.parse(new TextDecoder().decode(bundleBytes())).files['model.json']),
        name: 'brand-new',
      },
    };
    const bundle = await w.artifacts.put('bundles', bundleBytes({ model: 'brand-new', document }));
    const answer = await post(w, '/pipeline/commit', bodyOf(w, { model: 'brand-new', bundle }));
    expect(answer.status).toBe(202);
  });

  it.each([
    [
      'an object that is not there',
      async () => ({ data: sha256Hex('absent') }),
      400,
      /was not uploaded/,
    ],
    [
      'generated data that nobody uploaded',
      async (w: Api) => {
        const files = JSON.parse(new TextDecoder().decode(bundleBytes())).files;
        const generated = {
          ...JSON.parse(files['model.json']),
          data: { generator: 'claims', rows: 200, seed: 1 },
        };
        const document = { 'model.json': generated };
        const bundle = await w.artifacts.put('bundles', bundleBytes({ document }));
        return { bundle, data: sha256Hex('absent') };
      },
      400,
      /was not uploaded/,
    ],
    [
      'a bundle of another model',
      async (w: Api) => ({
        bundle: await w.artifacts.put('bundles', bundleBytes({ model: 'other' })),
      }),
      400,
      /is of other, not of/,
    ],
    [
      'a model.json of another name',
      async (w: Api) => ({
        bundle: await w.artifacts.put(
          'bundles',
          bundleBytes({ document: { 'model.json': { name: 'x' } } }),
        ),
      }),
      400,
      /model\.json/,
    ],
    [
      'a bundle without policy.json',
      async (w: Api) => ({
        bundle: await w.artifacts.put('bundles', bundleBytes({ files: { 'model.json': '{}' } })),
      }),
      400,
      /model\.json|policy\.json/,
    ],
    [
      'a misspelt limit',
      async (w: Api) => ({
        bundle: await w.artifacts.put(
          'bundles',
          bundleBytes({
            document: {
              'policy.json': { schemaVersion: 1, tier: 'low', gates: [], approval: {}, teir: 1 },
            },
          }),
        ),
      }),
      400,
      /policy\.json.*teir/,
    ],
    [
      'a bundle that is no JSON',
      async (w: Api) => ({ bundle: await w.artifacts.put('bundles', new Uint8Array([1, 2])) }),
      400,
      /the bundle: is not JSON/,
    ],
    [
      'a report that is none',
      async (w: Api) => ({ ciReport: await w.artifacts.put('reports', bytes({ any: 1 })) }),
      400,
      /the CI report/,
    ],
    [
      'a submitter of its own',
      async () => ({ submitter: 'someone' }),
      400,
      /unknown field submitter/,
    ],
    ['a commit that is no hash', async () => ({ commit: 'HEAD' }), 400, /7 to 40 hex/],
    [
      'a bundle that was spoilt',
      async (w: Api) => {
        w.artifacts.corrupt('bundles', w.commit.bundle);
        return {};
      },
      503,
      /hash/,
    ],
  ])('refuses %s and changes nothing', async (_what, change, status, detail) => {
    const w = await api();
    const body = bodyOf(w, await change(w));
    const before = await w.state();
    const answer = await post(w, '/pipeline/commit', body);
    expect([answer.status, answer.body['detail']]).toEqual([status, expect.stringMatching(detail)]);
    expect(await w.state()).toEqual(before);
  });
});

describe('POST /pipeline/start', () => {
  it("sends a stored commit's event again, the latest where none is named", async () => {
    const w = await api();
    expect((await post(w, '/pipeline/start', { model: MODEL })).status).toBe(404);
    await w.commits.put(w.commit);
    const first = await post(w, '/pipeline/start', { model: MODEL, commit: 'ccccccc' });
    expect(first.body).toMatchObject({ runId: w.runId, duplicate: false });
    await w.runs.create(w.run);
    const second = await post(w, '/pipeline/start', { model: MODEL });
    expect(second.body).toMatchObject({ duplicate: true, message: `duplicate of ${w.runId}` });
    expect(w.bus.events).toHaveLength(2);
  });

  it('cannot skip anything: a stage is an unknown field', async () => {
    const w = await api();
    await w.open();
    const before = await w.state();
    const answer = await post(w, '/pipeline/start', { model: MODEL, stage: 'deploy' });
    expect(answer.status).toBe(400);
    expect(answer.body['detail']).toContain('unknown field stage');
    expect(await w.state()).toEqual(before);
  });
});
