import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bundleFunctions, FUNCTIONS, functionsPresent } from '../../infra/bundle.ts';
import { codeDigest, lockedPackages, ROOMS } from '../../infra/code-digest.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** They bring Vega, which is 1.8 MB; no request waits for their start. */
const DRAW = ['full-train', 'evaluate-challenger'];

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
      expect(a.length, name).toBeLessThan(DRAW.includes(name) ? 5_000_000 : 3_000_000);
    }
  });
});

describe('the digest of the code that decides', () => {
  it('is the same each time', () => {
    expect(codeDigest()).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(codeDigest()).toBe(codeDigest());
  });

  it('changes with a source, and with the locked version of what one needs, and of nothing else', () => {
    const project = mkdtempSync(join(tmpdir(), 'titleholder-digest-'));
    for (const room of ROOMS) {
      mkdirSync(join(project, room), { recursive: true });
      writeFileSync(join(project, room, 'a.ts'), 'export const a = 1;\n');
    }
    const lock = readFileSync(join(PROJECT, 'package-lock.json'), 'utf8');
    const digestWith = (change: (text: string) => string): string => {
      const text = change(lock);
      writeFileSync(join(project, 'package-lock.json'), text);
      return codeDigest(project);
    };
    const before = digestWith((text) => text);
    /** Another version of this package, and of no other. */
    const other = (name: string) => (text: string) => {
      const changed = text.replace(
        new RegExp(`("node_modules/${name}": \\{\\s*"version": ")`),
        '$19',
      );
      expect(changed, name).not.toBe(text);
      return changed;
    };
    // Grows the trees of ml-random-forest, which asks for it.
    for (const name of ['zod', 'csv-parse', 'ml-random-forest', 'ml-cart']) {
      expect(digestWith(other(name)), name).not.toBe(before);
    }
    expect(digestWith(other('esbuild'))).toBe(before);
    expect(() => digestWith((text) => text.replaceAll('node_modules/ml-cart"', 'x"'))).toThrow(
      'package-lock.json lacks ml-cart',
    );
    digestWith((text) => text);
    writeFileSync(join(project, 'src/learning', 'a.ts'), 'export const a = 2;\n');
    expect(codeDigest(project)).not.toBe(before);
  });

  /** What code imports, all the way, that the digest doesn't cover. */
  const uncovered = (code: string): readonly string[] => {
    const { metafile } = buildSync({
      absWorkingDir: PROJECT,
      stdin: { contents: code, resolveDir: PROJECT, sourcefile: 'entry.ts', loader: 'ts' },
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      mainFields: ['module', 'main'],
      // So that an import counts although nothing of it is used.
      ignoreAnnotations: true,
    });
    const packages = [...lockedPackages().keys()];
    const isCovered = (path: string): boolean =>
      path.startsWith('node_modules/')
        ? packages.includes(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? '')
        : ROOMS.some((room) => path.startsWith(`${room}/`));
    return Object.keys(metafile.inputs).filter((path) => path !== 'entry.ts' && !isCovered(path));
  };
  const trial = ['src/training', 'src/evaluation']
    .flatMap((room) =>
      readdirSync(join(PROJECT, room)).map((file) => `import './${room}/${file}';`),
    )
    .join('\n');

  it('covers all that training and evaluation import', () => {
    expect(uncovered(trial)).toEqual([]);
  });

  it.each([
    ['a room', "import './src/release/close.ts';", 'src/release/close.ts'],
    ['a package', "import 'fflate';", expect.stringMatching(/^node_modules\/fflate\//)],
  ])('would be caught missing %s', (_what, planted, path) => {
    expect(uncovered(`${trial}\n${planted}`)).toEqual([path]);
  });
});
