/** What serves now: the pointer, looked at twice a second at most, and the last few models, decoded. */
import type { Pointer, ServingRoute, Slot } from '#domain/pointer.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { Artifact } from '#learning/pipeline/artifact.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import type { Scorer } from '#learning/pipeline/scorer.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import type { Log } from '#domain/ports/log.ts';
import { withNamedErrors } from '#learning/named-errors.ts';

/** How long an environment may still answer with the version before. */
export const POINTER_MILLIS = 500;
/** Champion, challenger and the one before: a rollback finds its version in memory. */
export const MODELS_KEPT = 3;

export interface ChampionCacheDeps {
  readonly slot: Slot;
  readonly registry: Pick<ChampionRegistry, 'pointer'>;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Seen {
  readonly pointer: Pointer;
  /** Why this is only the last known champion; null when it was read just now. */
  readonly stale: string | null;
}

export interface Loaded {
  readonly artifact: Artifact;
  readonly scorer: Scorer;
  /** The columns that a row may have: the model's features, and the other columns of its training table. */
  readonly known: ReadonlySet<string>;
}

export interface ChampionCache {
  /**
   * The slot's pointer; undefined where there is none. When the table can't be read, the last one
   * known goes on serving. Throws the registry's error where none is known.
   */
  pointer(model: string): Promise<Seen | undefined>;
  /**
   * The model of a route, its bytes checked against the hash. Throws `ArtifactMissing`,
   * `ArtifactCorrupt`, `ArtifactInvalid`; there is no falling back to another version, because no
   * decision says that it serves.
   */
  load(model: string, route: ServingRoute): Promise<Loaded>;
}

export function championCache(deps: ChampionCacheDeps): ChampionCache {
  const pointers = new Map<string, { seen: Seen; at: number }>();
  const models = new Map<string, Loaded>();

  return {
    async pointer(model) {
      const now = Date.parse(deps.clock.now());
      const known = pointers.get(model);
      if (known !== undefined && now - known.at < POINTER_MILLIS) return known.seen;
      try {
        const pointer = await deps.registry.pointer(model, deps.slot);
        // An absent model is not cached: its name comes from the caller, who could fill the memory with names.
        if (pointer === undefined) {
          pointers.delete(model);
          return undefined;
        }
        const seen = { pointer, stale: null };
        pointers.set(model, { seen, at: now });
        return seen;
      } catch (error) {
        if (known === undefined) throw error;
        const why = error instanceof Error ? error.name : 'Error';
        deps.log('the pointer cannot be read; the last known champion serves', {
          model,
          error: why,
          version: known.seen.pointer.version,
        });
        const seen = { pointer: known.seen.pointer, stale: why };
        // Looked at again after the usual time, so that an outage doesn't slow every answer.
        pointers.set(model, { seen, at: now });
        return seen;
      }
    },

    async load(model, { sha256 }) {
      const kept = models.get(sha256);
      if (kept !== undefined) {
        models.delete(sha256);
        models.set(sha256, kept);
        return kept;
      }
      const loaded = decode(await deps.artifacts.get('models', sha256), model, sha256);
      models.set(sha256, loaded);
      for (const oldest of models.keys()) {
        if (models.size <= MODELS_KEPT) break;
        models.delete(oldest);
      }
      return loaded;
    },
  };
}

function decode(bytes: Uint8Array, model: string, sha256: string): Loaded {
  return withNamedErrors(
    () => {
      const artifact = decodeArtifact(bytes);
      if (artifact.provenance.model !== model) {
        throw new TitleholderError('ArtifactInvalid', `${sha256} is a model of another name`);
      }
      return {
        artifact,
        scorer: scorer(artifact),
        known: new Set([...artifact.columns.map((c) => c.name), ...(artifact.otherColumns ?? [])]),
      };
    },
    { sha256 },
  );
}
