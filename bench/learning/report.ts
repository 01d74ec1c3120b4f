/** The engine's medians beside its peers', as ratios beside their targets. */
import { isComparable, type Line, type BenchResults } from './measured.ts';

/** How many times as good ours is to be, where, and by how much its AUC may fall short. */
interface Target {
  readonly task: Line['task'];
  readonly peer: Line['engine'];
  readonly of: keyof typeof RATIOS;
  readonly rows: number;
  readonly threads: number;
  readonly least: number;
  readonly auc?: number;
}

const RATIOS = {
  'training time': (ours: Line, theirs: Line) => over(theirs.fitSeconds, ours.fitSeconds),
  'rows a second': (ours: Line, theirs: Line) => over(ours.rowsPerSecond, theirs.rowsPerSecond),
  'one prediction': (ours: Line, theirs: Line) => over(theirs.p50Micros, ours.p50Micros),
};

const SOME = { rows: 100_000, threads: 1 };
const MANY = { rows: 1_000_000, threads: 2 };
const TRAINING = { of: 'training time', auc: 0.003 } as const;
const TARGETS: readonly Target[] = [
  { task: 'forest', peer: 'sklearn', ...TRAINING, ...SOME, least: 10 },
  { task: 'forest', peer: 'lightgbm', ...TRAINING, ...SOME, least: 2 },
  { task: 'forest', peer: 'sklearn', ...TRAINING, ...MANY, least: 10 },
  { task: 'forest', peer: 'lightgbm', ...TRAINING, ...MANY, least: 1.5 },
  { task: 'boosting', peer: 'lightgbm', ...TRAINING, ...SOME, least: 0.8, auc: 0.002 },
  { task: 'forest', peer: 'sklearn', of: 'one prediction', ...SOME, least: 100 },
  { task: 'forest', peer: 'lightgbm', of: 'one prediction', ...SOME, least: 25 },
  { task: 'forest', peer: 'lightgbm', of: 'rows a second', ...SOME, least: 1 },
  { task: 'shap', peer: 'shap', of: 'rows a second', ...SOME, least: 4 },
];
const TWO_THREADS = 1.7;
const GROWTH = 1.15;
const SMALLEST = 10_000;

/** `missing` says what couldn't be measured, a line each. */
export function report(
  { environment, day, lines }: BenchResults,
  missing: readonly string[],
): string {
  const versions = Object.entries(environment.versions).map(
    ([name, version]) => `${name} ${version}`,
  );
  return [
    `BenchResults on ${day}: ${environment.processor}, ${environment.cores} cores, ${environment.memoryGb} GB, ${environment.platform}; ${versions.join(', ')}.`,
    '',
    ...(missing.length === 0
      ? []
      : ['Not measured:', '', ...missing.map((what) => `- ${what}`), '']),
    'Ratios of medians: above 1, ours is so many times as fast. An AUC difference is ours less theirs; a target of training time is met only when that is no lower than -0.003 (boosting: -0.002).',
    '',
    '| task | table | rows | threads | against | ratio | target | | difference |',
    '|---|---|--:|--:|---|--:|---|---|---|',
    ...ratios(lines),
    ...scaling(lines),
    '',
    'The medians themselves:',
    '',
    '| task | table | rows | trees | threads | engine | runs | training s | AUC | log loss | rows/s | p50 µs | p99 µs | peak MB |',
    '|---|---|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...lines.map((line) =>
      row([
        line.task,
        line.table,
        line.rows,
        line.trees ?? '',
        line.threads,
        line.engine,
        line.runs,
        digits(line.fitSeconds),
        line.auc?.toFixed(4) ?? '',
        line.logLoss?.toFixed(4) ?? '',
        line.rowsPerSecond?.toFixed(0) ?? '',
        digits(line.p50Micros),
        digits(line.p99Micros),
        line.peakRssMb?.toFixed(0) ?? '',
      ]),
    ),
    '',
  ].join('\n');
}

function ratios(lines: readonly Line[]): string[] {
  return lines.flatMap((theirs) => {
    if (theirs.engine === 'titleholder') return [];
    const ours = lines.find(
      (line) =>
        line.engine === 'titleholder' &&
        isComparable(line, theirs) &&
        line.threads === theirs.threads,
    );
    if (ours === undefined) return [];
    return Object.entries(RATIOS).flatMap(([of, ratioOf]) => {
      const ratio = ratioOf(ours, theirs);
      if (ratio === null) return [];
      const target = TARGETS.find(
        (each) =>
          each.task === ours.task &&
          each.peer === theirs.engine &&
          each.of === of &&
          each.rows === ours.rows &&
          each.threads === ours.threads,
      );
      const lead = ours.auc === null || theirs.auc === null ? null : ours.auc - theirs.auc;
      const isMet =
        target !== undefined &&
        ratio >= target.least &&
        (target.auc === undefined || (lead ?? Number.NaN) >= -target.auc);
      return row([
        `${ours.task}: ${of}`,
        ours.table,
        ours.rows,
        ours.threads,
        theirs.engine,
        digits(ratio),
        target === undefined ? '' : `≥ ${target.least}`,
        target === undefined ? '' : verdict(isMet),
        difference(of === 'training time' ? lead : null, ours.furthest),
      ]);
    });
  });
}

function difference(lead: number | null, furthest: number | null): string {
  if (furthest !== null) return `values within ${furthest.toExponential(0)}`;
  if (lead === null) return '';
  return `AUC ${lead < 0 ? '' : '+'}${lead.toFixed(4)}`;
}

/** What more threads and more rows cost ours. */
function scaling(lines: readonly Line[]): string[] {
  const ours = lines.filter((line) => line.engine === 'titleholder' && line.task === 'forest');
  return ours.flatMap((line) => {
    const found: string[] = [];
    const told = (what: string, against: string, ratio: number, target: string, isMet: boolean) =>
      row([
        what,
        line.table,
        line.rows,
        line.threads,
        against,
        digits(ratio),
        target,
        target === '' ? '' : verdict(isMet),
        '',
      ]);
    const single = ours.find((other) => other.threads === 1 && isComparable(line, other));
    const gain = over(single?.fitSeconds ?? null, line.fitSeconds);
    if (line.threads === 2 && gain !== null) {
      const target = line.rows === MANY.rows ? `≥ ${TWO_THREADS}` : '';
      found.push(told('forest: two threads', 'ours on one', gain, target, gain >= TWO_THREADS));
    }
    const small = ours.find(
      (other) =>
        other.rows === SMALLEST &&
        other.threads === line.threads &&
        isComparable(line, { ...other, rows: line.rows }),
    );
    const growth = over(line.fitSeconds, small?.fitSeconds ?? null);
    if (line.rows > SMALLEST && growth !== null) {
      const aRow = (growth * SMALLEST) / line.rows;
      const target = line.rows === MANY.rows ? `≤ ${GROWTH}` : '';
      found.push(
        told('forest: time a row', `ours of ${SMALLEST} rows`, aRow, target, aRow <= GROWTH),
      );
    }
    return found;
  });
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : '**missed**';
}

function over(top: number | null, bottom: number | null): number | null {
  return top === null || bottom === null ? null : top / bottom;
}

function digits(value: number | null): string {
  if (value === null) return '';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
