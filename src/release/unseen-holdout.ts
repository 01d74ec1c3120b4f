/** Whoever trains or chooses is given no row of the holdout. */
import type { DataReference, RunReference } from '#contracts/steps.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';

/** The store without the whole table, the holdout and its register: `get` throws `HoldoutRefused` for them. */
export function withoutHoldout(
  artifacts: ArtifactStore,
  { run, data }: { readonly run: RunReference; readonly data: DataReference },
): ArtifactStore {
  const hidden = new Set([run.data, data.holdout, data.register]);
  return {
    ...artifacts,
    get: (kind, sha256) =>
      hidden.has(sha256)
        ? Promise.reject(
            new TitleholderError(
              'HoldoutRefused',
              `run ${run.runId}: the holdout is not read before the evaluation`,
            ),
          )
        : artifacts.get(kind, sha256),
  };
}
