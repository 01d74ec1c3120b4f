import type { Slot } from '#domain/pointer.ts';

/** Talks to the serving function of a slot. */
export interface Serving {
  health(slot: Slot, model: string): Promise<ServingHealth>;
  /** Rows as records; the answers in the same order. */
  predict(
    slot: Slot,
    model: string,
    records: readonly Readonly<Record<string, string | number | boolean | null>>[],
  ): Promise<{
    readonly predictions: readonly { readonly probability: number; readonly label: string }[];
    readonly version: number;
    readonly sha256: string;
    /** Wall time of the call in milliseconds, as the caller saw it. */
    readonly millis: number;
  }>;
}

export interface ServingHealth {
  readonly status: 'ok' | 'degraded' | 'empty';
  readonly stage: Slot;
  readonly model: string;
  readonly version: number | null;
  readonly sha256: string | null;
  readonly code: string;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
  readonly memoryMb: number;
}
