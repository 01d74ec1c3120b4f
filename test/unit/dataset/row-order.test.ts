/** Whoever exports a table again in another order has the same model and the same decision. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Folder } from '#contracts/folder/charter.ts';
import { prepare, type PreparedData } from '#dataset/prepare.ts';

import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { entrantOf } from '#evaluation/admit.ts';
import { evaluate } from '#evaluation/evaluate.ts';
import { train, trainQuickly } from '#training/train.ts';
import { bytesOf, smallFolder, smallRows } from './small-folder.ts';

const PROVENANCE = {
  model: 'small',
  commit: 'a'.repeat(40),
  bundle: sha256Hex('bundle'),
  data: sha256Hex('data'),
  code: sha256Hex('code'),
  asOf: '2026-01-01T00:00:00.000Z',
};

/** Coarse numbers, so that rows with equal features and other labels are many. */
const rows = smallRows(700).map((row) => row.replace(/,(0\.\d)\d*,/, ',$1,'));
const keyed = rows.map((row, i) => row.replace(/^w\d+/, `k${i}`));
const FOLDERS: readonly (readonly [string, Folder, readonly string[]])[] = [
  ['group', smallFolder(), rows],
  ['key', smallFolder({ group: [], key: ['who'] }), keyed],
  [
    'row',
    smallFolder({ group: [], model: { identity: { row: true } } }),
    [...rows, ...rows.slice(0, 90)],
  ],
  ['features', smallFolder({ group: [], x: { role: 'feature' } }), smallRows(700)],
];

const prepared = (folder: Folder, lines: readonly string[]): PreparedData =>
  prepare({
    folder,
    csv: bytesOf(lines),
    file: 'data.csv',
    asOf: PROVENANCE.asOf,
    stored: null,
  });

function shuffled(lines: readonly string[], keys: readonly number[]): string[] {
  return lines
    .map((line, i) => ({ line, key: keys[i % keys.length] ?? 0, i }))
    .sort((a, b) => ((a.key + a.i * 7919) % 10_007) - ((b.key + b.i * 7919) % 10_007))
    .map(({ line }) => line);
}

const orders = fc.array(fc.integer({ min: 0, max: 10_006 }), { minLength: 50, maxLength: 200 });

describe.each(FOLDERS)('rows by %s', (_kind, folder, lines) => {
  const first = prepared(folder, lines);

  it('train and judge in the same bytes whatever order the table has', () => {
    fc.assert(
      fc.property(orders, (keys) => {
        const again = prepared(folder, shuffled(lines, keys));
        expect(Buffer.compare(again.training, first.training)).toBe(0);
        expect(Buffer.compare(again.holdout, first.holdout)).toBe(0);
        expect(Buffer.compare(again.register, first.register)).toBe(0);
        expect(Buffer.compare(again.trainingManifest, first.trainingManifest)).toBe(0);
      }),
      { numRuns: 10 },
    );
  });

  it('join a stored holdout in the same bytes whatever order the table has', () => {
    const some = lines.slice(0, 500);
    const stored = prepared(folder, some);
    const later = (all: readonly string[]): PreparedData =>
      prepare({
        folder,
        csv: bytesOf(all),
        file: 'data.csv',
        asOf: '2026-02-01T00:00:00.000Z',
        stored,
      });
    const grown = later(lines);
    expect(grown.holdoutRows).toBeGreaterThan(stored.holdoutRows);
    expect(later(lines.toReversed()).register).toEqual(grown.register);
    expect(later(lines.toReversed()).holdout).toEqual(grown.holdout);
  });

  it('are named by their place in the file', () => {
    const turned = lines.toReversed();
    const again = prepared(folder, turned);
    const named = (table: readonly string[], of: PreparedData): (string | undefined)[] =>
      Array.from(of.holdoutSide, (row) => table[row]);
    expect(named(turned, again)).toEqual(named(lines, first));
  });
});

describe('a decision', () => {
  const [, folder, lines] = FOLDERS[0] ?? ['', smallFolder(), rows];
  const stopwatch = (): number => 0;
  const input = (of: PreparedData) => ({
    folder,
    training: of.training,
    trainingManifest: sha256Hex(of.trainingManifest),
    provenance: PROVENANCE,
    stopwatch,
  });
  const decided = (all: readonly string[]) => {
    const of = prepared(folder, all);
    const { artifact, sha256 } = train(input(of));
    const { evidence, verdict } = evaluate({
      folder,
      charter: sha256Hex('charter'),
      challenger: entrantOf('a', { bytes: artifact, sha256, manifest: of.trainingManifest }),
      champion: null,
      holdout: of.holdout,
      register: of.register,
      training: of.training,
      provenance: PROVENANCE,
      stopwatch,
    });
    return { evidence: canonicalJson(evidence), verdict, quick: trainQuickly(input(of)).sha256 };
  };

  it('has the same evidence whatever order the table has', () => {
    expect(decided(lines.toReversed())).toEqual(decided(lines));
  });
});
