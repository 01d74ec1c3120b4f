/** Who a row is, and on which side of the split it therefore falls. */
import { sha256 } from '@noble/hashes/sha2.js';
import type { ModelDocument, SchemaDocument } from '../contracts/folder.ts';
import { canonicalJson } from '../domain/canonical.ts';
import { TitleholderError } from '../domain/errors.ts';
import type { DataTable } from './read-table.ts';
import { columnOf, headerOf } from './read-table.ts';

export type IdentityKind = 'group' | 'key' | 'features';

/** Which columns say who a row is. Their order counts: it is the order in the identity's text. */
export interface IdentityRule {
  readonly kind: IdentityKind;
  readonly columns: readonly string[];
}

/** What a folder declares: a row's group if there is one, else its key, else all feature columns. */
export function identityColumns(
  model: Pick<ModelDocument, 'identity'>,
  schema: Pick<SchemaDocument, 'columns'>,
): IdentityRule {
  if (model.identity.group !== undefined) return { kind: 'group', columns: model.identity.group };
  if (model.identity.key !== undefined) return { kind: 'key', columns: model.identity.key };
  return {
    kind: 'features',
    columns: schema.columns.filter((c) => c.role === 'feature').map((c) => c.name),
  };
}

/**
 * The rule by which a table's rows are identified: the one that the model's holdout was made with,
 * where it has one.
 *
 * Identities by feature columns stay those of the first charter, because a feature column that is added
 * would make every row somebody else and let trained rows judge. Throws `HoldoutRefused` where the
 * folder declares another group or key, or where the table lacks a column of the rule.
 */
export function rulingIdentity(
  declared: IdentityRule,
  holdout: IdentityRule | null,
  table: DataTable,
): IdentityRule {
  if (holdout === null) return declared;
  const bothFeatures = holdout.kind === 'features' && declared.kind === 'features';
  if (!bothFeatures && !sameIdentity(declared, holdout)) {
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

export interface Group {
  /** The first 16 bytes of the sha256 of the identity's canonical text, as 32 hex digits. */
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
  const found = columns.map((name) => columnOf(table, name));
  const indices = new Map<string, number>();
  const groups: Group[] = [];
  const groupOf = new Int32Array(table.rows);
  for (let row = 0; row < table.rows; row += 1) {
    const text = JSON.stringify(found.map((column) => column.text(row)));
    let index = indices.get(text);
    if (index === undefined) {
      index = groups.length;
      indices.set(text, index);
      groups.push({ hash: identityHash(rule.model, text), side: sideOf(rule, text) });
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
