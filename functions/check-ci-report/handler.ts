import { CiReport } from '#contracts/folder/ci-report.ts';
import { STEPS } from '#contracts/steps.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import type { ArtifactStore } from '#domain/ports/artifact-store.ts';
import { TitleholderError } from '#domain/errors.ts';
import { parseJson } from '#contracts/parse.ts';
import { countTests } from './junit.ts';
import { noKey, recorded, type StepDeps } from '#release/recorded-step.ts';

/**
 * Checks that the CI report is whole, is about this commit, bundle and data, and that its tests passed.
 *
 * Throws `CiReportRefused` with one line, `ArtifactMissing`, `ArtifactCorrupt`.
 */
export const checkCiReport = (deps: StepDeps & { readonly artifacts: ArtifactStore }) =>
  recorded({ ...STEPS.CheckCiReport, key: noKey }, deps, async ({ run }, { commit }) => {
    // Also shows that the bundle is there and has the bytes it is named after.
    await deps.artifacts.get('bundles', run.bundle);
    const report = parseJson(
      CiReport,
      await deps.artifacts.get('reports', run.ciReport),
      'the CI report',
      'CiReportRefused',
    );
    const { digest, ...content } = report;
    if (sha256Hex(canonicalJson(content)) !== digest) {
      refuse('the CI report was changed after it was made: its digest is another one');
    }
    for (const field of ['model', 'commit', 'bundle', 'data'] as const) {
      if (report[field] !== run[field]) {
        refuse(`the CI report is about ${field} ${report[field]}, not ${run[field]}`);
      }
    }
    if (report.submitter !== commit.submitter) {
      refuse(`the CI report was made by ${report.submitter}, the commit by ${commit.submitter}`);
    }
    const counts = countTests(report.junit);
    if ('refused' in counts) return refuse(`the CI report's JUnit ${counts.refused}`);
    const ran = counts.tests - counts.skipped;
    if (ran === 0) refuse('the CI report has no test that ran');
    const bad = counts.failures + counts.errors;
    if (bad > 0) {
      const names = counts.failed.slice(0, 3).join(', ');
      refuse(`${bad} of ${ran} CI tests failed: ${names}${bad > 3 ? ', …' : ''}`);
    }
    return { tests: counts.tests, report: run.ciReport };
  });

function refuse(why: string): never {
  throw new TitleholderError('CiReportRefused', why.slice(0, 500).replace(/\s+/g, ' '));
}
