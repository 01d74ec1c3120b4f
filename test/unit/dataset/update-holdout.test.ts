import { describe, expect, it } from 'vitest';
import { readCsv } from '#dataset/csv.ts';
import { readRegister } from '#dataset/register.ts';
import { prepare, type PreparedData } from '#dataset/prepare.ts';
import { bytesOf, HEADER, smallFolder, smallRows, type SmallOptions } from './small-folder.ts';

const rows = smallRows(600);
const first = commit(rows, null, '2026-01-01T00:00:00.000Z');
const holdoutRows = readCsv(first.holdout, 'h').rows.map((r) => r.join(','));

interface Extra {
  readonly accepted?: string;
  readonly header?: string;
  readonly options?: SmallOptions;
}

function commit(
  lines: readonly string[],
  stored: PreparedData | null,
  asOf: string,
  extra: Extra = {},
): PreparedData {
  return prepare({
    folder: smallFolder(extra.options),
    csv: bytesOf(lines, extra.header ?? HEADER),
    file: 'data.csv',
    asOf,
    stored:
      stored === null
        ? null
        : { holdout: stored.holdout, register: stored.register, epoch: stored.epoch },
    accepted: extra.accepted,
  });
}

const LATER = '2026-02-01T00:00:00.000Z';
const textsOf = (p: PreparedData): string[] => readCsv(p.holdout, 'h').rows.map((r) => r.join(','));

describe('the stored holdout', () => {
  it('is made by the first commit, and every row is on one side', () => {
    expect(first.question).toBeNull();
    const training = readCsv(first.training, 't').rows.map((r) => r.join(','));
    expect(training.length + holdoutRows.length).toBe(600);
    expect(Array.from(first.holdoutSide, (row) => rows[row])).toEqual(holdoutRows);
    const others = rows.filter((_, i) => !first.holdoutSide.includes(i));
    expect(training.toSorted()).toEqual(others.toSorted());
  });

  it('stays the same bytes for the same table, whatever the order and spelling of its cells', () => {
    const again = commit(rows, first, LATER);
    expect([again.holdout, again.register]).toEqual([first.holdout, first.register]);
    const other = rows.toReversed().map((r) => r.replace(/,(0\.\d+),/, ', $1000 ,'));
    const shuffled = commit(other, first, LATER);
    expect(shuffled.question).toBeNull();
    expect([shuffled.holdout, shuffled.register]).toEqual([first.holdout, first.register]);
  });

  it('takes new rows by the rule, behind those it has, with the moment at which they came', () => {
    const more = smallRows(300, 2).map((r) => `n${r}`);
    const next = commit([...more, ...rows], first, LATER);
    expect(next.question).toBeNull();
    const texts = textsOf(next);
    expect(texts.slice(0, holdoutRows.length)).toEqual(holdoutRows);
    expect(texts.length).toBeGreaterThan(holdoutRows.length);
    const seen = readRegister(next.register).rows.map((r) => r.firstSeen);
    expect(new Set(seen.slice(0, holdoutRows.length))).toEqual(
      new Set(['2026-01-01T00:00:00.000Z']),
    );
    expect(new Set(seen.slice(holdoutRows.length))).toEqual(new Set([LATER]));
  });

  it('does not mind a training row that is changed or gone', () => {
    const kept = rows.filter((row) => holdoutRows.includes(row) || !row.startsWith('w19'));
    expect(commit(kept, first, LATER).question).toBeNull();
  });

  const target = holdoutRows[0] ?? '';
  const flip = (row: string): string =>
    row.endsWith('yes') ? row.replace(/yes$/, 'no') : row.replace(/no$/, 'yes');
  it.each([
    [
      'a changed cell',
      rows.map((r) => (r === target ? r.replace(/,[a-z]+,(yes|no)$/, ',violet,$1') : r)),
      '1 changed and 0 are lacking; 0 would join',
    ],
    [
      'a changed label',
      rows.map((r) => (r === target ? flip(r) : r)),
      '1 changed and 0 are lacking; 0 would join',
    ],
    ['a row gone', rows.filter((r) => r !== target), '0 changed and 1 are lacking; 0 would join'],
    ['one of two equal rows gone', null, '0 changed and 1 are lacking; 0 would join'],
  ])('asks about %s, and does so again until it is accepted', (_what, lines, counts) => {
    const twice =
      lines === null ? commit([...rows, target], null, '2026-01-01T00:00:00.000Z') : first;
    const stored = twice.holdoutRows;
    const next = commit(lines ?? rows, twice, LATER);
    expect(next.question).toEqual({
      kind: 'holdout',
      digest: expect.stringMatching(/^sha256:/) as string,
      summary: `of ${stored} holdout rows ${counts}`,
    });
    const digest = next.question?.digest ?? '';
    expect(commit(lines ?? rows, twice, '2026-03-01T00:00:00.000Z').question?.digest).toBe(digest);
    expect(
      commit(lines ?? rows, twice, LATER, { accepted: twice.register.toString() }).question,
    ).not.toBeNull();
    const accepted = commit(lines ?? rows, twice, LATER, { accepted: digest });
    expect(accepted.question).toBeNull();
    expect(accepted.holdout).toEqual(next.holdout);
    // Rows that were there keep the moment at which they were first seen.
    const at = readRegister(accepted.register).rows.filter((r) => r.firstSeen !== LATER).length;
    expect(at).toBe(stored - 1);
  });

  it('asks about other columns', () => {
    const columns = [
      { name: 'who', type: 'text', role: 'identity' },
      { name: 'x', type: 'number', role: 'feature' },
      { name: 'size', type: 'category', role: 'feature' },
      { name: 'y', type: 'category', role: 'target' },
    ];
    const next = commit(rows, first, LATER, {
      header: 'who,x,size,y',
      options: { schema: { columns } },
    });
    expect(next.question?.summary).toBe(
      `columns added: size; removed: colour; this concerns all ${holdoutRows.length} holdout rows`,
    );
  });

  it('is never dealt anew by a commit that only raises the epoch', () => {
    expect(() =>
      commit(rows, first, LATER, { options: { model: { split: { holdout: 0.3, epoch: 2 } } } }),
    ).toThrow(expect.objectContaining({ name: 'HoldoutRefused' }));
  });
});
