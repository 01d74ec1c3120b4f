/** The champion that no chain of approvals may fall behind. */
import { readMeasured } from '#contracts/evidence.ts';
import { isNamed } from '#domain/errors.ts';
import type { Move } from '#domain/ledger.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import { promotionsBehind } from '#domain/promotions-behind.ts';
import type { AnchorSince } from '#gates/anchor.ts';

export interface FoundAnchor {
  readonly version: number;
  readonly sha256: string;
  /** The promotions since, oldest first; none where the champion is its own anchor. */
  readonly since: readonly AnchorSince[];
}

/**
 * The anchor of a champion: among the promotions by which it came to serve, the last one whose evidence
 * shows it better than the champion before it (a lower bound above 0, by whatever rules it was judged),
 * or the first.
 *
 * A promotion whose evidence is gone doesn't count as shown. Throws what reading the ledger throws.
 */
export async function findAnchor(
  deps: {
    readonly artifacts: ArtifactStore;
    readonly registry: Pick<ChampionRegistry, 'ledger'>;
  },
  model: string,
  champion: { readonly version: number; readonly sha256: string },
): Promise<FoundAnchor> {
  const since: AnchorSince[] = [];
  for (const promotion of promotionsBehind(await deps.registry.ledger(model), champion.version)) {
    const { version, sha256, previousVersion } = promotion;
    const difference =
      previousVersion === null ? null : await differenceOf(deps.artifacts, promotion);
    if (previousVersion === null || (difference?.lower ?? 0) > 0) {
      return { version, sha256, since: since.toReversed() };
    }
    since.push({ version, difference: difference?.estimate ?? null });
  }
  return { ...champion, since: [] };
}

/** Of a promotion to the champion that it was compared with; undefined where the evidence doesn't name it. */
async function differenceOf(
  artifacts: ArtifactStore,
  { evidence }: Move,
): Promise<{ readonly estimate: number | null; readonly lower: number | null } | undefined> {
  if (evidence === null) return undefined;
  try {
    const { plan, measurements } = readMeasured(await artifacts.get('evidence', evidence.measured));
    return measurements.paired?.find(
      ({ against, metric }) => against === 'champion' && metric === plan.primaryMetric,
    );
  } catch (error) {
    if (isNamed(error, 'ArtifactMissing', 'ArtifactCorrupt', 'BadInput')) return undefined;
    throw error;
  }
}
