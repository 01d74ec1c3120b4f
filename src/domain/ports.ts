/**
 * What the rules need from the world. One suite runs over every port's memory and real adapter.
 *
 * Reads are strongly consistent unless said otherwise. An adapter throws `Unavailable` (or
 * `TrackingUnavailable`) after its own bounded retries when the world doesn't answer, and `Conflict`
 * when a compare-and-swap lost.
 */
import type { Approval, ApprovalKind } from './approval.ts';
import type { ChainedEntry, Pointer, Slot, Version } from './champion.ts';
import type { Lock } from './lock.ts';
import type { Commit, Run, RunStatus, StepRecord } from './run.ts';

export interface Clock {
  /** ISO 8601 UTC with milliseconds. */
  now(): string;
}

export interface Ids {
  /** A fresh, unguessable id of 26 characters. */
  next(): string;
}

/** One folder a kind, so that a role can be granted one kind only. */
export type ObjectKind = 'bundles' | 'data' | 'reports' | 'models' | 'evidence';

/** Immutable objects under the sha256 of their bytes. */
export interface ArtifactStore {
  /** Stores the bytes; the same bytes twice are one object. Returns `sha256:<64 hex>`. */
  put(kind: ObjectKind, bytes: Uint8Array): Promise<string>;
  /** The bytes, their hash checked. Throws `ArtifactMissing`, `ArtifactCorrupt`. */
  get(kind: ObjectKind, sha256: string): Promise<Uint8Array>;
  /** Size in bytes, or undefined when there is no such object. */
  size(kind: ObjectKind, sha256: string): Promise<number | undefined>;
  /** A URL that takes exactly these bytes by PUT for a short time, with the headers to send. */
  presignPut(
    kind: ObjectKind,
    sha256: string,
    bytes: number,
  ): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
}

/** Which rows judge: the stored holdout of a model. */
export interface Holdout {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly epoch: number;
  readonly revision: number;
  /** The holdout rows as CSV (`data` object). */
  readonly snapshot: string;
  /** Their register: identity hash, row hash, epoch, first seen (`data` object). */
  readonly register: string;
  readonly rows: number;
}

export interface RunStore {
  /** Put-if-absent by run id. */
  putCommit(commit: Commit): Promise<'stored' | 'exists'>;
  commit(runId: string): Promise<Commit | undefined>;
  /** A model's commits whose hash begins with `prefix` (may be empty), newest `asOf` first. */
  commits(query: {
    readonly model: string;
    readonly prefix: string;
    readonly limit: number;
  }): Promise<readonly Commit[]>;
  /** Put-if-absent: the duplicate check. */
  createRun(run: Run): Promise<'created' | 'exists'>;
  run(runId: string): Promise<Run | undefined>;
  /** Newest first; `cursor` from the page before. */
  runs(query: {
    readonly model?: string;
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<{ readonly runs: readonly Run[]; readonly cursor?: string }>;
  /** Replaces the run if its revision is still `run.revision - 1`. Throws `Conflict`. */
  replaceRun(run: Run): Promise<void>;
  recordStep(record: StepRecord): Promise<void>;
  step(runId: string, step: string, inputHash: string): Promise<StepRecord | undefined>;
  steps(runId: string): Promise<readonly StepRecord[]>;
  lock(model: string): Promise<Lock | undefined>;
  /** Stores the lock if the stored revision is `lock.revision - 1` (absent counts as 0). Throws `Conflict`. */
  putLock(lock: Lock): Promise<void>;
  holdout(model: string): Promise<Holdout | undefined>;
  /** As `putLock`. */
  putHoldout(holdout: Holdout): Promise<void>;
  /** Says that staging verified this hash; the promotion's transaction checks it. */
  putVerified(model: string, sha256: string, runId: string, at: string): Promise<void>;
  verified(model: string, sha256: string): Promise<boolean>;
}

export interface Approvals {
  get(runId: string, kind: ApprovalKind): Promise<Approval | undefined>;
  /** Stores it if the stored revision is `approval.revision - 1` (absent counts as 0). Throws `Conflict`. */
  put(approval: Approval): Promise<void>;
}

/** The charter a model's runs are judged by. */
export interface AcceptedCharter {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly charter: string;
  readonly acceptedBy: string;
  readonly at: string;
}

export interface OutboxEvent {
  readonly id: string;
  readonly type: string;
  readonly detail: unknown;
}

/** Everything one decision changes, in one transaction: all of it, or nothing. */
export interface RegistryChange {
  readonly entry: ChainedEntry;
  /** Pointer compare-and-swap: the stored revision must be `pointer.revision - 1` (absent: 0). */
  readonly pointer?: Pointer;
  /** Put-if-absent. */
  readonly version?: Version;
  readonly charter?: AcceptedCharter;
  /** Spent in the same transaction: must be `approved` at this revision. */
  readonly spend?: {
    readonly runId: string;
    readonly kind: ApprovalKind;
    readonly revision: number;
  };
  /** Condition: staging verified this hash. */
  readonly requireVerified?: string;
  readonly outbox?: OutboxEvent;
}

export interface ChampionRegistry {
  pointer(model: string, slot: Slot): Promise<Pointer | undefined>;
  /** Throws `ChampionMoved` (pointer or ledger head), `DecisionExists`, `ApprovalStale`, `Conflict`. */
  commit(change: RegistryChange): Promise<void>;
  head(model: string): Promise<{ readonly sequence: number; readonly hash: string } | undefined>;
  /** In order of sequence, all pages. */
  ledger(model: string): Promise<readonly ChainedEntry[]>;
  /** The entry that recorded this decision, if it was. */
  decision(model: string, decisionId: string): Promise<ChainedEntry | undefined>;
  version(model: string, version: number): Promise<Version | undefined>;
  versions(model: string): Promise<readonly Version[]>;
  charter(model: string): Promise<AcceptedCharter | undefined>;
  outbox(limit: number): Promise<readonly OutboxEvent[]>;
  delivered(id: string): Promise<void>;
}

export type TrackingStage = 'CI' | 'CD' | 'Deploy';

export interface TrackingRun {
  /** Makes the write idempotent: one tracking run a key. */
  readonly key: string;
  readonly model: string;
  readonly name: string;
  readonly stage: TrackingStage;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  /** Values by step, from 0, of further metrics: one a fold. */
  readonly curves?: Readonly<Record<string, readonly number[]>>;
  /** Must hold commit_sha, stage, dataset_window, seed, model_version. */
  readonly tags: Readonly<Record<string, string>>;
  readonly files: readonly TrackingFile[];
  /** The model that the run trained: kept as a folder that `mlflow.pyfunc` loads, under `model/`. */
  readonly artifact?: TrackingArtifact;
}

export interface TrackingArtifact {
  /** As they are stored; they are kept unchanged. */
  readonly bytes: Uint8Array;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
}

export interface TrackingFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

export interface TrackedRun {
  readonly trackingRunId: string;
  readonly name: string;
  readonly stage: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Those by which its model is loaded under `model/`. */
  readonly files: readonly string[];
}

export interface TrackingAliases {
  readonly champion: number | null;
  readonly challenger: number | null;
  readonly previous: number | null;
}

/**
 * MLflow. Throws `TrackingUnavailable` after bounded retries, `TrackingRefused` on a 4xx, and
 * `ArtifactInvalid` where a run's artifact is none.
 */
export interface Tracking {
  /** Writes a finished run with everything in it; the same key again returns the same run. */
  record(run: TrackingRun): Promise<{ readonly trackingRunId: string }>;
  /** Registers the registry's version (tag `titleholder.version`) once; returns MLflow's number. */
  registerVersion(of: {
    readonly model: string;
    readonly version: number;
    readonly sha256: string;
    readonly trackingRunId: string;
    readonly commit: string;
    readonly description: string;
  }): Promise<{ readonly trackingVersion: number }>;
  /** Points the aliases at the registry's versions; null removes an alias. */
  setAliases(model: string, aliases: TrackingAliases): Promise<void>;
  /** In the registry's version numbers; undefined when MLflow doesn't know the model. */
  aliases(model: string): Promise<TrackingAliases | undefined>;
  setTag(trackingRunId: string, key: string, value: string): Promise<void>;
  runs(query: {
    readonly model?: string;
    readonly stage?: string;
    readonly commit?: string;
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<{ readonly runs: readonly TrackedRun[]; readonly cursor?: string }>;
  run(trackingRunId: string): Promise<TrackedRun | undefined>;
  healthy(): Promise<boolean>;
}

export interface EventBus {
  /** Throws `Unavailable` when the bus refused an entry. */
  publish(event: { readonly type: string; readonly detail: unknown }): Promise<void>;
}

export interface StateVisit {
  readonly state: string;
  readonly type: string;
  /** aborted: ended under it, with its execution or its Map; nothing failed in it. */
  readonly status: 'running' | 'success' | 'failed' | 'waiting' | 'aborted';
  readonly enteredAt: string;
  readonly exitedAt: string | null;
  readonly error: string | null;
  /** As the service has it: a sentence, or a Lambda's JSON. */
  readonly cause: string | null;
  /** In a Map the place of the item in its list, from 0; of the Map entered last before this visit. */
  readonly item: number | null;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface Executions {
  /** Starts once a name; `exists` when an execution of this name runs or ran. */
  start(name: string, input: unknown): Promise<'started' | 'exists'>;
  stop(name: string, error: string, cause: string): Promise<void>;
  /** False when the token was spent, is late or bogus (the services answer these differently). */
  succeed(token: string, output: unknown): Promise<boolean>;
  fail(token: string, error: string, cause: string): Promise<boolean>;
  status(name: string): Promise<ExecutionStatus | undefined>;
  /** The states entered so far, in order. */
  visits(name: string): Promise<readonly StateVisit[]>;
  /** The deployed machine's definition: Amazon States Language as JSON text. */
  definition(): Promise<string>;
}

/** The one function that writes pointers and ledger, called by name; its errors keep their names. */
export interface Decisions {
  /** Takes a decision in the form that function reads, and returns what it answers. */
  record(decision: unknown): Promise<unknown>;
}

/** Where a message goes that no retry can help, with the reason beside it. */
export interface DeadLetters {
  send(body: string, reason: string): Promise<void>;
}

export const ROLES = [
  'viewer',
  'caller',
  'committer',
  'approver',
  'compliance',
  'operator',
  'admin',
] as const;
export type Role = (typeof ROLES)[number];

export interface Principal {
  readonly subject: string;
  /** A grant without `model` holds for every model. */
  readonly grants: readonly { readonly role: Role; readonly model?: string }[];
}

export interface Identity {
  /** Verifies a signed bearer token: signature, issuer, audience, time. Throws `Unauthenticated`. */
  verify(token: string): Promise<Principal>;
}

/** Talks to the serving function of a slot. */
export interface Serving {
  health(slot: Slot, model: string): Promise<ServingHealth>;
  /** Rows as records; the answers in the same order. */
  predict(
    slot: Slot,
    model: string,
    records: readonly Readonly<Record<string, string | number | boolean | null>>[],
  ): Promise<{
    readonly predictions: readonly { readonly probability: number; readonly label: string }[];
    readonly version: number;
    readonly sha256: string;
    /** Wall time of the call in milliseconds, as the caller saw it. */
    readonly millis: number;
  }>;
}

export interface ServingHealth {
  readonly status: 'ok' | 'degraded' | 'empty';
  readonly stage: Slot;
  readonly model: string;
  readonly version: number | null;
  readonly sha256: string | null;
  readonly code: string;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
  readonly memoryMb: number;
}

export type { RunStatus };
