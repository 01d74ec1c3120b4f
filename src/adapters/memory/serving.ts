import { TitleholderError } from '#domain/errors.ts';
import { drawOf, routeFor, type Slot } from '#domain/pointer.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Ids } from '#domain/ports/ids.ts';
import type { Prediction, Serving } from '#domain/ports/serving.ts';

type Cells = Readonly<Record<string, string | number | boolean | null>>;

/** What an artifact answers; the engine is the caller's, so that this room needn't know it. */
export type Predictor = (
  artifact: Uint8Array,
  records: readonly Cells[],
) => readonly Omit<Prediction, 'id'>[];

/** Serves what the registry's pointers name, from the artifact store, as the real function does. */
export function memoryServing(
  deps: {
    readonly registry: ChampionRegistry;
    readonly artifacts: ArtifactStore;
    readonly ids: Ids;
  },
  predictor: Predictor,
): Serving {
  const pointed = async (slot: Slot, model: string) => {
    const pointer = await deps.registry.pointer(model, slot);
    if (pointer === undefined) {
      throw new TitleholderError('NotFound', `${slot} serves no version of ${model}`, { model });
    }
    return pointer;
  };
  return {
    async health(slot, model) {
      const pointer = await deps.registry.pointer(model, slot);
      return {
        status: pointer === undefined ? 'empty' : 'ok',
        stage: slot,
        model,
        version: pointer?.version ?? null,
        sha256: pointer?.sha256 ?? null,
        routes: pointer?.routes ?? [],
        code: 'memory',
        checks: [],
        memoryMb: 0,
      };
    },
    async predict(slot, model, records) {
      const firstId = deps.ids.next();
      const route = routeFor(await pointed(slot, model), drawOf(firstId));
      const { version, sha256, role } = route;
      const scores = predictor(await deps.artifacts.get('models', sha256), records);
      const predictions = scores.map((score, row) => ({
        id: row === 0 ? firstId : deps.ids.next(),
        ...score,
      }));
      return { predictions, version, sha256, role, millis: 0 };
    },
  };
}
