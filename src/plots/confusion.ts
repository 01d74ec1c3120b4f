/** Right and wrong labels at the threshold. */
import { COLOUR, counted, draw, WIDTH } from './draw.ts';
import type { Confusion } from '#domain/metrics.ts';

/** The confusion matrix, with counts and shares of the row's true class, as SVG text. */
export async function confusionPlot(
  confusion: Confusion,
  threshold: number,
  rows: string,
): Promise<string> {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = confusion;
  const cell = (truth: string, label: string, n: number, ofTruth: number) => {
    const share = ofTruth === 0 ? 0 : n / ofTruth;
    return { truth, label, share, said: [counted(n), `${(share * 100).toFixed(1)} % of ${truth}`] };
  };
  const positives = truePositives + falseNegatives;
  const negatives = trueNegatives + falsePositives;
  const order = ['positive', 'negative'];
  const x = {
    field: 'label',
    type: 'nominal',
    sort: order,
    title: 'Labelled as',
    axis: { labelAngle: 0 },
  } as const;
  const y = { field: 'truth', type: 'nominal', sort: order, title: 'In truth' } as const;
  return draw(
    'Confusion matrix',
    `${counted(positives + negatives)} ${rows} rows; positive from a probability of ${threshold.toFixed(3)} on`,
    {
      width: WIDTH,
      height: 420,
      autosize: { type: 'fit', contains: 'padding' },
      data: {
        values: [
          cell('positive', 'positive', truePositives, positives),
          cell('positive', 'negative', falseNegatives, positives),
          cell('negative', 'positive', falsePositives, negatives),
          cell('negative', 'negative', trueNegatives, negatives),
        ],
      },
      layer: [
        {
          mark: { type: 'rect', color: COLOUR.first, stroke: COLOUR.grid },
          encoding: {
            x,
            y,
            opacity: {
              field: 'share',
              type: 'quantitative',
              legend: null,
              // Never so strong that the text on it can't be read, on light or dark.
              scale: { domain: [0, 1], range: [0.05, 0.45] },
            },
          },
        },
        {
          mark: { type: 'text', fontSize: 18, lineHeight: 24, dy: -12 },
          encoding: { x, y, text: { field: 'said' } },
        },
      ],
    },
  );
}
