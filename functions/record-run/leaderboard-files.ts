/** The leaderboard as people read it: JSON, CSV and a page. */
import type { Charts, Leaderboard, LeaderboardRow } from '#contracts/selection.ts';
import { metricText } from '#domain/metrics.ts';
import type { TrackingFile } from '#domain/ports/tracking.ts';

/** `leaderboard.json`, `leaderboard.csv` and `report.md`, which says too which of the charts is missing. */
export function leaderboardFiles(
  leaderboard: Leaderboard,
  charts: Charts,
): readonly TrackingFile[] {
  const file = (path: string, text: string, contentType: string): TrackingFile => ({
    path,
    bytes: new TextEncoder().encode(text),
    contentType,
  });
  return [
    file('leaderboard.json', `${JSON.stringify(leaderboard, null, 2)}\n`, 'application/json'),
    file('leaderboard.csv', csvOf(leaderboard), 'text/csv'),
    file('report.md', reportOf(leaderboard, charts), 'text/markdown'),
  ];
}

function csvOf({ rows, notFitted, chosen }: Leaderboard): string {
  const folds = Math.max(...rows.map((row) => row.foldAuc.length));
  const header = [
    ...[
      'rank',
      'candidate',
      'algorithm',
      'attempt',
      'mean_auc',
      'lower',
      'upper',
      'standard_error',
    ],
    ...['leaves_or_coefficients', 'seconds', 'chosen'],
    ...Array.from({ length: folds }, (_, i) => `fold_${i + 1}`),
    'not_fitted',
  ];
  const lines = rows.map(({ candidate, ...row }, i) => [
    ...[i + 1, candidate.name, candidate.algorithm, row.attempt, row.meanAuc],
    ...[row.lower ?? '', row.upper ?? '', row.standardError ?? '', row.size, row.seconds],
    candidate.name === chosen,
    ...row.foldAuc,
    ...Array<string>(folds - row.foldAuc.length).fill(''),
    '',
  ]);
  const others = notFitted.map(({ candidate, attempt, seconds, reason }) => [
    ...['', candidate.name, candidate.algorithm, attempt],
    ...['', '', '', '', '', seconds, false],
    ...Array<string>(folds).fill(''),
    // It may name columns.
    `"${reason.replaceAll('"', '""')}"`,
  ]);
  return `${[header, ...lines, ...others].map((cells) => cells.join(',')).join('\n')}\n`;
}

const RULES: Readonly<Record<Leaderboard['rule'], string>> = {
  'half-margin':
    'The rule: of the candidates whose mean lies within half the charter’s margin of the best mean, the smallest.',
  'one-standard-error':
    'The rule is one standard error: of the candidates whose mean lies within one standard error of the best mean, the smallest.',
};

function reportOf(leaderboard: Leaderboard, charts: Charts): string {
  const { model, rule, rows, notFitted, chosen, reason, nested, gates, attempt, attemptsLeft } =
    leaderboard;
  const table = rows.map((row, i) => {
    const { name, algorithm } = row.candidate;
    const cells = [
      String(i + 1),
      name === chosen ? `**${name}** (chosen)` : name,
      algorithm,
      settingsOf(row),
      intervalOf(row),
      row.foldAuc.map(digits).join(' '),
      String(Math.round(row.size)),
      row.seconds.toFixed(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const sections = [
    `# Candidates of ${model}`,
    `${reason}.`,
    [
      '| | candidate | algorithm | settings | mean AUC, 95 % interval | AUC of each fold | leaves or coefficients | seconds |',
      '|---|---|---|---|---|---|---|---|',
      ...table,
    ].join('\n'),
    ...(notFitted.length === 0
      ? []
      : [
          [
            'Not fitted, and so not chosen from:',
            '',
            ...notFitted.map(
              ({ candidate, reason }) => `- ${candidate.name} (${candidate.algorithm}): ${reason}`,
            ),
          ].join('\n'),
        ]),
    `AUC of rows held out of the training rows, by group; no row of the holdout was read. ${RULES[rule]} The intervals are by Student’s t over the folds, which share training rows, so they are too narrow rather than too wide.`,
    nested === null
      ? rows.length === 1
        ? 'One candidate was scored, so no choice makes its mean optimistic.'
        : `The chosen one’s mean is the best of ${rows.length}, and so optimistic. The training rows are too few to choose again within the folds.`
      : `The chosen one’s mean is the best of ${rows.length}, and so optimistic. Chosen again without each fold, by the scores within the others, and measured on that fold (${nested.chosen.length} folds): ${digits(nested.meanAuc)}${nested.standardError === null ? '' : ` ± ${digits(nested.standardError)} (standard error)`}. Chosen there: ${nested.chosen.join(', ')}.`,
    ...gates.map(
      (gate) =>
        `Gate ${gate.name}: ${gate.metric} ${metricText(gate.metric, gate.measured)} out of fold, ${gate.passed ? 'passed' : 'not passed'}.`,
    ),
    ...(gates.length === 0 ? [] : [`Attempt ${attempt}; ${attemptsLeft} more may be made.`]),
    ...Object.entries(charts).flatMap(([name, svg]) =>
      typeof svg === 'string' ? [] : [`Not drawn: ${name}: ${svg.notDrawn}.`],
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}

function settingsOf({ candidate }: LeaderboardRow): string {
  const { settings, transforms, calibration } = candidate;
  return [
    ...Object.entries(settings).map(([name, value]) => `${name} ${value}`),
    ...(transforms ?? []).map((t) => t.kind),
    ...(calibration === undefined || calibration === 'none' ? [] : [`${calibration} calibration`]),
  ].join(', ');
}

function intervalOf({ meanAuc, lower, upper }: LeaderboardRow): string {
  return lower === null || upper === null
    ? digits(meanAuc)
    : `${digits(meanAuc)} [${digits(lower)}, ${digits(upper)}]`;
}

function digits(value: number): string {
  return value.toFixed(4);
}
