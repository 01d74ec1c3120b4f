/** What `init`'s candidates are worth on the line's own splits of a table. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Folder } from '#contracts/folder/charter.ts';
import { featureTable } from '#dataset/feature-table.ts';
import { prepare } from '#dataset/prepare.ts';
import { readPart } from '#dataset/read-table.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { aucOf } from '#learning/metrics/metrics.ts';
import { decodeArtifact } from '#learning/pipeline/artifact.ts';
import { scorer } from '#learning/pipeline/scorer.ts';
import { roundsOf } from '#training/candidates.ts';
import { choose, isFitted, type Tried } from '#training/choose.ts';
import { crossValidate } from '#training/cross-validate.ts';
import { fitChosen, prepareTraining } from '#training/train.ts';
import { initFolder } from '../../../cli/local/init-folder.ts';
import { pack } from '../../../cli/local/pack.ts';
import type { ChoiceTable } from './tables.ts';

export interface ChoiceTrial {
  /** Rows of the table (0-based) that judge. */
  readonly holdout: readonly number[];
  /** Each fitted candidate's mean AUC over folds of the training rows, by its name. */
  readonly means: Readonly<Record<string, number>>;
  /** The candidate that the rule takes, and the one with the best mean over the folds. */
  readonly chosen: string;
  readonly best: string;
  /** Their AUC on the holdout. */
  readonly chosenAuc: number;
  readonly bestAuc: number;
}

export interface InitTable {
  readonly folder: Folder;
  readonly csv: Uint8Array;
  readonly file: string;
}

/** The folder that `init` writes of the table, thinned evenly where it has more rows than `mostRows`. */
export async function initTable(table: ChoiceTable, mostRows: number): Promise<InitTable> {
  const dir = mkdtempSync(join(tmpdir(), 'titleholder-choice-'));
  try {
    const data = join(dir, `${table.name}.csv`);
    writeFileSync(data, thinned(table.bytes(), mostRows));
    const { name, target, positive } = table;
    const made = await initFolder({ data, target, positive, name, dir });
    const { folder, data: packed } = await pack(made.folder);
    const identity = table.identity ?? folder.model.identity;
    return {
      folder: { ...folder, model: { ...folder.model, identity } },
      csv: packed.csv,
      file: packed.file,
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The k-th split is that of epoch k: the line's own, of other identities. */
export function tryChoice(table: InitTable, split: number): ChoiceTrial {
  const { model } = table.folder;
  const folder: Folder = {
    ...table.folder,
    model: { ...model, seed: split, split: { holdout: model.split.holdout, epoch: split } },
  };
  const prepared = prepare({
    folder,
    csv: table.csv,
    file: table.file,
    asOf: '1970-01-01T00:00:00.000Z',
    stored: null,
  });
  const stopwatch = (): number => 0;
  const training = prepareTraining({
    folder,
    training: prepared.training,
    trainingManifest: sha256Hex(prepared.trainingManifest),
    provenance: { model: model.name, commit: null, bundle: null, data: '', code: '', asOf: null },
    stopwatch,
  });
  const rounds = roundsOf(folder);
  const tried = (rounds[0] ?? []).map(
    (candidate): Tried => ({
      scores: crossValidate({
        folder,
        rows: training.rows,
        candidate,
        fit: training.fit,
        // The nested estimate tells what the choice is worth, and has no part in it.
        nested: false,
        time: { stopwatch },
      }),
      round: 1,
      seconds: 0,
    }),
  );
  const leaderboard = choose(folder, rounds, 1, tried);
  const best = leaderboard.rows[0]?.candidate.name ?? '';
  const holdout = readPart(prepared.holdout, 'the holdout', folder);
  const features = featureTable(holdout);
  const aucOn = (name: string): number => {
    const scores = tried.filter(isFitted).find((t) => t.scores.candidate.name === name)?.scores;
    if (scores === undefined) return Number.NaN;
    const { artifact } = fitChosen(training, scores, leaderboard);
    return aucOf(scorer(decodeArtifact(artifact)).scoreTable(features), holdout.labels);
  };
  const chosenAuc = aucOn(leaderboard.chosen);
  return {
    holdout: [...prepared.holdoutSide],
    means: Object.fromEntries(leaderboard.rows.map((r) => [r.candidate.name, r.meanAuc])),
    chosen: leaderboard.chosen,
    best,
    chosenAuc,
    bestAuc: best === leaderboard.chosen ? chosenAuc : aucOn(best),
  };
}

/** The header and every n-th line. */
function thinned(csv: Uint8Array, mostRows: number): string {
  const lines = new TextDecoder().decode(csv).trimEnd().split('\n');
  const every = Math.max(1, Math.ceil((lines.length - 1) / mostRows));
  return `${lines.filter((_, i) => i === 0 || i % every === 0).join('\n')}\n`;
}
