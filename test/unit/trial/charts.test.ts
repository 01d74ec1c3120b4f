import { expect, it } from 'vitest';
import { LearningError } from '../../../learning/errors.ts';
import { drawn } from '../../../trial/charts.ts';

it('draws nothing where the engine refuses, and hides no defect', async () => {
  const picture = { 'roc.svg': '<svg/>' };
  expect(await drawn(() => Promise.resolve(picture))).toEqual(picture);
  const refused = new LearningError('OneClass', 'all 10 rows are of one class');
  expect(await drawn(() => Promise.reject(refused))).toEqual({});
  await expect(drawn(() => Promise.reject(new TypeError('a defect')))).rejects.toThrow('a defect');
});
