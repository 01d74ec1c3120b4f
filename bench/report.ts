/** The table of docs/benchmarks.md. */
import { median } from 'simple-statistics';

export interface Measure {
  readonly name: string;
  readonly unit: 's' | 'ms' | '%';
  /** In the measure's unit; `-` where there is none. */
  readonly aim: string;
  readonly values: readonly number[];
  /** How many single measurements a value sums up; the number of values unless said. */
  readonly count?: number;
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly platform: string;
  readonly day: string;
}

export function markdown(measures: readonly Measure[], machine: Machine): string {
  const rows = measures.map(
    (m) =>
      `| ${m.name} | ${number(median(m.values))} ${m.unit} | ${number(Math.min(...m.values))} to ${number(Math.max(...m.values))} | ${m.count ?? m.values.length} | ${m.aim} |`,
  );
  return [
    '# Benchmarks',
    '',
    '`npm run bench` writes this page. Times hold for the machine below and for whatever else ran on it;',
    'no test and no demo fails because of a time.',
    '',
    `Measured on ${machine.day}: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGb.toFixed(0)} GB, ${machine.platform}, Node ${machine.node}.`,
    '',
    '| measure | median | spread | n | aim |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
