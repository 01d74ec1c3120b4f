/** The trial itself: challenger, champion and baselines on the same stored holdout, and the verdict. */
import type { Measured, Timings } from '#contracts/evidence.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import { featureTable } from '#dataset/feature-table.ts';
import {
  hashOf,
  identifyRows,
  identityColumns,
  type IdentityRule,
  named,
  rowHash,
  rulingIdentity,
  sameIdentity,
} from '#dataset/identity.ts';
import { cellsOf, type DataTable, headerOf, readPart, recordOf } from '#dataset/read-table.ts';
import { readManifest, readRegister, type Register } from '#dataset/register.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { decide, RULES } from '#gates/decide.ts';
import type { Measurements } from '#gates/measurements.ts';
import type { Verdict } from '#gates/verdict.ts';
import { type Artifact, decodeArtifact } from '#learning/pipeline/artifact.ts';
import { type BaselineName, fitBaseline } from '#learning/baselines.ts';
import { type Scorer, scorer } from '#learning/pipeline/scorer.ts';
import type { Table } from '#learning/table.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import { measure, measureApart, scoresDocument } from './measure.ts';
import { measureTime } from './latency.ts';
import type { RunProvenance } from '#training/train.ts';
import { trainingTable } from '#training/training-rows.ts';

export interface EvaluateInput {
  readonly folder: Folder;
  /** sha256 of the charter by which the run is judged; `folder` holds that charter. */
  readonly charter: string;
  readonly challenger: { readonly bytes: Uint8Array; readonly sha256: string };
  readonly champion: {
    readonly bytes: Uint8Array;
    readonly sha256: string;
    readonly version: number;
  } | null;
  /** Training manifests of the two artifacts. */
  readonly manifests: { readonly challenger: Uint8Array; readonly champion: Uint8Array | null };
  /** The stored snapshot and its register. */
  readonly holdout: Uint8Array;
  readonly register: Uint8Array;
  /** Training rows: the trivial baselines are fitted on them. */
  readonly training: Uint8Array;
  /** This run's; the challenger has to come from it. */
  readonly provenance: RunProvenance;
  /** Seconds since any fixed moment: the only clock that is read. */
  readonly stopwatch: () => number;
}

export interface Evaluation {
  /** The reproducible evidence, canonical JSON. */
  readonly measured: Uint8Array;
  /** The same, read. */
  readonly evidence: Measured;
  /** What isn't reproducible, `Timings` as canonical JSON. */
  readonly timings: Uint8Array;
  /** Every model's score of every holdout row; `measured` holds its hash. */
  readonly scores: Uint8Array;
  readonly verdict: Verdict;
  /** The number of the rules by which it was decided. */
  readonly rules: number;
  /** The challenger's probability of each holdout row, in the snapshot's order. */
  readonly probabilities: Float64Array;
  /** What the evidence is about. */
  readonly judged: Judged;
}

/** Models with their probabilities of the same holdout rows. */
export interface Judged {
  readonly challenger: Artifact;
  readonly probabilities: Float64Array;
  readonly champion: { readonly version: number; readonly probabilities: Float64Array } | null;
  readonly table: Table;
  readonly labels: Uint8Array;
  readonly importance: Measurements['importance'] | undefined;
}

const BASELINES: readonly BaselineName[] = ['base-rate', 'best-column'];
/** Rows that are timed one by one. */
const TIMED_RECORDS = 200;

/**
 * Measures a challenger against the champion on today's holdout and decides by the charter.
 *
 * The champion is scored again, never remembered. All but `timings` is the same, byte for byte, for the
 * same input. Throws `HoldoutRefused` with the count where a holdout group trained one of the two, where
 * one's rows are identified by other columns, or where the champion can't score the holdout; `ProvenanceMismatch` for a challenger of another run or a
 * manifest that isn't the artifact's; `EvidenceMismatch` for a register of another snapshot;
 * `ArtifactCorrupt`, `ArtifactInvalid`.
 */
export function evaluate(input: EvaluateInput): Evaluation {
  return withNamedErrors(() => evaluateNamed(input));
}

function evaluateNamed(input: EvaluateInput): Evaluation {
  const { folder, provenance } = input;
  const { model, policy } = folder;
  const challenger = load('the challenger', input.challenger);
  checkProvenance(challenger, provenance);
  checkManifest('challenger', challenger, input.manifests.challenger);
  const champion = input.champion === null ? null : load('the champion', input.champion);
  if (champion !== null) {
    if (input.manifests.champion === null) {
      throw new TitleholderError(
        'ProvenanceMismatch',
        'the champion’s training manifest is missing',
      );
    }
    checkManifest('champion', champion, input.manifests.champion);
    if (champion.positive !== model.positive) {
      throw new TitleholderError(
        'HoldoutRefused',
        'the champion was trained on another positive class than model.json has',
      );
    }
  }

  const holdout = readPart(input.holdout, 'the holdout', folder);
  const groups = checkRegister(holdout, input.register, folder);
  const unseen = checkSides(groups, input.manifests);
  const table = featureTable(holdout);
  const challengerScorer = scorer(challenger);
  const championScorer = champion === null ? null : scorer(champion);
  const probabilities = challengerScorer.scoreTable(table);

  const trained = trainingTable(input.training, folder);
  const baselines = BASELINES.map((name) => {
    const artifact = fitBaseline(name, {
      table: trained.table,
      labels: trained.labels,
      groups: trained.groups,
      positive: model.positive,
      trainingManifest: challenger.trainingManifest,
      provenance: challenger.provenance,
    });
    return { name, scores: scorer(artifact).scoreTable(table), threshold: artifact.threshold };
  });
  const championScores =
    input.champion === null || championScorer === null
      ? null
      : {
          version: input.champion.version,
          probabilities: scoreChampion(championScorer, table, input.champion.version),
        };
  const toMeasure = {
    source: {
      ...provenance,
      charter: input.charter,
      data: { training: sha256Hex(input.training), holdout: sha256Hex(input.holdout) },
      seeds: { master: model.seed },
    },
    plan: model.plan,
    challenger: {
      scores: probabilities,
      threshold: challenger.threshold,
      sha256: input.challenger.sha256,
    },
    champion:
      champion === null || input.champion === null || championScores === null
        ? null
        : {
            scores: championScores.probabilities,
            threshold: champion.threshold,
            version: championScores.version,
            sha256: input.champion.sha256,
          },
    baselines,
    labels: holdout.labels,
    groups: groups.groupOf,
    measurements: measureApart({
      challenger,
      champion,
      table,
      labels: holdout.labels,
      seed: model.seed,
      unseen,
    }),
  };
  const evidence = measure(toMeasure);
  const verdict = decide(evidence, { model: { plan: model.plan }, policy }, RULES);
  return {
    measured: encode(canonicalJson(evidence)),
    evidence,
    scores: encode(scoresDocument(toMeasure)),
    timings: encode(
      canonicalJson(timings(input, holdout, table, challengerScorer, championScorer)),
    ),
    verdict,
    rules: RULES,
    probabilities,
    judged: {
      challenger,
      probabilities,
      champion: championScores,
      table,
      labels: holdout.labels,
      importance: evidence.measurements.importance,
    },
  };
}

function load(
  who: string,
  stored: { readonly bytes: Uint8Array; readonly sha256: string },
): Artifact {
  if (sha256Hex(stored.bytes) !== stored.sha256) {
    throw new TitleholderError('ArtifactCorrupt', `${who}’s bytes don’t have its hash`);
  }
  return decodeArtifact(stored.bytes);
}

function checkProvenance(challenger: Artifact, run: RunProvenance): void {
  const own = challenger.provenance;
  const wrong = (['model', 'commit', 'bundle', 'data'] as const).filter((k) => own[k] !== run[k]);
  if (wrong.length > 0) {
    throw new TitleholderError(
      'ProvenanceMismatch',
      `the challenger comes from another run: its ${wrong.join(', ')} differ${wrong.length === 1 ? 's' : ''}`,
    );
  }
  if (own.stage !== 'full') {
    throw new TitleholderError(
      'ProvenanceMismatch',
      'the challenger was trained on a sample (stage quick), and only a full training is evaluated',
    );
  }
}

function checkManifest(who: string, artifact: Artifact, manifest: Uint8Array): void {
  if (artifact.trainingManifest === sha256Hex(manifest)) return;
  throw new TitleholderError(
    'ProvenanceMismatch',
    `the ${who} was trained on other rows than its manifest lists`,
  );
}

interface HoldoutGroups {
  readonly groupOf: Int32Array;
  readonly hashes: readonly string[];
  readonly identity: IdentityRule;
}

function checkRegister(table: DataTable, bytes: Uint8Array, folder: Folder): HoldoutGroups {
  const { model, schema } = folder;
  const register = readRegister(bytes);
  const identity = rulingIdentity(identityColumns(model, schema), register.identity, table);
  const isOfTable =
    register.model === model.name &&
    register.rows.length === table.rows &&
    canonicalJson(register.columns) === canonicalJson(headerOf(table));
  const groups = isOfTable ? registeredGroups(table, register, identity, folder) : null;
  if (groups === null) {
    throw new TitleholderError('EvidenceMismatch', 'the register is not that of the holdout');
  }
  return { ...groups, identity };
}

/** The groups of the snapshot's rows; null where the register's rows are others. */
function registeredGroups(
  table: DataTable,
  { rows, epoch }: Register,
  identity: IdentityRule,
  { model }: Folder,
): Omit<HoldoutGroups, 'identity'> | null {
  if (identity.kind === 'row') {
    // How many rows are equal to one is known of the whole table alone; the register has its hash.
    const isSame = rows.every((row, i) => row.hash === rowHash(cellsOf(table, i)));
    const groupOf = Int32Array.from(rows, (_, i) => i);
    return isSame ? { groupOf, hashes: rows.map((row) => row.identity) } : null;
  }
  const rule = { model: model.name, epoch, holdout: model.split.holdout };
  const identities = identifyRows(table, identity, rule);
  const hashes = Array.from({ length: identities.groups }, (_, group) => hashOf(identities, group));
  const { groupOf } = identities;
  const isSame = rows.every((row, i) => row.identity === hashes[groupOf[i] ?? 0]);
  return isSame ? { groupOf, hashes } : null;
}

function checkSides(
  { hashes, identity }: HoldoutGroups,
  manifests: EvaluateInput['manifests'],
): NonNullable<Measurements['holdoutUnseen']> {
  for (const who of ['challenger', 'champion'] as const) {
    const bytes = manifests[who];
    if (bytes === null) continue;
    const trained = readManifest(bytes);
    // Hashes of two rules never meet: that none is found would say nothing.
    if (!sameIdentity(trained.identity, identity)) {
      throw new TitleholderError(
        'HoldoutRefused',
        `the ${who}’s training rows are identified by ${named(trained.identity)} and the holdout’s by ${named(identity)}: whether it saw them can’t be told`,
      );
    }
    const both = hashes.filter((hash) => trained.groups.has(hash)).length;
    if (both === 0) continue;
    throw new TitleholderError(
      'HoldoutRefused',
      `${both} of ${hashes.length} holdout groups trained the ${who}: it can’t be judged on them`,
      { groups: both, of: hashes.length },
    );
  }
  return { groups: hashes.length, trained: 0 };
}

function scoreChampion(
  champion: Scorer,
  table: ReturnType<typeof featureTable>,
  version: number,
): Float64Array {
  try {
    return withNamedErrors(() => champion.scoreTable(table));
  } catch (error) {
    if (!(error instanceof TitleholderError)) throw error;
    throw new TitleholderError(
      'HoldoutRefused',
      `the champion (version ${version}) can’t score today’s holdout: ${error.message}`,
      error.details,
      { cause: error },
    );
  }
}

function timings(
  input: EvaluateInput,
  holdout: DataTable,
  table: ReturnType<typeof featureTable>,
  challenger: Scorer,
  champion: Scorer | null,
): Timings {
  const timedRows = Math.min(TIMED_RECORDS, holdout.rows);
  const records = Array.from({ length: timedRows }, (_, row) => recordOf(holdout, row));
  const start = input.stopwatch();
  const timed = measureTime({ challenger, champion, table, records, stopwatch: input.stopwatch });
  const sizeOf = ({ sha256, bytes }: EvaluateInput['challenger']) => ({
    sha256,
    artifactBytes: bytes.length,
  });
  const own = { ...sizeOf(input.challenger), ...timed.challenger };
  const other =
    input.champion === null || timed.champion === null
      ? null
      : { ...sizeOf(input.champion), ...timed.champion };
  return {
    schemaVersion: 1,
    model: input.folder.model.name,
    challenger: own,
    champion: other,
    ratios:
      timed.ratios === null || other === null
        ? null
        : { ...timed.ratios, artifactBytes: own.artifactBytes / other.artifactBytes },
    seconds: input.stopwatch() - start,
  };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
