/** Which rows train and which judge: by the hash of who they are, or by time. */
import type { ModelDocument } from '#contracts/folder/model.ts';
import { TitleholderError } from '#domain/errors.ts';
import { scanCsv } from './csv.ts';
import {
  canonicalOrder,
  hashOf,
  identifyRows,
  type IdentityRule,
  type RowIdentities,
} from './identity.ts';
import { columnOf, type DataTable, isDate } from './read-table.ts';
import { refuse } from './refusal.ts';
import type { Register, Window } from './register.ts';

/** Rows of the table (0-based), in canonical order, and what they are parted by. */
export interface Sides {
  readonly identities: RowIdentities;
  readonly trainingRows: Int32Array;
  readonly holdoutSide: Int32Array;
  readonly epoch: number;
  /** Absent where the split is by identity. */
  readonly time?: TimeSides;
}

export interface TimeSides {
  readonly window: Window;
  /** Whether this table opens the window: nothing that is stored joins it. */
  readonly opens: boolean;
  /** Rows that neither train nor judge, because their group is on the other side of the window's first day. */
  readonly leftOut: Int32Array;
  /** Rows of days after the window, which wait for the next one. */
  readonly waiting: Int32Array;
}

export interface StoredSides {
  readonly holdout: Uint8Array;
  readonly register: Register;
}

/**
 * Parts a table's rows. `stored` is the model's holdout, where it has one.
 *
 * Throws `DataInvalid` for a table of one day where time splits it, and `HoldoutRefused` where the stored
 * holdout was drawn by the other rule and the rows don't let the new one begin.
 */
export function sidesOf(of: {
  readonly table: DataTable;
  readonly model: ModelDocument;
  readonly identity: IdentityRule;
  readonly stored: StoredSides | null;
}): Sides {
  const { table, model, identity, stored } = of;
  const { split } = model;
  if (split.by === 'time') return sidesByTime({ ...of, split });
  const { epoch, holdout } = split;
  if (stored?.register.window !== undefined) {
    throw new TitleholderError(
      'HoldoutRefused',
      'model.json’s split is by identity and the stored holdout is a window of days: rows that trained before it would judge',
    );
  }
  const identities = identifyRows(table, identity, { model: model.name, epoch, holdout });
  const { groupOf, heldOut } = identities;
  const isHeldOut = (row: number): boolean => heldOut[groupOf[row] ?? 0] === 1;
  const rows = canonicalOrder(table, identities);
  return {
    identities,
    trainingRows: rows.filter((row) => !isHeldOut(row)),
    holdoutSide: rows.filter(isHeldOut),
    epoch,
  };
}

interface ByTime {
  readonly table: DataTable;
  readonly model: ModelDocument;
  readonly split: Extract<ModelDocument['split'], { by: 'time' }>;
  readonly identity: IdentityRule;
  readonly stored: StoredSides | null;
}

/**
 * The window that is open, or the next one: it opens when the rows after the open one are the share that
 * judges. What lies before a window trains, the windows before it too; so all that judges in an epoch is
 * later than all that any model of an earlier one was trained or judged on.
 */
function sidesByTime({ table, model, split, identity, stored }: ByTime): Sides {
  const identities = identifyRows(table, identity, { model: model.name, epoch: 1, holdout: 0 });
  const days = daysOf(table, model.identity.time ?? '');
  const order = canonicalOrder(table, identities);
  const rows = { table, order, days, identities, returning: split.returning === true };
  const last = order.reduce((day, row) => later(day, days[row] ?? ''), '');
  const next = (): Window => ({ from: firstDayOfShare(days, split.holdout), until: last });
  if (stored === null) {
    const window = next();
    if (!days.some((day) => day < window.from)) {
      const column = model.identity.time ?? '';
      refuse(table.file, { column }, 'holds one day only: there is no later one to judge by');
    }
    return { ...partedAt(rows, window, new Set()), epoch: 1 };
  }
  const { register } = stored;
  const { window = null } = register;
  const until = window?.until ?? lastDayOf(stored.holdout, register, model.identity.time ?? '');
  const after = days.reduce((n, day) => n + (day > until ? 1 : 0), 0);
  const isEnough = after >= split.holdout * table.rows;
  if (isEnough) {
    const opened = partedAt(rows, next(), new Set());
    const positives = opened.holdoutSide.reduce((n, row) => n + (table.labels[row] ?? 0), 0);
    const judges = positives > 0 && positives < opened.holdoutSide.length;
    if (judges || window === null) return { ...opened, epoch: register.epoch + 1 };
  }
  if (window === null) {
    const before = table.rows - after;
    const needed = Math.ceil((split.holdout * before) / (1 - split.holdout));
    throw new TitleholderError(
      'HoldoutRefused',
      `model.json’s split is by time and the stored holdout was drawn by identity: the first window takes rows later than ${until}, to which rows have trained; there are ${after}, and ${needed} are needed`,
      { found: after, needed },
    );
  }
  const judging = new Set(register.rows.map((row) => row.identity));
  const { time, ...parted } = partedAt(rows, window, judging);
  return { ...parted, time: { ...time, opens: false }, epoch: register.epoch };
}

/** The rows before, in and after a window; `judging` are groups that stay in it whatever came since. */
function partedAt(
  of: {
    readonly order: Int32Array;
    readonly days: readonly string[];
    readonly identities: RowIdentities;
    readonly returning: boolean;
  },
  window: Window,
  judging: ReadonlySet<string>,
): Omit<Sides, 'epoch' | 'time'> & { readonly time: TimeSides } {
  const { order, days, identities, returning } = of;
  const { groupOf, groups } = identities;
  const stays = new Uint8Array(groups).map((_, group) =>
    !returning && judging.has(hashOf(identities, group)) ? 1 : 0,
  );
  const wasThere = new Uint8Array(groups);
  days.forEach((day, row) => {
    const group = groupOf[row] ?? 0;
    if (day < window.from && stays[group] === 0) wasThere[group] = 1;
  });
  const sideOf = (row: number): 'training' | 'holdout' | 'left-out' | 'waiting' => {
    const day = days[row] ?? '';
    const group = groupOf[row] ?? 0;
    if (day > window.until) return 'waiting';
    if (day < window.from) return stays[group] === 1 ? 'left-out' : 'training';
    return returning || wasThere[group] === 0 ? 'holdout' : 'left-out';
  };
  return {
    identities,
    trainingRows: order.filter((row) => sideOf(row) === 'training'),
    holdoutSide: order.filter((row) => sideOf(row) === 'holdout'),
    time: {
      window,
      opens: true,
      leftOut: order.filter((row) => sideOf(row) === 'left-out'),
      waiting: order.filter((row) => sideOf(row) === 'waiting'),
    },
  };
}

/** The first day from which on there are at most `share` of the rows; the last day where it has more. */
function firstDayOfShare(days: readonly string[], share: number): string {
  const counts = new Map<string, number>();
  for (const day of days) counts.set(day, (counts.get(day) ?? 0) + 1);
  const latestFirst = [...counts].sort(([a], [b]) => (a < b ? 1 : -1));
  let from = latestFirst[0]?.[0] ?? '';
  let rows = 0;
  for (const [day, count] of latestFirst) {
    rows += count;
    if (rows > share * days.length) break;
    from = day;
  }
  return from;
}

/** One day (ISO 8601) a row. */
function daysOf(table: DataTable, time: string): readonly string[] {
  const column = columnOf(table, time);
  return Array.from({ length: table.rows }, (_, row) => column.text(row));
}

/** The last day of a holdout that was drawn by identity. Throws `HoldoutRefused` where it is unknown. */
function lastDayOf(holdout: Uint8Array, { columns }: Register, time: string): string {
  const at = columns.indexOf(time);
  let last = '';
  if (at !== -1) {
    scanCsv(holdout, 'the stored holdout', () => (cells) => {
      const day = cells[at] ?? '';
      if (isDate(day)) last = later(last, day);
    });
  }
  if (last !== '') return last;
  throw new TitleholderError(
    'HoldoutRefused',
    `model.json’s split is by time and the stored holdout’s rows have no day in ${time}: which rows are later than those that trained can’t be told`,
  );
}

function later(one: string, other: string): string {
  return one < other ? other : one;
}

/** The last day of a column among some rows; null where one of them has none. */
export function lastDayAmong(
  table: DataTable,
  time: string | undefined,
  rows: Int32Array,
): string | null {
  if (time === undefined) return null;
  const { text } = columnOf(table, time);
  let last = '';
  for (const row of rows) {
    const day = text(row);
    if (day === '') return null;
    last = later(last, day);
  }
  return last === '' ? null : last;
}
