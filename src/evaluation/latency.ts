/** How fast models answer, champion and challenger by turns, so that both meet the same noise. */
import type { ModelTimings, Timings } from '#contracts/evidence.ts';
import type { RawRow, Scorer } from '#learning/pipeline/scorer.ts';
import type { Table } from '#learning/table.ts';

export type Timed = Pick<ModelTimings, 'p50Micros' | 'p99Micros' | 'rowsPerSecond'>;

export interface TimedModels {
  readonly challenger: Timed;
  readonly champion: Timed | null;
  readonly ratios: Pick<NonNullable<Timings['ratios']>, 'p50' | 'p99' | 'rowsPerSecond'> | null;
}

const ROUNDS = 5;

/**
 * Times the scorers on the same rows.
 *
 * Each record and each whole table goes through the challenger and the champion in alternation; the
 * first round warms up and isn't counted. `stopwatch` gives seconds and is the only clock.
 */
export function measureTime(of: {
  readonly challenger: Scorer;
  readonly champion: Scorer | null;
  readonly table: Table;
  readonly records: readonly RawRow[];
  readonly stopwatch: () => number;
}): TimedModels {
  const scorers = [of.challenger, ...(of.champion === null ? [] : [of.champion])];
  const runs = scorers.map((scorer): Run => ({ scorer, single: [], whole: [] }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const record of of.records) {
      for (const run of runs) {
        const seconds = time(of.stopwatch, () => run.scorer.scoreRecord(record));
        if (round > 0) run.single.push(seconds);
      }
    }
    for (const run of runs) {
      const seconds = time(of.stopwatch, () => run.scorer.scoreTable(of.table));
      if (round > 0) run.whole.push(seconds);
    }
  }
  const [challenger = NOTHING, champion] = runs.map(({ single, whole }): Timed => {
    const micros = single.map((seconds) => seconds * 1e6);
    return {
      p50Micros: quantile(micros, 0.5),
      p99Micros: quantile(micros, 0.99),
      rowsPerSecond: over(of.table.rows, quantile(whole, 0.5)) ?? 0,
    };
  });
  return {
    challenger,
    champion: champion ?? null,
    ratios:
      champion === undefined
        ? null
        : {
            p50: over(challenger.p50Micros, champion.p50Micros),
            p99: over(challenger.p99Micros, champion.p99Micros),
            rowsPerSecond: over(challenger.rowsPerSecond, champion.rowsPerSecond),
          },
  };
}

interface Run {
  readonly scorer: Scorer;
  readonly single: number[];
  readonly whole: number[];
}

const NOTHING: Timed = { p50Micros: 0, p99Micros: 0, rowsPerSecond: 0 };

function time(stopwatch: () => number, work: () => unknown): number {
  const start = stopwatch();
  work();
  return stopwatch() - start;
}

/** Nearest rank; 0 of nothing. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function over(top: number, bottom: number): number | null {
  const ratio = top / bottom;
  return Number.isFinite(ratio) ? ratio : null;
}
