/** MLflow's logged models: a run's model, which versions point at. */
import * as z from 'zod';
import { API, type Deadline, Ignored, type MlflowClient } from './client.ts';
import { TAGS } from './limits.ts';

/** Only an answer about one run says which models it made. */
const RunOutputs = z.object({
  run: z.object({
    outputs: z
      .object({ model_outputs: z.array(z.object({ model_id: z.string() })).default([]) })
      .default({ model_outputs: [] }),
  }),
});
const LoggedModel = z.object({ model: z.object({ info: z.object({ model_id: z.string() }) }) });

export interface LoggedModels {
  /** The id of the model that a run made, if it made one. */
  find(runId: string, until: Deadline): Promise<string | undefined>;
  /**
   * Creating one isn't idempotent, so a repeated write looks at the run's outputs first. One whose
   * answer was lost stays behind, pending and of no run.
   */
  findOrCreate(
    of: { readonly model: string; readonly experiment: string; readonly runId: string },
    until: Deadline,
  ): Promise<string>;
  /** Says that all of its files are there. */
  finish(modelId: string, until: Deadline): Promise<void>;
}

export function mlflowLoggedModels(client: MlflowClient): LoggedModels {
  const find: LoggedModels['find'] = async (runId, until) => {
    const { run } = await client.get(`${API}/runs/get`, { run_id: runId }, RunOutputs, until);
    return run.outputs.model_outputs.map((m) => m.model_id).sort()[0];
  };

  return {
    find,

    async findOrCreate({ model, experiment, runId }, until) {
      const old = await find(runId, until);
      if (old !== undefined) return old;
      const created = await client.send(
        'POST',
        `${API}/logged-models`,
        {
          experiment_id: experiment,
          // So that `runs:/<run id>/model` names it, too.
          name: 'model',
          source_run_id: runId,
          tags: [{ key: TAGS.model, value: model }],
        },
        LoggedModel,
        until,
      );
      const modelId = created.model.info.model_id;
      const body = { run_id: runId, models: [{ model_id: modelId, step: 0 }] };
      await client.send('POST', `${API}/runs/outputs`, body, Ignored, until);
      return modelId;
    },

    async finish(modelId, until) {
      const body = { model_id: modelId, status: 'LOGGED_MODEL_READY' };
      await client.send('PATCH', `${API}/logged-models/${modelId}`, body, Ignored, until);
    },
  };
}
