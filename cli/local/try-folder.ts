/** The whole decision in process: validate, split, train, judge. No AWS, no ledger. */
import { type Algorithm, Candidate } from '#contracts/folder/candidate.ts';
import { charterOf, type Folder } from '#contracts/folder/charter.ts';
import type { PolicyDocument } from '#contracts/folder/policy.ts';
import type { Leaderboard } from '#contracts/selection.ts';
import { findingLines } from '#dataset/validation-report.ts';
import { writeCsv } from '#dataset/csv.ts';
import { identityColumns, type IdentityKind } from '#dataset/identity.ts';
import { readPart } from '#dataset/read-table.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import type { Measured } from '#contracts/evidence.ts';
import type { ModelMetrics } from '#gates/judged.ts';
import type { Verdict } from '#gates/verdict.ts';
import { codeDigest } from '../../infra/code-digest.ts';
import { entrantOf } from '#evaluation/admit.ts';
import { evaluate } from '#evaluation/evaluate.ts';
import { prepare, type PreparedData } from '#dataset/prepare.ts';
import { type RunProvenance, train } from '#training/train.ts';
import type { Packed } from './pack.ts';
import { stopwatch } from './stopwatch.ts';

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

/** What `try --json` writes. */
export interface TryReport {
  readonly model: string;
  readonly rows: number;
  readonly features: readonly string[];
  readonly split: {
    readonly identity: IdentityKind;
    readonly columns: readonly string[];
    readonly holdout: number;
    readonly trainingRows: number;
    readonly holdoutRows: number;
    readonly holdoutGroups: number;
  };
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly baseline: Compared & { readonly name: string };
  readonly champion: (Compared & { readonly sha256: string }) | null;
  readonly gates: readonly Omit<Verdict['gates'][number], 'metric'>[];
  readonly verdict: Verdict['verdict'];
  readonly reasons: readonly string[];
}
interface Compared {
  readonly metrics: Readonly<Record<string, number | null>>;
  /** Challenger minus this one, primary metric. */
  readonly difference: {
    readonly metric: string;
    readonly estimate: number | null;
    readonly lower: number | null;
    readonly upper: number | null;
  } | null;
}

export interface TryResult {
  readonly report: TryReport;
  /** CSV `row,label,probability`: row 0-based among the data rows, each holdout row once. */
  readonly predictions: Uint8Array;
  readonly leaderboard: Leaderboard;
  readonly artifact: string;
  readonly seconds: {
    readonly prepare: number;
    readonly train: number;
    readonly evaluate: number;
  };
}

/** Prepares a folder's rows and trains its model on them, as the line would. */
export function trainFolder(
  packed: Packed,
  folder: Folder,
  say: (line: string) => void,
): {
  readonly prepared: PreparedData;
  readonly training: ReturnType<typeof train>;
  readonly provenance: RunProvenance;
  readonly seconds: { readonly prepare: number; readonly train: number };
} {
  const start = stopwatch();
  const prepared = prepare({
    folder,
    csv: packed.data.csv,
    file: packed.data.file,
    asOf: NO_MOMENT,
    stored: null,
  });
  for (const line of findingLines(prepared.findings)) say(`warning: ${line}`);
  const preparedAt = stopwatch();
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
    seconds: { prepare: preparedAt - start, train: stopwatch() - preparedAt },
  };
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
  const identity = identityColumns(folder.model, folder.schema);
  const labels = readPart(prepared.holdout, 'the holdout', folder).labels;
  const rows = Array.from(prepared.holdoutSide, (row, i) => ({
    row,
    cells: [String(row), String(labels[i] ?? 0), String(evaluation.probabilities[i] ?? Number.NaN)],
  }))
    .sort((a, b) => a.row - b.row)
    .map(({ cells }) => cells);
  return {
    report: {
      model: folder.model.name,
      rows: prepared.rows,
      features: folder.schema.columns.filter((c) => c.role === 'feature').map((c) => c.name),
      split: {
        identity: identity.kind,
        columns: identity.columns,
        holdout: folder.model.split.holdout,
        trainingRows: prepared.trainingRows,
        holdoutRows: prepared.holdoutRows,
        holdoutGroups: evidence.rows.groups,
      },
      metrics: valuesOf(evidence.challenger),
      baseline: bestBaseline(evidence),
      champion:
        evidence.champion === null
          ? null
          : {
              sha256: evidence.champion.sha256,
              metrics: valuesOf(evidence.champion),
              difference: differenceTo(evidence, 'champion'),
            },
      gates: verdict.gates.map(({ name, mode, measured, limit, interval, passed, slack }) => ({
        name,
        mode,
        measured,
        limit,
        interval,
        passed,
        slack,
      })),
      verdict: verdict.verdict,
      reasons: verdict.reasons,
    },
    predictions: writeCsv(['row', 'label', 'probability'], rows),
    leaderboard: training.leaderboard,
    artifact: training.sha256,
    seconds: { ...seconds, evaluate: evaluateSeconds },
  };
}

function valuesOf(model: ModelMetrics): Record<string, number | null> {
  return Object.fromEntries(Object.entries(model.metrics).map(([name, m]) => [name, m.value]));
}

function bestBaseline(evidence: Measured): TryReport['baseline'] {
  const auc = (model: ModelMetrics): number => model.metrics.auc.value ?? -1;
  const best = evidence.baselines.toSorted((a, b) => auc(b) - auc(a))[0];
  if (best === undefined) return { name: 'none', metrics: {}, difference: null };
  return {
    name: best.name,
    metrics: valuesOf(best),
    difference: differenceTo(evidence, best.name),
  };
}

function differenceTo(evidence: Measured, against: string): Compared['difference'] {
  const paired = evidence.measurements.paired?.find((p) => p.against === against);
  if (paired === undefined) return null;
  const { metric, estimate, lower, upper } = paired;
  return { metric, estimate, lower, upper };
}

/** A line that a person can read, however many columns there are. */
function someNames(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return `${names.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
const NAMES_SHOWN = 8;

/** The report in words. */
export function tryWords({ report, leaderboard, seconds }: TryResult): string {
  const number = (value: number | null | undefined): string =>
    typeof value === 'number' ? value.toFixed(4) : 'unmeasured';
  const { split } = report;
  const lines = [
    `${report.model}: ${report.rows} rows, ${report.features.length} features`,
    `split: ${split.trainingRows} training and ${split.holdoutRows} holdout rows in ${split.holdoutGroups} groups, by ${split.identity} (${someNames(split.columns)})`,
    ...leaderboard.rows.map(
      ({ candidate, meanAuc, standardError, foldAuc }) =>
        `candidate ${candidate.name}: AUC ${meanAuc.toFixed(4)}${standardError === null ? '' : ` ± ${standardError.toFixed(4)}`} over ${foldAuc.length} folds of the training rows${candidate.name === leaderboard.chosen ? '  ← chosen' : ''}`,
    ),
    ...leaderboard.notFitted.map(
      ({ candidate, reason }) => `candidate ${candidate.name}: not fitted: ${reason}`,
    ),
    leaderboard.reason,
    `holdout: ${Object.entries(report.metrics)
      .map(([name, value]) => `${name} ${number(value)}`)
      .join('  ')}`,
    `baseline ${report.baseline.name}: auc ${number(report.baseline.metrics['auc'])}`,
    ...(report.champion === null
      ? []
      : [`champion: auc ${number(report.champion.metrics['auc'])}`]),
    ...report.gates.map(
      (g) =>
        `gate ${g.name} (${g.mode}): ${number(g.measured)}, limit ${g.limit ?? 'none'}: ${g.passed ? 'passed' : 'failed'}`,
    ),
    `seconds: prepare ${seconds.prepare.toFixed(1)}, train ${seconds.train.toFixed(1)}, evaluate ${seconds.evaluate.toFixed(1)}`,
    `verdict: ${report.verdict}`,
    ...report.reasons.map((reason) => `  ${reason}`),
  ];
  return lines.join('\n');
}
