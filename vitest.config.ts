import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** `*.last.test.ts` judges what the others left behind, so it runs after them. */
class LastOnesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLast = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('.last.test.ts');
    return [...sorted.filter((file) => !isLast(file)), ...sorted.filter(isLast)];
  }
}

/** Vitest knows who imports what; this also knows who reads a document or starts a program. */
const watchTriggerPatterns =
  process.env['TITLEHOLDER_WATCH'] === undefined
    ? []
    : [{ pattern: /./, testsToRun: (await import('./test/runner/selection.ts')).watched() }];

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/runner/opened.ts'],
    watchTriggerPatterns,
    // No test fails because of a time: this only ends one that hangs, on a machine of any speed.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // Two cores are the smallest machine; more workers only make each other slow.
    maxWorkers: 2,
    maxConcurrency: 2,
    sequence: { sequencer: LastOnesLast },
  },
});
