import type { RouteRole, ServingRoute, Slot } from '#domain/pointer.ts';

/** Talks to the serving function of a slot. */
export interface Serving {
  health(slot: Slot, model: string): Promise<ServingHealth>;
  /** Rows as records; the predictions in the same order. */
  predict(
    slot: Slot,
    model: string,
    records: readonly Readonly<Record<string, string | number | boolean | null>>[],
  ): Promise<ServedPredictions>;
}

/** What one request was answered with: by one route, whatever the number of its rows. */
export interface ServedPredictions {
  readonly predictions: readonly Prediction[];
  readonly version: number;
  readonly sha256: string;
  readonly role: RouteRole;
  /** Wall time of the call in milliseconds, as the caller saw it. */
  readonly millis: number;
}

export interface Prediction {
  /** Unguessable, 26 characters; names this prediction for ever. */
  readonly id: string;
  readonly probability: number;
  readonly label: string;
}

export interface ServingHealth {
  readonly status: 'ok' | 'degraded' | 'empty';
  /** The slot, under the name that callers of `/health` know. */
  readonly stage: Slot;
  readonly model: string;
  /** The champion's; null where nothing is served. */
  readonly version: number | null;
  readonly sha256: string | null;
  readonly routes: readonly ServingRoute[];
  readonly code: string;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
  readonly memoryMb: number;
}
