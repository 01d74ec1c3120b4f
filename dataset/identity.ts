/** Who a row is, and on which side of the split it therefore falls. */
import { sha256 } from '@noble/hashes/sha2.js';
import type { ModelDocument, SchemaDocument } from '../contracts/folder.ts';
import type { DataTable } from './read-table.ts';
import { columnOf } from './read-table.ts';

export type IdentityKind = 'group' | 'key' | 'features';

/** Which columns say who a row is: its group if declared, else its key, else all feature columns. */
export function identityColumns(
  model: Pick<ModelDocument, 'identity'>,
  schema: Pick<SchemaDocument, 'columns'>,
): { readonly kind: IdentityKind; readonly columns: readonly string[] } {
  if (model.identity.group !== undefined) return { kind: 'group', columns: model.identity.group };
  if (model.identity.key !== undefined) return { kind: 'key', columns: model.identity.key };
  return {
    kind: 'features',
    columns: schema.columns.filter((c) => c.role === 'feature').map((c) => c.name),
  };
}

/** Bytes of an identity's or a row's hash that registers and manifests keep: 2^64 rows to a collision. */
export const HASH_BYTES = 16;

export interface Group {
  /** The identity's canonical text. */
  readonly text: string;
  /** The first 16 bytes of its sha256, as 32 hex digits. */
  readonly hash: string;
  readonly side: 'training' | 'holdout';
}

export interface RowIdentities {
  /** In order of first appearance. */
  readonly groups: readonly Group[];
  /** One index into `groups` a row. */
  readonly groupOf: Int32Array;
}

export interface SplitRule {
  readonly model: string;
  readonly epoch: number;
  /** The holdout's share, 0 to 1. */
  readonly holdout: number;
}

/**
 * Every row's identity and side.
 *
 * A side depends on the model's name, the epoch and the identity alone: never on the row's position,
 * the other rows, or the rest of the row, so a group is never split and a row never moves.
 */
export function identifyRows(
  table: DataTable,
  columns: readonly string[],
  rule: SplitRule,
): RowIdentities {
  const texts = columns.map((name) => columnOf(table, name).texts);
  const indices = new Map<string, number>();
  const groups: Group[] = [];
  const groupOf = new Int32Array(table.rows);
  for (let row = 0; row < table.rows; row += 1) {
    const text = JSON.stringify(texts.map((column) => column[row] ?? ''));
    let index = indices.get(text);
    if (index === undefined) {
      index = groups.length;
      indices.set(text, index);
      groups.push({ text, hash: identityHash(rule.model, text), side: sideOf(rule, text) });
    }
    groupOf[row] = index;
  }
  return { groups, groupOf };
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
