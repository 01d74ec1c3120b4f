/** Bundles every function in one esbuild call: shared sources are parsed once. */
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { codeDigest } from './code-digest.ts';

const PROJECT = resolve(import.meta.dirname, '..');

/** Every deployable, by its folder in functions/. */
export const FUNCTIONS = [
  'accept-commit',
  'ask-person',
  'check-ci-report',
  'choose-candidate',
  'close-run',
  'decide-run',
  'deliver-outbox',
  'evaluate-challenger',
  'full-train',
  'generate-claims',
  'mirror-champion',
  'open-run',
  'plan-candidates',
  'quick-train',
  'read-pipeline',
  'record-decision',
  'record-run',
  'serve-model',
  'smoke-test',
  'start-run',
  'train-candidate',
  'validate-data',
  'verify-promotion',
] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** The bundled SDK has CommonJS parts that call `require` for Node's own modules. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);";

/**
 * Writes `<folder>/<name>/index.mjs` for every function and returns the folder.
 *
 * Same sources, same bytes: nothing of the machine or the moment goes in, so an unchanged function is
 * an unchanged asset. Names are kept, because Step Functions matches on `error.name`. Throws naming
 * every function whose index.ts is missing.
 */
export function bundleFunctions(
  folder: string = join(PROJECT, 'dist/functions'),
  names: readonly FunctionName[] = FUNCTIONS,
): string {
  const missing = names.filter((name) => !existsSync(entryOf(name)));
  if (missing.length > 0) {
    throw new Error(`no functions/<name>/index.ts for: ${missing.join(', ')}`);
  }
  rmSync(folder, { recursive: true, force: true });
  buildSync({
    absWorkingDir: PROJECT,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, entryOf(name)])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    keepNames: true,
    legalComments: 'none',
    define: { BUNDLED_CODE_DIGEST: JSON.stringify(codeDigest()) },
    logLevel: 'warning',
    banner: { js: REQUIRE },
  });
  return folder;
}

/** Which functions have their index.ts. */
export function functionsPresent(): readonly FunctionName[] {
  return FUNCTIONS.filter((name) => existsSync(entryOf(name)));
}

function entryOf(name: FunctionName): string {
  return join(PROJECT, 'functions', name, 'index.ts');
}
