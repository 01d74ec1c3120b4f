import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaUnderCurve } from '../../../demo/scoring.ts';
import { newDiary } from '../../../demo/diary.ts';
import { endOf, Stop, textTable } from '../../../cli/output.ts';
import { parseRoles } from '../../../cli/remote/session.ts';
import { TitleholderError } from '#domain/errors.ts';

describe('roles', () => {
  it('reads several, each for all models or for one', () => {
    expect(parseRoles('committer, approver:claims-denial')).toEqual([
      'committer',
      'approver:claims-denial',
    ]);
  });

  it.each(['king', '', 'approver:', 'approver:A', 'approver:a:b', 'viewer,,caller'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseRoles(text)).toThrow(Stop);
    },
  );
});

describe('how a verb ends', () => {
  it.each([
    [new Stop(1, 'no'), 1],
    [new TitleholderError('BadInput', 'wrong'), 2],
    [new TitleholderError('Unavailable', 'gone'), 3],
    [new TypeError('x is undefined'), 70],
  ])('gives %o its exit code', (error, code) => {
    expect(endOf(error).code).toBe(code);
  });
});

describe('a table', () => {
  it('aligns columns and leaves no blank at a line’s end', () => {
    expect(
      textTable(
        ['A', 'B'],
        [
          ['long', ''],
          ['x', 'y'],
        ],
      ),
    ).toBe('A     B\nlong\nx     y');
  });
});

describe('the area under the curve', () => {
  it('is the share of pairs in the right order, a tie counting half', () => {
    const row = fc.record({ score: fc.integer({ min: 0, max: 5 }), positive: fc.boolean() });
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 30 }), (rows) => {
        const positives = rows.filter((one) => one.positive);
        const negatives = rows.filter((one) => !one.positive);
        fc.pre(positives.length > 0 && negatives.length > 0);
        let pairs = 0;
        for (const p of positives) {
          for (const n of negatives) pairs += p.score > n.score ? 1 : p.score === n.score ? 0.5 : 0;
        }
        const expected = pairs / (positives.length * negatives.length);
        const scores = rows.map((one) => one.score);
        const found = areaUnderCurve(
          scores,
          rows.map((one) => one.positive),
        );
        expect(found).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe('the diary', () => {
  it('has the keys that machines read, and null for what was not measured', () => {
    const diary = newDiary('m');
    diary.step('a part', 1.23456, 'done');
    diary.measure('secondsToServe', 2);
    expect(JSON.parse(JSON.stringify(diary.report()))).toEqual({
      model: 'm',
      steps: [{ name: 'a part', seconds: 1.235, outcome: 'done' }],
      champions: [],
      decisions: [],
      secondsToAwaitingApproval: null,
      secondsToServe: 2,
      secondsToRollBack: null,
    });
  });
});
