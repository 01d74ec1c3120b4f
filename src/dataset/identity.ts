/** Who a row is, and on which side of the split it therefore falls. */
import { sha256 } from '@noble/hashes/sha2.js';
import type { ModelDocument } from '#contracts/folder/model.ts';
import type { SchemaDocument } from '#contracts/folder/schema.ts';
import { canonicalJson } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { firstEqual } from './first-equal.ts';
import type { DataTable } from './read-table.ts';
import { cellsOf, columnOf, headerOf } from './read-table.ts';

/** row: each row is its own, and equal ones are told apart by how many of them there are. */
export type IdentityKind = 'group' | 'key' | 'row' | 'features';

/** Which columns say who a row is. Their order counts: it is the order in the identity's text. */
export interface IdentityRule {
  readonly kind: IdentityKind;
  readonly columns: readonly string[];
}

/** What a folder declares: a row's group, else its key, else the row itself, else all feature columns. */
export function identityColumns(
  model: Pick<ModelDocument, 'identity'>,
  schema: Pick<SchemaDocument, 'columns'>,
): IdentityRule {
  if (model.identity.group !== undefined) return { kind: 'group', columns: model.identity.group };
  if (model.identity.key !== undefined) return { kind: 'key', columns: model.identity.key };
  if (model.identity.row === true) {
    const read = schema.columns.filter((c) => c.role !== 'ignored');
    return { kind: 'row', columns: read.map((c) => c.name) };
  }
  return {
    kind: 'features',
    columns: schema.columns.filter((c) => c.role === 'feature').map((c) => c.name),
  };
}

/**
 * The rule by which a table's rows are identified: the one that the model's holdout was made with,
 * where it has one.
 *
 * Identities by feature columns, or by the whole row, stay those of the first charter, because a column
 * that is added would make every row somebody else and let trained rows judge. Throws `HoldoutRefused` where the
 * folder declares another group or key, or where the table lacks a column of the rule.
 */
export function rulingIdentity(
  declared: IdentityRule,
  holdout: IdentityRule | null,
  table: DataTable,
): IdentityRule {
  if (holdout === null) return declared;
  const isOfFirst = holdout.kind === 'features' || holdout.kind === 'row';
  const mayDiffer = isOfFirst && declared.kind === holdout.kind;
  if (!mayDiffer && !sameIdentity(declared, holdout)) {
    throw new TitleholderError(
      'HoldoutRefused',
      `rows are identified by ${named(declared)} and the stored holdout’s by ${named(holdout)}: what trained before could judge`,
    );
  }
  const there = headerOf(table);
  const gone = holdout.columns.filter((name) => !there.includes(name));
  if (gone.length > 0) {
    throw new TitleholderError(
      'HoldoutRefused',
      `the table lacks ${gone.join(', ')} and has ${named(declared)}; the stored holdout’s rows are identified by ${named(holdout)}`,
    );
  }
  return holdout;
}

export function sameIdentity(one: IdentityRule, other: IdentityRule): boolean {
  return canonicalJson(plain(one)) === canonicalJson(plain(other));
}

/** As a message names it: `group who`. */
export function named({ kind, columns }: IdentityRule): string {
  return `${kind} ${columns.join(', ')}`;
}

function plain({ kind, columns }: IdentityRule): { kind: string; columns: string[] } {
  return { kind, columns: [...columns] };
}

/** Bytes of an identity's or a row's hash that registers and manifests keep: 2^64 rows to a collision. */
export const HASH_BYTES = 16;

/** Which rows are one identity. */
export interface RowGroups {
  /** One number a row, the same for rows of one identity: 0, 1, … in order of first appearance. */
  readonly groupOf: Int32Array;
  /** How many there are. */
  readonly groups: number;
}

export interface RowIdentities extends RowGroups {
  /** Of each group the first 16 bytes of the sha256 of its identity's canonical text. */
  readonly hashes: Buffer;
  /** 1 for a group on the holdout's side, 0 for one on training's. */
  readonly heldOut: Uint8Array;
}

export interface SplitRule {
  readonly model: string;
  readonly epoch: number;
  /** The holdout's share, 0 to 1. */
  readonly holdout: number;
}

export function groupRows(table: DataTable, { kind, columns }: IdentityRule): RowGroups {
  const found = columns.map((name) => columnOf(table, name));
  const groupOf = new Int32Array(table.rows);
  if (kind === 'row') return { groupOf: groupOf.map((_, row) => row), groups: table.rows };
  let groups = 0;
  firstEqual(found, table.rows).forEach((first, row) => {
    groupOf[row] = first === row ? groups : (groupOf[first] ?? 0);
    if (first === row) groups += 1;
  });
  return { groupOf, groups };
}

/**
 * Every row's identity and side.
 *
 * A side depends on the model's name, the epoch and the identity alone: never on the row's position,
 * the other rows, or the rest of the row, so a group is never split and a row never moves. Where each
 * row is its own, the identity is the whole row and how many equal ones stand before it: a table of some
 * of the rows can't tell it, so a holdout's register is asked.
 */
export function identifyRows(
  table: DataTable,
  identity: IdentityRule,
  rule: SplitRule,
): RowIdentities {
  const found = identity.columns.map((name) => columnOf(table, name));
  const { groupOf, groups } = groupRows(table, identity);
  const copies = identity.kind === 'row' ? countCopies(table, identity.columns) : null;
  const hashes = Buffer.alloc(groups * HASH_BYTES);
  const heldOut = new Uint8Array(groups);
  let next = 0;
  groupOf.forEach((group, row) => {
    if (group < next) return;
    next += 1;
    const cells = found.map((column) => column.text(row));
    const text = JSON.stringify(copies === null ? cells : [...cells, copies[row]]);
    hashes.write(identityHash(rule.model, text), group * HASH_BYTES, 'hex');
    if (sideOf(rule, text) === 'holdout') heldOut[group] = 1;
  });
  return { groupOf, groups, hashes, heldOut };
}

/**
 * How many of a row's equal ones stand before it. Rows that are equal in the identity's columns and differ
 * in a later one are counted by their hashes, so that the table's order doesn't say which is which.
 */
function countCopies(table: DataTable, columns: readonly string[]): Int32Array {
  const found = columns.map((name) => columnOf(table, name));
  const isWhole = headerOf(table).every((name) => columns.includes(name));
  const equal = new Map<number, number[]>();
  firstEqual(found, table.rows).forEach((first, row) => {
    const others = equal.get(first);
    if (others !== undefined) others.push(row);
    else if (first !== row) equal.set(first, [first, row]);
  });
  const copies = new Int32Array(table.rows);
  for (const rows of equal.values()) {
    (isWhole ? rows : byRowHash(table, rows)).forEach((row, before) => {
      copies[row] = before;
    });
  }
  return copies;
}

/**
 * All rows by identity hash, and those of one identity by row hash: an order that is the same whatever
 * order the table came in. What is drawn from rows by number is so drawn by identity.
 */
export function canonicalOrder(table: DataTable, identities: RowIdentities): Int32Array {
  const { groupOf, groups, hashes } = identities;
  const rowsOf = Array.from({ length: groups }, (): number[] => []);
  groupOf.forEach((group, row) => rowsOf[group]?.push(row));
  const leading = Float64Array.from(rowsOf, (_, group) =>
    hashes.readUIntBE(group * HASH_BYTES, LEADING_BYTES),
  );
  const order = new Int32Array(groups)
    .map((_, group) => group)
    .sort(
      (a, b) =>
        (leading[a] ?? 0) - (leading[b] ?? 0) ||
        hashes
          .subarray(a * HASH_BYTES, (a + 1) * HASH_BYTES)
          .compare(hashes.subarray(b * HASH_BYTES, (b + 1) * HASH_BYTES)),
    );
  const found = new Int32Array(table.rows);
  let next = 0;
  for (const group of order) {
    const rows = rowsOf[group] ?? [];
    for (const row of rows.length < 2 ? rows : byRowHash(table, rows)) {
      found[next] = row;
      next += 1;
    }
  }
  return found;
}
/** A number holds so many bytes, and comparing numbers is quicker than comparing bytes. */
const LEADING_BYTES = 6;

function byRowHash(table: DataTable, rows: readonly number[]): number[] {
  return rows
    .map((row) => ({ row, hash: rowHash(cellsOf(table, row)) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : Number(a.hash > b.hash)))
    .map(({ row }) => row);
}

/** A group's hash as registers and manifests name it: 32 hex digits. */
export function hashOf({ hashes }: RowIdentities, group: number): string {
  return hashes.toString('hex', group * HASH_BYTES, (group + 1) * HASH_BYTES);
}

/** The same in every epoch, so that a manifest of one epoch can be held against the holdout of another. */
export function identityHash(model: string, text: string): string {
  return shortHash(`identity\n${model}\n${text}`);
}

/** 64 bits of the sha256 of (model, epoch, identity), compared with the share of 2^64. */
export function sideOf(rule: SplitRule, identity: string): 'training' | 'holdout' {
  const digest = sha256(ENCODER.encode(`side\n${rule.model}\n${rule.epoch}\n${identity}`));
  const value = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
  return value < BigInt(Math.floor(rule.holdout * 2 ** 64)) ? 'holdout' : 'training';
}

/** The hash of a row's every cell: what tells a changed row from an unchanged one. */
export function rowHash(cells: readonly string[]): string {
  return shortHash(`row\n${JSON.stringify(cells)}`);
}

const ENCODER = new TextEncoder();

function shortHash(text: string): string {
  return Buffer.from(sha256(ENCODER.encode(text)).subarray(0, HASH_BYTES)).toString('hex');
}
