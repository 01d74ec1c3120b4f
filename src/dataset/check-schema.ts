/** Holds a table against the schema's soft limits and reports every column that passes one. */
import type { Folder } from '#contracts/folder/charter.ts';
import { canonicalJson } from '#domain/canonical.ts';
import type { ReadRules } from '#learning/cells.ts';
import { firstEqual } from './first-equal.ts';
import { identityColumns } from './identity.ts';
import type { DataColumn } from './data-column.ts';
import { readRulesOf } from './read-rules.ts';
import { allowedTexts, columnOf, type DataTable } from './read-table.ts';
import { quoted, refuse } from './refusal.ts';

export interface Finding {
  /** Null where the finding is about whole rows. */
  readonly column: string | null;
  readonly check:
    | 'missing'
    | 'range'
    | 'values'
    | 'constant'
    | 'unknown-column'
    | 'duplicate-key'
    | 'holdout-share'
    | 'enough-groups';
  /** Cells or rows concerned. */
  readonly count: number;
  readonly share: number;
  /** What the schema allows, in words without values. */
  readonly limit: string;
  /** Up to five of them: 1-based among the data rows. */
  readonly rows: readonly number[];
  /** Whether the schema's mode `enforce` refuses the table for it. */
  readonly gate: boolean;
}

export interface ValidationReport {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly asOf: string;
  readonly rows: number;
  readonly positives: number;
  readonly mode: 'warn' | 'enforce';
  readonly passed: boolean;
  readonly findings: readonly Finding[];
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly role: string;
    readonly missing: number;
    readonly distinct: number;
  }[];
  /** Rows equal to an earlier one in every column. */
  readonly duplicateRows: number;
  /**
   * Share of the cells that are present, in range and among the allowed values, times the share of
   * rows whose key isn't taken already: 1 is a table without any finding of these kinds.
   */
  readonly quality: number;
}

/** What a column may lack where the schema says nothing. */
const DEFAULT_MAX_MISSING = 0.05;
const EXAMPLES = 5;

/** Counts and row numbers only: no cell gets into the report. */
export function checkSchema(table: DataTable, folder: Folder, asOf: string): ValidationReport {
  const findings: Finding[] = [];
  const rules = readRulesOf(folder.schema);
  let wrongCells = 0;
  const distinct = table.columns.map((column) => column.distinct());
  table.columns.forEach((column, index) => {
    for (const finding of checkColumn(column, table.rows, rules)) {
      findings.push(finding);
      if (finding.check !== 'missing') wrongCells += finding.count;
    }
    wrongCells += column.missing;
    if (distinct[index] === 1 && column.contract.role === 'feature') {
      findings.push({
        column: column.contract.name,
        check: 'constant',
        count: table.rows,
        share: 1,
        limit: 'a constant column is dropped',
        rows: [],
        gate: false,
      });
    }
  });
  for (const name of table.unknown) {
    findings.push({
      column: name,
      check: 'unknown-column',
      count: table.rows,
      share: 1,
      limit: 'a column that the schema doesn’t name is left out',
      rows: [],
      gate: false,
    });
  }
  const identity = identityColumns(folder.model, folder.schema);
  const key = folder.model.identity.key;
  const repeatedKeys = key === undefined ? [] : repeats(table, key);
  if (repeatedKeys.length > 0) {
    findings.push({
      column: (key ?? identity.columns).join(', '),
      check: 'duplicate-key',
      count: repeatedKeys.length,
      share: repeatedKeys.length / table.rows,
      limit: 'a key stands once',
      rows: repeatedKeys.slice(0, EXAMPLES).map((row) => row + 1),
      gate: true,
    });
  }
  const cells = table.rows * table.columns.length;
  return {
    schemaVersion: 1,
    model: folder.model.name,
    asOf,
    rows: table.rows,
    positives: table.positives,
    mode: folder.schema.mode,
    passed: !findings.some((f) => f.gate),
    findings,
    columns: table.columns.map((column, index) => ({
      name: column.contract.name,
      type: column.contract.type,
      role: column.contract.role,
      missing: column.missing,
      distinct: (distinct[index] ?? 0) - (column.missing > 0 ? 1 : 0),
    })),
    duplicateRows: repeats(
      table,
      table.columns.map((c) => c.contract.name),
    ).length,
    quality: (1 - wrongCells / cells) * (1 - repeatedKeys.length / table.rows),
  };
}

/** Throws `DataInvalid` where the schema's mode is `enforce` and a limit is passed. */
export function enforceSchema(report: ValidationReport, file: string): void {
  if (report.mode !== 'enforce') return;
  const failing = report.findings.filter((f) => f.gate);
  const [first] = failing;
  if (first === undefined) return;
  const [row] = first.rows;
  const more = failing.length === 1 ? '' : `; and ${failing.length - 1} more findings`;
  refuse(
    file,
    {
      ...(row === undefined ? {} : { row }),
      ...(first.column === null ? {} : { column: first.column }),
    },
    `${describeFinding(first)}${more}`,
  );
}

/** A finding in one line, without its column. */
export function describeFinding(finding: Finding): string {
  const share = `${(finding.share * 100).toFixed(1)} %`;
  return `${finding.check}: ${finding.count} (${share}); ${finding.limit}`;
}

/** The findings as lines for a person. */
export function findingLines(report: ValidationReport): string[] {
  return report.findings.map(
    (f) => `${f.column === null ? 'rows' : `column ${quoted(f.column)}`}: ${describeFinding(f)}`,
  );
}

export function writeReport(report: ValidationReport): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalJson(report));
}

function checkColumn(column: DataColumn, rows: number, rules: ReadRules | null): Finding[] {
  const { contract, text, numbers, missing } = column;
  const found: Finding[] = [];
  const add = (check: Finding['check'], limit: string, at: readonly number[]): void => {
    found.push({
      column: contract.name,
      check,
      count: at.length,
      share: at.length / rows,
      limit,
      rows: at.slice(0, EXAMPLES).map((row) => row + 1),
      gate: true,
    });
  };
  const where = (test: (row: number) => boolean): number[] => {
    const at: number[] = [];
    for (let row = 0; row < rows; row += 1) if (test(row)) at.push(row);
    return at;
  };
  const most = contract.maxMissing ?? DEFAULT_MAX_MISSING;
  if (!(missing <= rows * most)) {
    add(
      'missing',
      `at most ${(most * 100).toFixed(1)} % of the cells`,
      where((row) => text(row) === ''),
    );
  }
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = contract;
  if (contract.type === 'number' && (contract.min !== undefined || contract.max !== undefined)) {
    const outside = where((row) => {
      const value = numbers[row] ?? Number.NaN;
      return value < min || value > max;
    });
    const limit = `from ${contract.min ?? 'any'} to ${contract.max ?? 'any'}`;
    if (outside.length > 0) add('range', limit, outside);
  }
  if (contract.values !== undefined) {
    const allowed = new Set([...allowedTexts(contract, contract.values, rules), '']);
    const strange = where((row) => !allowed.has(text(row)));
    if (strange.length > 0) add('values', `one of ${contract.values.length} values`, strange);
  }
  return found;
}

/** Rows (0-based) that are equal to an earlier one in these columns. */
export function repeats(table: DataTable, names: readonly string[]): number[] {
  const columns = names.map((name) => columnOf(table, name));
  const found: number[] = [];
  firstEqual(columns, table.rows).forEach((first, row) => {
    if (first !== row) found.push(row);
  });
  return found;
}
