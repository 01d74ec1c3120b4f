import { describe, expect, it } from 'vitest';
import { fitTransforms } from '#learning/pipeline/fit-transforms.ts';
import { mutualInformation } from '#learning/pipeline/mutual-information.ts';
import { checkTransformSpecs, type TransformSpec } from '#learning/pipeline/transform-specs.ts';
import { applyTransforms, featuresAfter, type Transform } from '#learning/pipeline/transforms.ts';
import { substream } from '#learning/random.ts';
import type { Column, Table } from '#learning/table.ts';
import { madeUp, thrownBy } from '../made-up-table.ts';

const nan = Number.NaN;
const numeric = (name: string, ...values: number[]): Column => ({
  kind: 'numeric',
  name,
  values: Float64Array.from(values),
});
const categorical = (name: string, levels: string[], ...codes: number[]): Column => ({
  kind: 'categorical',
  name,
  levels,
  codes: Int32Array.from(codes),
});

const table: Table = {
  rows: 6,
  columns: [
    numeric('age', 4, nan, 1, 4, 2, 9),
    categorical('city', ['a', 'b', 'c'], 1, 0, -1, 1, 2, 0),
    numeric('debt', 0, 5, 2, 0, nan, -4),
    categorical('plan', ['x', 'y'], 0, 0, 1, 1, -1, 0),
  ],
};
const labels = Uint8Array.of(0, 1, 0, 0, 1, 1);
const fit = (...specs: TransformSpec[]) => fitTransforms(table, labels, specs);
/** Column by column: its cells, levels by their text. */
const cells = ({ columns }: Table) =>
  Object.fromEntries(
    columns.map((column) => [
      column.name,
      column.kind === 'numeric'
        ? [...column.values]
        : [...column.codes].map((code) => column.levels[code] ?? code),
    ]),
  );

describe('a transform, by hand', () => {
  it('puts the median, the mean or the most frequent value where a cell is missing', () => {
    // Of 1 2 4 4 9: median 4, mean 4, most frequent 4; of −4 0 0 2 5: 0, 0.6, 0.
    expect(fit({ kind: 'impute', with: 'median' }).transforms).toEqual([
      { kind: 'impute', feature: 'age', value: 4 },
      { kind: 'impute', feature: 'debt', value: 0 },
    ]);
    const mean = fit({ kind: 'impute', with: 'mean', columns: ['debt'] });
    expect(cells(mean.table)).toEqual({ ...cells(table), debt: [0, 5, 2, 0, 0.6, -4] });
    const { table: most, transforms } = fit({ kind: 'impute', with: 'most-frequent' });
    expect(transforms).toHaveLength(4);
    expect(cells(most)).toMatchObject({
      age: [4, 4, 1, 4, 2, 9],
      // a and b are twice there: the first level.
      city: ['b', 'a', 'a', 'b', 'c', 'a'],
      plan: ['x', 'x', 'y', 'y', 'x', 'x'],
    });
    const even: Table = { rows: 4, columns: [numeric('n', 1, 4, 2, 9)] };
    const spec: TransformSpec = { kind: 'impute', with: 'median' };
    expect(fitTransforms(even, labels.subarray(0, 4), [spec]).transforms).toEqual([
      { kind: 'impute', feature: 'n', value: 3 },
    ]);
  });

  it('encodes levels as columns of 0 and 1, as their index, or as their share of the rows', () => {
    const hot = fit({ kind: 'encode', as: 'one-hot', columns: ['city'] });
    expect(Object.entries(cells(hot.table))).toEqual([
      ['age', [4, nan, 1, 4, 2, 9]],
      ['city=a', [0, 1, 0, 0, 0, 1]],
      ['city=b', [1, 0, 0, 1, 0, 0]],
      ['city=c', [0, 0, 0, 0, 1, 0]],
      ['city is missing', [0, 0, 1, 0, 0, 0]],
      ['debt', [0, 5, 2, 0, nan, -4]],
      ['plan', ['x', 'x', 'y', 'y', -1, 'x']],
    ]);
    expect(cells(fit({ kind: 'encode', as: 'ordinal' }).table)).toMatchObject({
      city: [1, 0, nan, 1, 2, 0],
      plan: [0, 0, 1, 1, nan, 0],
    });
    expect(cells(fit({ kind: 'encode', as: 'frequency' }).table)).toMatchObject({
      city: [2 / 6, 2 / 6, nan, 2 / 6, 1 / 6, 2 / 6],
      plan: [3 / 6, 3 / 6, 2 / 6, 2 / 6, nan, 3 / 6],
    });
  });

  it('appends products, ratios and crossed levels, and calls a division by 0 missing', () => {
    const interact = (left: string, right: string, as: 'product' | 'ratio' | 'cross') =>
      fit({ kind: 'interact', pairs: [[left, right]], as });
    expect(cells(interact('age', 'debt', 'product').table)['age*debt']).toEqual([
      0,
      nan,
      2,
      0,
      nan,
      -36,
    ]);
    expect(cells(interact('age', 'debt', 'ratio').table)['age/debt']).toEqual([
      nan,
      nan,
      0.5,
      nan,
      nan,
      -2.25,
    ]);
    const crossed = interact('city', 'plan', 'cross');
    expect(cells(crossed.table)['city×plan']).toEqual(['b×x', 'a×x', -1, 'b×y', -1, 'a×x']);
    expect(crossed.transforms).toEqual([
      { kind: 'cross', left: 'city', right: 'plan', pairs: Uint32Array.of(0, 2, 3) },
    ]);
    expect(crossed.table.columns).toHaveLength(5);
    const huge: Table = { rows: 2, columns: [numeric('n', 1e300, 2)] };
    const square: TransformSpec = { kind: 'interact', pairs: [['n', 'n']], as: 'product' };
    expect(cells(fitTransforms(huge, labels.subarray(0, 2), [square]).table)['n*n']).toEqual([
      nan,
      4,
    ]);
  });

  it('keeps the best by their score, in the order they stand in, and stores every score', () => {
    const { table: rows, labels: truth } = madeUp(2000);
    const { transforms, table: kept } = fitTransforms(rows, truth, [{ kind: 'select', best: 2 }]);
    const [select] = transforms;
    if (select?.kind !== 'select') throw new Error('not a select');
    // The label is made from first, place and second; first weighs most, noise nothing.
    expect(select.scores).toHaveLength(4);
    expect(select.features).toEqual(['first', 'second']);
    expect(kept.columns.map((column) => column.name)).toEqual(['first', 'second']);
    expect([...select.scores].indexOf(Math.min(...select.scores))).toBe(3);
    const all = fitTransforms(rows, truth, [{ kind: 'select', best: 50 }]);
    expect(all.table).toEqual(rows);
  });

  it('works on what the one before it made', () => {
    const { transforms, table: made } = fit(
      { kind: 'impute', with: 'median', columns: ['age'] },
      { kind: 'encode', as: 'one-hot', columns: ['plan'] },
      { kind: 'interact', pairs: [['age', 'plan=x']], as: 'product' },
      { kind: 'interact', pairs: [['age*plan=x', 'age']], as: 'ratio' },
    );
    expect(cells(made)['age*plan=x/age']).toEqual([1, 1, 0, 0, 0, 1]);
    expect(applyTransforms(table, transforms)).toEqual(made);
  });

  it('looks at no row but those it is given', () => {
    const other: Table = {
      rows: 1,
      columns: [
        numeric('age', nan),
        categorical('city', ['c', 'z'], 0),
        numeric('debt', 1),
        categorical('plan', ['y'], -1),
      ],
    };
    const { transforms } = fit({ kind: 'impute', with: 'median', columns: ['age'] });
    expect(cells(applyTransforms(other, transforms))['age']).toEqual([4]);
  });
});

describe('mutual information', () => {
  it('is what counts and logarithms give, less the mean of no relation', () => {
    // scikit-learn 1.9.1, mutual_info_score([0,0,0,1,1,1,2,2], [0,0,1,1,1,1,0,1]) = 0.2495836299074407
    const column = numeric('n', 0, 0, 0, 1, 1, 1, 2, 2);
    const truth = Uint8Array.of(0, 0, 1, 1, 1, 1, 0, 1);
    expect(mutualInformation(column, truth)).toBeCloseTo(0.249_583_629_907_440_7 - 2 / 16, 14);
    // Missing is a cell of its own: the same table with 2 missing.
    const holes = numeric('n', 0, 0, 0, 1, 1, 1, nan, nan);
    expect(mutualInformation(holes, truth)).toBeCloseTo(0.249_583_629_907_440_7 - 2 / 16, 14);
    const levels = categorical('c', ['p', 'q'], 0, 0, 0, 1, 1, 1, -1, -1);
    expect(mutualInformation(levels, truth)).toBeCloseTo(0.249_583_629_907_440_7 - 2 / 16, 14);
  });

  it('gives nothing to many levels without a relation, and prefers a weak relation to them', () => {
    const random = substream(8);
    const truth = Uint8Array.from({ length: 4000 }, () => random.nextInt(2));
    const many = categorical(
      'many',
      Array.from({ length: 400 }, (_, i) => String(i)),
      ...Array.from(truth, () => random.nextInt(400)),
    );
    const noise = numeric('noise', ...Array.from(truth, () => random.nextFloat()));
    const weak = numeric('weak', ...Array.from(truth, (label) => random.nextFloat() + label * 0.2));
    const [a, b, c] = [many, noise, weak].map((column) => mutualInformation(column, truth));
    expect(Math.abs(b!)).toBeLessThan(0.003);
    expect(Math.abs(a!)).toBeLessThan(0.01);
    expect(c!).toBeGreaterThan(Math.max(a!, b!) + 0.01);
  });
});

describe('what a folder asks for', () => {
  it('is refused with the entry and the setting that is wrong', () => {
    const wrong: [unknown, string][] = [
      [{}, 'transforms'],
      [[1], 'settings'],
      [[{ kind: 'scale' }], 'kind'],
      [[{ kind: 'impute' }], 'with'],
      [[{ kind: 'impute', with: 'mode' }], 'with'],
      [[{ kind: 'impute', with: 'mean', as: 'ratio' }], 'as'],
      [[{ kind: 'impute', with: 'mean', columns: [] }], 'columns'],
      [[{ kind: 'impute', with: 'mean', columns: [1] }], 'columns'],
      [[{ kind: 'encode', as: 'hash' }], 'as'],
      [[{ kind: 'encode', as: 'ordinal', best: 3 }], 'best'],
      [[{ kind: 'interact', as: 'product' }], 'pairs'],
      [[{ kind: 'interact', as: 'product', pairs: [] }], 'pairs'],
      [[{ kind: 'interact', as: 'product', pairs: [['a']] }], 'pairs'],
      [[{ kind: 'interact', as: 'product', pairs: [['a', 'b', 'c']] }], 'pairs'],
      [[{ kind: 'interact', as: 'sum', pairs: [['a', 'b']] }], 'as'],
      [[{ kind: 'select' }], 'best'],
      [[{ kind: 'select', best: 0 }], 'best'],
      [[{ kind: 'select', best: -1 }], 'best'],
      [[{ kind: 'select', best: 1.5 }], 'best'],
      [[{ kind: 'select', best: nan }], 'best'],
      [[{ kind: 'select', best: 5, features: 2 }], 'features'],
    ];
    for (const [specs, subject] of wrong) {
      expect(
        thrownBy(() => checkTransformSpecs(specs)),
        JSON.stringify(specs),
      ).toMatchObject({ name: 'SettingsInvalid', subject });
    }
    const right: TransformSpec[] = [
      { kind: 'impute', with: 'median', columns: ['a'] },
      { kind: 'encode', as: 'one-hot' },
      { kind: 'interact', as: 'cross', pairs: [['a', 'b']] },
      { kind: 'select', best: 50 },
    ];
    expect(checkTransformSpecs(right)).toEqual(right);
  });

  it('is refused with the column where the training rows do not have it so', () => {
    const wrong: [TransformSpec, string][] = [
      [{ kind: 'impute', with: 'median', columns: ['gone'] }, 'gone'],
      [{ kind: 'impute', with: 'median', columns: ['age', 'age'] }, 'age'],
      [{ kind: 'impute', with: 'mean', columns: ['city'] }, 'city'],
      [{ kind: 'encode', as: 'one-hot', columns: ['age'] }, 'age'],
      [{ kind: 'encode', as: 'ordinal', columns: ['gone'] }, 'gone'],
      [{ kind: 'interact', as: 'product', pairs: [['age', 'city']] }, 'city'],
      [{ kind: 'interact', as: 'ratio', pairs: [['city', 'age']] }, 'city'],
      [{ kind: 'interact', as: 'cross', pairs: [['city', 'age']] }, 'age'],
      [{ kind: 'interact', as: 'cross', pairs: [['age', 'city']] }, 'age'],
      [{ kind: 'interact', as: 'cross', pairs: [['city', 'gone']] }, 'gone'],
      [
        {
          kind: 'interact',
          as: 'product',
          pairs: [
            ['age', 'debt'],
            ['age', 'debt'],
          ],
        },
        'age*debt',
      ],
    ];
    for (const [spec, subject] of wrong) {
      expect(
        thrownBy(() => fit(spec)),
        JSON.stringify(spec),
      ).toMatchObject({
        name: 'SettingsInvalid',
        subject,
      });
    }
    const clash: Table = {
      rows: 2,
      columns: [categorical('a×b', ['c'], 0, 0), categorical('d', ['b×c', 'c'], 0, 1)],
    };
    const pair = { ...clash.columns[0]!, levels: ['a', 'a×b'], codes: Int32Array.of(0, 1) };
    const rows = { rows: 2, columns: [pair as Column, clash.columns[1]!] };
    expect(
      thrownBy(() =>
        fitTransforms(rows, labels.subarray(0, 2), [
          { kind: 'interact', as: 'cross', pairs: [['a×b', 'd']] },
        ]),
      ).message,
    ).toContain('told apart');
    const wide = categorical(
      'wide',
      Array.from({ length: 9000 }, (_, i) => `${i}`),
      ...Array.from({ length: 9000 }, (_, i) => i),
    );
    expect(
      thrownBy(() =>
        fitTransforms({ rows: 9000, columns: [wide] }, new Uint8Array(9000), [
          { kind: 'encode', as: 'one-hot' },
        ]),
      ),
    ).toMatchObject({ name: 'SettingsInvalid', subject: 'transforms' });
  });
});

describe('the list of features', () => {
  const columns = [
    { name: 'n', kind: 'numeric' },
    { name: 'c', kind: 'categorical', levels: ['p', 'q'] },
  ] as const;

  it('is refused where a file’s transforms do not fit it', () => {
    const scores = Float64Array.of(1, 2);
    const wrong: Transform[][] = [
      [{ kind: 'impute', feature: 'x', value: 1 }],
      [{ kind: 'impute', feature: 'n', value: nan }],
      [{ kind: 'impute', feature: 'c', value: 2 }],
      [{ kind: 'impute', feature: 'c', value: 0.5 }],
      [{ kind: 'impute', feature: 'c', value: -1 }],
      [{ kind: 'oneHot', feature: 'n', levels: [], missing: true }],
      [{ kind: 'oneHot', feature: 'c', levels: ['r'], missing: true }],
      [{ kind: 'oneHot', feature: 'c', levels: ['p', 'p'], missing: true }],
      [
        { kind: 'oneHot', feature: 'c', levels: ['p'], missing: true },
        { kind: 'ordinal', feature: 'c' },
      ],
      [{ kind: 'frequency', feature: 'c', shares: Float64Array.of(1) }],
      [{ kind: 'frequency', feature: 'c', shares: Float64Array.of(1, 2) }],
      [{ kind: 'product', left: 'n', right: 'c' }],
      [{ kind: 'cross', left: 'c', right: 'c', pairs: Uint32Array.of(1, 0) }],
      [{ kind: 'cross', left: 'c', right: 'c', pairs: Uint32Array.of(4) }],
      [{ kind: 'select', features: [], scores }],
      [{ kind: 'select', features: ['n'], scores: Float64Array.of(1) }],
      [{ kind: 'select', features: ['c', 'n'], scores }],
      [{ kind: 'select', features: ['n', 'n'], scores }],
      [
        { kind: 'select', features: ['n'], scores },
        { kind: 'ordinal', feature: 'c' },
      ],
      Array.from({ length: 9 }, (_, i): Transform => {
        // Each name is twice as long as the one before.
        const name = 'n'.repeat(2 ** i).replaceAll('nn', 'n*n');
        return { kind: 'product', left: name, right: name };
      }),
    ];
    for (const transforms of wrong) {
      expect(
        thrownBy(() => featuresAfter(columns, transforms)).name,
        JSON.stringify(transforms),
      ).toBe('ArtifactInvalid');
    }
  });

  it('ends a name that doubles with each transform', () => {
    const doubling: Transform[] = [];
    let name = 'n';
    for (let i = 0; i < 60; i += 1) {
      doubling.push({ kind: 'product', left: name, right: name });
      if (name.length < 2000) name = `${name}*${name}`;
    }
    expect(thrownBy(() => featuresAfter(columns, doubling)).message).toContain('1000 characters');
  });
});
