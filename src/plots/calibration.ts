/** Whether probabilities mean what they say, bin by bin. */
import { COLOUR, counted, draw, SHARE_AXIS, SHARE_SCALE } from './draw.ts';
import { type CalibrationCurve, calibrationError } from '#learning/metrics/reliability.ts';

/** The reliability diagram of a calibration curve, and below it how many rows each bin has, as SVG text. */
export async function calibrationPlot(curve: CalibrationCurve, rows: string): Promise<string> {
  const values = Array.from(curve.rows, (n, bin) => ({
    predicted: curve.predicted[bin] ?? 0,
    observed: curve.observed[bin] ?? 0,
    rows: n,
    said: counted(n),
  }));
  const all = curve.rows.reduce((sum, n) => sum + n, 0);
  const predicted = {
    field: 'predicted',
    type: 'quantitative',
    scale: SHARE_SCALE,
    axis: SHARE_AXIS,
  } as const;
  const observed = {
    field: 'observed',
    type: 'quantitative',
    scale: SHARE_SCALE,
    axis: SHARE_AXIS,
    title: 'Share of positives',
  } as const;
  // A quarter of room above for the counts.
  const most = Math.max(...curve.rows);
  const rowsAxis = {
    field: 'rows',
    type: 'quantitative' as const,
    title: 'Rows',
    scale: { domain: [0, 1.25 * most], nice: false },
    axis: { tickCount: 3, format: ',d' },
  };
  const title = 'Predicted probability (mean of a bin)';
  const width = 580;
  return draw(
    'Calibration',
    `${counted(all)} ${rows} rows; expected calibration error ${calibrationError(curve).toFixed(3)}; dashed: probabilities that mean what they say`,
    {
      vconcat: [
        {
          width,
          height: 360,
          layer: [
            {
              data: {
                values: [
                  { predicted: 0, observed: 0 },
                  { predicted: 1, observed: 1 },
                ],
              },
              mark: { type: 'line', color: COLOUR.muted, strokeDash: [4, 4], strokeWidth: 1 },
              encoding: { x: { ...predicted, title }, y: observed },
            },
            {
              data: { values },
              mark: {
                type: 'line',
                color: COLOUR.first,
                strokeWidth: 2,
                point: { color: COLOUR.first, size: 50 },
              },
              encoding: { x: { ...predicted, title }, y: observed },
            },
          ],
        },
        {
          width,
          height: 110,
          data: { values },
          layer: [
            {
              // A rule, because bars would make the axis wider than the one above.
              mark: { type: 'rule', color: COLOUR.first, strokeWidth: 14 },
              encoding: {
                x: { ...predicted, title },
                y: rowsAxis,
                y2: { datum: 0 },
              },
            },
            {
              mark: { type: 'text', dy: -7, fontSize: 11 },
              encoding: { x: { ...predicted, title }, y: rowsAxis, text: { field: 'said' } },
            },
          ],
        },
      ],
    },
  );
}
