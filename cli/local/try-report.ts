/** What `try` says of a folder, as data and in words. */
import type { Measured } from '#contracts/evidence.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import type { Leaderboard } from '#contracts/selection.ts';
import { writeCsv } from '#dataset/csv.ts';
import { identityColumns, type IdentityKind } from '#dataset/identity.ts';
import type { PreparedData } from '#dataset/prepare.ts';
import { readRegister } from '#dataset/register.ts';
import type { ModelMetrics } from '#gates/judged.ts';
import type { Verdict } from '#gates/verdict.ts';

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
    /** The days that judge, and how many rows neither train nor judge; null where the split is by identity. */
    readonly window: {
      readonly from: string;
      readonly until: string;
      readonly leftOut: number;
    } | null;
    /** What judged: the holdout, or training rows out of fold. */
    readonly judges: {
      readonly by: 'holdout' | 'folds';
      readonly rows: number;
      readonly groups: number;
    };
    /** How often this machine has looked at this holdout, this time included; null where it didn't. */
    readonly looks: number | null;
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
  /** CSV `row,label,probability`: row 0-based among the data rows, each row that judged once. */
  readonly predictions: Uint8Array;
  /** How the model was chosen, a line each. */
  readonly choice: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
}

/** The report on what was measured, whoever judged. */
export function tryReport(of: {
  readonly folder: Folder;
  readonly prepared: PreparedData;
  readonly evidence: Measured;
  readonly verdict: Verdict;
  readonly by: TryReport['split']['judges']['by'];
  readonly looks: number | null;
}): TryReport {
  const { folder, prepared, evidence, verdict } = of;
  const identity = identityColumns(folder.model, folder.schema);
  const holdout = readRegister(prepared.register).rows;
  return {
    model: folder.model.name,
    rows: prepared.rows,
    features: folder.schema.columns.filter((c) => c.role === 'feature').map((c) => c.name),
    split: {
      identity: identity.kind,
      columns: identity.columns,
      holdout: folder.model.split.holdout,
      trainingRows: prepared.trainingRows,
      holdoutRows: prepared.holdoutRows,
      holdoutGroups: new Set(holdout.map((row) => row.identity)).size,
      window:
        prepared.time === null
          ? null
          : { ...prepared.time.window, leftOut: prepared.time.leftOut.length },
      judges: { by: of.by, rows: evidence.rows.total, groups: evidence.rows.groups },
      looks: of.looks,
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
  };
}

/** The predictions file; `rows` are the table's (0-based), in any order. */
export function writePredictions(of: {
  readonly rows: Int32Array;
  readonly labels: Uint8Array;
  readonly probabilities: Float64Array;
}): Uint8Array {
  const cells = Array.from(of.rows, (row, i) => ({
    row,
    cells: [String(row), String(of.labels[i] ?? 0), String(of.probabilities[i] ?? Number.NaN)],
  }))
    .sort((a, b) => a.row - b.row)
    .map((one) => one.cells);
  return writeCsv(['row', 'label', 'probability'], cells);
}

/** How a leaderboard chose, a line a candidate. */
export function choiceLines(leaderboard: Leaderboard): string[] {
  return [
    ...leaderboard.rows.map(
      ({ candidate, meanAuc, standardError, foldAuc }) =>
        `candidate ${candidate.name}: AUC ${meanAuc.toFixed(4)}${standardError === null ? '' : ` ± ${standardError.toFixed(4)}`} over ${foldAuc.length} folds of the training rows${candidate.name === leaderboard.chosen ? '  ← chosen' : ''}`,
    ),
    ...leaderboard.notFitted.map(
      ({ candidate, reason }) => `candidate ${candidate.name}: not fitted: ${reason}`,
    ),
    leaderboard.reason,
  ];
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

function windowWords(window: NonNullable<TryReport['split']['window']>): string {
  const { from, until, leftOut } = window;
  const rows = leftOut === 1 ? 'one row' : `${leftOut} rows`;
  const more = leftOut === 0 ? '' : `; ${rows} of groups on both sides of ${from} do neither`;
  return `window: the days from ${from} to ${until} judge, and those before train${more}`;
}

/** The report in words. */
export function tryWords({ report, choice, seconds }: TryResult): string {
  const number = (value: number | null | undefined): string =>
    typeof value === 'number' ? value.toFixed(4) : 'unmeasured';
  const { split } = report;
  const lines = [
    `${report.model}: ${report.rows} rows, ${report.features.length} features`,
    `split: ${split.trainingRows} training and ${split.holdoutRows} holdout rows in ${split.holdoutGroups} groups, by ${split.identity} (${someNames(split.columns)})`,
    ...(split.window === null ? [] : [windowWords(split.window)]),
    ...choice,
    `${judgedBy(report)}: ${Object.entries(report.metrics)
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
    `seconds: ${Object.entries(seconds)
      .map(([part, took]) => `${part} ${took.toFixed(1)}`)
      .join(', ')}`,
    `verdict: ${report.verdict}`,
    ...report.reasons.map((reason) => `  ${reason}`),
  ];
  return lines.join('\n');
}

function judgedBy({ split: { judges } }: TryReport): string {
  switch (judges.by) {
    case 'holdout':
      return 'holdout';
    case 'folds':
      return `out of fold, ${judges.rows} training rows in ${judges.groups} groups`;
  }
}
