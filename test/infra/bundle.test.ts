import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundleFunctions, FUNCTIONS, functionsPresent } from '../../infra/bundle.ts';
import { codeDigest } from '../../infra/code-digest.ts';

describe('the bundles', () => {
  it('hold every function, the same bytes each time, with errors under their own names', () => {
    expect(functionsPresent()).toEqual(FUNCTIONS);
    const [one, two] = [1, 2].map(() =>
      bundleFunctions(mkdtempSync(join(tmpdir(), 'titleholder-dist-'))),
    );
    for (const name of FUNCTIONS) {
      const [a, b] = [one, two].map((folder) =>
        readFileSync(join(folder ?? '', name, 'index.mjs'), 'utf8'),
      );
      expect(a, name).toBe(b);
      expect(a, name).toContain('handler');
      expect(a?.length, name).toBeLessThan(3_000_000);
    }
  }, 240_000);

  it('digest the code that decides alike each time', () => {
    expect(codeDigest()).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(codeDigest()).toBe(codeDigest());
  });
});
