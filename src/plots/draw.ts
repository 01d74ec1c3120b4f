/** From a specification to SVG text that reads well on light and on dark. */
import { Error as ERRORS_ONLY, parse, View } from 'vega';
import { compile, type Config, type TopLevelSpec } from 'vega-lite';

/** Colours by their use: on light, and what each becomes on dark. */
const PALETTE = {
  background: ['#ffffff', '#0d1117'],
  text: ['#1f2328', '#e6edf3'],
  muted: ['#59636e', '#9198a1'],
  grid: ['#d1d9e0', '#30363d'],
  first: ['#0969da', '#58a6ff'],
  second: ['#bc4c00', '#f0883e'],
  third: ['#1a7f37', '#3fb950'],
  fourth: ['#8250df', '#bc8cff'],
} as const;

/** The light colours, which stand in the specification; the dark ones come by style. */
export const COLOUR = {
  text: PALETTE.text[0],
  muted: PALETTE.muted[0],
  grid: PALETTE.grid[0],
  first: PALETTE.first[0],
  second: PALETTE.second[0],
} as const;

/** One a series, in their order. */
export const SERIES = [
  PALETTE.first[0],
  PALETTE.second[0],
  PALETTE.third[0],
  PALETTE.fourth[0],
] as const;

/** An axis from 0 to 1. */
export const SHARE_SCALE = { domain: [0, 1], nice: false };
export const SHARE_AXIS = { tickCount: 10, format: '.1f' } as const;

/** Pixels; an artifact view of MLflow shows about so many. */
export const WIDTH = 700;

/** Pixels from one line of a name to the next. */
const LINE = 14;

const FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';

const CONFIG: Config = {
  font: FONT,
  background: PALETTE.background[0],
  padding: 16,
  view: { stroke: COLOUR.grid },
  title: {
    anchor: 'start',
    color: COLOUR.text,
    fontSize: 16,
    subtitleColor: COLOUR.muted,
    subtitleFontSize: 12,
    subtitlePadding: 4,
    offset: 12,
    limit: 0,
  },
  axis: {
    domainColor: COLOUR.muted,
    gridColor: COLOUR.grid,
    tickColor: COLOUR.muted,
    labelColor: COLOUR.text,
    labelFontSize: 12,
    // Unless told, Vega cuts labels at 180 pixels, and moves the outer ones off their ticks.
    labelLimit: 0,
    labelFlush: false,
    titleColor: COLOUR.text,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titleLimit: 0,
    titlePadding: 8,
  },
  legend: {
    labelColor: COLOUR.text,
    labelFontSize: 12,
    labelLimit: 0,
    orient: 'bottom',
    direction: 'horizontal',
    columns: 1,
    symbolStrokeWidth: 3,
    titleColor: COLOUR.text,
    titleFontWeight: 'normal',
    titleLimit: 0,
  },
  text: { color: COLOUR.text, fontSize: 12 },
};

const DARK = Object.values(PALETTE)
  .flatMap(([light, dark]) =>
    ['fill', 'stroke'].map((property) => `[${property}="${light}"]{${property}:${dark}}`),
  )
  .join('');
const STYLE = `<style>@media (prefers-color-scheme:dark){${DARK}}</style>`;

/** Without the title's and the style's share. */
export type Plot = TopLevelSpec & { readonly title?: never; readonly config?: never };

/**
 * Draws a specification under its title, the same bytes for the same one.
 *
 * Widths of text are estimated, because there is no canvas, so what is drawn doesn't depend on a
 * machine's fonts. Nothing is loaded: data stand in the specification.
 */
export async function draw(title: string, subtitle: string, plot: Plot): Promise<string> {
  const spec: TopLevelSpec = {
    ...plot,
    title: { text: title, subtitle: inLines(subtitle, 66) },
    config: CONFIG,
  };
  const view = new View(parse(compile(spec).spec), {
    renderer: 'none',
    logLevel: ERRORS_ONLY,
  });
  try {
    const svg = await view.toSVG();
    return `${svg.replace('>', `>${STYLE}`)}\n`;
  } finally {
    view.finalize();
  }
}

/** A long name in lines, broken behind what isn't a letter or a digit where there is such a place. */
export function inLines(name: string, longest = 28): string[] {
  const lines: string[] = [];
  let rest = Array.from(name);
  while (rest.length > longest) {
    const gap = rest.slice(0, longest).findLastIndex((letter) => !/[\p{L}\p{N}]/u.test(letter));
    const at = gap >= longest / 3 ? gap + 1 : longest;
    lines.push(rest.slice(0, at).join('').trim());
    rest = rest.slice(at);
  }
  return [...lines, rest.join('').trim()];
}

/** Axis labels that are names in lines, `names[value]`, each set about the middle of its place. */
export const NAMES_AXIS = {
  labelExpr: 'names[datum.value]',
  labelLineHeight: LINE,
  labelOffset: {
    condition: { test: 'true', expr: `${-LINE / 2} * (length(names[datum.value]) - 1)` },
    value: 0,
  },
  ticks: false,
} as const;

/** Pixels that names in lines need from one to the next. */
export function laneOf(names: readonly (readonly string[])[], least: number): number {
  return Math.max(least, LINE * Math.max(1, ...names.map((lines) => lines.length)) + 6);
}

/** A count with separators of thousands, the same in every locale. */
export function counted(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
