/** Grows a forest on several threads over shared memory: the same bytes as on one. */
import { LearningError } from '../../learning/errors.ts';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import {
  type GrowInput,
  type Grown,
  growShard,
  joinShards,
  type Shard,
} from '../../learning/trees/forest.ts';

/** Where a shard's thread stands: 0 not started, then these. */
export const STARTED = 1;
export const ENDED = 2;
/** A thread that hasn't started by then won't; its trees are grown here. */
const START_MS = 20_000;
const WORKER = new URL('./grow-shard.ts', import.meta.url);

/**
 * As `growForest`, with trees dealt to `threads` threads, this one among them; it returns when all are done.
 *
 * Where no further thread can be had (a bundle without the worker's file), this one grows all trees.
 */
export function growForestOnThreads(input: GrowInput, threads: number): Grown {
  if (!(Number.isInteger(threads) && threads >= 1)) {
    throw new LearningError('SettingsInvalid', 'threads is a whole number from 1', 'threads');
  }
  const shares = Math.min(threads, input.settings.trees);
  if (shares <= 1 || !existsSync(fileURLToPath(WORKER))) return joinShards([growShard(input)]);
  const shared: GrowInput = {
    ...input,
    bins: input.bins.map(sharedCopy),
    labels: sharedCopy(input.labels),
  };
  const parts = deal(shared, shares);
  const others = parts.slice(1).map(start);
  const shards = parts.slice(0, 1).map(growShard);
  for (const other of others) shards.push(other());
  return joinShards(shards);
}

/** Consecutive trees, shares as even as can be. */
function deal(input: GrowInput, shares: number): GrowInput[] {
  const { trees } = input.settings;
  const first = input.firstTree ?? 0;
  return Array.from({ length: shares }, (_, i) => {
    const from = Math.floor((trees * i) / shares);
    const until = Math.floor((trees * (i + 1)) / shares);
    return {
      ...input,
      firstTree: first + from,
      settings: { ...input.settings, trees: until - from },
    };
  });
}

/** Starts a thread; what it returns waits for the shard. */
function start(input: GrowInput): () => Shard {
  const { port1, port2 } = new MessageChannel();
  const state = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WORKER, {
    workerData: { input, state, port: port2 },
    transferList: [port2],
  });
  // It is read below, or isn't there; an event would come after both.
  worker.on('error', () => undefined);
  worker.unref();
  return () => {
    // Blocks this thread, so that training stays a plain function of its input.
    Atomics.wait(state, 0, 0, START_MS);
    if (Atomics.load(state, 0) === 0) {
      void worker.terminate();
      return growShard(input);
    }
    Atomics.wait(state, 0, STARTED);
    const received: { message: Shard | { readonly failure: unknown } } | undefined =
      receiveMessageOnPort(port1);
    port1.close();
    if (received === undefined) throw new Error('a training thread ended without its trees');
    if ('failure' in received.message) throw received.message.failure;
    return received.message;
  };
}

function sharedCopy(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
