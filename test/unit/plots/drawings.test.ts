import { expect, it } from 'vitest';
import { LearningError } from '#learning/errors.ts';
import { drawAll } from '#plots/drawings.ts';

it('loses one picture that the engine refuses and no other, says why, and hides no defect', async () => {
  const refused = new LearningError('OneClass', 'all 10 rows are of one class');
  expect(
    await drawAll({
      'roc.svg': () => Promise.reject(refused),
      'calibration.svg': () => {
        throw refused;
      },
      'confusion.svg': () => Promise.resolve('<svg/>'),
    }),
  ).toEqual({
    'roc.svg': { notDrawn: refused.message },
    'calibration.svg': { notDrawn: refused.message },
    'confusion.svg': '<svg/>',
  });
  const defect = { 'roc.svg': () => Promise.reject(new TypeError('a defect')) };
  await expect(drawAll(defect)).rejects.toThrow('a defect');
});
