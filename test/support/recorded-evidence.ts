/** Evidence as it was stored under older rules, with the verdicts of then. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Recorded {
  readonly name: string;
  /** Canonical JSON, as it was stored. */
  readonly measured: string;
  readonly charter: string;
  /** JSON of what was decided then. */
  readonly verdict: string;
}

export const recorded = (file: string): readonly Recorded[] =>
  readFileSync(join(import.meta.dirname, '../fixtures/evidence', file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
