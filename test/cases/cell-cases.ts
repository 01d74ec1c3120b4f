/** What a cell means, case by case: the fixture that TypeScript and Python share. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { Cell, ReadRules } from '#learning/cells.ts';

/** As JSON has it, 1e999 too, which is Infinity. */
const CellSchema = z.custom<Cell>(
  (value) => value === null || ['string', 'number', 'boolean'].includes(typeof value),
);

const CellCase = z.strictObject({
  form: z.string(),
  kind: z.enum(['number', 'category', 'boolean', 'code']),
  decimal: z.enum(['.', ',']).default('.'),
  unit: z.string().optional(),
  missing: z.array(z.string()).default([]),
  levels: z.array(z.string()).default(['true', 'false']),
  cell: CellSchema,
  means: z.union([
    z.number(),
    z.strictObject({ level: z.string() }),
    z.enum(['missing', 'unseen', 'refused']),
  ]),
});
export type CellCase = z.infer<typeof CellCase>;

const PATH = join(resolve(import.meta.dirname, '..'), 'fixtures/cells/cases.json');

export const CELL_CASES: readonly CellCase[] = z
  .strictObject({ about: z.string(), cases: z.array(CellCase) })
  .parse(JSON.parse(readFileSync(PATH, 'utf8'))).cases;

/** The column of a case: each has its own in tables that hold all cases. */
export function columnOf(of: CellCase): string {
  return `c${CELL_CASES.indexOf(of)}`;
}

export function rulesOf(of: CellCase): ReadRules {
  const { kind, decimal, unit, missing } = of;
  const column = columnOf(of);
  return {
    separator: decimal === ',' ? ';' : ',',
    decimal,
    missing,
    booleans: kind === 'boolean' ? [column] : [],
    codes: kind === 'code' ? [column] : [],
    units: unit === undefined ? [] : [{ column, unit }],
  };
}

export function titleOf({ kind, form, cell }: CellCase): string {
  return `${kind}: ${form} (${JSON.stringify(cell)})`;
}
