import { describe, expect, it } from 'vitest';
import { calibrationCurve } from '#learning/metrics/reliability.ts';
import { substream } from '#learning/random.ts';
import { calibrationPlot } from '#plots/calibration.ts';
import { confusionPlot } from '#plots/confusion.ts';
import { precisionRecallPlot, rocPlot } from '#plots/curves.ts';
import { inLines } from '#plots/draw.ts';
import { importancePlot } from '#plots/importance.ts';
import { learningCurvePlot } from '#plots/learning-curve.ts';
import { shapSummaryPlot } from '#plots/shap-summary.ts';
import { readSvg, textsOf } from './svg.ts';

const LONG = 'provider_specialty=Interventional Cardiology & <Electrophysiology> of the heart';
const NAMES = ['physlm', LONG, 'idp'];
const random = substream(3, 'plots');
const scores = new Float64Array(3000).map(() => random.nextFloat());
const labels = Uint8Array.from(scores, (score) => (random.nextFloat() < score ? 1 : 0));
const parts = new Float64Array(3000).map((_, i) => random.nextNormal() * [0.1, 3, 1][i % 3]!);
const values = parts.map((part, i) => (i % 3 === 2 && part > 1 ? Number.NaN : part));

const PLOTS: Record<string, () => Promise<string>> = {
  roc: () =>
    rocPlot(
      [
        { name: 'challenger', scores },
        { name: 'champion', scores: scores.map((score) => 1 - score) },
      ],
      labels,
      'holdout',
    ),
  'precision and recall': () =>
    precisionRecallPlot([{ name: 'challenger', scores }], labels, 'holdout'),
  calibration: () => calibrationPlot(calibrationCurve(scores, labels), 'holdout'),
  confusion: () =>
    confusionPlot(
      { truePositives: 1234, falsePositives: 56, trueNegatives: 789, falseNegatives: 10 },
      0.5,
      'holdout',
    ),
  importance: () =>
    importancePlot(
      NAMES.map((name, i) => ({ name, mean: i - 0.5, spread: 0.1 })),
      'Fall in AUC when the feature is shuffled',
    ),
  'SHAP summary': () => shapSummaryPlot({ features: NAMES, parts, values }, 'log odds'),
  'learning curve': () =>
    learningCurvePlot(
      [2000, 500, 1000].map((rows) => ({
        rows,
        fitted: { mean: 0.9, spread: 0.01 },
        held: { mean: 0.7 + rows / 20_000, spread: 0.02 },
      })),
      'AUC',
    ),
};

/** Points of the path that has the colour, in pixels of its own group. */
function pathOf(svg: string, colour: string): number[][] {
  const path = readSvg(svg).find(
    ({ tag, attributes }) => tag === 'path' && attributes['stroke'] === colour,
  );
  return [...(path?.attributes['d'] ?? '').matchAll(/[ML]([-\d.]+),([-\d.]+)/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
}

describe.each(Object.entries(PLOTS))('a plot of %s', (_, draw) => {
  let drawn: Promise<string> | undefined;
  const plot = () => (drawn ??= draw());

  it('is well-formed, and at most as wide as the view', async () => {
    const [root] = readSvg(await plot());
    expect(root?.tag).toBe('svg');
    expect(Number(root?.attributes['width'])).toBeLessThanOrEqual(700);
  });

  it('keeps every text whole, inside, and large enough to read', async () => {
    const svg = await plot();
    const [root] = readSvg(svg);
    const width = Number(root?.attributes['width']);
    const height = Number(root?.attributes['height']);
    const texts = textsOf(svg).filter(({ text }) => text.trim() !== '');
    expect(texts.length).toBeGreaterThan(5);
    for (const { text, x, y, attributes } of texts) {
      expect(text).not.toContain('…');
      const size = Number(/[\d.]+/.exec(attributes['font-size'] ?? '')?.[0]);
      expect(size).toBeGreaterThanOrEqual(11);
      const turned = attributes['transform']?.includes('rotate(-90)') === true;
      // Of a usual sans serif a letter is about 0.55 of its size wide; several lines stand below each other.
      const lines = svg.includes(`>${text}<`) ? 1 : 3;
      const long = (text.length / lines) * size * 0.55;
      const anchor = attributes['text-anchor'];
      const before = anchor === 'middle' ? long / 2 : anchor === 'end' ? long : 0;
      const [from, most] = turned ? [height - y - before, height] : [x - before, width];
      expect(from, text).toBeGreaterThanOrEqual(0);
      expect(from + long, text).toBeLessThanOrEqual(most);
    }
  });

  it('has a dark colour for every colour that needs one', async () => {
    const svg = await plot();
    const style = /<style>(.*?)<\/style>/.exec(svg)?.[1] ?? '';
    expect(style).toContain('prefers-color-scheme:dark');
    const used = readSvg(svg).flatMap(({ attributes }) => [
      attributes['fill'],
      attributes['stroke'],
    ]);
    const ramp = /^(#2f81f7|#5f78e0|#8a6bc8|#b05aa9|#cf4a84|#e5484d)$/;
    for (const colour of new Set(used)) {
      if (colour === undefined || /^(none|transparent)$/.test(colour) || ramp.test(colour))
        continue;
      expect(style).toContain(`[fill="${colour}"]{fill:#`);
    }
  });

  it('is the same bytes again, after others too', async () => {
    const first = await plot();
    await PLOTS['roc']!();
    expect(await draw()).toBe(first);
  });
});

describe('a ROC curve', () => {
  it('goes by the corner for a perfect model, and along the diagonal for one that guesses', async () => {
    const truth = Uint8Array.of(0, 1, 0, 1);
    const perfect = await rocPlot(
      [{ name: 'perfect', scores: Float64Array.of(0.1, 0.9, 0.2, 0.8) }],
      truth,
      'made-up',
    );
    const path = pathOf(perfect, '#0969da');
    const [left, bottom] = path[0]!;
    const [right, top] = path.at(-1)!;
    expect(path).toContainEqual([left, top]);
    expect(path).not.toContainEqual([right, bottom]);
    expect(textsOf(perfect).map(({ text }) => text)).toContain('perfect: AUC 1.000');
    const guess = await rocPlot(
      [{ name: 'guess', scores: new Float64Array(4).fill(0.5) }],
      truth,
      'made-up',
    );
    expect(pathOf(guess, '#0969da')).toEqual([
      [left, bottom],
      [right, top],
    ]);
  });

  it('says of what rows, and names a model as it is called', async () => {
    const svg = await rocPlot([{ name: '<b>&', scores }], labels, 'holdout');
    const said = textsOf(svg).map(({ text }) => text);
    const positives = labels.reduce((a, b) => a + b);
    expect(said.some((t) => t.includes('3,000 holdout rows'))).toBe(true);
    expect(said.some((t) => t.includes(`${positives.toLocaleString('en-US')} positive`))).toBe(
      true,
    );
    expect(said.some((t) => t.startsWith('<b>&: AUC 0.'))).toBe(true);
  });
});

describe('a confusion matrix', () => {
  it('has each count in its cell', async () => {
    const texts = textsOf(await PLOTS['confusion']!());
    const at = (part: string) => texts.find(({ text }) => text.startsWith(part))!;
    const tp = at('1,234');
    const fn = at('10 ');
    const fp = at('56 ');
    const tn = at('789');
    expect(tp.x).toBe(fp.x);
    expect(tp.y).toBe(fn.y);
    expect(tn.x).toBe(fn.x);
    expect(tn.y).toBe(fp.y);
    expect(tp.x).toBeLessThan(fn.x);
    expect(tp.y).toBeLessThan(tn.y);
    expect(tp.text).toContain('99.2 % of positive');
    const [positive, negative] = ['positive', 'negative'].map((word) =>
      texts.filter(({ text }) => text === word).map(({ y }) => y),
    );
    expect(Math.min(...positive!)).toBeLessThan(Math.min(...negative!));
  });
});

describe('calibration', () => {
  it('has a point a bin at its share of positives, and its rows below', async () => {
    const svg = await calibrationPlot(
      {
        predicted: Float64Array.of(0.25, 0.75),
        observed: Float64Array.of(0, 1),
        rows: Uint32Array.of(1200, 7),
      },
      'holdout',
    );
    const [[x0, y0], [x1, y1]] = pathOf(svg, '#0969da') as [number[], number[]];
    expect(x1! - x0!).toBeCloseTo(290, 6);
    expect(y0! - y1!).toBeCloseTo(360, 6);
    const said = textsOf(svg).map(({ text }) => text);
    expect(said).toContain('1,200');
    expect(said).toContain('7');
  });
});

describe('importance', () => {
  it('names the features from the most important down, long ones in lines, and says what is left out', async () => {
    const svg = await importancePlot(
      NAMES.map((name, i) => ({ name, mean: [1, 3, 2][i]!, spread: 0.5 })),
      'Fall in AUC',
      2,
    );
    const texts = textsOf(svg);
    const first = texts.find(({ text }) => text.startsWith('provider_specialty='))!;
    const second = texts.find(({ text }) => text === 'idp')!;
    expect(first.text).toBe(inLines(LONG).join(' '));
    expect(first.y).toBeLessThan(second.y);
    expect(texts.some(({ text }) => text === 'physlm')).toBe(false);
    expect(texts.some(({ text }) => text.includes('2 most important of 3'))).toBe(true);
  });
});

describe('a SHAP summary', () => {
  it('has a dot a shown row and feature, the strongest feature first', async () => {
    const svg = await PLOTS['SHAP summary']!();
    const texts = textsOf(svg);
    const heights = ['provider_specialty=', 'idp', 'physlm'].map(
      (name) => texts.find(({ text }) => text.startsWith(name))!.y,
    );
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
    const dots = readSvg(svg).filter(
      ({ tag, attributes }) => tag === 'path' && attributes['opacity'] === '0.8',
    );
    expect(dots).toHaveLength(250 * 3);
    // In `physlm` and `idp` value and part are one: the highest part is red, the lowest blue.
    const lane = dots.filter(({ y }) => Math.abs(y - dots.at(-1)!.y) < 17);
    const sorted = lane.toSorted((a, b) => a.x - b.x);
    expect(sorted[0]?.attributes['fill']).toBe('#2f81f7');
    expect(sorted.at(-1)?.attributes['fill']).toBe('#e5484d');
    expect(dots.some(({ attributes }) => attributes['fill'] === '#59636e')).toBe(true);
  });
});

describe('names in lines', () => {
  it('lose nothing, keep a letter of two halves whole, and break behind a separator', () => {
    for (const name of ['short', LONG, 'x'.repeat(100), '😀'.repeat(50), 'a_'.repeat(40)]) {
      const lines = inLines(name);
      for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(28);
      for (const line of lines) expect(line.isWellFormed()).toBe(true);
      expect(lines.join('').replaceAll(' ', '')).toBe(name.replaceAll(' ', ''));
    }
    expect(inLines('provider_specialty=Interventional Cardiology')).toEqual([
      'provider_specialty=',
      'Interventional Cardiology',
    ]);
  });
});
