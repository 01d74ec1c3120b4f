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
import { treeShap } from '../../learning/explain/tree-shap.ts';
import { substream } from '../../learning/random.ts';
import { binColumn, fitBins } from '../../learning/trees/bins.ts';

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

const COLUMNS = 20;
const DEPTH = 12;
const LEAF = 5;
const Versions = z.record(z.string(), z.string());
const Took = z.object({ seconds: z.number(), cpu: z.number() });

/** Explains `runs` times on either side, alternating; fails where the peer does. */
export async function compareWithShap(plan: ShapPlan): Promise<ShapTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'titleholder-shap-'));
  const { bins, labels } = table(plan.rows);
  await writeFile(
    join(folder, 'plan.json'),
    JSON.stringify({ ...plan, columns: COLUMNS, depth: DEPTH, leaf: LEAF, seed: 1 }),
  );
  await writeFile(join(folder, 'table.u8'), Buffer.concat(bins));
  await writeFile(join(folder, 'labels.u8'), labels);
  const script = join(import.meta.dirname, 'peers', 'shap_peer.py');
  const peer = spawn(plan.python, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
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
      features: COLUMNS,
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

/** Continuous columns of which eight matter, two of them together. */
function table(rows: number): { bins: Uint8Array[]; labels: Uint8Array } {
  const random = substream(1, 'shap');
  const columns = Array.from({ length: COLUMNS }, () => new Float64Array(rows));
  const labels = new Uint8Array(rows);
  const row = new Float64Array(COLUMNS);
  for (let i = 0; i < rows; i += 1) {
    columns.forEach((column, f) => {
      row[f] = column[i] = random.nextNormal();
    });
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = row;
    const odds =
      a - b + 0.7 * c + 1.5 * d * e + (f > 0 ? 0.8 : -0.8) + 0.5 * g * g + Math.sin(2 * h);
    labels[i] = random.nextFloat() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
  }
  const bins = columns.map((values, f) => {
    const column = { kind: 'numeric', name: `x${f}`, values } as const;
    return binColumn(column, fitBins(column, labels));
  });
  return { bins, labels };
}
