import * as z from 'zod';
import { TitleholderError } from '#domain/errors.ts';
import type { TrackedRun, Tracking, TrackingAliases, TrackingRun } from '#domain/ports/tracking.ts';
import type { HttpCall } from '#adapters/aws/clients.ts';
import { API, type Deadline, deadlineIn, mlflowClient, Refused } from './client.ts';
import { assertWritable, experimentName, TAGS } from './limits.ts';
import { MODEL_FOLDER, readArtifact, withModelFolder } from './run-model.ts';

const Nothing = z.unknown();
const Pairs = z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]);
const Metrics = z
  .array(z.object({ key: z.string(), value: z.union([z.number(), z.string()]) }))
  .default([]);
const RunAnswer = z.object({
  info: z.object({
    run_id: z.string(),
    run_name: z.string().default(''),
    experiment_id: z.string(),
    status: z.string(),
    start_time: z.int().optional(),
  }),
  data: z
    .object({
      metrics: Metrics,
      params: Pairs,
      tags: Pairs,
    })
    .default({ metrics: [], params: [], tags: [] }),
});
type RunAnswer = z.infer<typeof RunAnswer>;
/** Only an answer about one run says which models it made. */
const RunOutputs = z.object({
  run: z.object({
    info: z.object({ experiment_id: z.string() }),
    outputs: z
      .object({ model_outputs: z.array(z.object({ model_id: z.string() })).default([]) })
      .default({ model_outputs: [] }),
  }),
});
const LoggedModel = z.object({ model: z.object({ info: z.object({ model_id: z.string() }) }) });
const RunsAnswer = z.object({
  runs: z.array(RunAnswer).default([]),
  next_page_token: z.string().optional(),
});
const Experiment = z.object({
  experiment_id: z.string(),
  lifecycle_stage: z.string().default('active'),
});
const VersionAnswer = z.object({
  version: z.union([z.string(), z.number()]).transform(Number),
  tags: Pairs,
});
type VersionAnswer = z.infer<typeof VersionAnswer>;

const Listing = z.object({
  files: z.array(z.object({ path: z.string(), is_dir: z.boolean().default(false) })).default([]),
});

const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';
const ALIASES = ['champion', 'challenger', 'previous'] as const;
const PAGE = 1000;

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
  const totalMillis = options.totalMillis ?? 20_000;
  const deadline = () => deadlineIn(totalMillis);
  const recording = new Map<string, Promise<{ readonly trackingRunId: string }>>();

  const findExperiment = async (name: string, until: Deadline): Promise<string | undefined> => {
    try {
      const { experiment } = await client.get(
        `${API}/experiments/get-by-name`,
        { experiment_name: name },
        z.object({ experiment: Experiment }),
        until,
      );
      // MLflow answers deleted experiments by name too, and refuses new runs in them.
      if (experiment.lifecycle_stage === 'deleted') {
        const body = { experiment_id: experiment.experiment_id };
        await client.send('POST', `${API}/experiments/restore`, body, Nothing, until);
      }
      return experiment.experiment_id;
    } catch (error) {
      if (error instanceof Refused && error.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
      throw error;
    }
  };

  const experimentOf = async (model: string, until: Deadline): Promise<string> => {
    const name = experimentName(model);
    const old = await findExperiment(name, until);
    if (old !== undefined) return old;
    try {
      const made = await client.send(
        'POST',
        `${API}/experiments/create`,
        { name, tags: [{ key: TAGS.model, value: model }] },
        z.object({ experiment_id: z.string() }),
        until,
      );
      return made.experiment_id;
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
      const raced = await findExperiment(name, until);
      if (raced === undefined) throw error;
      return raced;
    }
  };

  const search = (
    body: {
      readonly experiment_ids: readonly string[];
      readonly filter: string;
      readonly max_results: number;
      readonly page_token?: string;
    },
    until: Deadline,
  ) =>
    client.send(
      'POST',
      `${API}/runs/search`,
      { ...body, order_by: ['attributes.start_time DESC', 'attributes.run_id DESC'] },
      RunsAnswer,
      until,
    );

  const findByKey = async (
    experiment: string,
    key: string,
    until: Deadline,
  ): Promise<RunAnswer | undefined> => {
    const { runs } = await search(
      {
        experiment_ids: [experiment],
        filter: `tags.\`${TAGS.key}\` = '${quoted(key)}'`,
        max_results: 10,
      },
      until,
    );
    return [...runs].sort((a, b) => (a.info.run_id < b.info.run_id ? -1 : 1))[0];
  };

  const write = async (run: TrackingRun): Promise<{ readonly trackingRunId: string }> => {
    const until = deadline();
    assertWritable(run);
    const experiment = await experimentOf(run.model, until);
    let found = await findByKey(experiment, run.key, until);
    if (found?.info.status === 'FINISHED') return { trackingRunId: found.info.run_id };
    const artifact = readArtifact(run);
    if (found === undefined) {
      // The key goes in with the creation: a lost answer leaves a run that the next search finds.
      const created = await client
        .send(
          'POST',
          `${API}/runs/create`,
          {
            experiment_id: experiment,
            run_name: run.name,
            start_time: millisOf(run.startedAt),
            tags: [{ key: TAGS.key, value: run.key }],
          },
          z.object({ run: RunAnswer }),
          until,
        )
        .then((answer) => answer.run);
      // Retried inside, it may have been created twice: all agree on the smallest id.
      found = (await findByKey(experiment, run.key, until)) ?? created;
    }
    const id = found.info.run_id;
    const timestamp = millisOf(run.endedAt);
    const modelId = artifact === undefined ? undefined : await loggedModel(run, id, until);
    const whole =
      artifact === undefined || modelId === undefined
        ? run
        : withModelFolder(run, artifact, { runId: id, modelId });
    const { params, metrics, tags } = assertWritable(whole);
    for (const batch of batches(params, metrics, tags, timestamp)) {
      await client.send('POST', `${API}/runs/log-batch`, { run_id: id, ...batch }, Nothing, until);
    }
    await Promise.all(
      whole.files.map((file) =>
        client.putFile(
          file.path.startsWith(MODEL_FOLDER) && modelId !== undefined
            ? `${ARTIFACTS}/${experiment}/models/${modelId}/artifacts/${encoded(file.path.slice(MODEL_FOLDER.length))}`
            : `${ARTIFACTS}/${experiment}/${id}/artifacts/${encoded(file.path)}`,
          file.bytes,
          file.contentType,
          until,
        ),
      ),
    );
    if (modelId !== undefined) {
      await client.send(
        'PATCH',
        `${API}/logged-models/${modelId}`,
        { model_id: modelId, status: 'LOGGED_MODEL_READY' },
        Nothing,
        until,
      );
    }
    await client.send(
      'POST',
      `${API}/runs/update`,
      { run_id: id, status: 'FINISHED', end_time: timestamp },
      Nothing,
      until,
    );
    return { trackingRunId: id };
  };

  /** The model that a run made, if it made one. */
  const modelOf = async (id: string, until: Deadline): Promise<string | undefined> => {
    const { run } = await client.get(`${API}/runs/get`, { run_id: id }, RunOutputs, until);
    return run.outputs.model_outputs.map((m) => m.model_id).sort()[0];
  };

  /**
   * The run's logged model: creating one isn't idempotent, so a repeated write looks at the run's outputs
   * first. One whose answer was lost stays behind, pending and of no run.
   */
  const loggedModel = async (run: TrackingRun, id: string, until: Deadline): Promise<string> => {
    const old = await modelOf(id, until);
    if (old !== undefined) return old;
    const { model } = await client.send(
      'POST',
      `${API}/logged-models`,
      {
        experiment_id: await experimentOf(run.model, until),
        // So that `runs:/<run id>/model` names it, too.
        name: 'model',
        source_run_id: id,
        tags: [{ key: TAGS.model, value: run.model }],
      },
      LoggedModel,
      until,
    );
    const modelId = model.info.model_id;
    const body = { run_id: id, models: [{ model_id: modelId, step: 0 }] };
    await client.send('POST', `${API}/runs/outputs`, body, Nothing, until);
    return modelId;
  };

  const listModelFiles = async (id: string, until: Deadline, path?: string): Promise<string[]> => {
    const { files } = await client.get(
      `${API}/logged-models/${id}/artifacts/directories`,
      { artifact_directory_path: path },
      Listing,
      until,
    );
    const nested = await Promise.all(
      files.map((f) => (f.is_dir ? listModelFiles(id, until, f.path) : Promise.resolve([f.path]))),
    );
    return nested.flat();
  };

  const listFiles = async (id: string, until: Deadline, path?: string): Promise<string[]> => {
    const { files } = await client.get(
      `${API}/artifacts/list`,
      { run_id: id, path },
      Listing,
      until,
    );
    const nested = await Promise.all(
      files.map((f) => (f.is_dir ? listFiles(id, until, f.path) : Promise.resolve([f.path]))),
    );
    return nested.flat().sort();
  };

  /** Every MLflow version of a model, by the tag that says our number. */
  const versionsOf = async (model: string, until: Deadline): Promise<VersionAnswer[]> => {
    const found: VersionAnswer[] = [];
    let token: string | undefined;
    do {
      const page = await client.get(
        `${API}/model-versions/search`,
        { filter: `name='${quoted(model)}'`, max_results: PAGE, page_token: token },
        z.object({
          model_versions: z.array(VersionAnswer).default([]),
          next_page_token: z.string().optional(),
        }),
        until,
      );
      found.push(...page.model_versions);
      token = page.next_page_token === '' ? undefined : page.next_page_token;
    } while (token !== undefined);
    return found;
  };

  const setAlias = (model: string, alias: string, version: number, until: Deadline) =>
    client.send(
      'POST',
      `${API}/registered-models/alias`,
      { name: model, alias, version: String(version) },
      Nothing,
      until,
    );

  return {
    record(run) {
      // The same key twice in one process is one write.
      const running = recording.get(run.key);
      if (running !== undefined) return running;
      const written = write(run).finally(() => recording.delete(run.key));
      recording.set(run.key, written);
      return written;
    },

    async registerVersion({ model, version, sha256, trackingRunId, commit, description }) {
      const until = deadline();
      try {
        await client.send(
          'POST',
          `${API}/registered-models/create`,
          { name: model, tags: [{ key: TAGS.model, value: model }] },
          Nothing,
          until,
        );
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
      }
      const mine = (v: VersionAnswer) => tagOf(v, TAGS.version) === String(version);
      const smallest = (all: readonly VersionAnswer[]) =>
        all.filter(mine).sort((a, b) => a.version - b.version)[0]?.version;
      const old = smallest(await versionsOf(model, until));
      if (old !== undefined) return { trackingVersion: old };
      const modelId = await modelOf(trackingRunId, until);
      const { model_version: made } = await client.send(
        'POST',
        `${API}/model-versions/create`,
        {
          name: model,
          ...(modelId === undefined
            ? { source: `runs:/${trackingRunId}/model` }
            : { source: `models:/${modelId}`, model_id: modelId }),
          run_id: trackingRunId,
          description,
          tags: [
            { key: TAGS.version, value: String(version) },
            { key: TAGS.sha256, value: sha256 },
            { key: TAGS.commit, value: commit },
          ],
        },
        z.object({ model_version: VersionAnswer }),
        until,
      );
      // A retried creation may have made two: the smallest number is the version's.
      return { trackingVersion: smallest(await versionsOf(model, until)) ?? made.version };
    },

    async setAliases(model, aliases) {
      const until = deadline();
      const wanted = ALIASES.map((alias) => ({ alias, version: aliases[alias] }));
      const known = wanted.some((w) => w.version !== null) ? await versionsOf(model, until) : [];
      // All are looked up before the first is moved.
      const moves = wanted.map(({ alias, version }) => {
        if (version === null) return { alias, number: null };
        const numbers = known
          .filter((v) => tagOf(v, TAGS.version) === String(version))
          .map((v) => v.version);
        if (numbers.length === 0) {
          throw new TitleholderError(
            'TrackingRefused',
            `version ${version} of ${model} is not registered in MLflow yet`,
            { model, version },
          );
        }
        return { alias, number: Math.min(...numbers) };
      });
      for (const { alias, number } of moves) {
        if (number !== null) await setAlias(model, alias, number, until);
        else {
          try {
            const body = { name: model, alias };
            await client.send('DELETE', `${API}/registered-models/alias`, body, Nothing, until);
          } catch (error) {
            // No model, no alias.
            if (!(error instanceof Refused) || error.code !== 'RESOURCE_DOES_NOT_EXIST') {
              throw error;
            }
          }
        }
      }
    },

    async aliases(model) {
      const until = deadline();
      const Registered = z.object({
        registered_model: z.object({
          aliases: z
            .array(
              z.object({
                alias: z.string(),
                version: z.union([z.string(), z.number()]).transform(Number),
              }),
            )
            .default([]),
        }),
      });
      try {
        const { registered_model } = await client.get(
          `${API}/registered-models/get`,
          { name: model },
          Registered,
          until,
        );
        if (registered_model.aliases.length === 0) {
          return { champion: null, challenger: null, previous: null };
        }
        const versions = await versionsOf(model, until);
        const ours = (alias: keyof TrackingAliases): number | null => {
          const number = registered_model.aliases.find((a) => a.alias === alias)?.version;
          const version = versions.find((v) => v.version === number);
          const tag = version === undefined ? undefined : tagOf(version, TAGS.version);
          return tag === undefined ? null : Number(tag);
        };
        return {
          champion: ours('champion'),
          challenger: ours('challenger'),
          previous: ours('previous'),
        };
      } catch (error) {
        if (error instanceof Refused && error.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
        throw error;
      }
    },

    async setTag(trackingRunId, key, value) {
      assertWritable({ tags: { [key]: value } });
      const body = { run_id: trackingRunId, key, value };
      await client.send('POST', `${API}/runs/set-tag`, body, Nothing, deadline());
    },

    async runs({ model, stage, commit, limit, cursor }) {
      const until = deadline();
      const experiments =
        model === undefined
          ? await allExperiments(until)
          : [await findExperiment(experimentName(model), until)].filter((id) => id !== undefined);
      if (experiments.length === 0) return { runs: [] };
      const filter = [
        ...(stage === undefined ? [] : [`tags.stage = '${quoted(stage)}'`]),
        // A commit may be a prefix; `%` and `_` would be wild, hex digits aren't.
        ...(commit === undefined ? [] : [`tags.commit_sha LIKE '${hex(commit)}%'`]),
      ].join(' and ');
      const page = await search(
        {
          experiment_ids: experiments,
          filter,
          max_results: Math.max(1, Math.min(PAGE, Math.trunc(limit))),
          ...(cursor === undefined ? {} : { page_token: cursor }),
        },
        until,
      );
      const runs = page.runs.map((run) => toTracked(run, filesTag(run)));
      return page.next_page_token === undefined || page.next_page_token === ''
        ? { runs }
        : { runs, cursor: page.next_page_token };
    },

    async run(trackingRunId) {
      const until = deadline();
      try {
        const { run } = await client.get(
          `${API}/runs/get`,
          { run_id: trackingRunId },
          z.object({ run: RunAnswer }),
          until,
        );
        const modelId = await modelOf(trackingRunId, until);
        const own = await listFiles(trackingRunId, until);
        const ofModel = modelId === undefined ? [] : await listModelFiles(modelId, until);
        const files = [...own, ...ofModel.map((path) => `${MODEL_FOLDER}${path}`)];
        return toTracked(run, files.sort());
      } catch (error) {
        if (error instanceof Refused && error.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
        throw error;
      }
    },

    healthy: () => client.ping(Math.min(3_000, totalMillis)),
  };

  async function allExperiments(until: Deadline): Promise<string[]> {
    const { experiments } = await client.send(
      'POST',
      `${API}/experiments/search`,
      { filter: `name LIKE '${experimentName('')}%'`, max_results: PAGE },
      z.object({ experiments: z.array(Experiment).default([]) }),
      until,
    );
    return experiments.map((e) => e.experiment_id);
  }
}

/** At most 1,000 metrics, 100 params and 100 tags a batch, and 1,000 in all. */
function batches(
  params: readonly Pair<string>[],
  metrics: readonly Point[],
  tags: readonly Pair<string>[],
  timestamp: number,
) {
  const found: object[] = [];
  const small = Math.max(params.length, tags.length, 1);
  for (let i = 0; i < small; i += 100) {
    found.push({ params: params.slice(i, i + 100), tags: tags.slice(i, i + 100), metrics: [] });
  }
  for (let i = 0; i < metrics.length; i += 1000) {
    const some = metrics.slice(i, i + 1000);
    found.push({
      params: [],
      tags: [],
      metrics: some.map((m) => ({ ...m, timestamp })),
    });
  }
  return found;
}
interface Pair<T> {
  readonly key: string;
  readonly value: T;
}
interface Point extends Pair<number> {
  readonly step: number;
}

function toTracked(run: RunAnswer, files: readonly string[]): TrackedRun {
  const { info, data } = run;
  const tags = Object.fromEntries(data.tags.map((t) => [t.key, t.value]));
  return {
    trackingRunId: info.run_id,
    name: info.run_name,
    stage: tags['stage'] ?? '',
    status: info.status,
    startedAt: info.start_time === undefined ? null : new Date(info.start_time).toISOString(),
    params: Object.fromEntries(data.params.map((p) => [p.key, p.value])),
    metrics: Object.fromEntries(data.metrics.map((m) => [m.key, Number(m.value)])),
    tags,
    files,
  };
}

/** A list of runs reads their file names from a tag: one request instead of one a run. */
function filesTag(run: RunAnswer): readonly string[] {
  const tag = run.data.tags.find((t) => t.key === TAGS.files)?.value;
  return tag === undefined || tag === '' ? [] : tag.split('\n');
}

function tagOf(version: VersionAnswer, key: string): string | undefined {
  return version.tags.find((t) => t.key === key)?.value;
}

/** ISO 8601 to whole milliseconds: a fraction would make MLflow drop the batch and answer 200. */
function millisOf(at: string): number {
  const millis = Math.trunc(Date.parse(at));
  if (Number.isNaN(millis)) throw new TitleholderError('TrackingRefused', `not a time: ${at}`);
  return millis;
}

/** MLflow's filters have no escape for a quote. */
function quoted(value: string): string {
  if (/['"`\\]/.test(value)) {
    throw new TitleholderError('TrackingRefused', 'a quote can not be searched for in MLflow');
  }
  return value;
}

function hex(commit: string): string {
  if (!/^[0-9a-f]{1,40}$/.test(commit)) {
    throw new TitleholderError('BadInput', 'a commit is up to 40 hex digits');
  }
  return commit;
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
