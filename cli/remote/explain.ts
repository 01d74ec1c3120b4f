/** Why a run was judged as it was. */
import { CandidateChoice } from '#contracts/steps.ts';
import { isOpen } from '#domain/run.ts';
import { Stop, textTable } from '../output.ts';
import type { ShownCandidate } from '#contracts/answers.ts';
import type { Measured } from '#contracts/evidence.ts';
import { METRIC_NAMES } from '#domain/metrics.ts';
import { type Anchor, sinceWords } from '#gates/anchor.ts';
import { checksOf } from '#gates/decide.ts';
import type { Importance } from '#gates/importance.ts';
import { type GateRow, measuredText } from '#gates/verdict.ts';
import type { ApiClient } from '#client/client.ts';

/** The verdict's sentences, why this candidate, each gate with its limit, every model's numbers on the same rows, and the paired intervals. */
export async function explainRun(
  api: ApiClient,
  runId: string,
): Promise<{ readonly data: unknown; readonly words: string }> {
  const status = await api.status(runId);
  if (status.evaluation === null) {
    const { run } = status;
    throw new Stop(
      1,
      isOpen(run.status)
        ? `${runId} is ${run.status} and was not evaluated yet`
        : `${runId} is ${run.status} and was not evaluated: ${run.reason ?? 'it gave no reason'}`,
    );
  }
  const { measured, timings, verdict } = await api.evidence(runId);
  const { importance: leantOn, anchor } = measured.measurements;
  const choice = CandidateChoice.safeParse(status.outputs['ChooseCandidate']).data;
  const words = [
    `${verdict.verdict}: ${verdict.reason}`,
    ...verdict.reasons.filter((reason) => reason !== verdict.reason).map((more) => `  ${more}`),
    ...(choice === undefined ? [] : [`on training rows: ${choice.reason}`]),
    ...(status.candidates.length === 0 ? [] : [candidates(status.candidates)]),
    '',
    ...(verdict.gates.length === 0 ? ['the charter has no gates'] : [gates(verdict.gates)]),
    '',
    `on ${measured.rows.total} holdout rows (${measured.rows.positive} positive, ${measured.rows.groups} groups):`,
    metrics(measured),
    '',
    ...(measured.measurements.paired ?? []).map(
      (p) =>
        `challenger - ${p.against}: ${p.metric} ${number(p.estimate)} [${number(p.lower)}, ${number(p.upper)}], each bound one-sided at ${p.alpha}`,
    ),
    ...(anchor === undefined ? [] : ['', anchorWords(anchor)]),
    ...(leantOn === undefined ? [] : ['', importance(leantOn)]),
    '',
    ...checksOf(measured).map(
      (c) => `${c.passed ? 'ok' : 'NO'}  ${c.name} (${c.mode}): ${c.message}`,
    ),
  ].join('\n');
  const data = { measured, timings, verdict, candidates: status.candidates };
  return { data, words };
}

function candidates(all: readonly ShownCandidate[]): string {
  return textTable(
    ['CANDIDATE', 'ATTEMPT', 'STATUS', 'MEAN AUC', '+-', ''],
    all.map(({ name, attempt, status, meanAuc, standardError, notFitted, chosen }) => [
      name,
      String(attempt),
      status,
      number(meanAuc),
      number(standardError),
      chosen ? 'chosen' : notFitted === null ? '' : `not fitted: ${notFitted}`,
    ]),
    '  ',
  );
}

function gates(all: readonly GateRow[]): string {
  return textTable(
    ['GATE', 'METRIC', 'MODE', 'MEASURED', 'LIMIT', 'PASSED'],
    all.map(({ name, metric, mode, measured, limit, passed }) => [
      name,
      metric,
      mode,
      measuredText({ metric, measured }),
      limit === null ? '-' : String(limit),
      passed ? 'yes' : 'NO',
    ]),
    '  ',
  );
}

function metrics(measured: Measured): string {
  const { challenger, champion, baselines, measurements } = measured;
  const { anchor } = measurements;
  const models = [
    { name: 'challenger', metrics: challenger.metrics },
    ...(champion === null
      ? []
      : [{ name: `champion (version ${champion.version})`, metrics: champion.metrics }]),
    ...(anchor?.scored == null
      ? []
      : [{ name: `anchor (version ${anchor.version})`, metrics: anchor.scored.metrics }]),
    ...baselines.map((one) => ({ name: one.name, metrics: one.metrics })),
  ];
  return textTable(
    ['MODEL', ...METRIC_NAMES],
    models.map((model) => [
      model.name,
      ...METRIC_NAMES.map((name) => number(model.metrics[name].value)),
    ]),
    '  ',
  );
}

/** Who the anchor is, and what came of the title since. */
function anchorWords(of: Anchor): string {
  const { version, since, reason } = of;
  if (since.length === 0) return `anchor: the champion (version ${version}) itself`;
  const steps = since.map(
    (one) =>
      `version ${one.version} ${one.difference === null ? 'unknown' : signed(one.difference)}`,
  );
  const unscored = reason === undefined ? '' : `\n  can't be scored on today's holdout: ${reason}`;
  return `anchor: version ${version}; ${sinceWords(of)}: ${steps.join(', ')}${unscored}`;
}

/** How many columns `explain` prints; `--json` has all. */
const LEANT_ON = 10;

/** What the models lean on, the most first. */
function importance({ rows, columns }: Importance): string {
  const fall = (of: { readonly mean: number } | null): number => of?.mean ?? 0;
  const most = (one: (typeof columns)[number]): number =>
    Math.max(fall(one.challenger), fall(one.champion));
  const withChampion = columns.some((one) => one.champion !== null);
  const shown = columns.toSorted((a, b) => most(b) - most(a)).slice(0, LEANT_ON);
  const left = columns.length - shown.length;
  return [
    `AUC lost when a column is shuffled (${rows} holdout rows)${left === 0 ? '' : `, ${left} lesser columns left out`}:`,
    textTable(
      ['COLUMN', 'CHALLENGER', ...(withChampion ? ['CHAMPION', 'CHANGE'] : [])],
      shown.map(({ column, challenger, champion }) => [
        column,
        number(challenger?.mean ?? null),
        ...(withChampion
          ? [number(champion?.mean ?? null), signed(fall(challenger) - fall(champion))]
          : []),
      ]),
      '  ',
    ),
  ].join('\n');
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
}

function number(value: number | null): string {
  return value === null ? '-' : value.toFixed(4);
}
