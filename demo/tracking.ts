/** MLflow's own REST API, asked directly. */
import * as z from 'zod';
import { StoryFailed } from './expectation.ts';

const Pairs = z.array(z.looseObject({ key: z.string(), value: z.string() })).default([]);
const Run = z.looseObject({
  info: z.looseObject({ run_id: z.string(), run_name: z.string().nullish(), status: z.string() }),
  data: z.looseObject({ tags: Pairs }).default({ tags: [] }),
});

export interface TrackedTags {
  readonly runId: string;
  readonly status: string;
  readonly tags: Readonly<Record<string, string>>;
}

export async function trackedRun(uri: string, runId: string): Promise<TrackedTags> {
  const body = await ask(uri, 'GET', `runs/get?run_id=${encodeURIComponent(runId)}`);
  return tagsOf(z.looseObject({ run: Run }).parse(body).run);
}

/** Every run of the model's experiment. */
export async function trackedRuns(uri: string, model: string): Promise<TrackedTags[]> {
  const name = encodeURIComponent(`titleholder/${model}`);
  const found = z
    .looseObject({ experiment: z.looseObject({ experiment_id: z.string() }) })
    .parse(await ask(uri, 'GET', `experiments/get-by-name?experiment_name=${name}`));
  const body = await ask(uri, 'POST', 'runs/search', {
    experiment_ids: [found.experiment.experiment_id],
    max_results: 1000,
  });
  return z
    .looseObject({ runs: z.array(Run).default([]) })
    .parse(body)
    .runs.map(tagsOf);
}

/** The registered model's aliases, as the registry's version numbers (tag `titleholder.version`). */
export async function aliasesOf(
  uri: string,
  model: string,
): Promise<Readonly<Record<string, number>>> {
  const name = encodeURIComponent(model);
  const { registered_model } = z
    .looseObject({
      registered_model: z.looseObject({
        aliases: z.array(z.looseObject({ alias: z.string(), version: z.string() })).default([]),
      }),
    })
    .parse(await ask(uri, 'GET', `registered-models/get?name=${name}`));
  const found: Record<string, number> = {};
  for (const { alias, version } of registered_model.aliases) {
    const { model_version } = z
      .looseObject({ model_version: z.looseObject({ tags: Pairs }) })
      .parse(await ask(uri, 'GET', `model-versions/get?name=${name}&version=${version}`));
    const tag = model_version.tags.find(({ key }) => key === 'titleholder.version');
    found[alias] = Number(tag?.value);
  }
  return found;
}

function tagsOf(run: z.infer<typeof Run>): TrackedTags {
  return {
    runId: run.info.run_id,
    status: run.info.status,
    tags: Object.fromEntries(run.data.tags.map(({ key, value }) => [key, value])),
  };
}

async function ask(
  uri: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${uri}/api/2.0/mlflow/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new StoryFailed('MLflow', `${path} answers ${response.status}: ${text.slice(0, 200)}`);
  }
  const value: unknown = JSON.parse(text);
  return value;
}
