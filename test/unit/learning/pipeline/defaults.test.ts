import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Candidate } from '#contracts/folder/candidate.ts';
import { metricsOf } from '#learning/metrics/metrics.ts';
import { fitPipeline } from '#learning/pipeline/fit.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { selectRows } from '#learning/table.ts';
import { MANIFEST, PROVENANCE } from '../made-up-table.ts';
import { readTableOf } from '../read-table.ts';

/** scikit-learn's AUC on each of five folds, and which fold holds out each row. */
interface Case {
  name: string;
  path: string;
  target: string;
  positive: string;
  auc: Record<'rf' | 'hgb' | 'lr', number[]>;
  folds: string;
}
const read = (name: string): unknown =>
  JSON.parse(
    readFileSync(new URL(`../../../fixtures/${name}/expected.json`, import.meta.url), 'utf8'),
  );
const { cases } = read('defaults') as { cases: Case[] };
const { credit } = read('logistic') as { credit: { levels: Record<string, string[]> } };

const PROVE = process.env['TITLEHOLDER_PROVE'] === '1';

const meanOf = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;

/** Our mean AUC over the first `folds` folds, with the settings that a folder has which names none. */
function aucOf(algorithm: Candidate['algorithm'], given: Case, folds: number): number {
  const { table, labels } = readTableOf(
    given.path,
    given.target,
    given.positive,
    given.name === 'credit' ? credit.levels : {},
  );
  const candidate = Candidate.parse({ name: 'defaults', algorithm, settings: {} });
  const of = (wanted: (fold: string) => boolean) =>
    new Int32Array(given.folds.length)
      .map((_, row) => row)
      .filter((row) => wanted(given.folds[row] ?? ''));
  const labelsOf = (rows: Int32Array) => Uint8Array.from(rows, (row) => labels[row]!);
  const values = Array.from({ length: folds }, (_, fold) => {
    const inside = of((other) => other !== String(fold));
    const outside = of((other) => other === String(fold));
    const model = fitPipeline({
      table: selectRows(table, inside),
      labels: labelsOf(inside),
      candidate,
      seed: 1,
      positive: given.positive,
      thresholdRule: 0.5,
      trainingManifest: MANIFEST,
      provenance: PROVENANCE,
    });
    const scores = scorer(model).scoreTable(selectRows(table, outside));
    return metricsOf(scores, labelsOf(outside), 0.5).auc;
  });
  return meanOf(values);
}

function named(name: string): Case {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

describe('with default settings, on the same folds', () => {
  it.each(cases)("logistic regression is not 0.003 below scikit-learn's: $name", (given) => {
    const folds = PROVE ? 5 : 2;
    const theirs = meanOf(given.auc.lr.slice(0, folds));
    expect(aucOf('logistic', given, folds)).toBeGreaterThan(theirs - 0.003);
  });

  it.each([
    { name: 'credit', algorithm: 'forest', quick: 2 },
    { name: 'doctor-visits', algorithm: 'forest', quick: 1 },
    { name: 'doctor-visits by group', algorithm: 'boosting', quick: 1 },
  ] as const)(
    '$algorithm is not 0.005 below the best of scikit-learn: $name',
    ({ name, algorithm, quick }) => {
      const given = named(name);
      const folds = PROVE ? 5 : quick;
      const theirs = Math.max(
        ...Object.values(given.auc).map((values) => meanOf(values.slice(0, folds))),
      );
      expect(aucOf(algorithm, given, folds)).toBeGreaterThan(theirs - 0.005);
    },
    120_000,
  );
});
