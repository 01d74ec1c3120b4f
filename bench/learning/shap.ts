/**
 * Explaining the same rows of the same forest, by us and by `shap`, turn by turn: one waits while the other
 * works, each on one thread. scikit-learn grows the forest, on bytes, which are our bins.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { madeTable } from './data.ts';
import { treeShap } from '#learning/explain/tree-shap.ts';
import { fitBins } from '#learning/trees/bins.ts';

export interface ShapPlan {
  /** The interpreter of the peers' environment. */
  readonly python: string;
  /** Rows that grow the forest. */
  readonly rows: number;
  readonly explained: number;
  readonly trees: number;
  readonly runs: number;
}

export interface ShapTimes {
  readonly versions: Readonly<Record<string, string>>;
  readonly leaves: number;
  /** Seconds of each run: by the clock, and of the processor (a busy machine stretches only the first). */
  readonly ours: readonly Seconds[];
  readonly theirs: readonly Seconds[];
  /** Greatest difference between a value of ours and theirs. */
  readonly furthest: number;
}

interface Seconds {
  readonly seconds: number;
  readonly cpu: number;
}

const SEED = 1;
const DEPTH = 12;
const LEAF = 5;
const Versions = z.record(z.string(), z.string());
const Took = z.object({ seconds: z.number(), cpu: z.number() });

/** Explains `runs` times on either side, alternating; fails where the peer does. */
export async function compareWithShap(plan: ShapPlan): Promise<ShapTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'titleholder-shap-'));
  const { table, labels } = madeTable('continuous', plan.rows, SEED);
  const bins = table.columns.map((column) => fitBins(column, labels).bytes);
  await writeFile(
    join(folder, 'plan.json'),
    JSON.stringify({ ...plan, columns: bins.length, depth: DEPTH, leaf: LEAF, seed: SEED }),
  );
  await writeFile(join(folder, 'table.u8'), Buffer.concat(bins));
  await writeFile(join(folder, 'labels.u8'), labels);
  const script = join(import.meta.dirname, 'peers', 'shap_peer.py');
  const peer = spawn(plan.python, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  // Where the interpreter is missing the first answer is, too.
  peer.on('error', () => undefined);
  try {
    const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
    const answer = async (): Promise<unknown> => {
      const line = await answers.next();
      if (line.done === true) throw new Error(`${plan.python} ${script} gave up`);
      return JSON.parse(line.value);
    };
    const versions = Versions.parse(await answer());
    const array = async (name: string): Promise<ArrayBuffer> =>
      new Uint8Array(await readFile(join(folder, name))).buffer;
    const trees = {
      trees: plan.trees,
      features: bins.length,
      split: Uint8Array.from(new Int32Array(await array('split.i32'))),
      bin: new Uint8Array(await array('bin.u8')),
      weight: new Float64Array(await array('weight.f64')),
      value: new Float64Array(await array('value.f64')),
    };
    const rows = bins.map((column) => column.slice(0, plan.explained));
    const ours: Seconds[] = [];
    const theirs: Seconds[] = [];
    let furthest = 0;
    for (let run = 0; run < plan.runs; run += 1) {
      const began = performance.now();
      const used = process.cpuUsage();
      const values = treeShap(trees).explain(rows, plan.explained);
      const { user, system } = process.cpuUsage(used);
      ours.push({ seconds: (performance.now() - began) / 1e3, cpu: (user + system) / 1e6 });
      peer.stdin.write('again\n');
      theirs.push(Took.parse(await answer()));
      new Float64Array(await array('values.f64')).forEach((value, i) => {
        const miss = Math.abs(value - (values[i] ?? Number.NaN));
        furthest = miss <= furthest ? furthest : miss;
      });
    }
    return { versions, leaves: trees.value.length, ours, theirs, furthest };
  } finally {
    peer.kill();
    await rm(folder, { recursive: true, force: true });
  }
}
