/** The engine's medians beside its peers', as ratios beside their targets. */
import type { Line } from './main.ts';
import type { Engine, TaskName } from './task.ts';
import type { Machine } from '../report.ts';

/** How many times as good ours is to be; AUC may differ by so much. */
interface Target {
  readonly task: TaskName;
  readonly peer: Engine;
  readonly of: keyof typeof RATIOS;
  readonly threads?: number;
  readonly least: number;
}

const RATIOS = {
  'training time': (ours: Line, theirs: Line) => over(theirs.fitSeconds, ours.fitSeconds),
  'rows a second': (ours: Line, theirs: Line) => over(ours.rowsPerSecond, theirs.rowsPerSecond),
  'one prediction': (ours: Line, theirs: Line) => over(theirs.p50Micros, ours.p50Micros),
};

const TARGETS: readonly Target[] = [
  { task: 'forest', peer: 'sklearn', of: 'training time', least: 10 },
  { task: 'forest', peer: 'lightgbm', of: 'training time', threads: 1, least: 2 },
  { task: 'forest', peer: 'lightgbm', of: 'training time', threads: 2, least: 1.5 },
  { task: 'boosting', peer: 'lightgbm', of: 'training time', threads: 1, least: 0.8 },
  { task: 'predict', peer: 'sklearn', of: 'one prediction', least: 100 },
  { task: 'predict', peer: 'lightgbm', of: 'one prediction', least: 25 },
  { task: 'predict', peer: 'lightgbm', of: 'rows a second', least: 1 },
  { task: 'shap', peer: 'shap', of: 'rows a second', least: 4 },
];
const TWO_THREADS = 1.7;
const GROWTH = 1.15;

export function report(lines: readonly Line[], runs: number, machine: Machine): string {
  return [
    `Medians of ${runs} runs on ${machine.day}: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGb.toFixed(0)} GB, ${machine.platform}, Node ${machine.node}. A ratio above 1 is in our favour; 10 columns are claims, 20 are continuous.`,
    '',
    '| task | rows | columns | trees | threads | engine | training s | AUC | log loss | rows/s | p50 µs | p99 µs | peak MB |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...lines.map(
      (line) =>
        `| ${line.task} | ${line.rows} | ${line.columns} | ${line.trees} | ${line.threads} | ${line.engine} | ${digits(line.fitSeconds)} | ${line.auc?.toFixed(4) ?? ''} | ${line.logLoss?.toFixed(4) ?? ''} | ${line.rowsPerSecond?.toFixed(0) ?? ''} | ${digits(line.p50Micros)} | ${digits(line.p99Micros)} | ${line.peakRssMb.toFixed(0)} |`,
    ),
    '',
    '| ratio | rows | columns | threads | measured | target | AUC, ours less theirs |',
    '|---|---|---|---|---|---|---|',
    ...ratios(lines),
    ...scaling(lines),
    '',
  ].join('\n');
}

function ratios(lines: readonly Line[]): string[] {
  return lines
    .filter((line) => line.engine !== 'titleholder')
    .flatMap((theirs) => {
      const ours = lines.find((line) => line.engine === 'titleholder' && isSame(line, theirs));
      if (ours === undefined) return [];
      const auc =
        ours.auc === null || theirs.auc === null ? '' : (ours.auc - theirs.auc).toFixed(4);
      return Object.entries(RATIOS).flatMap(([of, ratioOf]) => {
        const ratio = ratioOf(ours, theirs);
        if (ratio === null) return [];
        const target = TARGETS.find(
          (each) =>
            each.task === ours.task &&
            each.peer === theirs.engine &&
            each.of === of &&
            (each.threads ?? ours.threads) === ours.threads,
        );
        const aim = target === undefined ? '' : `≥ ${target.least}`;
        return `| ${ours.task}: ${of}, ${theirs.engine} / ours | ${ours.rows} | ${ours.columns} | ${ours.threads} | ${digits(ratio)} | ${aim} | ${auc} |`;
      });
    });
}

/** What more threads and more rows cost ours. */
function scaling(lines: readonly Line[]): string[] {
  const ours = lines.filter((line) => line.engine === 'titleholder' && line.task === 'forest');
  return ours.flatMap((line) => {
    const found: string[] = [];
    const place = `| ${line.rows} | ${line.columns} | ${line.threads} |`;
    const single = ours.find(
      (other) => other.threads === 1 && isSame(line, { ...other, threads: line.threads }),
    );
    if (line.threads === 2 && single !== undefined) {
      const ratio = over(single.fitSeconds, line.fitSeconds);
      found.push(`| forest: 2 threads for 1 ${place} ${digits(ratio)} | ≥ ${TWO_THREADS} | |`);
    }
    const smallest = ours
      .filter((other) => isSame(line, { ...other, rows: line.rows }) && other.rows >= 10_000)
      .reduce((a, b) => (b.rows < a.rows ? b : a), line);
    if (smallest.rows < line.rows) {
      const ratio = over(line.fitSeconds, smallest.fitSeconds);
      const growth = ratio === null ? null : (ratio * smallest.rows) / line.rows;
      found.push(
        `| forest: time a row, for that of ${smallest.rows} rows ${place} ${digits(growth)} | ≤ ${GROWTH} | |`,
      );
    }
    return found;
  });
}

function isSame(a: Line, b: Line): boolean {
  return (
    a.task === b.task &&
    a.rows === b.rows &&
    a.columns === b.columns &&
    a.trees === b.trees &&
    a.threads === b.threads
  );
}

function over(top: number | null, bottom: number | null): number | null {
  return top === null || bottom === null ? null : top / bottom;
}

function digits(value: number | null): string {
  if (value === null) return '';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
