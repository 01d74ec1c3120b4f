/** The thread of `grow-forest.ts`: grows its share of the trees, posts them and ends. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { ENDED, STARTED } from './grow-forest.ts';
import { type GrowInput, growShard } from '../../learning/trees/forest.ts';

interface Task {
  readonly input: GrowInput;
  readonly state: Int32Array;
  readonly port: MessagePort;
}
/** The other side is `grow-forest.ts`, of the same commit. */
const isTask = (value: unknown): value is Task => typeof value === 'object' && value !== null;
const task: unknown = workerData;
if (!isTask(task)) throw new Error('this file is a thread of grow-forest.ts');
const { input, state, port } = task;
const tell = (now: number): void => {
  Atomics.store(state, 0, now);
  Atomics.notify(state, 0);
};

tell(STARTED);
try {
  port.postMessage(growShard(input));
} catch (failure) {
  port.postMessage({ failure });
}
tell(ENDED);
