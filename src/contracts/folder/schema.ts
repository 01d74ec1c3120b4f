/** `schema.json` of a model folder: the data contract. */
import * as z from 'zod';
import { ColumnName } from './names.ts';

/** The forms in which the days of a column are written, as `form` names them. */
export const DATE_FORMS = [
  'YYYY-MM-DD',
  'MM/DD/YYYY',
  'DD/MM/YYYY',
  'DD Mon YYYY',
  'Mon DD, YYYY',
  'YYYY Mon DD',
  'YYYYMMDD',
  'YYYY-MM',
  'MM/YYYY',
  'Mon YYYY',
  'YYYY-Qn',
  'Qn YYYY',
  'YYYY-Wnn',
  'YYYYMM',
  'Unix seconds',
  'Unix milliseconds',
  'Unix microseconds',
  'Unix nanoseconds',
  'spreadsheet days',
] as const;
export type DateFormName = (typeof DATE_FORMS)[number];

/** The data contract of one column. `role` says what the column is for. */
export const ColumnContract = z.strictObject({
  name: ColumnName,
  /**
   * boolean: true and false in any of their spellings. code: a category whose texts count to the letter,
   * so that 038.9 isn't 38.9. Both need `read`.
   */
  type: z.enum(['number', 'category', 'boolean', 'code', 'date', 'text']),
  role: z.enum(['feature', 'target', 'identity', 'time', 'ignored']),
  /** Never shown in reports. */
  sensitive: z.boolean().default(false),
  min: z.number().optional(),
  max: z.number().optional(),
  /** What may stand beside its numbers, such as %, € or kg; it says nothing of their size. Needs `read`. */
  unit: z
    .string()
    .regex(/^[^\d\s.,+-]{1,12}$/, 'a unit is up to 12 characters without digits, spaces and .,+-')
    .optional(),
  /** How a date is written; absent: as YYYY-MM-DD and not otherwise. A time of day behind it is read and left out. */
  form: z.enum(DATE_FORMS).optional(),
  /** Allowed values of a category; absent: any. */
  values: z.array(z.string()).optional(),
  /** Share of missing cells that the gate allows; absent: 0.05. */
  maxMissing: z.number().min(0).max(0.6).optional(),
});
export type ColumnContract = z.infer<typeof ColumnContract>;

/**
 * How the table's cells are written, and with them those of requests and batches (docs/cells.md). Absent,
 * as in folders from before it: commas, decimal points, exactly six words for missing, and every other
 * spelling a text of its own.
 */
const TableReading = z.strictObject({
  separator: z.enum([',', ';', '\t', '|']).default(','),
  decimal: z.enum(['.', ',']).default('.'),
  /** Words for missing beside the standard ones; -999 stands for the number. */
  missing: z.array(z.string().trim().min(1).max(64)).max(50).default([]),
});

export const SchemaDocument = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  read: TableReading.optional(),
  columns: z.array(ColumnContract).min(2),
  /** What happens when a soft limit (missing share, range, categories, duplicates) is passed. */
  mode: z.enum(['warn', 'enforce']).default('warn'),
  minRows: z.int().min(200).default(200),
  minPerClass: z.int().min(20).default(20),
});
export type SchemaDocument = z.infer<typeof SchemaDocument>;
