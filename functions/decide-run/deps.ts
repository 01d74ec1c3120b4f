import type { Approvals } from '#domain/ports/approvals.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { Decisions } from '#domain/ports/decisions.ts';
import type { Executions } from '#domain/ports/executions.ts';
import type { Identity } from '#domain/ports/identity.ts';
import type { Ids } from '#domain/ports/ids.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { StepStore } from '#domain/ports/step-store.ts';
import type { Log } from '#domain/ports/log.ts';

/** What people's decisions need of the world. */
export interface Deps {
  readonly identity: Identity;
  readonly commits: CommitStore;
  readonly runs: RunStore;
  readonly steps: StepStore;
  readonly approvals: Approvals;
  readonly registry: ChampionRegistry;
  readonly artifacts: ArtifactStore;
  readonly executions: Executions;
  readonly decisions: Decisions;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
