/** The validation report: what the checks found in a table, and what a person reads of it. */
import type { Folder } from '#contracts/folder/charter.ts';
import { canonicalJson } from '#domain/canonical.ts';
import type { DataCheck, Found, SplitCheck } from './checks/data-check.ts';
import { DATA_CHECKS } from './checks/list.ts';
import { repeatedRows } from './first-equal.ts';
import { readRulesOf } from './read-rules.ts';
import type { DataTable } from './read-table.ts';
import { quoted, refuse } from './refusal.ts';

export interface DataFinding {
  /** Null where the finding is about whole rows. */
  readonly column: string | null;
  /** The check's name. */
  readonly check: string;
  /** Cells or rows concerned. */
  readonly count: number;
  /** Of the rows, where the check says nothing else. */
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
  readonly findings: readonly DataFinding[];
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

const EXAMPLES = 5;

/** What the checks of columns and table find. Counts and row numbers only: no cell gets into the report. */
export function validationReport(table: DataTable, folder: Folder, asOf: string): ValidationReport {
  const { rows, columns } = table;
  const rules = readRulesOf(folder.schema);
  const distinct = columns.map((column) => column.distinct());
  const found = [
    ...columns.flatMap((column, i) =>
      DATA_CHECKS.flatMap((check) =>
        check.looksAt === 'column'
          ? stated(check, check.find({ column, distinct: distinct[i] ?? 0, rows, rules }), rows)
          : [],
      ),
    ),
    ...DATA_CHECKS.flatMap((check) =>
      check.looksAt === 'table' ? stated(check, check.find({ table, folder }), rows) : [],
    ),
  ];
  const spoilt = (what: DataCheck['spoils']): number =>
    found.reduce((sum, { check, finding }) => sum + (check.spoils === what ? finding.count : 0), 0);
  const missing = columns.reduce((sum, column) => sum + column.missing, 0);
  const wrongCells = missing + spoilt('cells');
  const findings = found.map(({ finding }) => finding);
  return {
    schemaVersion: 1,
    model: folder.model.name,
    asOf,
    rows,
    positives: table.positives,
    mode: folder.schema.mode,
    passed: !findings.some((f) => f.gate),
    findings,
    columns: columns.map((column, i) => ({
      name: column.contract.name,
      type: column.contract.type,
      role: column.contract.role,
      missing: column.missing,
      distinct: (distinct[i] ?? 0) - (column.missing > 0 ? 1 : 0),
    })),
    duplicateRows: repeatedRows(columns, rows).length,
    quality: (1 - wrongCells / (rows * columns.length)) * (1 - spoilt('rows') / rows),
  };
}

/** The report with what the checks of the split find. */
export function withSplit(
  report: ValidationReport,
  split: Parameters<SplitCheck['find']>[0],
): ValidationReport {
  const found = DATA_CHECKS.flatMap((check) =>
    check.looksAt === 'split' ? stated(check, check.find(split), split.table.rows) : [],
  );
  const findings = [...report.findings, ...found.map(({ finding }) => finding)];
  return { ...report, findings, passed: !findings.some((f) => f.gate) };
}

interface Stated {
  readonly check: DataCheck;
  readonly finding: DataFinding;
}

function stated(check: DataCheck, found: readonly Found[], rows: number): readonly Stated[] {
  return found.map((one) => ({
    check,
    finding: {
      column: one.column,
      check: check.name,
      count: one.count,
      share: one.share ?? one.count / rows,
      limit: one.limit,
      rows: (one.rows ?? []).slice(0, EXAMPLES).map((row) => row + 1),
      gate: check.mode === 'refuses',
    },
  }));
}

/** Throws `DataInvalid` where the schema's mode is `enforce` and a limit is passed. */
export function enforceChecks(report: ValidationReport, file: string): void {
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
export function describeFinding(finding: DataFinding): string {
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
