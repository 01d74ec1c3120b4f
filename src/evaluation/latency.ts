/** How fast models answer, champion and challenger by turns, so that both meet the same noise. */
import type { ModelTimings, Timings } from '#contracts/evidence.ts';
import { type DataTable, recordOf } from '#dataset/read-table.ts';
import type { RawRow, Scorer } from '#learning/pipeline/scorer.ts';
import type { Table } from '#learning/table.ts';
import type { Contest, Entrant } from './admit.ts';

type Speed = Pick<ModelTimings, 'p50Micros' | 'p99Micros' | 'rowsPerSecond'>;

const ROUNDS = 5;
/** Rows that are timed one by one. */
const TIMED_RECORDS = 200;

/** Times both models on the holdout. `stopwatch` gives seconds and is the only clock. */
export function measureLatency(
  of: Pick<Contest, 'folder' | 'challenger' | 'champion'> & {
    readonly scorers: { readonly challenger: Scorer; readonly champion: Scorer | null };
    readonly table: Table;
    /** The table's rows as they were read. */
    readonly rows: DataTable;
    readonly stopwatch: () => number;
  },
): Timings {
  const { scorers, table, rows, stopwatch } = of;
  const start = stopwatch();
  const records = Array.from({ length: Math.min(TIMED_RECORDS, rows.rows) }, (_, row) =>
    recordOf(rows, row),
  );
  const both = [scorers.challenger, ...(scorers.champion === null ? [] : [scorers.champion])];
  const [own = NOTHING, other] = timeByTurns(both, table, records, stopwatch);
  const challenger = timingsOf(of.challenger, own);
  const champion =
    of.champion === null || other === undefined ? null : timingsOf(of.champion, other);
  return {
    schemaVersion: 1,
    model: of.folder.model.name,
    challenger,
    champion,
    ratios:
      champion === null
        ? null
        : {
            p50: over(challenger.p50Micros, champion.p50Micros),
            p99: over(challenger.p99Micros, champion.p99Micros),
            rowsPerSecond: over(challenger.rowsPerSecond, champion.rowsPerSecond),
            artifactBytes: challenger.artifactBytes / champion.artifactBytes,
          },
    seconds: stopwatch() - start,
  };
}

function timingsOf({ sha256, size }: Entrant, speed: Speed): ModelTimings {
  return { sha256, artifactBytes: size, ...speed };
}

/** Each record and each whole table goes through all in alternation; the first round isn't counted. */
function timeByTurns(
  scorers: readonly Scorer[],
  table: Table,
  records: readonly RawRow[],
  stopwatch: () => number,
): readonly Speed[] {
  const runs = scorers.map((scorer): Run => ({ scorer, single: [], whole: [] }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const record of records) {
      for (const run of runs) {
        const seconds = time(stopwatch, () => run.scorer.scoreRecord(record));
        if (round > 0) run.single.push(seconds);
      }
    }
    for (const run of runs) {
      const seconds = time(stopwatch, () => run.scorer.scoreTable(table));
      if (round > 0) run.whole.push(seconds);
    }
  }
  return runs.map(({ single, whole }): Speed => {
    const micros = single.map((seconds) => seconds * 1e6);
    return {
      p50Micros: quantile(micros, 0.5),
      p99Micros: quantile(micros, 0.99),
      rowsPerSecond: over(table.rows, quantile(whole, 0.5)) ?? 0,
    };
  });
}

interface Run {
  readonly scorer: Scorer;
  readonly single: number[];
  readonly whole: number[];
}

const NOTHING: Speed = { p50Micros: 0, p99Micros: 0, rowsPerSecond: 0 };

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
