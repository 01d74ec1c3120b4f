/** MLflow's runs: found by key, created, filled, finished and searched. */
import * as z from 'zod';
import type { TrackedRun, TrackingRun } from '#domain/ports/tracking.ts';
import {
  API,
  type Deadline,
  Ignored,
  isRefused,
  type MlflowClient,
  PAGE,
  Pairs,
} from './client.ts';
import { millisOf, filterText, TAGS, type Writable } from './limits.ts';

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
      metrics: z
        .array(z.object({ key: z.string(), value: z.union([z.number(), z.string()]) }))
        .default([]),
      params: Pairs,
      tags: Pairs,
    })
    .default({ metrics: [], params: [], tags: [] }),
});
export type RunAnswer = z.infer<typeof RunAnswer>;

const RunsAnswer = z.object({
  runs: z.array(RunAnswer).default([]),
  next_page_token: z.string().optional(),
});

/** At most so many params and tags a batch; of metrics as many as a page has entries. */
const BATCH = 100;

export interface RunSearch {
  readonly experiments: readonly string[];
  readonly filter: string;
  readonly limit: number;
  readonly cursor?: string;
}

export interface Runs {
  /** The run of a key, finished or not; of several that a race made, the one with the smallest id. */
  find(experiment: string, key: string, until: Deadline): Promise<RunAnswer | undefined>;
  /** Begins a run; returns the one that `find` then finds. */
  create(experiment: string, run: TrackingRun, until: Deadline): Promise<RunAnswer>;
  get(id: string, until: Deadline): Promise<RunAnswer | undefined>;
  /** Newest first. */
  search(
    query: RunSearch,
    until: Deadline,
  ): Promise<{ readonly runs: readonly RunAnswer[]; readonly cursor?: string }>;
  log(id: string, content: Writable, at: string, until: Deadline): Promise<void>;
  finish(id: string, at: string, until: Deadline): Promise<void>;
  setTag(id: string, key: string, value: string, until: Deadline): Promise<void>;
}

export function mlflowRuns(client: MlflowClient): Runs {
  const search: Runs['search'] = async ({ experiments, filter, limit, cursor }, until) => {
    const page = await client.send(
      'POST',
      `${API}/runs/search`,
      {
        experiment_ids: experiments,
        filter,
        max_results: Math.max(1, Math.min(PAGE, Math.trunc(limit))),
        ...(cursor === undefined ? {} : { page_token: cursor }),
        order_by: ['attributes.start_time DESC', 'attributes.run_id DESC'],
      },
      RunsAnswer,
      until,
    );
    const token = page.next_page_token;
    return token === undefined || token === ''
      ? { runs: page.runs }
      : { runs: page.runs, cursor: token };
  };

  const find: Runs['find'] = async (experiment, key, until) => {
    const filter = `tags.\`${TAGS.key}\` = '${filterText(key)}'`;
    const { runs } = await search({ experiments: [experiment], filter, limit: 10 }, until);
    return [...runs].sort((a, b) => (a.info.run_id < b.info.run_id ? -1 : 1))[0];
  };

  return {
    search,
    find,

    async create(experiment, run, until) {
      // The key goes in with the creation: a lost answer leaves a run that the next search finds.
      const created = await client.send(
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
      );
      // Retried inside, it may have been created twice: all agree on the smallest id.
      return (await find(experiment, run.key, until)) ?? created.run;
    },

    async get(id, until) {
      try {
        const answer = z.object({ run: RunAnswer });
        return (await client.get(`${API}/runs/get`, { run_id: id }, answer, until)).run;
      } catch (error) {
        if (isRefused(error, 'RESOURCE_DOES_NOT_EXIST')) return undefined;
        throw error;
      }
    },

    async log(id, content, at, until) {
      for (const batch of batchesOf(content, millisOf(at))) {
        const body = { run_id: id, ...batch };
        await client.send('POST', `${API}/runs/log-batch`, body, Ignored, until);
      }
    },

    async finish(id, at, until) {
      const body = { run_id: id, status: 'FINISHED', end_time: millisOf(at) };
      await client.send('POST', `${API}/runs/update`, body, Ignored, until);
    },

    async setTag(id, key, value, until) {
      const body = { run_id: id, key, value };
      await client.send('POST', `${API}/runs/set-tag`, body, Ignored, until);
    },
  };
}

/** At most 1,000 metrics, 100 params and 100 tags a batch, and 1,000 in all. */
function batchesOf({ params, metrics, tags }: Writable, timestamp: number): readonly object[] {
  const found: object[] = [];
  const small = Math.max(params.length, tags.length, 1);
  for (let i = 0; i < small; i += BATCH) {
    found.push({ params: params.slice(i, i + BATCH), tags: tags.slice(i, i + BATCH), metrics: [] });
  }
  for (let i = 0; i < metrics.length; i += PAGE) {
    const some = metrics.slice(i, i + PAGE);
    found.push({ params: [], tags: [], metrics: some.map((m) => ({ ...m, timestamp })) });
  }
  return found;
}

export function toTracked(run: RunAnswer, files: readonly string[]): TrackedRun {
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
export function filesTagOf(run: RunAnswer): readonly string[] {
  const tag = run.data.tags.find((t) => t.key === TAGS.files)?.value;
  return tag === undefined || tag === '' ? [] : tag.split('\n');
}
