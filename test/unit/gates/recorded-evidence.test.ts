import { describe, expect, it } from 'vitest';
import { readMeasured } from '#contracts/evidence.ts';
import { Charter } from '#contracts/folder/charter.ts';
import { decide } from '#gates/decide.ts';
import { recorded } from '../../support/recorded-evidence.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Each file's rules, and the findings among what was recorded. */
const OF_RULES_1 = [
  ...['better', 'non-inferior', 'worse', 'inconclusive'],
  ...['gate', 'check', 'unmeasured'],
];
const FILES = [
  ['version-1-of-eight-metrics.jsonl', 1, OF_RULES_1],
  ['version-1.jsonl', 1, OF_RULES_1],
  ['version-2.jsonl', 2, [...OF_RULES_1, 'worse-within-margin', 'too-few-groups']],
] as const;

describe.each(FILES)('what was recorded in %s', (file, rules, findings) => {
  it.each(recorded(file))('is decided as it was, byte for byte: $name', (one) => {
    const charter = Charter.parse(JSON.parse(one.charter));
    expect(JSON.stringify(decide(readMeasured(bytes(one.measured)), charter, rules))).toBe(
      one.verdict,
    );
  });

  it('has every verdict and finding', () => {
    const verdicts = recorded(file).map(
      ({ verdict }) => JSON.parse(verdict) as { verdict: string; finding: string },
    );
    expect(new Set(verdicts.map((one) => one.verdict))).toEqual(
      new Set(['promote', 'hold', 'reject']),
    );
    expect(new Set(verdicts.map((one) => one.finding))).toEqual(new Set(findings));
  });
});
