/** A champion that was trained before schema.json said how cells are read, on a holdout read by it. */
import { describe, expect, it } from 'vitest';
import { prepare, type PreparedData } from '#dataset/prepare.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { entrantOf } from '#evaluation/admit.ts';
import { evaluate } from '#evaluation/evaluate.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { substream } from '#learning/random.ts';
import { train, type TrainedModel } from '#training/train.ts';
import { bytesOf, smallFolder } from '../dataset/small-folder.ts';

const PROVENANCE = {
  model: 'small',
  commit: null,
  bundle: null,
  data: sha256Hex('data'),
  code: sha256Hex('code'),
  asOf: '2026-01-01T00:00:00.000Z',
};
let ticks = 0;
const stopwatch = (): number => (ticks += 0.001);

const READ = { separator: ',', decimal: '.', missing: ['?'] };

function folderOf(type: string, read: object | null): Folder {
  return smallFolder({
    model: { candidates: [{ name: 'a', algorithm: 'logistic' }] },
    schema: {
      ...(read === null ? {} : { read }),
      columns: [
        { name: 'who', type: 'text', role: 'identity' },
        { name: 'x', type: 'number', role: 'feature' },
        { name: 'colour', type, role: 'feature', maxMissing: 0.6 },
        { name: 'y', type: 'category', role: 'target' },
      ],
    },
  });
}

/** Rows whose class follows the cell of `colour`, and a little x. */
function rowsOf(cells: readonly string[]): string[] {
  const random = substream(3, 'older');
  return Array.from({ length: 900 }, (_, i) => {
    const at = random.nextInt(cells.length);
    const x = random.nextInt(1000) / 1000;
    const odds = (at === 0 ? 0.6 : 0.15) + 0.2 * x;
    return `w${Math.floor(i / 3)},${x},${cells[at]},${random.nextFloat() < odds ? 'yes' : 'no'}`;
  });
}

const prepared = (folder: Folder, lines: readonly string[]): PreparedData =>
  prepare({ folder, csv: bytesOf(lines), file: 'data.csv', asOf: PROVENANCE.asOf, stored: null });

const trained = (folder: Folder, data: PreparedData): TrainedModel =>
  train({
    folder,
    training: data.training,
    trainingManifest: sha256Hex(data.trainingManifest),
    provenance: PROVENANCE,
    stopwatch,
  });

function entrant({ artifact, sha256 }: TrainedModel, manifest: Uint8Array) {
  return entrantOf('a model', { bytes: artifact, sha256, manifest });
}

/** The champion's measures on today's holdout, after a training by today's rules. */
function judgedToday(cells: readonly string[], type: string) {
  const lines = rowsOf(cells);
  const [older, today] = [folderOf('category', null), folderOf(type, READ)];
  const then = prepared(older, lines);
  const champion = trained(older, then);
  const now = prepared(today, lines);
  const { evidence } = evaluate({
    folder: today,
    charter: sha256Hex('charter'),
    challenger: entrant(trained(today, now), now.trainingManifest),
    champion: { ...entrant(champion, then.trainingManifest), version: 1 },
    anchor: {
      version: 7,
      sha256: champion.sha256,
      since: [{ version: 1, difference: 0 }],
      model: entrant(champion, then.trainingManifest),
    },
    holdout: now.holdout,
    register: now.register,
    training: now.training,
    provenance: PROVENANCE,
    stopwatch,
  });
  return { champion, then, evidence, today, now };
}

/** The mean loss of the champion, asked row by row in the words of the table that trained it. */
function logLossOf(champion: TrainedModel, { holdout }: PreparedData): number {
  const { scoreRecord } = scorer(decodeArtifact(champion.artifact));
  const rows = new TextDecoder().decode(holdout).trim().split('\n').slice(1);
  const losses = rows.map((line) => {
    const [, x = '', colour = '', y = ''] = line.split(',');
    const p = scoreRecord({ x: Number(x), colour });
    return -Math.log(y === 'yes' ? p : 1 - p);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describe('a champion from before `read`', () => {
  it.each([
    ['words of pandas', ['True', 'False'], 'boolean'],
    ['words of R in a category', ['FALSE', 'TRUE', 'unknown'], 'category'],
    ['letters', ['t', 'f'], 'boolean'],
    ['whole numbers of a frame with gaps', ['2.0', '1.0', ''], 'category'],
    ['a word that is missing now', ['NULL', 'red', 'blue'], 'category'],
    ['a mark that read.missing names', ['red', '?', 'blue'], 'category'],
    ['texts that are read as they were', ['red', '007', ''], 'category'],
    ['codes', ['250.0', '250.00', '38'], 'code'],
  ])('is scored as it answers: %s', (_, cells, type) => {
    const { champion, then, evidence } = judgedToday(cells, type);
    const { auc, logLoss } = evidence.champion!.metrics;
    expect(auc.value).toBeGreaterThan(0.65);
    const leansOn = evidence.measurements.importance!.columns.find((c) => c.column === 'colour');
    expect(leansOn!.champion!.mean).toBeGreaterThan(0.05);
    expect(logLoss.value).toBeCloseTo(logLossOf(champion, then), 9);
    expect(evidence.measurements.anchor?.scored?.metrics).toEqual(evidence.champion!.metrics);
  });

  it('that told apart what is one level today can’t be scored, and is said with the way out', () => {
    expect(() => judgedToday(['True', 'TRUE', 'False'], 'category')).toThrow(
      "the champion (version 1) can’t score today’s holdout: column 'colour' has levels that the model tells apart and schema.json's read does not: type code keeps them apart",
    );
    expect(judgedToday(['True', 'TRUE', 'False'], 'code').evidence.champion).not.toBe(null);
  });
});
