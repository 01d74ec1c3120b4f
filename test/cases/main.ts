/**
 * `npm run cells [-- --write]`: reads every cell form in every way in, and prints how many agree.
 *
 * Ends with 1 where one differs, or docs/cells.md says otherwise; `--write` writes it.
 */
import { parseArgs } from 'node:util';
import {
  cellsDocument,
  countLine,
  differences,
  readEveryWay,
  writeCellsDocument,
} from './every-way.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const forms = await readEveryWay();
if (values.write) writeCellsDocument(forms);
const differing = differences(forms);
const { found, expected } = cellsDocument(forms);
for (const line of differing) process.stdout.write(`${line}\n`);
if (found !== expected)
  process.stdout.write('docs/cells.md says otherwise: npm run cells -- --write\n');
process.stdout.write(`${countLine(forms)}\n`);
if (differing.length > 0 || found !== expected) process.exitCode = 1;
