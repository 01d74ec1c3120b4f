import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../../..');
const PROVE = process.env['TITLEHOLDER_PROVE'] !== undefined;

/** Made in the same process: reading adds to the bytes, which are part of the peak. */
const SCRIPT = `
import { readTable } from '${PROJECT}/src/dataset/read-table.ts';
import { featureTable } from '${PROJECT}/src/dataset/feature-table.ts';
import { fitBins } from '${PROJECT}/src/learning/trees/bins.ts';
import { substream } from '${PROJECT}/src/learning/random.ts';
import { csvWriter } from '${PROJECT}/src/dataset/csv.ts';

const rows = Number(process.argv[1]);
const names = Array.from({ length: 20 }, (_, i) => 'x' + i);
const numbers = 16;
const random = substream(1, 'memory');
const writer = csvWriter([...names, 'y']);
for (let row = 0; row < rows; row += 1) {
  writer.add([
    ...names.map((_, i) =>
      i < numbers ? random.nextNormal().toFixed(6) : 'level ' + random.nextInt(30),
    ),
    String(row % 2),
  ]);
}
const column = (name, type, role) => ({ name, type, role, sensitive: false });
const folder = {
  model: { target: 'y', positive: '1', identity: {} },
  schema: {
    columns: [
      ...names.map((name, i) => column(name, i < numbers ? 'number' : 'category', 'feature')),
      column('y', 'category', 'target'),
    ],
  },
};
const table = readTable(writer.finish(), 'large.csv', folder);
let cells = 0;
for (const feature of featureTable(table).columns) {
  cells += fitBins(feature, table.labels).bytes.length;
}
console.log(JSON.stringify({ cells, peakMb: process.resourceUsage().maxRSS / 1024 }));
`;

it('reads and bins a table of twenty columns in memory of the order of its bytes', () => {
  const rows = PROVE ? 1_000_000 : 60_000;
  const output = execFileSync(
    process.execPath,
    ['--input-type=module-typescript', '--eval', SCRIPT, '--', String(rows)],
    { encoding: 'utf8' },
  );
  const { cells, peakMb } = JSON.parse(output) as { cells: number; peakMb: number };
  expect(cells).toBe(20 * rows);
  // Before columns were read as numbers and codes, a text a cell, 60,000 rows took over 300 MB.
  expect(peakMb).toBeLessThan(PROVE ? 1000 : 240);
}, 600_000);
