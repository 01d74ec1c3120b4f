/** The whole decision in process: validate, split, train, judge. No AWS, no ledger. */
import { type Algorithm, Candidate } from '#contracts/folder/candidate.ts';
import { charterOf, type Folder } from '#contracts/folder/charter.ts';
import type { PolicyDocument } from '#contracts/folder/policy.ts';
import { findingLines } from '#dataset/validation-report.ts';
import { readPart } from '#dataset/read-table.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { codeDigest } from '../../infra/code-digest.ts';
import { entrantOf } from '#evaluation/admit.ts';
import { evaluate } from '#evaluation/evaluate.ts';
import { prepare, type PreparedData } from '#dataset/prepare.ts';
import { type RunProvenance, train } from '#training/train.ts';
import type { Look } from './holdout-looks.ts';
import type { Packed } from './pack.ts';
import { stopwatch } from './stopwatch.ts';
import { choiceLines, type TryResult, tryReport, writePredictions } from './try-report.ts';

/** An artifact from a file; it bears no version, for no registry knows it. */
export interface ChampionFile {
  readonly bytes: Uint8Array;
  /** The manifest that `fit` writes beside the artifact. */
  readonly manifest: Uint8Array;
}
/** Stands in the verdict's sentence for a champion that came as a file. */
export const FILE_VERSION = 0;

export interface Changes {
  readonly seed?: number | undefined;
  readonly policy?: PolicyDocument | undefined;
  /** Only candidates of this algorithm; where the folder has none, the algorithm's defaults. */
  readonly algorithm?: Algorithm | undefined;
}

/** Prepares a folder's rows and trains its model on them, as the line would. */
export function trainFolder(
  packed: Packed,
  folder: Folder,
  say: (line: string) => void,
): PreparedFolder & {
  readonly training: ReturnType<typeof train>;
  readonly seconds: { readonly prepare: number; readonly train: number };
} {
  const { prepared, provenance, seconds } = prepareFolder(packed, folder, say);
  const start = stopwatch();
  const training = train({
    folder,
    training: prepared.training,
    trainingManifest: sha256Hex(prepared.trainingManifest),
    provenance,
    stopwatch,
  });
  return {
    prepared,
    training,
    provenance,
    seconds: { ...seconds, train: stopwatch() - start },
  };
}

export interface PreparedFolder {
  readonly prepared: PreparedData;
  readonly provenance: RunProvenance;
  readonly seconds: { readonly prepare: number };
}

/** Validates and splits a folder's rows, and says what is doubtful about them. */
export function prepareFolder(
  packed: Packed,
  folder: Folder,
  say: (line: string) => void,
): PreparedFolder {
  const start = stopwatch();
  const prepared = prepare({
    folder,
    csv: packed.data.csv,
    file: packed.data.file,
    asOf: NO_MOMENT,
    stored: null,
  });
  for (const line of findingLines(prepared.findings)) say(`warning: ${line}`);
  say(
    `${prepared.rows} rows: training on ${prepared.trainingRows}, holding out ${prepared.holdoutRows}`,
  );
  // Nothing was committed, so neither commit nor moment is known.
  const provenance: RunProvenance = {
    model: folder.model.name,
    commit: null,
    bundle: packed.sha256,
    data: packed.data.sha256,
    code: codeDigest(),
    asOf: null,
  };
  return { prepared, provenance, seconds: { prepare: stopwatch() - start } };
}
/** The register of a holdout that nobody stores needs a moment; it gets into no output. */
const NO_MOMENT = '1970-01-01T00:00:00.000Z';

/** The folder with a seed, policy or algorithm for this time only. */
export function changed({ model, schema, policy }: Folder, changes: Changes): Folder {
  const { algorithm } = changes;
  const own = model.candidates.filter((c) => algorithm === undefined || c.algorithm === algorithm);
  return {
    schema,
    policy: changes.policy ?? policy,
    model: {
      ...model,
      seed: changes.seed ?? model.seed,
      candidates: own.length > 0 ? own : [Candidate.parse({ name: `${algorithm}`, algorithm })],
    },
  };
}

/** Decides on a folder against the trivial baselines, or against an artifact from a file. */
export function tryFolder(of: {
  readonly packed: Packed;
  readonly changes: Changes;
  readonly champion: ChampionFile | null;
  readonly say: (line: string) => void;
  /** Counts a look at a holdout; how many it makes on this machine. */
  readonly countLook: (at: Look) => number | null;
}): TryResult {
  const { packed, champion } = of;
  const folder = changed(packed.folder, of.changes);
  const { prepared, training, provenance, seconds } = trainFolder(packed, folder, of.say);
  const start = stopwatch();
  const evaluation = evaluate({
    folder,
    charter: sha256Hex(canonicalJson(charterOf(folder))),
    challenger: entrantOf('the challenger', {
      bytes: training.artifact,
      sha256: training.sha256,
      manifest: prepared.trainingManifest,
    }),
    champion:
      champion === null
        ? null
        : {
            ...entrantOf('the champion', { ...champion, sha256: sha256Hex(champion.bytes) }),
            version: FILE_VERSION,
          },
    holdout: prepared.holdout,
    register: prepared.register,
    training: prepared.training,
    provenance,
    stopwatch,
  });
  const evaluateSeconds = stopwatch() - start;
  const { evidence, verdict } = evaluation;
  const { labels } = readPart(prepared.holdout, 'the holdout', folder);
  const looks = of.countLook({
    model: folder.model.name,
    epoch: prepared.epoch,
    holdout: sha256Hex(prepared.holdout),
  });
  return {
    report: tryReport({ folder, prepared, evidence, verdict, by: 'holdout', looks }),
    predictions: writePredictions({
      rows: prepared.holdoutSide,
      labels,
      probabilities: evaluation.probabilities,
    }),
    choice: choiceLines(training.leaderboard),
    seconds: { ...seconds, evaluate: evaluateSeconds },
  };
}
