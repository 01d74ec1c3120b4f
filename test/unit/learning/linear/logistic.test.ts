import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fitLogistic, type Logistic, logistic } from '#learning/linear/logistic.ts';
import { MISSING_LEVEL, UNSEEN_LEVEL } from '#learning/pipeline/estimator-kind.ts';
import { type Column, selectRows, type Table } from '#learning/table.ts';
import { credit } from '../read-table.ts';
import { madeUp, thrownBy } from '../made-up-table.ts';

interface Fit {
  l2: number;
  balanced: boolean;
  intercept: number;
  coefficients: number[];
  firstScores: number[];
}
const fixture = JSON.parse(
  readFileSync(new URL('../../../fixtures/logistic/expected.json', import.meta.url), 'utf8'),
) as {
  madeUp: {
    columns: { name: string; levels?: string[]; cells: (number | string | null)[] }[];
    labels: number[];
    fits: Fit[];
  };
  credit: { levels: Record<string, string[]>; fits: Fit[] };
};

function fixtureTable(): Table {
  const columns = fixture.madeUp.columns.map(({ name, levels, cells }): Column => {
    if (levels === undefined) {
      const values = Float64Array.from(cells, (cell) =>
        cell === null ? Number.NaN : Number(cell),
      );
      return { kind: 'numeric', name, values };
    }
    const codes = Int32Array.from(cells, (cell) => levels.indexOf(String(cell)));
    return { kind: 'categorical', name, codes, levels };
  });
  return { rows: fixture.madeUp.labels.length, columns };
}

/** In the order of the fixture's design matrix. */
function flat({ inputs }: Logistic): number[] {
  return inputs.flatMap((input) =>
    input.kind === 'standard'
      ? [input.coefficient, input.missing]
      : [...input.coefficients, input.missing],
  );
}

function scoresOf(estimator: Logistic, { rows, columns }: Table): Float64Array {
  const reader = logistic.reader(estimator);
  const out = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    columns.forEach((column, i) => {
      if (column.kind === 'numeric') reader.setNumber(0, i, column.values[row]!);
      else reader.setLevel(0, i, column.codes[row]!);
    });
    reader.score(1, out, row);
  }
  return out;
}

function agrees(found: Logistic, expected: Fit, table: Table): void {
  const scores = scoresOf(found, table);
  expect(found.intercept).toBeCloseTo(expected.intercept, 6);
  const coefficients = flat(found);
  expect(coefficients).toHaveLength(expected.coefficients.length);
  coefficients.forEach((coefficient, j) => {
    expect(coefficient, `coefficient ${j}`).toBeCloseTo(expected.coefficients[j]!, 6);
  });
  expected.firstScores.forEach((score, row) => {
    expect(scores[row], `row ${row}`).toBeCloseTo(score, 7);
  });
}

describe('logistic regression', () => {
  it.each(fixture.madeUp.fits)("is scikit-learn's with l2 $l2, balanced $balanced", (expected) => {
    const table = fixtureTable();
    const settings = {
      l2: expected.l2,
      classWeight: expected.balanced ? ('balanced' as const) : 1,
    };
    agrees(fitLogistic(table, Uint8Array.from(fixture.madeUp.labels), settings), expected, table);
  });

  it("is scikit-learn's on credit", () => {
    const { table, labels } = credit(fixture.credit.levels);
    const found = fitLogistic(table, labels, logistic.check({}));
    agrees(found, fixture.credit.fits[0]!, table);
  });

  it('stands where the penalised loss has no slope, with thousands of levels too', () => {
    const { table, labels } = madeUp(3000);
    const codes = new Int32Array(3000).map((_, row) => (row * 7919) % 2500);
    const levels = Array.from({ length: 2500 }, (_, i) => `level ${i}`);
    const wide: Table = {
      rows: 3000,
      columns: [...table.columns, { kind: 'categorical', name: 'wide', codes, levels }],
    };
    const settings = { l2: 0.5, classWeight: 1 };
    const found = fitLogistic(wide, labels, settings);
    const scores = scoresOf(found, wide);
    const residuals = scores.map((score, row) => score - labels[row]!);
    expect(Math.abs(residuals.reduce((a, b) => a + b))).toBeLessThan(1e-6);
    const input = found.inputs.at(-1)!;
    const slopes = Float64Array.from(
      input.kind === 'levels' ? input.coefficients : [],
      (c) => 0.5 * c,
    );
    expect(slopes).toHaveLength(2500);
    residuals.forEach((residual, row) => {
      slopes[codes[row]!]! += residual;
    });
    expect(Math.max(...slopes.map(Math.abs))).toBeLessThan(1e-7);
  });

  it('tells missing from unseen: unseen adds nothing', () => {
    const { table, labels } = madeUp(500);
    const found = fitLogistic(table, labels, logistic.check({}));
    const input = found.inputs[1]!;
    if (input.kind !== 'levels') throw new Error('place is categorical');
    expect(input.unseen).toBe(0);
    expect(input.missing).not.toBe(0);
    const reader = logistic.reader(found);
    const out = new Float64Array(2);
    for (const row of [0, 1]) {
      for (const i of [0, 2, 3]) reader.setNumber(row, i, 1);
      reader.setLevel(row, 1, row === 0 ? MISSING_LEVEL : UNSEEN_LEVEL);
    }
    reader.score(2, out, 0);
    const odds = out.map((score) => Math.log(score / (1 - score)));
    expect(odds[0]! - odds[1]!).toBeCloseTo(input.missing, 12);
  });

  it('counts a positive row as often as its weight says', () => {
    const { table, labels } = madeUp(300);
    const twice = Int32Array.from(
      [...labels.keys()].flatMap((row) => (labels[row] ? [row, row] : [row])),
    );
    // Standardised as before: repeated rows would move mean and scale.
    const categories: Table = { rows: 300, columns: table.columns.slice(1, 2) };
    const weighted = fitLogistic(categories, labels, { l2: 1, classWeight: 2 });
    const repeated = fitLogistic(
      selectRows(categories, twice),
      Uint8Array.from(twice, (row) => labels[row]!),
      { l2: 1, classWeight: 1 },
    );
    expect(weighted.intercept).toBeCloseTo(repeated.intercept, 9);
    flat(weighted).forEach((c, j) => expect(c).toBeCloseTo(flat(repeated)[j]!, 9));
  });

  it('gives 0 to what says nothing: a constant, an empty column, a level without rows', () => {
    const { table, labels } = madeUp(200);
    const found = fitLogistic(
      {
        rows: 200,
        columns: [
          { kind: 'numeric', name: 'constant', values: new Float64Array(200).fill(0.1) },
          { kind: 'numeric', name: 'empty', values: new Float64Array(200).fill(Number.NaN) },
          { kind: 'categorical', name: 'one', codes: new Int32Array(200), levels: ['a', 'b'] },
          ...table.columns,
        ],
      },
      labels,
      logistic.check({}),
    );
    const [constant, , one] = found.inputs;
    expect(constant).toMatchObject({ scale: 1, missing: 0 });
    expect(constant?.kind === 'standard' && Math.abs(constant.coefficient)).toBeLessThan(1e-12);
    expect(one?.kind === 'levels' && one.coefficients[1]).toBe(0);
  });

  it('finds a finite minimum where the classes part', () => {
    const values = Float64Array.of(1, 2, 3, 4);
    const table: Table = { rows: 4, columns: [{ kind: 'numeric', name: 'x', values }] };
    for (const l2 of [1, 1e-6]) {
      const found = fitLogistic(table, Uint8Array.of(0, 0, 1, 1), { l2, classWeight: 1 });
      expect(scoresOf(found, table)[3]).toBeGreaterThan(0.7);
      expect(Number.isFinite(found.intercept)).toBe(true);
    }
  });

  it('refuses settings that mean nothing, by name', () => {
    for (const l2 of [0, -1, Number.NaN, Infinity, '1']) {
      expect(thrownBy(() => logistic.check({ l2 }))).toMatchObject({
        name: 'SettingsInvalid',
        subject: 'l2',
      });
    }
    expect(thrownBy(() => logistic.check({ classWeight: 'equal' }))).toMatchObject({
      subject: 'classWeight',
    });
    expect(thrownBy(() => logistic.check({ trees: 3 }))).toMatchObject({ subject: 'trees' });
    expect(thrownBy(() => logistic.check(null)).name).toBe('SettingsInvalid');
    expect(logistic.check({})).toEqual({ l2: 1, classWeight: 1 });
  });

  it('refuses rows that it cannot be fitted on or score', () => {
    const { table, labels } = madeUp(50);
    const settings = logistic.check({});
    expect(thrownBy(() => fitLogistic(table, new Uint8Array(50), settings)).name).toBe('OneClass');
    expect(thrownBy(() => fitLogistic(table, labels.slice(1), settings)).name).toBe('TableInvalid');
    const values = new Float64Array(50).map((_, row) => (row % 2 === 0 ? 1e300 : -1e300));
    const huge: Table = { rows: 50, columns: [{ kind: 'numeric', name: 'huge', values }] };
    expect(thrownBy(() => fitLogistic(huge, labels, settings))).toMatchObject({
      name: 'TableInvalid',
      subject: 'huge',
    });
    const input = { kind: 'standard', mean: 0, scale: 1e-3, missing: 0 } as const;
    const reader = logistic.reader({
      kind: 'logistic',
      intercept: 0,
      inputs: [
        { ...input, coefficient: 1 },
        { ...input, coefficient: -1 },
      ],
    });
    reader.setNumber(0, 0, 1e308);
    reader.setNumber(0, 1, 1e308);
    expect(thrownBy(() => reader.score(1, new Float64Array(1), 0)).name).toBe('RowInvalid');
  });
});

describe('a logistic regression in a file', () => {
  const features = [
    { name: 'x', kind: 'numeric' },
    { name: 'place', kind: 'categorical', levels: ['a', 'b'] },
  ] as const;
  const estimator: Logistic = {
    kind: 'logistic',
    intercept: -0.5,
    inputs: [
      { kind: 'standard', mean: 1, scale: 2, coefficient: 3, missing: 4 },
      { kind: 'levels', coefficients: Float64Array.of(0.25, -1), missing: 0.5, unseen: 0 },
    ],
  };
  const written = () =>
    JSON.parse(JSON.stringify(logistic.pack(estimator))) as {
      inputs: Record<string, unknown>[];
    } & Record<string, unknown>;

  it('comes back as it was', () => {
    expect(logistic.unpack(written(), features)).toEqual(estimator);
  });

  it.each<[string, (file: ReturnType<typeof written>) => void, string]>([
    ['another kind', (file) => (file['kind'] = 'forest'), 'estimator'],
    ['an unknown field', (file) => (file['extra'] = 1), 'estimator'],
    ['no intercept', (file) => (file['intercept'] = null), 'estimator.intercept'],
    ['too few inputs', (file) => file.inputs.pop(), 'estimator.inputs'],
    ['inputs in another order', (file) => file.inputs.reverse(), "input of 'x'"],
    ['a scale of 0', (file) => (file.inputs[0]!['scale'] = 0), "input of 'x'"],
    ['a mean as text', (file) => (file.inputs[0]!['mean'] = '1'), "input of 'x'"],
    ['no coefficient', (file) => delete file.inputs[0]!['coefficient'], "input of 'x'"],
    [
      'too few coefficients',
      (file) =>
        (file.inputs[1]!['coefficients'] = { type: 'f64', length: 1, data: 'AAAAAAAA8D8=' }),
      "input of 'place'",
    ],
    [
      'a coefficient that is NaN',
      (file) =>
        (file.inputs[1]!['coefficients'] = {
          type: 'f64',
          length: 2,
          data: 'AAAAAAAA+H8AAAAAAADwPw==',
        }),
      "input of 'place'",
    ],
  ])('is refused with %s, saying where', (_, spoil, where) => {
    const file = written();
    spoil(file);
    const error = thrownBy(() => logistic.unpack(file, features));
    expect(error.name).toBe('ArtifactInvalid');
    expect(error.message).toContain(where);
  });
});
