/** The one way a decision gets into the ledger: prepared on what is stored now, committed as a whole. */
import type { ChampionMoved, EventOf } from '#contracts/events.ts';
import { type ChainedEntry, chain, eventIdOf, type LedgerEntry } from '#domain/ledger.ts';
import { type Change, compareAndSwap } from '#domain/compare-and-swap.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { Approvals } from '#domain/ports/approvals.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import type { Clock } from '#domain/ports/clock.ts';
import type { EventBus } from '#domain/ports/event-bus.ts';
import type { CommitStore } from '#domain/ports/commit-store.ts';
import type { LedgerWriter, RegistryChange } from '#domain/ports/ledger-writer.ts';
import type { Outbox, OutboxEvent } from '#domain/ports/outbox.ts';
import type { RunStore } from '#domain/ports/run-store.ts';
import type { StepStore } from '#domain/ports/step-store.ts';
import type { VerificationStore } from '#domain/ports/verification-store.ts';
import type { Log } from '#domain/ports/log.ts';

export interface DecisionDeps {
  readonly registry: ChampionRegistry;
  readonly ledgerWriter: LedgerWriter;
  readonly outbox: Outbox;
  readonly commits: CommitStore;
  readonly runs: RunStore;
  readonly steps: StepStore;
  readonly verifications: VerificationStore;
  readonly approvals: Approvals;
  readonly artifacts: ArtifactStore;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly log: Log;
}

/** A decision's changes, valid only on the state that they were prepared on. */
export interface Proposal extends Omit<RegistryChange, 'entry' | 'outbox'> {
  readonly entry: Omit<
    LedgerEntry,
    'schemaVersion' | 'model' | 'sequence' | 'prevHash' | 'at' | 'decisionId' | 'kind'
  > & { readonly kind: string };
  /** The event for the bus; absent: none is published. */
  readonly event?: (entry: ChainedEntry) => DecisionEvent;
}

export type DecisionEvent = EventOf<'ChampionMoved'> | EventOf<'RunRejected'>;

/** The head moves with every decision on the model, also with those that don't matter to this one. */
const TRIES = 5;

/**
 * Records a decision once: with an id that is recorded already it returns that entry and changes
 * nothing. `prepare` reads, checks and proposes; it runs again after a lost race, so that its
 * refusal holds for the state as stored now.
 *
 * Throws what `prepare` throws, and `ChampionMoved`, `ApprovalStale`, `Conflict` after five lost races.
 */
export async function commitDecision(
  deps: DecisionDeps,
  model: string,
  decisionId: string,
  prepare: (now: string) => Promise<Proposal>,
): Promise<ChainedEntry> {
  const { entry, event } = await compareAndSwap(
    async (): Promise<Change<{ entry: ChainedEntry; event?: OutboxEvent }>> => {
      const recorded = await deps.registry.decision(model, decisionId);
      if (recorded !== undefined) return { result: { entry: recorded } };
      // The head is read first: the swap on it then guards everything that is read afterwards.
      const head = await deps.registry.head(model);
      const at = deps.clock.now();
      const { entry, event: eventOf, ...change } = await prepare(at);
      const chained = chain({ ...entry, schemaVersion: 1, model, at, decisionId }, head);
      const event = eventOf && { id: eventIdOf(chained), ...eventOf(chained) };
      const outbox = event && { outbox: event };
      return {
        result: { entry: chained, ...(event && { event }) },
        write: () => deps.ledgerWriter.commit({ ...change, entry: chained, ...outbox }),
      };
    },
    { tries: TRIES, lost: ['DecisionExists', 'ChampionMoved', 'Conflict'] },
  );
  if (event !== undefined) await publish(deps, event);
  return entry;
}

/** The event that a pointer moved. */
export const championMoved =
  (kind: ChampionMoved['kind']) =>
  (entry: ChainedEntry): DecisionEvent => {
    const { model, version, sha256, previousVersion, sequence, runId, actor, reason, at } = entry;
    if (version === null || sha256 === null) {
      throw new TitleholderError(
        'BadInput',
        `a pointer moves to a version, and ${kind} names none`,
      );
    }
    return {
      type: 'ChampionMoved',
      detail: {
        schemaVersion: 1,
        model,
        kind,
        version,
        sha256,
        previousVersion,
        sequence,
        runId,
        actor,
        reason,
        at,
      },
    };
  };

/** At once, because people wait for it; what fails here is delivered by the outbox's sweeper. */
async function publish(deps: DecisionDeps, event: OutboxEvent): Promise<void> {
  try {
    await deps.bus.publish({ type: event.type, detail: event.detail });
    await deps.outbox.delivered(event.id);
  } catch (error) {
    deps.log(`the event ${event.id} stays in the outbox`, {
      error: error instanceof Error ? error.name : 'unknown',
    });
  }
}
