import type { Provenance } from '#learning/pipeline/artifact.ts';
import { substream } from '#learning/random.ts';
import type { Table } from '#learning/table.ts';

export const MANIFEST = `sha256:${'ab'.repeat(32)}`;
export const PROVENANCE: Provenance = {
  model: 'made-up',
  commit: null,
  bundle: null,
  data: 'sha256:data',
  code: 'sha256:code',
  seed: 1,
  asOf: null,
  stage: 'full',
  candidate: 'forest',
};

/** Rows with real signal in a number with holes, a second number, and a category with a missing share. */
export function madeUp(rows: number, seed = 1): { table: Table; labels: Uint8Array } {
  const random = substream(seed, 'made-up');
  const first = new Float64Array(rows);
  const second = new Float64Array(rows);
  const noise = new Float64Array(rows);
  const codes = new Int32Array(rows);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    first[row] = random.nextNormal();
    second[row] = Math.floor(random.nextFloat() * 20);
    noise[row] = random.nextNormal();
    codes[row] = random.nextInt(4);
    const odds = 1.5 * first[row]! + (second[row]! > 9 ? 1 : -1) + [1, -1, 0.5, -0.5][codes[row]!]!;
    labels[row] = random.nextFloat() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
    if (random.nextFloat() < 0.1) first[row] = Number.NaN;
    if (random.nextFloat() < 0.1) codes[row] = -1;
  }
  return {
    labels,
    table: {
      rows,
      columns: [
        { kind: 'numeric', name: 'first', values: first },
        { kind: 'categorical', name: 'place', codes, levels: ['north', 'east', 'south', 'west'] },
        { kind: 'numeric', name: 'second', values: second },
        { kind: 'numeric', name: 'noise', values: noise },
      ],
    },
  };
}

/** What `run` throws; fails the test where it doesn't throw. */
export function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
