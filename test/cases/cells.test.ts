/**
 * What a table's cells mean, on tables as other programs write them. Each case is one of a kind: its
 * table isn't the one on which the fault was found.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { substream } from '#learning/random.ts';
import { inWorkplace } from './workplace.ts';

const ROWS = 400;

/** A CSV with a target `y` that follows a number, for the further columns that a case makes. */
function tableOf(
  columns: Readonly<Record<string, (row: number) => string>>,
  { separator = ',', ends = ['\n'] } = {},
): string {
  const random = substream(7, 'cases');
  const header = ['age', ...Object.keys(columns), 'y'];
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const age = 20 + random.nextInt(600) / 10;
    const y = random.nextFloat() < (age > 50 ? 0.8 : 0.2) ? 'yes' : 'no';
    return [String(age), ...Object.values(columns).map((cell) => cell(row)), y];
  });
  return [header, ...rows]
    .map((cells, i) => cells.join(separator) + (ends[Math.min(i, ends.length - 1)] ?? ''))
    .join('');
}

const site = (row: number): string => ['north', 'south', 'west'][row % 3] ?? '';

describe('a file', () => {
  it('that is compressed is named for it', () =>
    inWorkplace(async (place) => {
      const made = await place.init({ data: ['claims.csv', gzipSync(tableOf({ site }))] });
      expect(made.code).toBe(2);
      expect(made.words).toEqual(['claims.csv: is compressed by gzip: unpack it first (gunzip)']);
    }));

  it.each([
    ['CRLF behind its header alone', ['\r\n', '\n']],
    ['LF behind its header alone', ['\n', '\r\n']],
  ])('with %s is read', (_, ends) =>
    inWorkplace(async (place) => {
      const made = await place.init({ data: ['claims.csv', tableOf({ site }, { ends })] });
      expect(made.code).toBe(0);
      expect(made.columns).toMatchObject({ site: 'category feature', y: 'category target' });
    }),
  );
});
