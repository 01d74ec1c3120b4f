/**
 * `npm run simulate -- [--only PREFIX …] [--full] [--json FILE]`: measures what the statistics promise.
 *
 * Prints a line a simulation; ends with 1 where a bound is broken, with 2 where no name begins so.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SIMULATIONS } from './all.ts';
import type { Outcome } from './outcome.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    full: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const prefixes = values.only ?? [''];
const chosen = SIMULATIONS.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
const outcomes: Outcome[] = [];
for (const simulation of chosen) {
  const found = await simulation.run(values.full ? 'full' : 'quick');
  outcomes.push(found);
  const { name, trials, observed, bound, side, passed, seconds } = found;
  process.stdout.write(
    `${passed ? 'ok    ' : 'FAILED'} ${name}: ${observed.toFixed(4)} ${side} ${bound.toFixed(4)} (${trials} trials, ${seconds.toFixed(1)} s)\n`,
  );
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify(outcomes, null, 2)}\n`);
}
if (chosen.length === 0) {
  process.stderr.write(`no simulation's name begins with ${prefixes.join(' or ')}\n`);
  process.exitCode = 2;
} else if (outcomes.some(({ passed }) => !passed)) {
  process.exitCode = 1;
}
