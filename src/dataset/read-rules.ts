/** How a folder's table is read, as the data contract says it and the artifact keeps it. */
import type { SchemaDocument } from '#contracts/folder/schema.ts';
import { levelCells, type ReadRules, type TypedCheck, whyNoLevel } from '#learning/cells.ts';
import type { TableFormat } from './parquet.ts';

export type ReadContract = Pick<SchemaDocument, 'read' | 'columns'>;

/** The rules of a data contract; null where it says nothing of how cells are read. */
export function readRulesOf({ read, columns }: ReadContract): ReadRules | null {
  if (read === undefined) return null;
  const ofType = (type: 'boolean' | 'code'): string[] =>
    columns.filter((column) => column.type === type).map(({ name }) => name);
  return {
    ...read,
    booleans: ofType('boolean'),
    codes: ofType('code'),
    units: columns.flatMap(({ name, unit }) =>
      unit === undefined ? [] : [{ column: name, unit }],
    ),
  };
}

/** How a table of a contract is read where its file has types: see `TableFormat`. */
export function formatOf(contract: ReadContract): TableFormat {
  const rules = readRulesOf(contract);
  if (rules === null) return { rules };
  const checks = new Map(
    contract.columns.flatMap(({ name, type, role }): [string, TypedCheck][] => {
      if (type === 'number' || role === 'ignored') return [];
      const levelOf = levelCells(rules, name);
      return [
        [name, (cell) => (levelOf(cell) === undefined ? whyNoLevel(cell, rules, name) : null)],
      ];
    }),
  );
  return { rules, checkOf: (column) => checks.get(column) };
}

/**
 * The rules for rows that were read by a contract and written canonically: commas, decimal points, no
 * units, and every text the level that it was found to be.
 */
export function canonicalRulesOf(contract: ReadContract): ReadRules | null {
  const rules = readRulesOf(contract);
  if (rules === null) return null;
  const codes = contract.columns.filter(({ type }) => type !== 'boolean').map(({ name }) => name);
  return { ...rules, separator: ',', decimal: '.', codes, units: [] };
}

/** The rules of some columns alone, as an artifact keeps them. */
export function rulesFor(rules: ReadRules, names: ReadonlySet<string>): ReadRules {
  return {
    ...rules,
    booleans: rules.booleans.filter((name) => names.has(name)),
    codes: rules.codes.filter((name) => names.has(name)),
    units: rules.units.filter(({ column }) => names.has(column)),
  };
}
