import type {
  Approvals,
  ArtifactStore,
  ChampionRegistry,
  Clock,
  Decisions,
  Executions,
  Identity,
  Ids,
  RunStore,
} from '#domain/ports.ts';
import type { Log } from '#domain/log.ts';

/** What people's decisions need of the world. */
export interface Deps {
  readonly identity: Identity;
  readonly runs: RunStore;
  readonly approvals: Approvals;
  /** Read only: pointers move by record-decision alone. */
  readonly registry: ChampionRegistry;
  readonly artifacts: ArtifactStore;
  readonly executions: Executions;
  readonly decisions: Decisions;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
