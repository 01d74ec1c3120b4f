import type { Slot } from '#domain/pointer.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Serving } from '#domain/ports/serving.ts';

type Cells = Readonly<Record<string, string | number | boolean | null>>;

/** What an artifact answers; the engine is the caller's, so that this room needn't know it. */
export type Predictor = (
  artifact: Uint8Array,
  records: readonly Cells[],
) => readonly { readonly probability: number; readonly label: string }[];

/** Serves what the registry's pointers name, from the artifact store, as the real function does. */
export function memoryServing(
  registry: ChampionRegistry,
  artifacts: ArtifactStore,
  predictor: Predictor,
): Serving {
  const pointed = async (slot: Slot, model: string) => {
    const pointer = await registry.pointer(model, slot);
    if (pointer === undefined) {
      throw new TitleholderError('NotFound', `${slot} serves no version of ${model}`, { model });
    }
    return pointer;
  };
  return {
    async health(slot, model) {
      const pointer = await registry.pointer(model, slot);
      return {
        status: pointer === undefined ? 'empty' : 'ok',
        stage: slot,
        model,
        version: pointer?.version ?? null,
        sha256: pointer?.sha256 ?? null,
        code: 'memory',
        checks: [],
        memoryMb: 0,
      };
    },
    async predict(slot, model, records) {
      const { version, sha256 } = await pointed(slot, model);
      const predictions = predictor(await artifacts.get('models', sha256), records);
      return { predictions, version, sha256, millis: 0 };
    },
  };
}
