/** Answers of the API as words for a person. */
import type { ChainedEntry } from '#domain/ledger.ts';
import { textTable } from '../output.ts';
import type { ChampionAnswer, StatusAnswer } from '#contracts/answers.ts';
import type { Run } from '#domain/run.ts';
import { nextCommands, toldSteps } from './watch.ts';

export function short(sha256: string | null): string {
  return sha256 === null ? '-' : sha256.replace(/^sha256:/, '').slice(0, 12);
}

export function clockTime(at: string): string {
  return at.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

export function runsTable(runs: readonly Run[]): string {
  if (runs.length === 0) return 'no runs yet: `npx titleholder commit models/NAME` starts one';
  return textTable(
    ['RUN', 'STATUS', 'VERDICT', 'VERSION', 'BY', 'SINCE'],
    runs.map((run) => [
      run.runId,
      run.status,
      run.verdict ?? '-',
      run.version?.toString() ?? '-',
      run.submitter,
      clockTime(run.createdAt),
    ]),
  );
}

export function statusWords(status: StatusAnswer): string {
  const { run, pending, evaluation } = status;
  const lines = [
    `${run.runId}: ${run.status}${endedBy(run)}`,
    // The reason of a run that its verdict ended repeats the verdict.
    ...(run.reason === undefined || run.reason === evaluation?.reason ? [] : [run.reason]),
    ...toldSteps(status).map(({ line }) => line),
  ];
  if (evaluation !== null) {
    lines.push(`verdict ${evaluation.verdict}: ${evaluation.reason}`);
    lines.push(...(evaluation.warnings ?? []).map((line) => `warning: ${line}`));
  }
  if (pending !== null) {
    const yes = pending.decisions.filter((d) => d.choice === 'approve').length;
    lines.push(
      `waits for a person (${pending.kind}, ${yes} of ${pending.required}), until ${clockTime(pending.expiresAt)}`,
      ...(pending.question === undefined ? [] : [pending.question.summary]),
    );
  }
  return [...lines, ...nextCommands(status).map((command) => `next: ${command}`)].join('\n');
}

/** A failed run's error, or who cancelled a run. */
export function endedBy({ error, cancelledBy, status }: Run): string {
  if (error !== undefined) return ` (${error})`;
  return status === 'cancelled' && cancelledBy !== undefined ? ` by ${cancelledBy}` : '';
}

/** Which version serves and since when, and what staging has, now; at a moment the first alone. */
export function championWords(found: ChampionAnswer, at: string | undefined): string {
  const { model, production, staging, since, quarantined } = found;
  const words =
    since?.version !== undefined && since.version !== null
      ? `version ${since.version} (${short(since.sha256)}) since ${clockTime(since.at)}, ${since.kind} by ${since.actor}: ${since.reason}`
      : production === null
        ? `${model} has no champion${at === undefined ? '' : ` at ${at}`}`
        : `version ${production.version} (${short(production.sha256)})`;
  if (staging === null || at !== undefined) return words;
  // A rollback moves production alone: staging keeps what was staged last.
  const bad = quarantined.includes(staging.version)
    ? ', quarantined: production was rolled back from it'
    : '';
  return `${words}\nstaging: version ${staging.version} (${short(staging.sha256)})${bad}`;
}

/** Who, what, when, why, which hash. */
export function ledgerTable(entries: readonly ChainedEntry[], indent = ''): string {
  return textTable(
    ['#', 'WHEN', 'WHO', 'WHAT', 'VERSION', 'ARTIFACT', 'AUTHORITY', 'ENTRY', 'WHY'],
    entries.map((entry) => [
      entry.sequence.toString(),
      clockTime(entry.at),
      entry.actor,
      entry.kind,
      entry.version === null
        ? '-'
        : entry.previousVersion === null || entry.previousVersion === entry.version
          ? `${entry.version}`
          : `${entry.previousVersion} -> ${entry.version}`,
      short(entry.sha256),
      entry.authority,
      short(entry.hash),
      entry.reason,
    ]),
    indent,
  );
}
