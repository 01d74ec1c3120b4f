import { describe, expect, it } from 'vitest';
import { Charter } from '#contracts/folder/charter.ts';
import { readMeasured } from '#contracts/evidence.ts';
import type { Anchor } from '#gates/anchor.ts';
import { checksOf, decide } from '#gates/decide.ts';
import { recorded } from '../../support/recorded-evidence.ts';

const one = recorded('version-2.jsonl').find(({ name }) => name === 'non-inferior')!;
const charter = Charter.parse(JSON.parse(one.charter));
const measured = readMeasured(new TextEncoder().encode(one.measured));
const [toChampion] = measured.measurements.paired!;

type Bounds = readonly [lower: number, upper: number];
const SINCE = [
  { version: 2, difference: -0.004 },
  { version: 3, difference: -0.003 },
];

/** The bounds of the difference to the champion (version 3), and to the anchor. */
function evidenceOf(champion: Bounds, toAnchor: Bounds | null, of: Partial<Anchor> = {}) {
  const [lower, upper] = champion;
  const between = (bounds: Bounds) => (bounds[0] + bounds[1]) / 2;
  const anchor: Anchor = {
    version: 1,
    sha256: 'sha256:1',
    since: SINCE,
    change: -0.007,
    scored: toAnchor === null ? null : measured.champion,
    ...of,
  };
  const paired = [
    { ...toChampion!, lower, upper, estimate: between(champion) },
    ...(toAnchor === null
      ? []
      : [
          {
            ...toChampion!,
            against: 'anchor',
            lower: toAnchor[0],
            upper: toAnchor[1],
            estimate: between(toAnchor),
          },
        ]),
  ];
  return { ...measured, measurements: { ...measured.measurements, paired, anchor } };
}
const judged = (...of: Parameters<typeof evidenceOf>) => decide(evidenceOf(...of), charter, 3);

const WITHIN: Bounds = [-0.006, 0.002];

describe('a challenger within the margin of the champion', () => {
  it('is a hold by the champion where it is within that of the anchor too, which is said', () => {
    expect(judged(WITHIN, [-0.0099, 0.001])).toMatchObject({
      verdict: 'hold',
      finding: 'non-inferior',
    });
    const check = checksOf(evidenceOf(WITHIN, [-0.0099, 0.001])).find((c) => c.name === 'anchor');
    expect(check).toMatchObject({ passed: true });
    expect(check?.message).toMatch(/anchor 0\.\d{4} \(version 1\).*is above the margin -0\.01$/);
    expect(judged([-0.008, -0.001], [-0.009, -0.001]).finding).toBe('worse-within-margin');
  });

  it.each<readonly [Bounds, Bounds]>([
    [WITHIN, [-0.01, 0.002]],
    [WITHIN, [-0.03, -0.01]],
    [
      [-0.008, -0.001],
      [-0.012, -0.004],
    ],
  ])('%j is a hold by the anchor where %j reaches below its margin', (champion, anchor) => {
    const verdict = judged(champion, anchor);
    expect(verdict).toMatchObject({ verdict: 'hold', finding: 'anchor' });
    expect(verdict.reason).toMatch(
      /reaches below the margin -0\.01: within the margin of the champion \(version 3\), and not shown to be within that of version 1, the last champion that was shown to be better, or the first$/,
    );
    // What the champion says is said too.
    expect(verdict.reasons[1]).toMatch(/no worse|worse, by less/);
  });

  it('is rejected where it is shown to be below the anchor by more than the margin', () => {
    const verdict = judged(WITHIN, [-0.03, -0.0101]);
    expect(verdict).toMatchObject({ verdict: 'reject', finding: 'anchor' });
    expect(verdict.reason).toMatch(/is below the margin -0\.01: version 1, .* is lost by more/);
  });
});

describe('the anchor', () => {
  it('does not concern who is better than the champion', () => {
    expect(judged([0.001, 0.02], [-0.5, -0.2])).toMatchObject({
      verdict: 'promote',
      finding: 'better',
    });
  });

  it('adds nothing for whom the champion rejects, and rejects whom it leaves open', () => {
    const worse = judged([-0.05, -0.012], [-0.5, -0.2]);
    expect(worse).toMatchObject({ verdict: 'reject', finding: 'worse' });
    expect(worse.reasons).toHaveLength(1);
    expect(judged([-0.05, 0.02], [-0.06, -0.02]).finding).toBe('anchor');
    expect(judged([-0.05, 0.02], [-0.06, 0.01]).finding).toBe('inconclusive');
  });

  it('is nobody else where the champion is its own', () => {
    const own = judged(WITHIN, null, { version: 3, since: [], change: 0 });
    expect(own.reason).toBe(
      decide(measured, charter, 2)
        .reason.replace(/\[.*?\]/, '[-0.0060, 0.0020]')
        .replace('+0.0010', '-0.0020'),
    );
  });

  it('that can’t be scored refuses nothing, and every hold says what was lost since', () => {
    const of = { reason: '3 of 88 holdout groups trained the anchor' };
    for (const champion of [WITHIN, [-0.008, -0.001], [-0.05, 0.02]] as const) {
      const verdict = judged(champion, null, of);
      expect(verdict.verdict).toBe('hold');
      expect(verdict.finding).not.toBe('anchor');
      expect(verdict.reason).toMatch(
        /; the anchor \(version 1\) can't be scored on today's holdout \(3 of 88 holdout groups trained the anchor\); by their own evidence the 2 promotions since lost 0\.0070 in sum$/,
      );
    }
    const partly = { ...of, since: [...SINCE, { version: 4, difference: null }] };
    expect(judged(WITHIN, null, partly).reason).toMatch(
      /the 3 promotions since lost 0\.0070 in sum, 1 of them without a known difference$/,
    );
    expect(judged([0.001, 0.02], null, of).reason).not.toContain('anchor');
  });

  it('is measured from rules 3 on, and evidence without it is a hold that names it', () => {
    expect(decide(measured, charter, 3)).toMatchObject({ verdict: 'hold', finding: 'unmeasured' });
    expect(decide(evidenceOf(WITHIN, [-0.5, -0.2]), charter, 2).finding).toBe('non-inferior');
  });
});
