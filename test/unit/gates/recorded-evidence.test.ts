import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMeasured } from '#contracts/evidence.ts';
import { Charter } from '#contracts/folder/charter.ts';
import { decide } from '#gates/decide.ts';

interface Recorded {
  readonly name: string;
  /** Canonical JSON, as it was stored. */
  readonly measured: string;
  readonly charter: string;
  /** JSON of what was decided then. */
  readonly verdict: string;
}

const recorded = (file: string): readonly Recorded[] =>
  readFileSync(join(import.meta.dirname, '../../fixtures/evidence', file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.each(['version-1-of-eight-metrics.jsonl', 'version-1.jsonl'])(
  'what was recorded in %s',
  (file) => {
    it.each(recorded(file))('is decided as it was, byte for byte: $name', (one) => {
      const charter = Charter.parse(JSON.parse(one.charter));
      expect(JSON.stringify(decide(readMeasured(bytes(one.measured)), charter, 1))).toBe(
        one.verdict,
      );
    });
  },
);

it('has every verdict and finding among what was recorded', () => {
  const all = ['version-1-of-eight-metrics.jsonl', 'version-1.jsonl'].map((file) =>
    recorded(file).map(
      ({ verdict }) => JSON.parse(verdict) as { verdict: string; finding: string },
    ),
  );
  for (const verdicts of all) {
    expect(new Set(verdicts.map((one) => one.verdict))).toEqual(
      new Set(['promote', 'hold', 'reject']),
    );
    expect(new Set(verdicts.map((one) => one.finding))).toEqual(
      new Set(['better', 'non-inferior', 'worse', 'inconclusive', 'gate', 'check', 'unmeasured']),
    );
  }
});
