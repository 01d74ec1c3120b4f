/** What MLflow records of training and evidence: numbers and texts by name. */
import * as z from 'zod';
import type { Measured } from '#contracts/evidence.ts';
import { Candidate } from '#contracts/folder/candidate.ts';
import { Leaderboard } from '#contracts/selection.ts';
import { parseJson } from '#contracts/parse.ts';

const Report = z.looseObject({
  artifact: z.string(),
  seed: z.int(),
  rows: z.int(),
  folds: z.int(),
  threshold: z.number(),
  candidate: Candidate,
  metrics: z.record(z.string(), z.unknown()),
  /** Null of a quick training, which chooses nothing. */
  leaderboard: z.union([z.null(), Leaderboard]),
  seconds: z.looseObject({ choose: z.number(), fit: z.number() }),
});
export type TrainingReport = z.infer<typeof Report>;

/** Throws `BadInput` where the bytes are no training report. */
export function readTrainingReport(bytes: Uint8Array): TrainingReport {
  return parseJson(Report, bytes, 'the training report');
}

/** Parameters are texts in MLflow. */
export function trainingParams({
  candidate,
  seed,
  rows,
  folds,
  threshold,
}: TrainingReport): Record<string, string> {
  return {
    candidate: candidate.name,
    algorithm: candidate.algorithm,
    ...Object.fromEntries(
      Object.entries(candidate.settings).map(([name, value]) => [name, String(value)]),
    ),
    calibration: candidate.calibration ?? 'none',
    transforms: (candidate.transforms ?? []).map((t) => t.kind).join(', ') || 'none',
    seed: String(seed),
    training_rows: String(rows),
    folds: String(folds),
    threshold: String(threshold),
  };
}

/** Measured on held-out folds of the training rows, named differently from the holdout's. */
export function trainingMetrics({
  seconds,
  metrics,
  leaderboard,
}: TrainingReport): Record<string, number> {
  const found: Record<string, number> = {
    choose_seconds: seconds.choose,
    train_seconds: seconds.fit,
  };
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === 'number' && Number.isFinite(value)) found[`out_of_fold_${name}`] = value;
  }
  if (leaderboard === null) return found;
  found['candidates'] = leaderboard.rows.length;
  found['candidates_not_fitted'] = leaderboard.notFitted.length;
  found['attempts'] = leaderboard.attempt;
  const chosen = leaderboard.rows.find((row) => row.candidate.name === leaderboard.chosen);
  if (chosen !== undefined) found['mean_fold_auc'] = chosen.meanAuc;
  if (leaderboard.nested !== null) found['nested_auc'] = leaderboard.nested.meanAuc;
  return found;
}

/** AUC fold by fold: of the chosen candidate, and of each under its name. */
export function foldCurves({ leaderboard }: TrainingReport): Record<string, readonly number[]> {
  if (leaderboard === null) return {};
  const found: Record<string, readonly number[]> = {};
  for (const { candidate, foldAuc } of leaderboard.rows) {
    found[`candidates/${candidate.name}/fold_auc`] = foldAuc;
    if (candidate.name === leaderboard.chosen) found['fold_auc'] = foldAuc;
  }
  return found;
}

/** The challenger's numbers on the holdout, and its difference to champion and baselines. */
export function holdoutMetrics(measured: Measured): Record<string, number> {
  const found: Record<string, number> = {};
  const add = (name: string, value: number | null | undefined): void => {
    if (value !== null && value !== undefined) found[name] = value;
  };
  const { challenger, champion, baselines, measurements } = measured;
  for (const [name, metric] of Object.entries(challenger.metrics)) add(name, metric.value);
  add('auc_lower', challenger.metrics.auc.lower);
  add('auc_upper', challenger.metrics.auc.upper);
  add('champion_auc', champion?.metrics.auc.value);
  for (const baseline of baselines) {
    add(`baseline_${baseline.name.replaceAll('-', '_')}_auc`, baseline.metrics.auc.value);
  }
  for (const one of measurements.paired?.filter((p) => p.metric === 'auc') ?? []) {
    const against = one.against.replaceAll('-', '_');
    add(`difference_${against}`, one.estimate);
    add(`difference_${against}_lower`, one.lower);
    add(`difference_${against}_upper`, one.upper);
  }
  return found;
}
