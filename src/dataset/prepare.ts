/** From a table to the rows that train, the rows that judge, and a report on both. */
import type { Folder } from '#contracts/folder/charter.ts';
import { writeCsv } from './csv.ts';
import { hashOf, identityColumns, type IdentityRule, rulingIdentity } from './identity.ts';
import { columnOf, type DataTable, headerOf, readTable, textRows } from './read-table.ts';
import { refuse } from './refusal.ts';
import { readRegister, writeManifest, writeRegister } from './register.ts';
import { lastDayAmong, type Sides, sidesOf, type TimeSides } from './sides.ts';
import {
  type HoldoutQuestion,
  type NextHoldout,
  type StoredHoldout,
  updateHoldout,
} from './update-holdout.ts';
import {
  enforceChecks,
  type ValidationReport,
  validationReport,
  withSplit,
  writeReport,
} from './validation-report.ts';

export interface PrepareInput extends SplitInput {
  readonly csv: Uint8Array;
  /** The table's name in messages. */
  readonly file: string;
}

export interface SplitInput {
  readonly folder: Folder;
  /** ISO 8601 UTC: when rows that join the holdout were first seen. */
  readonly asOf: string;
  /** The model's holdout, where it has one. */
  readonly stored: StoredHoldout | null;
  /** Digest of a holdout question that a person accepted. */
  readonly accepted?: string | undefined;
}

export interface PreparedData {
  /** Training rows as canonical CSV, in canonical order. */
  readonly training: Uint8Array;
  readonly trainingManifest: Uint8Array;
  /** The holdout snapshot as canonical CSV and its register; only proposed while a question is open. */
  readonly holdout: Uint8Array;
  readonly register: Uint8Array;
  /** The validation report, JSON. */
  readonly report: Uint8Array;
  readonly findings: ValidationReport;
  readonly epoch: number;
  readonly rows: number;
  readonly trainingRows: number;
  readonly holdoutRows: number;
  /** First and last day of the time column as an ISO 8601 interval, or how many undated rows there are. */
  readonly datasetWindow: string;
  readonly question: HoldoutQuestion | null;
  /** Rows of the input (0-based) that train, in the order of `training`. */
  readonly trainingSide: Int32Array;
  /** Rows of the input (0-based) on the holdout's side, in canonical order: that of a first snapshot. */
  readonly holdoutSide: Int32Array;
  /** The window of days that judges; null where the split is by identity. */
  readonly time: TimeSides | null;
}

/**
 * Validates a table, splits it by identity, and brings the holdout up to date.
 *
 * The same rows give the same bytes of everything but the report, in whatever order they come: what is
 * drawn from rows is drawn by identity. Throws `DataInvalid` for what the contracts call bad input (and,
 * under `enforce`, for a passed limit), `HoldoutRefused` for an epoch or an identity that isn't the stored
 * holdout's.
 */
export function prepare(input: PrepareInput): PreparedData {
  const { model } = input.folder;
  const table = readTable(input.csv, input.file, input.folder);
  const { findings, identity, sides, next } = splitTable(table, input);
  const { trainingRows, holdoutSide, epoch, time } = sides;
  const through = lastDayAmong(table, model.identity.time, trainingRows);
  return {
    training: writeCsv(headerOf(table), textRows(table, trainingRows)),
    trainingManifest: writeManifest(model.name, identity, trainedGroups(sides), through),
    holdout: next.csv,
    register: writeRegister(next.register),
    report: writeReport(findings),
    findings,
    epoch,
    rows: table.rows,
    trainingRows: trainingRows.length,
    holdoutRows: next.register.rows.length,
    datasetWindow: windowOf(table, model.identity.time),
    question: next.question,
    trainingSide: trainingRows,
    holdoutSide,
    time: time ?? null,
  };
}

export interface SplitTable {
  readonly findings: ValidationReport;
  readonly identity: IdentityRule;
  readonly sides: Sides;
  readonly next: NextHoldout;
}

/** All of `prepare` that can refuse a table, of one that was read by the folder's rules. */
export function splitTable(table: DataTable, input: SplitInput): SplitTable {
  const { folder, asOf, stored, accepted } = input;
  const { model, schema } = folder;
  const checked = validationReport(table, folder, asOf);
  enforceChecks(checked, table.file);
  const register = stored === null ? null : readRegister(stored.register);
  const declared = identityColumns(model, schema);
  const identity = rulingIdentity(declared, register?.identity ?? null, table);
  const before =
    stored === null || register === null ? null : { holdout: stored.holdout, register };
  const sides = sidesOf({ table, model, identity, stored: before });
  checkTraining(table, sides.trainingRows, folder);
  const next = updateHoldout({ model, asOf, table, identity, sides, stored, accepted });
  checkHoldout(next.positives, next.register.rows.length, table, folder);
  const { holdoutSide, identities, time } = sides;
  const { groupOf, groups } = identities;
  const findings = withSplit(checked, { table, folder, holdoutSide, groupOf, groups, time });
  enforceChecks(findings, table.file);
  return { findings, identity, sides, next };
}

function* trainedGroups({ identities, trainingRows }: Sides): Generator<string> {
  const { groupOf, groups } = identities;
  const trained = new Uint8Array(groups);
  for (const row of trainingRows) trained[groupOf[row] ?? 0] = 1;
  for (let group = 0; group < groups; group += 1) {
    if (trained[group] === 1) yield hashOf(identities, group);
  }
}

function checkTraining(table: DataTable, rows: Int32Array, folder: Folder): void {
  const { minRows, minPerClass } = folder.schema;
  const { target } = folder.model;
  if (!(rows.length >= minRows)) {
    refuse(
      table.file,
      {},
      `has ${rows.length} training rows, and fewer than ${minRows} are refused`,
    );
  }
  let positives = 0;
  for (const row of rows) positives += table.labels[row] ?? 0;
  const least = Math.min(positives, rows.length - positives);
  if (!(least >= minPerClass)) {
    const which = positives < rows.length - positives ? 'the positive' : 'the other';
    refuse(
      table.file,
      { column: target },
      `has ${least} training rows of ${which} class, and fewer than ${minPerClass} are refused`,
    );
  }
}

/** A holdout that holds one class only can't judge: better said before anything is trained. */
function checkHoldout(positives: number, rows: number, table: DataTable, folder: Folder): void {
  if (positives > 0 && positives < rows) return;
  refuse(
    table.file,
    { column: folder.model.target },
    `leaves ${rows} holdout rows of which ${positives} are positive: nothing to judge by`,
  );
}

function windowOf(table: DataTable, time: string | undefined): string {
  if (time === undefined) return `undated, ${table.rows} rows`;
  let first = '';
  let last = '';
  // A column of days: each once.
  for (const day of columnOf(table, time).levels) {
    if (first === '' || day < first) first = day;
    if (day > last) last = day;
  }
  return first === '' ? `undated, ${table.rows} rows` : `${first}/${last}`;
}
