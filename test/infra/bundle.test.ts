import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeDigest } from '../../infra/code-digest.ts';
import { bundleFunctions, FUNCTIONS, functionsPresent } from '../../infra/bundle.ts';

/** They bring Vega, which is 1.8 MB; no request waits for their start. */
const DRAW = ['full-train', 'evaluate-challenger'];

const source = (name: string) =>
  readFileSync(resolve(import.meta.dirname, '../../functions', name, 'index.ts'), 'utf8');

describe('the bundles', () => {
  it('hold every function, the same bytes each time, with errors under their own names', () => {
    expect(functionsPresent()).toEqual(FUNCTIONS);
    const bundled = (...names: (typeof FUNCTIONS)[number][]) => {
      const folder = bundleFunctions(mkdtempSync(join(tmpdir(), 'titleholder-dist-')), names);
      return (name: string) => readFileSync(join(folder, name, 'index.mjs'), 'utf8');
    };
    const all = bundled(...FUNCTIONS);
    // Whatever is bundled beside it.
    const again = bundled('record-decision');
    expect(again('record-decision')).toBe(all('record-decision'));
    for (const name of FUNCTIONS) {
      const a = all(name);
      expect(a, name).toContain('handler');
      const knowsDigest = source(name).includes('CODE_DIGEST');
      expect(a.includes(codeDigest()), name).toBe(knowsDigest);
      expect(a.length, name).toBeLessThan(DRAW.includes(name) ? 5_000_000 : 3_000_000);
    }
  });
});
