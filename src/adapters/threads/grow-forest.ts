/** Grows a forest on several threads over shared memory: the same bytes as on one. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { LearningError } from '#learning/errors.ts';
import {
  type GrowInput,
  type Grown,
  growShard,
  joinShards,
  type Shard,
} from '#learning/trees/forest.ts';

/** What a thread posts, once: its trees, or what the engine refused; an error's class doesn't travel. */
export type Outcome =
  | { readonly shard: Shard }
  | { readonly refused: Pick<LearningError, 'name' | 'message' | 'subject'> };

const WORKER = new URL('./grow-shard.ts', import.meta.url);

/**
 * As `growForest`, with trees dealt to `threads` threads, this one among them, whose events wait meanwhile.
 *
 * Where no further thread can be had (a bundle without the worker's file), this one grows all trees.
 * Rejects with what a thread refused, and where one ended without its trees.
 */
export async function growForestOnThreads(input: GrowInput, threads: number): Promise<Grown> {
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
  const [own, ...parts] = deal(shared, shares);
  const workers = parts.map((part) => new Worker(WORKER, { workerData: part }));
  const others = Promise.all(workers.map(shardOf));
  // Where this thread fails first, the failures of the others go unheard.
  others.catch(() => undefined);
  try {
    return joinShards([growShard(own), ...(await others)]);
  } finally {
    for (const worker of workers) void worker.terminate();
  }
}

/** Consecutive trees, shares as even as can be. */
function deal(input: GrowInput, shares: number): [GrowInput, ...GrowInput[]] {
  const { trees } = input.settings;
  const first = input.firstTree ?? 0;
  const share = (i: number): GrowInput => {
    const from = Math.floor((trees * i) / shares);
    const until = Math.floor((trees * (i + 1)) / shares);
    return {
      ...input,
      firstTree: first + from,
      settings: { ...input.settings, trees: until - from },
    };
  };
  return [share(0), ...Array.from({ length: shares - 1 }, (_, i) => share(i + 1))];
}

/** The trees of a thread; a thread that dies, of its memory or by a signal, only ends. */
function shardOf(worker: Worker): Promise<Shard> {
  return new Promise((resolve, reject) => {
    worker.once('message', (outcome: Outcome) => {
      if ('shard' in outcome) {
        resolve(outcome.shard);
        return;
      }
      const { name, message, subject } = outcome.refused;
      reject(new LearningError(name, message, subject));
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      reject(new Error(`a training thread ended without its trees, with code ${code}`));
    });
  });
}

function sharedCopy(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
