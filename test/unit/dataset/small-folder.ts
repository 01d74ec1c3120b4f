/** A small model folder and tables for it. */
import type { Folder } from '#contracts/folder/charter.ts';
import { substream } from '#learning/random.ts';
import { readFolder } from '#model-folder/read.ts';

export interface SmallOptions {
  readonly group?: readonly string[] | undefined;
  readonly key?: readonly string[] | undefined;
  readonly mode?: 'warn' | 'enforce';
  readonly schema?: Record<string, unknown>;
  readonly model?: Record<string, unknown>;
  readonly x?: Record<string, unknown>;
}

export function smallFolder(options: SmallOptions = {}): Folder {
  const { group = ['who'], key } = options;
  return readFolder({
    'model.json': JSON.stringify({
      schemaVersion: 1,
      name: 'small',
      title: 'Small',
      target: 'y',
      positive: 'yes',
      identity: {
        ...(group.length === 0 ? {} : { group }),
        ...(key === undefined ? {} : { key }),
      },
      data: { path: 'data.csv' },
      split: { holdout: 0.3 },
      plan: { primaryMetric: 'auc', replicates: 200, folds: 2 },
      seed: 0,
      quick: { rows: 200, trees: 3, maxDepth: 3 },
      candidates: [
        {
          name: 'a',
          algorithm: 'forest',
          settings: { trees: 5, maxDepth: 4, minLeaf: 5 },
        },
        {
          name: 'b',
          algorithm: 'forest',
          settings: { trees: 5, maxDepth: 1, minLeaf: 5 },
        },
      ],
      ...options.model,
    }),
    'schema.json': JSON.stringify({
      schemaVersion: 1,
      mode: options.mode ?? 'warn',
      columns: [
        { name: 'who', type: 'text', role: 'identity', sensitive: true },
        { name: 'x', type: 'number', role: 'feature', ...options.x },
        { name: 'colour', type: 'category', role: 'feature' },
        { name: 'y', type: 'category', role: 'target' },
      ],
      ...options.schema,
    }),
    'policy.json': JSON.stringify({
      schemaVersion: 1,
      tier: 'standard',
      gates: [],
      approval: {},
    }),
  });
}

export const HEADER = 'who,x,colour,y';

/** Rows that can be learnt: y follows x; a group has about three rows. */
export function smallRows(rows: number, seed = 1): string[] {
  const random = substream(seed, 'small');
  return Array.from({ length: rows }, (_, i) => {
    const x = Math.round(random.nextFloat() * 1000) / 1000;
    const colour = ['red', 'green', 'blue'][random.nextInt(3)] ?? 'red';
    const y = random.nextFloat() < (x > 0.5 ? 0.85 : 0.15) ? 'yes' : 'no';
    return `w${Math.floor(i / 3)},${x},${colour},${y}`;
  });
}

export function bytesOf(rows: readonly string[], header = HEADER): Uint8Array {
  return new TextEncoder().encode(`${[header, ...rows].join('\n')}\n`);
}
