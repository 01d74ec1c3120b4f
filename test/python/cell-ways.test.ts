/** One cell, one meaning, by every way in: training, `/predict`, `score`, Python and MLflow. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  cellsDocument,
  countLine,
  differences,
  readEveryWay,
  type ReadForm,
} from '../cases/every-way.ts';

let forms: readonly ReadForm[];
beforeAll(async () => {
  forms = await readEveryWay();
  process.stdout.write(`${countLine(forms)}\n`);
}, 300_000);

describe('a cell', () => {
  it('means the same in every way in', () => {
    expect(differences(forms)).toEqual([]);
  });

  it('comes by several ways in each form, and by each way in many forms', () => {
    for (const { of, readings } of forms) {
      const come = readings.filter(({ outcome }) => outcome !== 'absent').length;
      expect(come, of.form).toBeGreaterThan(4);
    }
    for (const { way } of forms[0]!.readings) {
      const come = forms.filter(({ readings }) =>
        readings.some((one) => one.way === way && one.outcome === 'agrees'),
      );
      expect(come.length, way).toBeGreaterThan(100);
    }
  });

  it('is refused, and not guessed, where read_csv made a number of a code’s text', () => {
    const lost = forms.filter(({ readings }) => readings.some(({ outcome }) => outcome === 'lost'));
    expect(lost.length).toBeGreaterThan(2);
    expect(lost.filter(({ of }) => of.kind !== 'code' && of.kind !== 'category')).toEqual([]);
  });

  it('stands in docs/cells.md as it is read', () => {
    const { found, expected } = cellsDocument(forms);
    expect(found).toBe(expected);
  });
});
