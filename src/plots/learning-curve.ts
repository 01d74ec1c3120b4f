/** What more rows would bring. */
import { counted, draw, SERIES, WIDTH } from './draw.ts';

export interface LearningPoint {
  /** Rows fitted on. */
  readonly rows: number;
  /** On the rows fitted on, and on rows held out: mean and standard deviation over folds. */
  readonly fitted: { readonly mean: number; readonly spread: number };
  readonly held: { readonly mean: number; readonly spread: number };
}

/** A metric by the number of rows fitted on (logarithmic), on fitted and held-out rows, as SVG text. */
export async function learningCurvePlot(
  points: readonly LearningPoint[],
  metric: string,
): Promise<string> {
  const ordered = points.toSorted((a, b) => a.rows - b.rows);
  const values = (['held', 'fitted'] as const).flatMap((side) =>
    ordered.map((point) => ({
      rows: point.rows,
      on: side === 'held' ? 'rows held out' : 'rows fitted on',
      mean: point[side].mean,
      low: point[side].mean - point[side].spread,
      high: point[side].mean + point[side].spread,
    })),
  );
  const most = ordered.at(-1)?.rows ?? 0;
  const color = {
    field: 'on',
    type: 'nominal',
    title: null,
    sort: null,
    scale: { range: [...SERIES] },
    legend: { symbolOpacity: 1 },
  } as const;
  const x = {
    field: 'rows',
    type: 'quantitative',
    title: 'Rows fitted on (logarithmic)',
    scale: { type: 'log', nice: false },
    axis: { values: ordered.map(({ rows }) => rows), format: ',' },
  } as const;
  const y = { type: 'quantitative', scale: { zero: false } } as const;
  return draw(
    'Learning curve',
    `up to ${counted(most)} rows; band: ± 1 standard deviation over folds`,
    {
      width: WIDTH,
      height: 440,
      autosize: { type: 'fit', contains: 'padding' },
      data: { values },
      layer: [
        {
          mark: { type: 'area', opacity: 0.18 },
          encoding: { x, y: { ...y, field: 'low', title: metric }, y2: { field: 'high' }, color },
        },
        {
          mark: { type: 'line', strokeWidth: 2, point: { size: 45 } },
          encoding: { x, y: { ...y, field: 'mean', title: metric }, color },
        },
      ],
    },
  );
}
