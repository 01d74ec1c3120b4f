/**
 * The metrics: what each is called, which way is better, what it is computed from.
 *
 * A metric is one entry here and its function in learning/metrics/functions.ts. Evidence, gates, `explain`,
 * MLflow and the policy's JSON Schema follow from this list.
 */

export interface MetricEntry {
  /** As documents spell it. */
  readonly name: string;
  /** As sentences spell it. */
  readonly label: string;
  readonly better: 'higher' | 'lower';
  /** From 0; null where there is no largest value. */
  readonly largest: number | null;
  /** Digits after the point, wherever a person reads it. */
  readonly decimals: number;
  /**
   * scores: the probabilities · threshold: the labels that the model's threshold makes of them · k: the
   * probabilities of the share `plan.k` of the rows, those with the highest.
   */
  readonly needs: 'scores' | 'threshold' | 'k';
}

/** In this order everywhere. */
export const METRICS = [
  { name: 'auc', label: 'AUC', better: 'higher', largest: 1, decimals: 4, needs: 'scores' },
  {
    name: 'accuracy',
    label: 'accuracy',
    better: 'higher',
    largest: 1,
    decimals: 4,
    needs: 'threshold',
  },
  { name: 'f1', label: 'F1', better: 'higher', largest: 1, decimals: 4, needs: 'threshold' },
  {
    name: 'precision',
    label: 'precision',
    better: 'higher',
    largest: 1,
    decimals: 4,
    needs: 'threshold',
  },
  {
    name: 'recall',
    label: 'recall',
    better: 'higher',
    largest: 1,
    decimals: 4,
    needs: 'threshold',
  },
  { name: 'prAuc', label: 'PR-AUC', better: 'higher', largest: 1, decimals: 4, needs: 'scores' },
  {
    name: 'logLoss',
    label: 'log loss',
    better: 'lower',
    largest: null,
    decimals: 4,
    needs: 'scores',
  },
  {
    name: 'brier',
    label: 'Brier score',
    better: 'lower',
    largest: 1,
    decimals: 4,
    needs: 'scores',
  },
  {
    name: 'precisionAtK',
    label: 'precision at k',
    better: 'higher',
    largest: 1,
    decimals: 4,
    needs: 'k',
  },
  {
    name: 'ece',
    label: 'calibration error (ECE)',
    better: 'lower',
    largest: 1,
    decimals: 4,
    needs: 'scores',
  },
] as const satisfies readonly MetricEntry[];
