/** Training: choose among the candidates on folds of the training rows, then fit the chosen one on all. */
import type { Candidate, Folder } from '../contracts/folder.ts';
import { constantColumns, featureTable } from '../dataset/feature-table.ts';
import { identifyRows, identityColumns, type IdentityRule } from '../dataset/identity.ts';
import { type DataTable, readPart } from '../dataset/read-table.ts';
import { canonicalJson, sha256Hex } from '../domain/canonical.ts';
import { TitleholderError } from '../domain/errors.ts';
import { type Artifact, encodeArtifact } from '../learning/artifact.ts';
import { fitPipeline } from '../learning/fit.ts';
import { groupedFolds } from '../learning/folds.ts';
import { type Metrics, metricsOf } from '../learning/metrics.ts';
import { substream } from '../learning/random.ts';
import { scorer } from '../learning/scorer.ts';
import { selectRows, type Table } from '../learning/table.ts';
import { chooseThreshold } from '../learning/threshold.ts';
import { withNamedErrors } from './learning-errors.ts';

/** Where a training's inputs came from; null where there is none (a `fit` of an uncommitted folder). */
export interface RunProvenance {
  readonly model: string;
  readonly commit: string | null;
  /** sha256 of the packed folder. */
  readonly bundle: string | null;
  /** sha256 of the whole table's bytes. */
  readonly data: string;
  /** sha256 of the code that trains. */
  readonly code: string;
  readonly asOf: string | null;
}

export interface TrainInput {
  readonly folder: Folder;
  /** `prepare`'s training rows. */
  readonly training: Uint8Array;
  /** sha256 of `prepare`'s training manifest. */
  readonly trainingManifest: string;
  /** That manifest's: rows of one identity are in one fold. The folder's own unless given. */
  readonly identity?: IdentityRule;
  readonly stage: 'quick' | 'full';
  readonly provenance: RunProvenance;
  /** Seconds since any fixed moment: the only clock that is read. */
  readonly stopwatch: () => number;
}

export interface CandidateScore {
  readonly name: string;
  readonly algorithm: string;
  readonly settings: Candidate['settings'];
  /** AUC on each held-out fold of the training rows that holds both classes. */
  readonly foldAuc: readonly number[];
  readonly meanAuc: number;
}

export interface Training {
  readonly artifact: Uint8Array;
  readonly sha256: string;
  /** The chosen candidate's name. */
  readonly candidate: string;
  /** JSON: every candidate's fold scores, dropped columns, seconds. Not reproducible: it holds times. */
  readonly report: Uint8Array;
  /** Of the chosen candidate on the held-out folds: never of the holdout. */
  readonly metrics: Metrics;
  readonly scores: readonly CandidateScore[];
}

/**
 * Trains a model on prepared rows; the artifact is the same, byte for byte, for the same input.
 *
 * full: every candidate gets the AUC of `plan.folds` grouped folds of the training rows, the best mean
 * wins (the earlier one of equals), and the threshold is chosen on its out-of-fold scores. quick: the
 * first candidate with the plan's small forest on a sample of whole groups. The holdout is never seen.
 * Throws `SettingsInvalid`, `DataInvalid`.
 */
export function train(input: TrainInput): Training {
  return withNamedErrors(() => trainNamed(input));
}

function trainNamed(input: TrainInput): Training {
  const { folder, stage, provenance, stopwatch } = input;
  const { model } = folder;
  const startedAt = stopwatch();
  const all = trainingTable(input.training, folder, input.identity);
  const { table, labels, groups } = stage === 'quick' ? sample(all, folder) : all;
  const candidates = stage === 'quick' ? [quickCandidate(folder)] : model.candidates;
  const fold = groupedFolds(groups, model.plan.folds, model.seed);
  const fit = (
    rows: Table,
    rowLabels: Uint8Array,
    candidate: Candidate,
    threshold: number,
  ): Artifact =>
    fitPipeline({
      table: rows,
      labels: rowLabels,
      candidate,
      seed: model.seed,
      positive: model.positive,
      thresholdRule: threshold,
      trainingManifest: input.trainingManifest,
      provenance: { ...provenance, seed: model.seed, stage, candidate: candidate.name },
    });

  const tried = candidates.map((candidate) => {
    const outOfFold = new Float64Array(table.rows);
    const foldAuc: number[] = [];
    for (let held = 0; held < model.plan.folds; held += 1) {
      const inside = rowsWhere(fold, (f) => f !== held);
      const outside = rowsWhere(fold, (f) => f === held);
      const artifact = fit(selectRows(table, inside), pick(labels, inside), candidate, 0.5);
      const scores = scorer(artifact).scoreTable(selectRows(table, outside));
      outside.forEach((row, i) => {
        outOfFold[row] = scores[i] ?? Number.NaN;
      });
      // A fold that a rare class missed says nothing about the order of the classes.
      const heldLabels = pick(labels, outside);
      if (new Set(heldLabels).size < 2) continue;
      foldAuc.push(metricsOf(scores, heldLabels, 0.5).auc);
    }
    if (foldAuc.length === 0) {
      throw new TitleholderError('DataInvalid', 'no fold of the training rows holds both classes');
    }
    const meanAuc = foldAuc.reduce((sum, auc) => sum + auc, 0) / foldAuc.length;
    const { name, algorithm, settings } = candidate;
    return { candidate, outOfFold, score: { name, algorithm, settings, foldAuc, meanAuc } };
  });
  const [first, ...others] = tried;
  if (first === undefined) throw new TitleholderError('SettingsInvalid', 'there is no candidate');
  const chosen = others.reduce(
    (best, one) => (one.score.meanAuc > best.score.meanAuc ? one : best),
    first,
  );
  const chosenAt = stopwatch();

  const rule = model.plan.threshold;
  const threshold =
    typeof rule === 'number' ? rule : chooseThreshold(chosen.outOfFold, labels, rule);
  const fitted = fit(table, labels, chosen.candidate, threshold);
  const read = new Set(fitted.columns.map((c) => c.name));
  // Constant ones are among them: what was no feature for the training is none for a prediction.
  const otherColumns = folder.schema.columns.map((c) => c.name).filter((name) => !read.has(name));
  const artifact = encodeArtifact({ ...fitted, otherColumns });
  const fittedAt = stopwatch();
  const sha256 = sha256Hex(artifact);
  const metrics = metricsOf(chosen.outOfFold, labels, threshold);
  const scores = tried.map((t) => t.score);
  return {
    artifact,
    sha256,
    candidate: chosen.candidate.name,
    metrics,
    scores,
    report: new TextEncoder().encode(
      canonicalJson({
        schemaVersion: 1,
        model: model.name,
        stage,
        seed: model.seed,
        artifact: sha256,
        artifactBytes: artifact.length,
        rows: table.rows,
        groups: new Set(groups).size,
        features: table.columns.map((c) => c.name),
        droppedConstant: all.dropped,
        folds: model.plan.folds,
        candidates: scores,
        chosen: chosen.candidate.name,
        threshold,
        metrics,
        seconds: {
          choose: chosenAt - startedAt,
          fit: fittedAt - chosenAt,
          total: fittedAt - startedAt,
        },
      }),
    ),
  };
}

export interface TrainingTable {
  readonly data: DataTable;
  /** The features that vary. */
  readonly table: Table;
  readonly labels: Uint8Array;
  /** One number a row, the same for rows of one group. */
  readonly groups: Int32Array;
  readonly dropped: readonly string[];
}

/** Prepared training rows as the engine takes them, without the columns that are constant in them. */
export function trainingTable(
  csv: Uint8Array,
  folder: Folder,
  identity?: IdentityRule,
): TrainingTable {
  const data = readPart(csv, 'the training rows', folder);
  const dropped = constantColumns(data);
  const table = featureTable(data, { drop: new Set(dropped) });
  if (table.columns.length === 0) {
    throw new TitleholderError('DataInvalid', 'every feature is constant in the training rows');
  }
  return { data, table, labels: data.labels, groups: groupsOf(data, folder, identity), dropped };
}

/** One number a row, the same for rows of one identity; `identity` is the folder's own unless given. */
function groupsOf(
  data: DataTable,
  { model, schema }: Folder,
  identity: IdentityRule = identityColumns(model, schema),
): Int32Array {
  const { columns } = identity;
  const rule = { model: model.name, epoch: model.split.epoch, holdout: model.split.holdout };
  return identifyRows(data, columns, rule).groupOf;
}

/**
 * The plan's few rows as whole groups in a seeded order, cut at the number asked for. Of a rare class
 * as many are among them as the schema asks of a training, or half of the rows where that is less.
 */
function sample(
  all: TrainingTable,
  { model, schema }: Folder,
): Pick<TrainingTable, 'table' | 'labels' | 'groups'> {
  const wanted = model.quick.rows;
  if (wanted >= all.table.rows) return all;
  const rowsOf = new Map<number, number[]>();
  all.groups.forEach((group, row) => {
    const rows = rowsOf.get(group);
    if (rows === undefined) rowsOf.set(group, [row]);
    else rows.push(row);
  });
  const order = [...rowsOf.values()];
  const random = substream(model.seed, 'quick');
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = random.nextInt(i + 1);
    const [a, b] = [order[i], order[j]];
    if (a === undefined || b === undefined) continue;
    order[i] = b;
    order[j] = a;
  }
  const least = Math.min(schema.minPerClass, Math.floor(wanted / 2));
  const rows = Int32Array.from(withBoth(order.flat(), all.labels, wanted, least)).sort();
  return {
    table: selectRows(all.table, rows),
    labels: pick(all.labels, rows),
    groups: Int32Array.from(rows, (row) => all.groups[row] ?? 0),
  };
}

/** The first rows; where they lack a class, its next ones instead of the last of the other class. */
function withBoth(
  order: readonly number[],
  labels: Uint8Array,
  wanted: number,
  least: number,
): readonly number[] {
  const first = order.slice(0, wanted);
  const of = (rows: readonly number[], label: number): readonly number[] =>
    rows.filter((row) => labels[row] === label);
  const rare = [0, 1].find((label) => of(first, label).length < least);
  if (rare === undefined) return first;
  const lacking = least - of(first, rare).length;
  const more = of(order.slice(wanted), rare).slice(0, lacking);
  const others = of(first, 1 - rare);
  return [...of(first, rare), ...more, ...others.slice(0, others.length - more.length)];
}

function quickCandidate({ model }: Folder): Candidate {
  const [first] = model.candidates;
  if (first === undefined) throw new TitleholderError('SettingsInvalid', 'there is no candidate');
  const { trees, maxDepth } = model.quick;
  const { settings } = first;
  return {
    ...first,
    settings: {
      ...settings,
      trees: Math.min(trees, settings.trees),
      maxDepth: Math.min(maxDepth, settings.maxDepth),
    },
  };
}

function rowsWhere(folds: Int32Array, wanted: (fold: number) => boolean): Int32Array {
  const rows: number[] = [];
  folds.forEach((fold, row) => {
    if (wanted(fold)) rows.push(row);
  });
  return Int32Array.from(rows);
}

function pick(from: Uint8Array, rows: Int32Array): Uint8Array {
  return Uint8Array.from(rows, (row) => from[row] ?? 0);
}
