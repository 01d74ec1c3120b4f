/** Scores rows by an artifact's bytes here, and measures AUC apart from the engine's own code. */
import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { type Artifact, decodeArtifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';

const Rows = z.array(z.record(z.string(), z.string()));
export type Row = z.infer<typeof Rows>[number];

/** A stored CSV's rows by column name. */
export function rowsOf(csv: Uint8Array): Row[] {
  return Rows.parse(parse(Buffer.from(csv), { columns: true, bom: true }));
}

/** The rows as `/predict` takes them: only what the artifact reads, numbers as numbers. */
export function recordsFor(
  artifact: Artifact,
  rows: readonly Row[],
): Record<string, string | number | null>[] {
  return rows.map((row) =>
    Object.fromEntries(
      artifact.columns.map(({ name, kind }) => {
        const cell = row[name] ?? '';
        if (cell === '') return [name, null];
        return [name, kind === 'numeric' ? Number(cell) : cell];
      }),
    ),
  );
}

export function scoresOf(artifact: Artifact, rows: readonly Row[]): number[] {
  const { scoreRecord } = scorer(artifact);
  return recordsFor(artifact, rows).map((record) => scoreRecord(record));
}

export { decodeArtifact };

/**
 * The area under the ROC curve: the share of (positive, negative) pairs that the scores order rightly,
 * a tie counting half (Hanley and McNeil 1982). O(n log n) by the rank sum.
 */
export function areaUnderCurve(scores: readonly number[], positive: readonly boolean[]): number {
  const order = scores.map((score, i) => ({ score, positive: positive[i] === true }));
  order.sort((a, b) => a.score - b.score);
  let rankSum = 0;
  let positives = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && order[to]?.score === order[from]?.score) to++;
    // Ranks are 1-based; equal scores share their mean.
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) {
      if (order[i]?.positive !== true) continue;
      rankSum += rank;
      positives++;
    }
    from = to;
  }
  const negatives = order.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
