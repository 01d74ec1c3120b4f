/** The verdict of `try` on training rows, out of fold: the holdout is never looked at. */
import type { Candidate } from '#contracts/folder/candidate.ts';
import { ModelDocument } from '#contracts/folder/model.ts';
import { parseJson } from '#contracts/parse.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { evaluateOutOfFold } from '#evaluation/out-of-fold.ts';
import { type Artifact, decodeArtifact } from '#learning/pipeline/artifact.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import { Stop } from '../output.ts';
import type { Packed } from './pack.ts';
import { stopwatch } from './stopwatch.ts';
import { type Changes, changed, prepareFolder } from './try-folder.ts';
import { type TryResult, tryReport, writePredictions } from './try-report.ts';

/** Where the settings to compare with stand: an artifact, or the model.json that trained it. */
export interface ChampionSettings {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * Decides on a folder by its training rows, against the trivial baselines or the champion's settings.
 *
 * Throws Stop 2 where the champion's settings aren't known.
 */
export function tryFolds(of: {
  readonly packed: Packed;
  readonly changes: Changes;
  readonly champion: ChampionSettings | null;
  readonly say: (line: string) => void;
}): TryResult {
  const { packed, say } = of;
  const folder = changed(packed.folder, of.changes);
  const champion = of.champion === null ? null : settingsOf(of.champion, packed, say);
  const { prepared, provenance, seconds } = prepareFolder(packed, folder, say);
  const start = stopwatch();
  const found = evaluateOutOfFold({
    folder,
    champion,
    training: prepared.training,
    trainingManifest: sha256Hex(prepared.trainingManifest),
    provenance,
    stopwatch,
    progress: (done, all) => say(`training ${done + 1} of ${all}, each without one fold`),
  });
  const { evidence, verdict, chosen } = found;
  return {
    report: tryReport({ folder, prepared, evidence, verdict, by: 'folds', looks: null }),
    predictions: writePredictions({
      rows: found.rows.map((row) => prepared.trainingSide[row] ?? 0),
      labels: found.labels,
      probabilities: found.probabilities,
    }),
    choice: [`chosen without each fold: ${counted(chosen)}`],
    seconds: { ...seconds, folds: stopwatch() - start },
  };
}

/** The candidates by which the champion was trained, as far as they are known. */
function settingsOf(
  { file, bytes }: ChampionSettings,
  packed: Packed,
  say: (line: string) => void,
): readonly Candidate[] {
  const { model } = packed.folder;
  const artifact = artifactOf(bytes);
  if (artifact === null) {
    const document = parseJson(ModelDocument, bytes, file);
    if (document.name === model.name) return document.candidates;
    throw new Stop(2, `${file} is of the model ${document.name}, not ${model.name}`);
  }
  const { candidate, bundle } = artifact.provenance;
  const found = model.candidates.find(({ name }) => name === candidate);
  if (found === undefined) {
    throw new Stop(
      2,
      `${file}: an artifact doesn’t hold its settings, and its candidate ${candidate} isn’t in model.json: give --champion the model.json that trained it`,
    );
  }
  say(
    `the training rows may have trained the champion, so its candidate ${candidate} is refitted on the same folds`,
  );
  if (bundle !== packed.sha256) {
    say(
      `warning: the folder has changed since the champion was trained: were ${candidate}’s settings others then, give --champion the model.json of that time`,
    );
  }
  return [found];
}

/** Null for what is no model file. */
function artifactOf(bytes: Uint8Array): Artifact | null {
  const text = new TextDecoder().decode(bytes.subarray(0, MOST_OF_A_DOCUMENT));
  return text.includes('"titleholder-model"') || bytes.length > MOST_OF_A_DOCUMENT
    ? withNamedErrors(() => decodeArtifact(bytes))
    : null;
}
/** A model.json is smaller. */
const MOST_OF_A_DOCUMENT = 1_000_000;

/** `logistic (3 folds), boosting (2 folds)`, in the order of appearance. */
function counted(names: readonly string[]): string {
  return [...new Set(names)]
    .map((name) => ({ name, count: names.filter((one) => one === name).length }))
    .map(({ name, count }) => `${name} (${count} ${count === 1 ? 'fold' : 'folds'})`)
    .join(', ');
}
