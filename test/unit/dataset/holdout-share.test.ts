import { describe, expect, it } from 'vitest';
import { findingLines } from '#dataset/validation-report.ts';
import { prepare } from '#dataset/prepare.ts';
import { bytesOf, smallFolder, smallRows } from './small-folder.ts';

/** The lines of a validation whose rows are of so many groups; 30 % is asked for. */
function linesOf(groups: number, epoch = 1): string[] {
  const rows = smallRows(900).map((line, i) => line.replace(/^w\d+/, `g${i % groups}`));
  const {
    findings,
    holdoutRows,
    rows: all,
  } = prepare({
    folder: smallFolder({ model: { split: { holdout: 0.3, epoch } } }),
    csv: bytesOf(rows),
    file: 'data.csv',
    asOf: '2026-01-01T00:00:00.000Z',
    stored: null,
  });
  const isOff = Math.abs(holdoutRows / all - 0.3) > 0.15;
  const lines = findingLines(findings);
  expect(lines.some((line) => line.includes('holdout-share'))).toBe(isOff);
  const few = lines.find((line) => line.includes('enough-groups'));
  expect(few !== undefined).toBe(groups < 30);
  if (few !== undefined) expect(few).toContain('fewer than 30, or 15, decide nothing');
  return lines.filter((line) => !line.includes('enough-groups'));
}

describe('a holdout’s share', () => {
  it('that is more than half off what was asked is found, whoever the few groups are', () => {
    // These epochs hold out one, two and three of the four groups.
    expect(linesOf(4, 1)).toEqual([]);
    expect(linesOf(4, 3).at(-1)).toContain('holdout-share: 675 (75.0 %)');
    expect(linesOf(4, 10)).toContain(
      'rows: holdout-share: 450 (50.0 %); model.json asks for 30.0 % to be held out, and whole groups are: there are 4',
    );
  });

  it('is nothing to speak of where groups are many', () => {
    expect(linesOf(300)).toEqual([]);
  });
});
