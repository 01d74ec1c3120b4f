/** What MLflow is told of training and evidence: numbers and texts by name. */
import * as z from 'zod';
import type { Measured } from '../domain/evidence.ts';
import { readInput, readJson } from './boundary.ts';

const Report = z.looseObject({
  artifact: z.string(),
  seed: z.int(),
  rows: z.int(),
  folds: z.int(),
  threshold: z.number(),
  chosen: z.string(),
  candidates: z.array(
    z.looseObject({
      name: z.string(),
      algorithm: z.string(),
      settings: z.record(z.string(), z.union([z.number(), z.string()])),
      meanAuc: z.union([z.number(), z.null()]),
    }),
  ),
  metrics: z.record(z.string(), z.unknown()),
  seconds: z.looseObject({ total: z.number() }),
});
export type TrainingReport = z.infer<typeof Report>;

/** Throws `BadInput` where the bytes are no training report. */
export function readTrainingReport(bytes: Uint8Array): TrainingReport {
  const what = 'the training report';
  return readInput(Report, readJson(bytes, what), what);
}

/** Parameters are texts in MLflow. */
export function trainingParams(report: TrainingReport): Record<string, string> {
  const chosen = report.candidates.find((c) => c.name === report.chosen);
  return {
    candidate: report.chosen,
    algorithm: chosen?.algorithm ?? '',
    ...Object.fromEntries(
      Object.entries(chosen?.settings ?? {}).map(([name, value]) => [name, String(value)]),
    ),
    seed: String(report.seed),
    training_rows: String(report.rows),
    folds: String(report.folds),
    threshold: String(report.threshold),
  };
}

/** Measured on held-out folds of the training rows, named apart from what the holdout says. */
export function trainingMetrics(report: TrainingReport): Record<string, number> {
  const found: Record<string, number> = { train_seconds: report.seconds.total };
  for (const [name, value] of Object.entries(report.metrics)) {
    if (typeof value === 'number' && Number.isFinite(value)) found[`fold_${name}`] = value;
  }
  return found;
}

/** The challenger's numbers on the holdout, and its difference to champion and baselines. */
export function holdoutMetrics(measured: Measured): Record<string, number> {
  const found: Record<string, number> = {};
  const add = (name: string, value: number | null | undefined): void => {
    if (value !== null && value !== undefined) found[name] = value;
  };
  const { challenger, champion, baselines, paired } = measured;
  for (const [name, metric] of Object.entries(challenger.metrics)) add(name, metric.value);
  add('auc_lower', challenger.metrics.auc.lower);
  add('auc_upper', challenger.metrics.auc.upper);
  add('champion_auc', champion?.metrics.auc.value);
  for (const baseline of baselines) {
    add(`baseline_${baseline.name.replaceAll('-', '_')}_auc`, baseline.metrics.auc.value);
  }
  for (const one of paired.filter((p) => p.metric === 'auc')) {
    const against = one.against.replaceAll('-', '_');
    add(`difference_${against}`, one.estimate);
    add(`difference_${against}_lower`, one.lower);
    add(`difference_${against}_upper`, one.upper);
  }
  return found;
}
