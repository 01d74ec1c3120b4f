import { TitleholderError } from '#domain/errors.ts';
import type { Tracking, TrackingArtifact, TrackingRun } from '#domain/ports/tracking.ts';
import type { HttpCall } from '#adapters/aws/clients.ts';
import { deadlineIn, mlflowClient } from './client.ts';
import { mlflowExperiments } from './experiments.ts';
import { mlflowFiles } from './files.ts';
import { writableOf, filterText } from './limits.ts';
import { mlflowLoggedModels } from './logged-models.ts';
import { mlflowRegistry } from './registry.ts';
import type { RunModel } from './run-model.ts';
import { filesTagOf, mlflowRuns, toTracked } from './runs.ts';

export interface MlflowOptions {
  /** One operation in all, retries included. */
  readonly totalMillis?: number;
}

/**
 * MLflow's tracking server and model registry over REST (measured on 3.17.2).
 *
 * Runs lie in the experiment `titleholder/<model>` and bear the tag `titleholder.key`, by which a
 * repeated write finds its run: MLflow's own creation isn't idempotent. A run becomes FINISHED last, so
 * a half-written one is written again. Two processes that record one key at the same moment may both
 * create a run; both are then complete, and readers take the one with the smaller id.
 */
export function mlflowTracking(call: HttpCall, options: MlflowOptions = {}): Tracking {
  const client = mlflowClient(call);
  const experiments = mlflowExperiments(client);
  const runs = mlflowRuns(client);
  const models = mlflowLoggedModels(client);
  const files = mlflowFiles(client);
  const registry = mlflowRegistry(client);
  const totalMillis = options.totalMillis ?? 20_000;
  const deadline = () => deadlineIn(totalMillis);
  const recording = new Map<string, Promise<{ readonly trackingRunId: string }>>();

  const write = async (run: TrackingRun): Promise<{ readonly trackingRunId: string }> => {
    const until = deadline();
    writableOf(run);
    const experiment = await experiments.findOrCreate(run.model, until);
    const old = await runs.find(experiment, run.key, until);
    if (old?.info.status === 'FINISHED') return { trackingRunId: old.info.run_id };
    const model = run.artifact === undefined ? undefined : await readModel(run.artifact);
    const { info } = old ?? (await runs.create(experiment, run, until));
    const id = info.run_id;
    const modelId =
      model === undefined
        ? undefined
        : await models.findOrCreate({ model: run.model, experiment, runId: id }, until);
    const whole =
      model === undefined || modelId === undefined
        ? run
        : { ...run, files: [...run.files, ...model.filesOf({ runId: id, modelId })] };
    await runs.log(id, writableOf(whole), run.endedAt, until);
    await files.write({ experiment, runId: id, modelId }, whole.files, until);
    if (modelId !== undefined) await models.finish(modelId, until);
    await runs.finish(id, run.endedAt, until);
    return { trackingRunId: id };
  };

  return {
    record(run) {
      // The same key twice in one process is one write.
      const running = recording.get(run.key);
      if (running !== undefined) return running;
      const written = write(run).finally(() => recording.delete(run.key));
      recording.set(run.key, written);
      return written;
    },

    async registerVersion(of) {
      const until = deadline();
      const modelId = await models.find(of.trackingRunId, until);
      return { trackingVersion: await registry.register({ ...of, modelId }, until) };
    },

    setAliases: (model, aliases) => registry.setAliases(model, aliases, deadline()),

    aliases: (model) => registry.aliases(model, deadline()),

    async setTag(trackingRunId, key, value) {
      writableOf({ tags: { [key]: value } });
      await runs.setTag(trackingRunId, key, value, deadline());
    },

    async runs({ model, stage, commit, limit, cursor }) {
      const until = deadline();
      const within =
        model === undefined
          ? await experiments.all(until)
          : [await experiments.find(model, until)].filter((id) => id !== undefined);
      if (within.length === 0) return { runs: [] };
      const filter = [
        ...(stage === undefined ? [] : [`tags.stage = '${filterText(stage)}'`]),
        // A commit may be a prefix; `%` and `_` would be wild, hex digits aren't.
        ...(commit === undefined ? [] : [`tags.commit_sha LIKE '${hex(commit)}%'`]),
      ].join(' and ');
      const page = await runs.search(
        { experiments: within, filter, limit, ...(cursor === undefined ? {} : { cursor }) },
        until,
      );
      return { ...page, runs: page.runs.map((run) => toTracked(run, filesTagOf(run))) };
    },

    async run(trackingRunId) {
      const until = deadline();
      const run = await runs.get(trackingRunId, until);
      if (run === undefined) return undefined;
      const modelId = await models.find(trackingRunId, until);
      return toTracked(run, await files.list({ runId: trackingRunId, modelId }, until));
    },

    healthy: () => client.ping(Math.min(3_000, totalMillis)),
  };
}

/** Its decoder is loaded only here: readers and the mirror start without it. */
async function readModel(artifact: TrackingArtifact): Promise<RunModel> {
  const { readRunModel } = await import('./run-model.ts');
  return readRunModel(artifact);
}

function hex(commit: string): string {
  if (!/^[0-9a-f]{1,40}$/.test(commit)) {
    throw new TitleholderError('BadInput', 'a commit is up to 40 hex digits');
  }
  return commit;
}
