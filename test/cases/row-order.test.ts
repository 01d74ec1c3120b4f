import { expect, it } from 'vitest';
import { substream } from '#learning/random.ts';
import { inWorkplace } from './workplace.ts';

const random = substream(4, 'row-order');
const LINES = Array.from({ length: 900 }, (_, row) => {
  const age = 20 + random.nextInt(60);
  const y = random.nextFloat() < age / 90 ? 'yes' : 'no';
  return `p${Math.floor(row / 2)},${age},${['a', 'b', 'c'][random.nextInt(3)] ?? ''},${y}`;
});

/** All that try says of the rows in this order, but how often it looked. */
const reportOf = (lines: readonly string[]) =>
  inWorkplace(async (place) => {
    const table = `${['person_id,age,kind,y', ...lines].join('\n')}\n`;
    await place.init({ data: ['t.csv', table] });
    await place.fit('m', {
      algorithm: 'boosting',
      settings: { rounds: 20 },
      calibration: 'sigmoid',
    });
    const { report } = await place.try();
    return { ...report, split: { ...report?.split, looks: null } };
  });

it('a table that is exported in another order is reported on alike', async () => {
  const report = await reportOf(LINES);
  expect(report.metrics?.['auc']).toBeGreaterThan(0.5);
  expect(await reportOf(LINES.toSorted())).toEqual(report);
  expect(await reportOf(LINES.toReversed())).toEqual(report);
});
