/** The story in one screen. */
import { textTable } from '../cli/output.ts';
import { clockTime, short } from '../cli/remote/answer-words.ts';
import type { StoryReport } from './diary.ts';

export function summary(
  report: StoryReport,
  ledger: string | undefined,
  times: { readonly up: number; readonly story: number },
): string {
  const { champions, steps } = report;
  const path = champions.map(({ version }) => `v${version}`).join(' -> ');
  return [
    '',
    `The story of ${report.model}, from its first commit to its last rollback`,
    '',
    textTable(
      ['WHAT', 'TOOK', 'CAME OF IT'],
      steps.map(({ name, seconds, outcome }) => [name, `${seconds.toFixed(1)} s`, outcome]),
      '  ',
    ),
    '',
    `Who served: ${path}`,
    textTable(
      ['VERSION', 'SINCE', 'ARTIFACT', 'COMMIT'],
      champions.map(({ version, at, sha256, commit }) => [
        `v${version}`,
        clockTime(at),
        short(sha256),
        commit.slice(0, 12),
      ]),
      '  ',
    ),
    ...(ledger === undefined ? [] : ['', 'The ledger, every hash and link verified', ledger]),
    '',
    'Measured',
    `  commit to the question (warm)     ${seconds(report.secondsToAwaitingApproval)}`,
    `  approval to the first answer      ${seconds(report.secondsToServe)}`,
    `  rollback to the first old answer  ${seconds(report.secondsToRollBack)}`,
    `  stack up and deployed             ${seconds(times.up)}`,
    `  the whole story                   ${seconds(times.story)}`,
    '',
  ].join('\n');
}

function seconds(value: number): string {
  return Number.isNaN(value) ? '-' : `${value.toFixed(1)} s`;
}
