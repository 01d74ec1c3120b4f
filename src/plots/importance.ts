/** How much a model rests on each feature. */
import { COLOUR, counted, draw, inLines, laneOf, NAMES_AXIS, WIDTH } from './draw.ts';

export interface FeatureImportance {
  readonly name: string;
  readonly mean: number;
  /** Standard deviation over repeats. */
  readonly spread: number;
}

/**
 * The most important features as bars with one standard deviation to either side, as SVG text.
 *
 * `unit` says what is measured, as in `fall in AUC when the feature is shuffled`; `shown` how many at most.
 */
export async function importancePlot(
  features: readonly FeatureImportance[],
  unit: string,
  shown = 20,
): Promise<string> {
  const best = features.toSorted((a, b) => b.mean - a.mean).slice(0, shown);
  // By its place, because two long names may share their lines.
  const values = best.map(({ name, mean, spread }, place) => ({
    place,
    lines: inLines(name),
    mean,
    low: mean - spread,
    high: mean + spread,
  }));
  const more = features.length - best.length;
  const y = { field: 'place', type: 'ordinal', title: null } as const;
  const names = values.map(({ lines }) => lines);
  const x = {
    type: 'quantitative' as const,
    title: [...inLines(unit, 60), 'bar: mean; line: ± 1 standard deviation'],
  };
  return draw(
    'Feature importance',
    more > 0
      ? `the ${counted(best.length)} most important of ${counted(features.length)} features`
      : `all ${counted(features.length)} features`,
    {
      width: WIDTH,
      height: 110 + values.length * laneOf(names, 24),
      autosize: { type: 'fit', contains: 'padding' },
      params: [{ name: 'names', value: names }],
      data: { values },
      layer: [
        {
          mark: { type: 'bar', color: COLOUR.first, opacity: 0.75, height: { band: 0.6 } },
          encoding: {
            x: { ...x, field: 'mean' },
            y: { ...y, axis: NAMES_AXIS },
          },
        },
        {
          mark: { type: 'rule', color: COLOUR.text, strokeWidth: 1.5 },
          encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y },
        },
      ],
    },
  );
}
