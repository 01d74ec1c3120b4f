/** The benchmark's tables, and the files by which a child process is given them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { claims, CPT_BUCKETS, DIAGNOSIS_GROUPS, PROVIDER_TYPES } from '#claims/generate.ts';
import { substream } from '#learning/random.ts';
import type { Column, Table } from '#learning/table.ts';

export interface Labelled {
  readonly table: Table;
  /** 0 or 1 a row. */
  readonly labels: Uint8Array;
}

export const TABLES = ['claims', 'continuous'] as const;
export type TableName = (typeof TABLES)[number];

/** `rows` rows of a table; another seed is other rows of the same kind. */
export function madeTable(name: TableName, rows: number, seed: number): Labelled {
  return name === 'claims' ? claimsTable(rows, seed) : continuousTable(rows, seed);
}

const NUMBERS = ['billed_amount', 'allowed_amount', 'age', 'units', 'days_to_submit'] as const;
const LEVELS = {
  cpt_code: [...CPT_BUCKETS],
  provider_type: [...PROVIDER_TYPES],
  diagnosis_code: DIAGNOSIS_GROUPS,
  prior_auth: ['no', 'yes'],
  in_network: ['no', 'yes'],
};
const CATEGORIES = [
  'cpt_code',
  'provider_type',
  'diagnosis_code',
  'prior_auth',
  'in_network',
] as const;

/** Made-up claims: five numbers and five categories of 2 to 20 levels. */
function claimsTable(rows: number, seed: number): Labelled {
  const labels = new Uint8Array(rows);
  const numbers = NUMBERS.map((name) => ({ name, values: new Float64Array(rows) }));
  const categories = CATEGORIES.map((name) => ({
    name,
    codes: new Int32Array(rows),
    levels: LEVELS[name],
    indices: new Map<string, number>(LEVELS[name].map((level, i) => [level, i])),
  }));
  let row = 0;
  for (const claim of claims({ rows, seed })) {
    for (const { name, values } of numbers) values[row] = claim[name];
    for (const { name, codes, indices } of categories) codes[row] = indices.get(claim[name]) ?? -1;
    labels[row] = claim.status === 'Denied' ? 1 : 0;
    row += 1;
  }
  const columns: Column[] = [
    ...numbers.map((column) => ({ kind: 'numeric' as const, ...column })),
    ...categories.map(({ name, codes, levels }) => ({
      kind: 'categorical' as const,
      name,
      codes,
      levels,
    })),
  ];
  return { table: { rows, columns }, labels };
}

/** Twenty standard normal columns; eight of them matter, through products, a wave and a threshold. */
function continuousTable(rows: number, seed: number): Labelled {
  const random = substream(seed, 'bench', 'continuous');
  const columns = Array.from({ length: 20 }, (_, f) => ({
    kind: 'numeric' as const,
    name: `x${f}`,
    values: new Float64Array(rows),
  }));
  const labels = new Uint8Array(rows);
  const x = new Float64Array(columns.length);
  for (let row = 0; row < rows; row += 1) {
    columns.forEach(({ values }, f) => {
      x[f] = random.nextNormal();
      values[row] = x[f] ?? 0;
    });
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = x;
    const odds =
      1.8 * a +
      1.5 * b * c +
      1.5 * Math.sin(2 * d) +
      (e > 0.5 ? 1.2 * f : 0) +
      Math.abs(g) +
      0.5 * h;
    labels[row] = random.nextFloat() < 1 / (1 + Math.exp(0.6 - odds)) ? 1 : 0;
  }
  return { table: { rows, columns }, labels };
}

const Meta = z.strictObject({
  rows: z.int(),
  columns: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('numeric'), name: z.string() }),
      z.strictObject({
        kind: z.literal('categorical'),
        name: z.string(),
        levels: z.array(z.string()),
      }),
    ]),
  ),
});

/** Writes a table as a folder: meta.json, labels.u8, and a file of doubles or 32-bit codes a column. */
export async function writeTable(folder: string, { table, labels }: Labelled): Promise<void> {
  await mkdir(folder, { recursive: true });
  const meta: z.infer<typeof Meta> = {
    rows: table.rows,
    columns: table.columns.map((column) =>
      column.kind === 'numeric'
        ? { kind: column.kind, name: column.name }
        : { kind: column.kind, name: column.name, levels: [...column.levels] },
    ),
  };
  await writeFile(join(folder, 'labels.u8'), labels);
  for (const [i, column] of table.columns.entries()) {
    await writeFile(
      join(folder, `${i}.${column.kind}`),
      column.kind === 'numeric' ? column.values : column.codes,
    );
  }
  await writeFile(join(folder, 'meta.json'), JSON.stringify(meta));
}

export async function readTable(folder: string): Promise<Labelled> {
  const meta = Meta.parse(JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8')));
  const columns: Column[] = [];
  for (const [i, column] of meta.columns.entries()) {
    const bytes = new Uint8Array(await readFile(join(folder, `${i}.${column.kind}`))).buffer;
    columns.push(
      column.kind === 'numeric'
        ? { ...column, values: new Float64Array(bytes) }
        : { ...column, codes: new Int32Array(bytes) },
    );
  }
  const labels = new Uint8Array(await readFile(join(folder, 'labels.u8')));
  return { table: { rows: meta.rows, columns }, labels };
}
