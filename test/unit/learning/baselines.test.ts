import { describe, expect, it } from 'vitest';
import { fitBaseline } from '#learning/baselines.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { substream } from '#learning/random.ts';
import { MANIFEST, PROVENANCE } from './made-up-table.ts';

const random = substream(8, 'baselines');
const values = Array.from({ length: 3 }, () =>
  new Float64Array(200).map(() => Math.floor(random.nextFloat() * 30)),
);
const labels = new Uint8Array(200).map((_, row) =>
  random.nextFloat() < (values[1]![row]! > 17 ? 0.7 : 0.2) ? 1 : 0,
);
const table = {
  rows: 200,
  columns: values.map((column, i) => ({ kind: 'numeric' as const, name: `x${i}`, values: column })),
};
const input = {
  table,
  labels,
  positive: 'yes',
  trainingManifest: MANIFEST,
  provenance: PROVENANCE,
};

describe('a baseline', () => {
  it('gives every row the share of positives', () => {
    const share = labels.reduce((a, b) => a + b) / 200;
    const scores = scorer(fitBaseline('base-rate', input)).scoreTable(table);
    expect(new Set(scores)).toEqual(new Set([share]));
  });

  it('cuts where trying every cut of every column finds the least Gini impurity', () => {
    let best = { impurity: Infinity, scores: new Float64Array(200) };
    for (const column of values) {
      for (let cut = 0; cut < 29; cut += 1) {
        const sides = [0, 1].map((side) =>
          [...labels.keys()].filter((row) => (column[row]! > cut ? 1 : 0) === side),
        );
        const shares = sides.map(
          (rows) => rows.reduce((sum, row) => sum + labels[row]!, 0) / rows.length,
        );
        const impurity = sides.reduce(
          (sum, rows, side) => sum + rows.length * shares[side]! * (1 - shares[side]!),
          0,
        );
        if (impurity < best.impurity) {
          best = { impurity, scores: column.map((x) => shares[x > cut ? 1 : 0]!) };
        }
      }
    }
    const found = scorer(fitBaseline('best-column', input)).scoreTable(table);
    expect(found).toEqual(best.scores);
  });
});
