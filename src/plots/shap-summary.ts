/** What each feature adds to the score of each row. */
import { COLOUR, counted, draw, inLines, laneOf, NAMES_AXIS, WIDTH } from './draw.ts';
import { meanMagnitudes } from '#learning/explain/explainer.ts';

export interface Explained {
  readonly features: readonly string[];
  /** Rows × features: what a feature adds to a row's score. */
  readonly parts: Float64Array;
  /** Rows × features: the feature's value, or a level's index; NaN is missing. */
  readonly values: Float64Array;
}

/** Low to high; strong enough on light and on dark. */
const RAMP = ['#2f81f7', '#5f78e0', '#8a6bc8', '#b05aa9', '#cf4a84', '#e5484d'] as const;
const ROWS_SHOWN = 250;

/**
 * The SHAP summary: a dot a row and feature, its place what the feature adds, its colour the feature's value.
 *
 * The `shown` features of the largest mean magnitude stand in their order (Lundberg 2020). Of more than
 * 250 rows evenly spaced ones are drawn; means are of all. `unit` is that of the parts, as in `log odds`.
 */
export async function shapSummaryPlot(
  { features, parts, values }: Explained,
  unit: string,
  shown = 12,
): Promise<string> {
  const width = features.length;
  const rows = width === 0 ? 0 : parts.length / width;
  const magnitudes = meanMagnitudes(parts, width);
  const best = [...features.keys()]
    .sort((a, b) => (magnitudes[b] ?? 0) - (magnitudes[a] ?? 0))
    .slice(0, shown);
  const drawn = Array.from({ length: Math.min(rows, ROWS_SHOWN) }, (_, i) =>
    Math.floor((i * rows) / Math.min(rows, ROWS_SHOWN)),
  );
  const all = best.flatMap((f) => drawn.map((row) => parts[row * width + f] ?? 0));
  const low = Math.min(0, ...all);
  const high = Math.max(0, ...all);
  const dots = best.flatMap((f, place) => {
    const x = drawn.map((row) => parts[row * width + f] ?? 0);
    const value = drawn.map((row) => values[row * width + f] ?? Number.NaN);
    const shade = shadesOf(value);
    return swarm(x, low, high).map((offset, i) => ({
      place,
      x: x[i],
      offset,
      shade: shade[i],
    }));
  });
  const names = best.map((f) => inLines(features[f] ?? ''));
  return draw(
    'SHAP summary',
    `${counted(drawn.length)} of ${counted(rows)} rows; ${
      best.length < width ? `the ${best.length} strongest of ${counted(width)}` : `all ${width}`
    } features by mean magnitude`,
    {
      width: WIDTH,
      height: 150 + best.length * laneOf(names, 34),
      autosize: { type: 'fit', contains: 'padding' },
      params: [{ name: 'names', value: names }],
      layer: [
        {
          data: { values: [{ x: 0 }] },
          mark: { type: 'rule', color: COLOUR.muted },
          encoding: { x: { field: 'x', type: 'quantitative' } },
        },
        {
          data: { values: dots },
          mark: { type: 'circle', size: 16, opacity: 0.8, aria: false },
          encoding: {
            x: {
              field: 'x',
              type: 'quantitative',
              title: `What the feature adds to a row's score (${unit})`,
            },
            y: {
              field: 'place',
              type: 'ordinal',
              title: null,
              axis: { ...NAMES_AXIS, grid: true },
            },
            yOffset: { field: 'offset', type: 'quantitative', scale: { domain: [-1, 1] } },
            color: {
              field: 'shade',
              type: 'nominal',
              title: "The feature's value",
              scale: { domain: SHADES, range: [...RAMP, COLOUR.muted] },
              legend: { symbolOpacity: 1, columns: SHADES.length },
            },
          },
        },
      ],
    },
  );
}

const SHADES = ['lowest', ' ', '  ', '   ', '    ', 'highest', 'missing'];

/** By rank among the values shown, so that one outlier doesn't take all the colour; equals share theirs. */
function shadesOf(values: readonly number[]): string[] {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const least = sorted[0] ?? 0;
  return values.map((value) => {
    if (Number.isNaN(value)) return 'missing';
    const below = sorted.findIndex((other) => other >= value);
    const above = sorted.length - 1 - sorted.findLastIndex((other) => other <= value);
    if (sorted.at(-1) === least) return SHADES[2] ?? '';
    // 0 for the lowest, 1 for the highest; in between the middle of the equals' ranks.
    const share = below / Math.max(1, below + above);
    return SHADES[Math.min(RAMP.length - 1, Math.floor(share * RAMP.length))] ?? '';
  });
}

/** Offsets from −1 to 1 that keep dots of a like place apart: to either side of the middle in turn. */
function swarm(x: readonly number[], low: number, high: number): number[] {
  const taken = new Map<number, number>();
  const heights = x.map((value) => {
    const place = high === low ? 0 : Math.round(((value - low) / (high - low)) * 140);
    const n = taken.get(place) ?? 0;
    taken.set(place, n + 1);
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
  });
  const most = Math.max(4, ...heights.map(Math.abs));
  return heights.map((height) => height / most);
}
