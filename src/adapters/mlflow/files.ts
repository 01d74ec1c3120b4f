/** The files of MLflow's runs and logged models. */
import * as z from 'zod';
import type { TrackingFile } from '#domain/ports/tracking.ts';
import { API, type Deadline, type MlflowClient } from './client.ts';

/** Where the files of a run's model show among its files. */
export const MODEL_FOLDER = 'model/';

const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';

const Listing = z.object({
  files: z.array(z.object({ path: z.string(), is_dir: z.boolean().default(false) })).default([]),
});

/** Where a run's files lie: those of its model beside, with the model. */
export interface ArtifactRoot {
  readonly experiment: string;
  readonly runId: string;
  readonly modelId: string | undefined;
}

export interface Files {
  write(at: ArtifactRoot, files: readonly TrackingFile[], until: Deadline): Promise<void>;
  /** Their paths, sorted. */
  list(at: Omit<ArtifactRoot, 'experiment'>, until: Deadline): Promise<readonly string[]>;
}

export function mlflowFiles(client: MlflowClient): Files {
  const ofRun = (runId: string, until: Deadline) =>
    walk((path) => client.get(`${API}/artifacts/list`, { run_id: runId, path }, Listing, until));
  const ofModel = (modelId: string, until: Deadline) =>
    walk((path) =>
      client.get(
        `${API}/logged-models/${modelId}/artifacts/directories`,
        { artifact_directory_path: path },
        Listing,
        until,
      ),
    );

  return {
    async write(at, files, until) {
      await Promise.all(
        files.map((file) =>
          client.putFile(urlPathOf(at, file.path), file.bytes, file.contentType, until),
        ),
      );
    },

    async list({ runId, modelId }, until) {
      const own = await ofRun(runId, until);
      const model = modelId === undefined ? [] : await ofModel(modelId, until);
      return [...own, ...model.map((path) => `${MODEL_FOLDER}${path}`)].sort();
    },
  };
}

function urlPathOf({ experiment, runId, modelId }: ArtifactRoot, path: string): string {
  return path.startsWith(MODEL_FOLDER) && modelId !== undefined
    ? `${ARTIFACTS}/${experiment}/models/${modelId}/artifacts/${encoded(path.slice(MODEL_FOLDER.length))}`
    : `${ARTIFACTS}/${experiment}/${runId}/artifacts/${encoded(path)}`;
}

/** Every file under a folder, from lists of one folder each. */
async function walk(
  list: (path: string | undefined) => Promise<z.infer<typeof Listing>>,
  path?: string,
): Promise<string[]> {
  const { files } = await list(path);
  const nested = await Promise.all(
    files.map((file) => (file.is_dir ? walk(list, file.path) : Promise.resolve([file.path]))),
  );
  return nested.flat();
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
