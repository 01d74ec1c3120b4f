import { TitleholderError } from '#domain/errors.ts';
import type { TrackedRun, Tracking, TrackingAliases } from '#domain/ports/tracking.ts';
import { writableOf, TAGS } from '#adapters/mlflow/limits.ts';
import { readRunModel } from '#adapters/mlflow/run-model.ts';

export interface MemoryTracking extends Tracking {
  readonly registered: readonly {
    readonly model: string;
    readonly version: number;
    readonly trackingVersion: number;
  }[];
  /** What a run's file holds. */
  file(trackingRunId: string, path: string): Uint8Array | undefined;
}

/** MLflow as the rules see it: one run a key, versions and aliases by the registry's numbers. */
export function memoryTracking(): MemoryTracking {
  const runs = new Map<string, TrackedRun>();
  const modelOf = (run: TrackedRun) => run.tags[TAGS.model];
  const keys = new Map<string, string>();
  const files = new Map<string, Uint8Array>();

  const mustRun = (id: string) => {
    const run = runs.get(id);
    if (run === undefined) throw new TitleholderError('TrackingRefused', `there is no run ${id}`);
    return run;
  };

  const registry = memoryRegistry(mustRun);

  return {
    file: (id, path) => files.get(`${id}/${path}`)?.slice(),
    record: (run) =>
      Promise.try(() => {
        const old = keys.get(run.key);
        if (old !== undefined) return { trackingRunId: old };
        const trackingRunId = (runs.size + 1).toString(16).padStart(32, '0');
        const model = run.artifact === undefined ? undefined : readRunModel(run.artifact);
        const ids = { runId: trackingRunId, modelId: `m-${trackingRunId}` };
        const whole = { ...run, files: [...run.files, ...(model?.filesOf(ids) ?? [])] };
        const { params, metrics, tags } = writableOf(whole);
        keys.set(run.key, trackingRunId);
        runs.set(trackingRunId, {
          trackingRunId,
          name: run.name,
          stage: run.tags['stage'] ?? '',
          status: 'FINISHED',
          startedAt: run.startedAt,
          params: Object.fromEntries(params.map((p) => [p.key, p.value])),
          metrics: Object.fromEntries(metrics.map((m) => [m.key, m.value])),
          tags: Object.fromEntries(tags.map((t) => [t.key, t.value])),
          files: whole.files.map((f) => f.path).sort(),
        });
        for (const f of whole.files) files.set(`${trackingRunId}/${f.path}`, f.bytes.slice());
        return { trackingRunId };
      }),
    ...registry,
    setTag: (id, key, value) =>
      Promise.try(() => {
        writableOf({ tags: { [key]: value } });
        const run = mustRun(id);
        runs.set(id, { ...run, tags: { ...run.tags, [key]: value } });
      }),
    runs: ({ model, stage, commit, limit, cursor }) =>
      Promise.try(() => {
        const all = [...runs.values()]
          .filter(
            (r) =>
              (model === undefined || modelOf(r) === model) &&
              (stage === undefined || r.tags['stage'] === stage) &&
              (commit === undefined || (r.tags['commit_sha'] ?? '').startsWith(commit)),
          )
          .sort((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? 1 : -1));
        const from = cursor === undefined ? 0 : Number(cursor);
        const page = all.slice(from, from + limit).map((r) => structuredClone(r));
        return from + limit < all.length
          ? { runs: page, cursor: String(from + limit) }
          : { runs: page };
      }),
    run: (id) =>
      Promise.try(() => {
        const run = runs.get(id);
        return run === undefined ? undefined : structuredClone(run);
      }),
    healthy: () => Promise.resolve(true),
  };
}

/** Versions and aliases; `mustRun` throws where there is no such run. */
function memoryRegistry(
  mustRun: (id: string) => unknown,
): Pick<MemoryTracking, 'registered' | 'registerVersion' | 'setAliases' | 'aliases'> {
  const registered: { model: string; version: number; trackingVersion: number }[] = [];
  const aliases = new Map<string, TrackingAliases>();
  return {
    registered,
    registerVersion: ({ model, version, trackingRunId }) =>
      Promise.try(() => {
        const old = registered.find((r) => r.model === model && r.version === version);
        if (old !== undefined) return { trackingVersion: old.trackingVersion };
        mustRun(trackingRunId);
        const trackingVersion = registered.filter((r) => r.model === model).length + 1;
        registered.push({ model, version, trackingVersion });
        if (!aliases.has(model)) {
          aliases.set(model, { champion: null, challenger: null, previous: null });
        }
        return { trackingVersion };
      }),
    setAliases: (model, wanted) =>
      Promise.try(() => {
        for (const version of [wanted.champion, wanted.challenger, wanted.previous]) {
          const known = registered.some((r) => r.model === model && r.version === version);
          if (version !== null && !known) {
            throw new TitleholderError(
              'TrackingRefused',
              `version ${version} of ${model} is not registered in MLflow yet`,
              { model, version },
            );
          }
        }
        if (aliases.has(model)) {
          const { champion, challenger, previous } = wanted;
          aliases.set(model, { champion, challenger, previous });
        }
      }),
    aliases: (model) =>
      Promise.try(() => {
        const found = aliases.get(model);
        return found === undefined ? undefined : { ...found };
      }),
  };
}

function sortKeyOf(run: TrackedRun): string {
  return `${run.startedAt ?? ''}#${run.trackingRunId}`;
}
