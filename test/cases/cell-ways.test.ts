/** One cell, one meaning, whoever wrote it: every case in every way in that this language has. */
import { describe, expect, it } from 'vitest';
import { CELL_CASES, titleOf } from './cell-cases.ts';
import { agrees, WAYS } from './cell-ways.ts';

describe('a cell means the same in every way in', () => {
  it.each(CELL_CASES.map((one) => [titleOf(one), one] as const))('%s', async (_, one) => {
    let ways = 0;
    for (const [name, way] of Object.entries(WAYS)) {
      const reading = await way(one);
      if (reading !== null) ways += 1;
      expect(agrees(one, reading), `${name}: ${reading}`).toBe(true);
    }
    expect(ways).toBeGreaterThan(1);
  });
});
