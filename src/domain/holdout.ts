/** Which rows judge: the stored holdout of a model. */
export interface Holdout {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly epoch: number;
  readonly revision: number;
  /** The holdout rows as CSV (`data` object). */
  readonly snapshot: string;
  /** Their register: identity hash, row hash, epoch, first seen (`data` object). */
  readonly register: string;
  readonly rows: number;
}
