/** Training rows as the engine takes them. */
import type { Folder } from '#contracts/folder/charter.ts';
import type { ModelDocument } from '#contracts/folder/model.ts';
import { constantColumns, featureTable } from '#dataset/feature-table.ts';
import { groupRows, identityColumns, type IdentityRule } from '#dataset/identity.ts';
import { columnOf, type DataTable, readPart } from '#dataset/read-table.ts';
import { TitleholderError } from '#domain/errors.ts';
import { substream } from '#learning/random.ts';
import { selectRows, type Table } from '#learning/table.ts';

/** Rows that train. */
export interface Rows {
  /** The features that vary. */
  readonly table: Table;
  readonly labels: Uint8Array;
  /** One number a row, the same for rows of one group. */
  readonly groups: Int32Array;
  /** Days since 1970, one a row, where the split is by time. */
  readonly days?: Float64Array;
}

export interface TrainingTable extends Rows {
  readonly data: DataTable;
  readonly dropped: readonly string[];
}

/**
 * Prepared training rows as the engine takes them, without the columns that are constant in them;
 * `identity` is the folder's own unless given.
 */
export function trainingTable(
  csv: Uint8Array,
  folder: Folder,
  identity: IdentityRule = identityColumns(folder.model, folder.schema),
): TrainingTable {
  const data = readPart(csv, 'the training rows', folder);
  const dropped = constantColumns(data);
  const table = featureTable(data, { drop: new Set(dropped) });
  if (table.columns.length === 0) {
    throw new TitleholderError('DataInvalid', 'every feature is constant in the training rows');
  }
  // One identity, one number: they are in one fold.
  const groups = groupRows(data, identity).groupOf;
  return { data, table, labels: data.labels, groups, dropped, ...daysOf(data, folder.model) };
}

function daysOf(data: DataTable, { split, identity }: ModelDocument): Pick<Rows, 'days'> {
  if (split.by !== 'time' || identity.time === undefined) return {};
  const { levels, codes } = columnOf(data, identity.time);
  const dayOf = levels.map((day) => Date.parse(`${day}T00:00:00Z`) / DAY_MS);
  return { days: Float64Array.from(codes, (code) => dayOf[code] ?? Number.NaN) };
}
const DAY_MS = 86_400_000;

/**
 * The plan's few rows as whole groups in a seeded order, cut at the number asked for. Of a rare class
 * as many are among them as the schema asks of a training, or half of the rows where that is less.
 */
export function sampleRows(all: TrainingTable, { model, schema }: Folder): Rows {
  const wanted = model.quick.rows;
  if (wanted >= all.table.rows) return all;
  const rowsOf = new Map<number, number[]>();
  all.groups.forEach((group, row) => {
    const rows = rowsOf.get(group);
    if (rows === undefined) rowsOf.set(group, [row]);
    else rows.push(row);
  });
  const order = [...rowsOf.values()];
  const random = substream(model.seed, 'quick');
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = random.nextInt(i + 1);
    const [a, b] = [order[i], order[j]];
    if (a === undefined || b === undefined) continue;
    order[i] = b;
    order[j] = a;
  }
  const least = Math.min(schema.minPerClass, Math.floor(wanted / 2));
  const rows = Int32Array.from(withBoth(order.flat(), all.labels, wanted, least)).sort();
  return pickRows(all, rows);
}

/** The first rows; where they lack a class, its next ones instead of the last of the other class. */
function withBoth(
  order: readonly number[],
  labels: Uint8Array,
  wanted: number,
  least: number,
): readonly number[] {
  const first = order.slice(0, wanted);
  const of = (rows: readonly number[], label: number): readonly number[] =>
    rows.filter((row) => labels[row] === label);
  const rare = [0, 1].find((label) => of(first, label).length < least);
  if (rare === undefined) return first;
  const lacking = least - of(first, rare).length;
  const more = of(order.slice(wanted), rare).slice(0, lacking);
  const others = of(first, 1 - rare);
  return [...of(first, rare), ...more, ...others.slice(0, others.length - more.length)];
}

/** Some of the rows, in the order given. */
export function pickRows({ table, labels, groups, days }: Rows, rows: Int32Array): Rows {
  return {
    table: selectRows(table, rows),
    labels: Uint8Array.from(rows, (row) => labels[row] ?? 0),
    groups: Int32Array.from(rows, (row) => groups[row] ?? 0),
    ...(days === undefined
      ? {}
      : { days: Float64Array.from(rows, (row) => days[row] ?? Number.NaN) }),
  };
}
