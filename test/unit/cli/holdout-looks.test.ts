import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { countLook, lookSentence } from '../../../cli/local/holdout-looks.ts';

const root = mkdtempSync(join(tmpdir(), 'titleholder-looks-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('looks at a holdout', () => {
  it('are counted for each model, epoch and holdout apart', () => {
    const file = join(root, 'deep', 'looks.json');
    const at = { model: 'a', epoch: 1, holdout: 'sha256:1' };
    const others = [
      { ...at, model: 'b' },
      { ...at, epoch: 2 },
      { ...at, holdout: 'sha256:2' },
    ];
    expect([countLook(file, at), countLook(file, at)]).toEqual([1, 2]);
    expect(others.map((other) => countLook(file, other))).toEqual([1, 1, 1]);
    expect(countLook(file, at)).toBe(3);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      looks: { 'a 1 sha256:1': 3, 'a 2 sha256:1': 1 },
    });
  });

  it('begin anew where the file is broken, and aren’t counted where it can’t be written', () => {
    const at = { model: 'a', epoch: 1, holdout: 'sha256:1' };
    const file = join(root, 'broken.json');
    writeFileSync(file, '{"looks":');
    expect(countLook(file, at)).toBe(1);
    expect(countLook(join(file, 'below-a-file.json'), at)).toBeNull();
    expect(lookSentence(null)).toContain('aren’t counted');
  });

  it.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [7, '7th'],
    [11, '11th'],
    [12, '12th'],
    [21, '21st'],
    [113, '113th'],
  ])('%i is said as %s', (count, said) => {
    expect(lookSentence(count)).toBe(
      `this is your ${said} look at this holdout; --folds looks at none`,
    );
  });
});
