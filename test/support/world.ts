/** Every port in memory: the one world that tests of the line and of the API stand in. */
import { memoryArtifactStore } from '#adapters/memory/artifact-store.ts';
import { memoryClock } from '#adapters/memory/clock.ts';
import { memoryIds } from '#adapters/memory/ids.ts';
import { memoryDeadLetters, memoryEventBus } from '#adapters/memory/event-bus.ts';
import { memoryIdentity } from '#adapters/memory/identity.ts';
import { memoryServing } from '#adapters/memory/serving.ts';
import { memoryStores } from '#adapters/memory/stores.ts';
import { memoryTracking } from '#adapters/memory/tracking.ts';
import { TitleholderError } from '#domain/errors.ts';
import { type Principal, ROLES } from '#domain/roles.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import { decodeArtifact, labelOf } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';

export const MODEL = 'claims-denial';
/** When a world begins. */
export const NOW = '2026-01-02T03:04:05.000Z';
export const CODE = `sha256:${'d'.repeat(64)}`;

/** @param tickMillis how far the clock goes by itself at each look. */
export function world({ tickMillis = 0 } = {}) {
  const standing = memoryClock(NOW);
  const clock = {
    now: () => {
      standing.advance(tickMillis);
      return standing.now();
    },
  };
  const stores = memoryStores();
  const ids = memoryIds();
  const principals = everyRole();
  const logs: string[] = [];
  /** What is out of order now. */
  const faults = { trackingDown: false, busDown: false };
  /** Every object that was read, and which function read it. */
  const reads: { by: string; sha256: string }[] = [];
  const reader = { name: '' };

  const store = memoryArtifactStore();
  const artifacts: typeof store = {
    ...store,
    get: (kind, sha256) => {
      reads.push({ by: reader.name, sha256 });
      return store.get(kind, sha256);
    },
  };
  const events = memoryEventBus();
  const bus: typeof events = {
    ...events,
    publish: (event) =>
      faults.busDown
        ? Promise.reject(new TitleholderError('Unavailable', 'the bus is down'))
        : events.publish(event),
  };
  const runs = memoryTracking();
  const tracking: typeof runs = {
    ...runs,
    record: (run) =>
      faults.trackingDown
        ? Promise.reject(new TitleholderError('TrackingUnavailable', 'MLflow is down'))
        : runs.record(run),
  };
  const serving = memoryServing({ registry: stores.registry, artifacts, ids }, (bytes, records) => {
    const artifact = decodeArtifact(bytes);
    const { scoreRecord } = scorer(artifact);
    return records.map((record) => {
      const probability = withNamedErrors(() => scoreRecord(record));
      return { probability, label: labelOf(artifact, probability) };
    });
  });

  return {
    ...stores,
    artifacts,
    bus,
    deadLetters: memoryDeadLetters(),
    tracking,
    serving,
    identity: memoryIdentity(principals),
    /** By their token, which is their name: `approver`, of one model `approver-of`, of another `approver-other`. */
    principals,
    clock,
    pass: (millis: number): void => standing.advance(millis),
    ids,
    log: (line: string): void => void logs.push(line),
    logs,
    faults,
    reads,
    reader,
    code: CODE,
  };
}

function everyRole(): Record<string, Principal> {
  const principals: Record<string, Principal> = { nobody: { subject: 'nobody', grants: [] } };
  for (const role of ROLES) {
    principals[role] = { subject: `${role}-1`, grants: [{ role }] };
    principals[`${role}-of`] = { subject: `${role}-of`, grants: [{ role, model: MODEL }] };
    principals[`${role}-other`] = {
      subject: `${role}-other`,
      grants: [{ role, model: 'other-model' }],
    };
  }
  return principals;
}
