/**
 * Holds a commit's rows against the stored holdout: rows may join it by the rule, and a person must
 * accept everything else.
 */
import type { ModelDocument } from '#contracts/folder/model.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { csvWriter, scanCsv } from './csv.ts';
import { hashOf, type IdentityRule, rowHash } from './identity.ts';
import { cellsOf, type DataTable, headerOf } from './read-table.ts';
import { readRegister, type Register, type RegisterRow } from './register.ts';
import type { Sides } from './sides.ts';

export interface StoredHoldout {
  readonly holdout: Uint8Array;
  readonly register: Uint8Array;
  readonly epoch: number;
}

export interface HoldoutQuestion {
  readonly kind: 'holdout';
  /** What an acceptance is bound to: this stored holdout and this proposal. */
  readonly digest: string;
  /** One line with the counts. */
  readonly summary: string;
}

export interface NextHoldout {
  /** The snapshot as canonical CSV: the rows stored, then those that joined, in canonical order. */
  readonly csv: Uint8Array<ArrayBuffer>;
  readonly positives: number;
  /** One entry a row of the snapshot. */
  readonly register: Register;
  /** Open: the holdout above is only proposed. Null: it may be stored. */
  readonly question: HoldoutQuestion | null;
}

/**
 * The holdout after this commit.
 *
 * Nothing stored, or a window of days that opens: the rows on the holdout's side. Otherwise rows only join it; a stored row that the
 * table lacks or has changed, and other columns, are a question, until `accepted` is its digest: then
 * the rows on the holdout's side again. Rows keep the moment at which they were first seen.
 * Throws `HoldoutRefused` where the model asks for another epoch than the stored one.
 */
export function updateHoldout(of: {
  readonly model: ModelDocument;
  readonly asOf: string;
  readonly table: DataTable;
  /** What the identities of the sides are made of. */
  readonly identity: IdentityRule;
  /** Rows get into the snapshot in the order of its holdout's side. */
  readonly sides: Sides;
  readonly stored: StoredHoldout | null;
  readonly accepted?: string | undefined;
}): NextHoldout {
  const { asOf, table, identity, sides, stored, accepted } = of;
  const model = of.model.name;
  const { epoch, identities, time } = sides;
  const window = time === undefined ? {} : { window: time.window };
  const columns = headerOf(table);
  const present = Array.from(sides.holdoutSide, (row): PresentRow => {
    const hash = rowHash(cellsOf(table, row));
    const identity = hashOf(identities, identities.groupOf[row] ?? 0);
    return { row, entry: { identity, hash, epoch, firstSeen: asOf } };
  });
  const fresh = (rows: readonly PresentRow[]): Omit<NextHoldout, 'question'> => {
    const snapshot = newSnapshot(columns, of.model, table.positive);
    for (const { row } of rows) snapshot.add(cellsOf(table, row));
    const register = { model, epoch, columns, identity, rows: rows.map((r) => r.entry), ...window };
    return { ...snapshot.finish(), register };
  };
  if (stored === null || time?.opens === true) return { ...fresh(present), question: null };

  const register = readOpenRegister(stored, model, epoch);
  const snapshot = newSnapshot(columns, of.model, table.positive);
  scanCsv(stored.holdout, 'the stored holdout', () => snapshot.add);
  if (snapshot.rows() !== register.rows.length) {
    throw new TitleholderError(
      'ArtifactInvalid',
      'the stored holdout and its register differ in rows',
    );
  }
  const { lost, kept } = matchRows(register.rows, present);
  const joined = present.filter((row) => !kept.has(row));
  const sameColumns = canonicalJson(register.columns) === canonicalJson(columns);
  if (sameColumns && lost.length === 0) {
    for (const { row } of joined) snapshot.add(cellsOf(table, row));
    const rows = [...register.rows, ...joined.map((r) => r.entry)];
    return {
      ...snapshot.finish(),
      register: { model, epoch, columns, identity, rows, ...window },
      question: null,
    };
  }
  const proposal = fresh(
    present.map((row) => ({ ...row, entry: { ...row.entry, ...seenOf(kept.get(row)) } })),
  );
  const digest = digestOf(stored, proposal.register);
  if (accepted === digest) return { ...proposal, question: null };
  const summary = sameColumns
    ? counts(lost, joined, register.rows.length)
    : changedColumns(register.columns, columns, register.rows.length);
  return { ...proposal, question: { kind: 'holdout', digest, summary } };
}

/** The stored register, of this model and epoch. Throws `HoldoutRefused`. */
function readOpenRegister(stored: StoredHoldout, model: string, epoch: number): Register {
  const register = readRegister(stored.register);
  if (register.model !== model) {
    throw new TitleholderError(
      'HoldoutRefused',
      `the stored holdout is of model ${register.model}`,
    );
  }
  if (stored.epoch !== epoch || register.epoch !== epoch) {
    throw new TitleholderError(
      'HoldoutRefused',
      `split.epoch is ${epoch} and the stored holdout is of epoch ${register.epoch}: a new epoch needs groups that no artifact was trained on`,
    );
  }
  return register;
}

/**
 * The stored rows that the table lacks, and those of the table that are stored. Equal rows may repeat:
 * each present row is used up by one stored row.
 */
function matchRows(
  stored: readonly RegisterRow[],
  present: readonly PresentRow[],
): {
  readonly lost: readonly RegisterRow[];
  readonly kept: ReadonlyMap<PresentRow, RegisterRow>;
} {
  const unused = new Map<string, PresentRow[]>();
  for (const row of present) {
    const same = unused.get(row.entry.hash);
    if (same === undefined) unused.set(row.entry.hash, [row]);
    else same.push(row);
  }
  const lost: RegisterRow[] = [];
  const kept = new Map<PresentRow, RegisterRow>();
  for (const row of stored) {
    const match = unused.get(row.hash)?.shift();
    if (match === undefined) lost.push(row);
    else kept.set(match, row);
  }
  return { lost, kept };
}

/** What an acceptance is bound to, without the moment: the same table committed again asks the same. */
function digestOf(stored: StoredHoldout, { model, epoch, columns, rows }: Register): string {
  return sha256Hex(
    canonicalJson({
      kind: 'holdout',
      model,
      epoch,
      stored: sha256Hex(stored.register),
      columns,
      proposed: sha256Hex(rows.map((r) => `${r.identity}${r.hash}`).join('\n')),
    }),
  );
}

interface PresentRow {
  /** 0-based in the table. */
  readonly row: number;
  readonly entry: RegisterRow;
}

/** A snapshot that is written row by row. */
function newSnapshot(columns: readonly string[], model: ModelDocument, positive: string) {
  const writer = csvWriter(columns);
  const target = columns.indexOf(model.target);
  let rows = 0;
  let positives = 0;
  return {
    add: (cells: readonly string[]): void => {
      writer.add(cells);
      rows += 1;
      if (cells[target] === positive) positives += 1;
    },
    rows: () => rows,
    finish: () => ({ csv: writer.finish(), positives }),
  };
}

function seenOf(row: RegisterRow | undefined): Partial<RegisterRow> {
  return row === undefined ? {} : { epoch: row.epoch, firstSeen: row.firstSeen };
}

/** A lost row whose identity brings a new row was changed; the rest is lacking. */
function counts(
  lost: readonly RegisterRow[],
  joined: readonly { readonly entry: RegisterRow }[],
  rows: number,
): string {
  const newOf = new Map<string, number>();
  for (const { entry } of joined) newOf.set(entry.identity, (newOf.get(entry.identity) ?? 0) + 1);
  let changed = 0;
  for (const row of lost) {
    const left = newOf.get(row.identity) ?? 0;
    if (left === 0) continue;
    newOf.set(row.identity, left - 1);
    changed += 1;
  }
  return `of ${rows} holdout rows ${changed} changed and ${lost.length - changed} are lacking; ${joined.length - changed} would join`;
}

function changedColumns(before: readonly string[], after: readonly string[], rows: number): string {
  const added = after.filter((name) => !before.includes(name));
  const removed = before.filter((name) => !after.includes(name));
  const what =
    added.length + removed.length === 0
      ? 'the order of the columns changed'
      : `columns added: ${added.join(', ') || 'none'}; removed: ${removed.join(', ') || 'none'}`;
  return `${what}; this concerns all ${rows} holdout rows`;
}
