/** MLflow's experiments: `titleholder/<model>`, one a model. */
import * as z from 'zod';
import { API, type Deadline, Ignored, isRefused, type MlflowClient, PAGE } from './client.ts';
import { TAGS } from './limits.ts';

export interface Experiments {
  /** The id of a model's experiment; a deleted one is restored, for MLflow refuses new runs in it. */
  find(model: string, until: Deadline): Promise<string | undefined>;
  findOrCreate(model: string, until: Deadline): Promise<string>;
  /** The ids of every model's. */
  all(until: Deadline): Promise<readonly string[]>;
}

const PREFIX = 'titleholder/';

const Experiment = z.object({
  experiment_id: z.string(),
  lifecycle_stage: z.string().default('active'),
});

export function mlflowExperiments(client: MlflowClient): Experiments {
  const find = async (model: string, until: Deadline): Promise<string | undefined> => {
    try {
      const { experiment } = await client.get(
        `${API}/experiments/get-by-name`,
        { experiment_name: `${PREFIX}${model}` },
        z.object({ experiment: Experiment }),
        until,
      );
      if (experiment.lifecycle_stage === 'deleted') {
        const body = { experiment_id: experiment.experiment_id };
        await client.send('POST', `${API}/experiments/restore`, body, Ignored, until);
      }
      return experiment.experiment_id;
    } catch (error) {
      if (isRefused(error, 'RESOURCE_DOES_NOT_EXIST')) return undefined;
      throw error;
    }
  };

  return {
    find,

    async findOrCreate(model, until) {
      const old = await find(model, until);
      if (old !== undefined) return old;
      try {
        const created = await client.send(
          'POST',
          `${API}/experiments/create`,
          { name: `${PREFIX}${model}`, tags: [{ key: TAGS.model, value: model }] },
          z.object({ experiment_id: z.string() }),
          until,
        );
        return created.experiment_id;
      } catch (error) {
        if (!isRefused(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
        const raced = await find(model, until);
        if (raced === undefined) throw error;
        return raced;
      }
    },

    async all(until) {
      const { experiments } = await client.send(
        'POST',
        `${API}/experiments/search`,
        { filter: `name LIKE '${PREFIX}%'`, max_results: PAGE },
        z.object({ experiments: z.array(Experiment).default([]) }),
        until,
      );
      return experiments.map((e) => e.experiment_id);
    },
  };
}
