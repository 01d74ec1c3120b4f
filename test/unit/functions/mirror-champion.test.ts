import { describe, expect, it } from 'vitest';
import { sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { deliverOutbox } from '../../../functions/deliver-outbox/handler.ts';
import { mirrorChampion } from '../../../functions/mirror-champion/handler.ts';
import { type Api, api } from '../../support/api.ts';
import { MODEL } from '../../support/world.ts';

const event = (version: number, sequence: number) => ({
  Records: [
    {
      messageId: `m${sequence}`,
      body: JSON.stringify({
        source: 'titleholder',
        'detail-type': 'ChampionMoved',
        detail: {
          schemaVersion: 1,
          model: MODEL,
          kind: 'promoted',
          version,
          sha256: sha256Hex(String(version)),
          previousVersion: null,
          sequence,
          runId: null,
          actor: 'a',
          reason: 'r',
          at: '2026-01-02T03:04:05.000Z',
        },
      }),
    },
  ],
});

/** Versions 1 to 3 promoted one after the other, each with its run in MLflow. */
async function three() {
  const w = await api();
  const versions: string[] = [];
  for (const version of [1, 2, 3]) {
    const { trackingRunId } = await w.tracking.record({
      key: `run-${version}`,
      model: MODEL,
      name: 'CD',
      stage: 'CD',
      startedAt: `2026-01-01T00:00:0${version}.000Z`,
      endedAt: `2026-01-01T00:00:0${version}.000Z`,
      params: {},
      metrics: {},
      files: [],
      tags: {
        commit_sha: 'c',
        stage: 'CD',
        dataset_window: '2023/2024',
        seed: '7',
        model_version: 'none',
      },
    });
    versions.push(trackingRunId);
    await w.move('staging', version, sha256Hex(String(version)));
    await w.move('production', version, sha256Hex(String(version)));
  }
  const registry = {
    ...w.registry,
    versions: async (model: string) =>
      (await w.registry.versions(model)).map((v) => ({
        ...v,
        trackingRunId: versions[v.version - 1] ?? null,
      })),
  };
  const mirror = mirrorChampion({ registry, tracking: w.tracking, log: () => undefined });
  return { w, registry, mirror };
}

const deploys = async (w: Api) =>
  (await w.tracking.runs({ model: MODEL, stage: 'Deploy', limit: 100 })).runs;

describe('mirror-champion', () => {
  it('ends the same whatever the order and number of its events', async () => {
    const { w, mirror } = await three();
    // Of six moves it hears of two, late ones first and twice.
    for (const [version, sequence] of [
      [3, 6],
      [1, 2],
      [3, 6],
    ] as const) {
      expect(await mirror(event(version, sequence))).toEqual({ batchItemFailures: [] });
    }
    expect(await w.tracking.aliases(MODEL)).toEqual({ champion: 3, challenger: null, previous: 2 });
    expect(w.tracking.registered.map((r) => r.version)).toEqual([1, 2, 3]);
    const trained = (await w.tracking.runs({ model: MODEL, stage: 'CD', limit: 10 })).runs;
    expect(trained.map((r) => r.tags['model_version']).sort()).toEqual(['1', '2', '3']);
    const runs = await deploys(w);
    expect(runs.map((r) => r.tags['model_version']).sort()).toEqual(['1', '2', '3']);
    for (const run of runs) {
      expect(run.tags).toMatchObject({
        commit_sha: w.commit.commit,
        stage: 'Deploy',
        dataset_window: '2023/2024',
        seed: '7',
        rollback: 'false',
      });
      expect(run.files).toEqual(['ledger-entry.json']);
    }
  });

  it('points the aliases at the champion though an older run was deleted in MLflow', async () => {
    const { w, registry } = await three();
    const lines: string[] = [];
    let refused = 0;
    const tracking = {
      ...w.tracking,
      setTag: async (id: string, key: string, value: string) => {
        const run = await w.tracking.run(id);
        if (run?.startedAt === '2026-01-01T00:00:02.000Z') {
          refused += 1;
          throw new TitleholderError('TrackingRefused', 'the run must be in the active state');
        }
        await w.tracking.setTag(id, key, value);
      },
    };
    const mirror = mirrorChampion({ registry, tracking, log: (line) => void lines.push(line) });
    expect(await mirror(event(3, 6))).toEqual({ batchItemFailures: [] });
    expect(refused).toBeGreaterThan(0);
    expect(await w.tracking.aliases(MODEL)).toMatchObject({ champion: 3, previous: 2 });
    expect(lines).toContain('MLflow refused to tag a run');
  });

  it('follows a rollback, and never calls a version that was rolled back a challenger', async () => {
    const { w, mirror } = await three();
    await w.move('production', 2, sha256Hex('2'), 'rolled_back');
    await mirror(event(2, 7));
    expect(await w.tracking.aliases(MODEL)).toEqual({ champion: 2, challenger: null, previous: 1 });
    const back = (await deploys(w)).filter((r) => r.tags['rollback'] === 'true');
    expect(back.map((r) => [r.tags['model_version'], r.params['previous_version']])).toEqual([
      ['2', '3'],
    ]);
  });

  it('names what staging serves the challenger', async () => {
    const { w, mirror } = await three();
    await w.move('staging', 2, sha256Hex('2'));
    await mirror(event(2, 7));
    expect(await w.tracking.aliases(MODEL)).toMatchObject({ champion: 3, challenger: 2 });
  });

  it('writes again when the pointer moved while it wrote', async () => {
    const { w, registry } = await three();
    let moved = false;
    const tracking = {
      ...w.tracking,
      setAliases: async (model: string, aliases: Parameters<typeof w.tracking.setAliases>[1]) => {
        await w.tracking.setAliases(model, aliases);
        if (moved) return;
        moved = true;
        await w.move('production', 2, sha256Hex('2'), 'rolled_back');
      },
    };
    await mirrorChampion({ registry, tracking, log: () => undefined })(event(3, 6));
    expect(await w.tracking.aliases(MODEL)).toMatchObject({ champion: 2, previous: 1 });
  });

  it('tags no run with a rejection that the ledger does not have', async () => {
    const { w, mirror } = await three();
    const trackingRunId = (await w.tracking.runs({ model: MODEL, stage: 'CD', limit: 1 })).runs[0]!
      .trackingRunId;
    const detail = {
      schemaVersion: 1,
      model: MODEL,
      kind: 'rejected',
      runId: w.commit.runId,
      sequence: 6,
      trackingRunId,
      actor: 'mallory',
      reason: 'r',
      at: '2026-01-02T03:04:05.000Z',
    };
    const body = JSON.stringify({ source: 'titleholder', 'detail-type': 'RunRejected', detail });
    expect(await mirror({ Records: [{ messageId: 'm', body }] })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm' }],
    });
    expect((await w.tracking.run(trackingRunId))?.tags).not.toHaveProperty('decided_by');
  });

  it('gives back what MLflow did not take, and what it cannot read', async () => {
    const { w, registry } = await three();
    const setAliases = () => Promise.reject(new TitleholderError('TrackingUnavailable', 'down'));
    const broken = mirrorChampion({
      registry,
      tracking: { ...w.tracking, setAliases },
      log: () => undefined,
    });
    expect(await broken(event(3, 6))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm6' }] });
    expect(await broken({ Records: [{ messageId: 'x', body: '{}' }] })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'x' }],
    });
  });
});

describe('deliver-outbox', () => {
  it('publishes what is left and marks it; what fails stays and is told of', async () => {
    const outbox = new Map(
      ['a', 'b', 'c'].map((id) => [id, { id, type: 'ChampionMoved', detail: { id } }]),
    );
    let broken = 'b';
    const published: unknown[] = [];
    const deliver = deliverOutbox({
      outbox: {
        pending: async () => [...outbox.values()],
        delivered: async (id) => void outbox.delete(id),
      },
      bus: {
        publish: async (e) => {
          if ((e.detail as { id: string }).id === broken)
            throw new TitleholderError('Unavailable', 'full');
          published.push(e);
        },
      },
      log: () => undefined,
    });
    await expect(deliver()).rejects.toMatchObject({
      name: 'Unavailable',
      details: { failed: 1, first: 'b' },
    });
    expect([...outbox.keys()]).toEqual(['b']);
    broken = '';
    expect(await deliver()).toEqual({ delivered: 1 });
    expect(await deliver()).toEqual({ delivered: 0 });
    expect(published).toHaveLength(3);
  });
});
