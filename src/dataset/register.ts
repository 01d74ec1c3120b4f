/**
 * Two small documents about rows that hold no cell: the holdout's register and a training manifest.
 *
 * Hashes are the first 16 bytes of a sha256, one after the other, in base64.
 */
import * as z from 'zod';
import { parseJson } from '#contracts/parse.ts';
import { TitleholderError } from '#domain/errors.ts';
import { canonicalJson } from '#domain/canonical.ts';
import { HASH_BYTES, type IdentityRule } from './identity.ts';

const Rule = z.strictObject({
  kind: z.enum(['group', 'key', 'row', 'features']),
  columns: z.array(z.string()).min(1),
});

const Day = z.iso.date();

const ManifestDocument = z.strictObject({
  schemaVersion: z.literal(1),
  model: z.string(),
  /** What the identities are made of: hashes of another rule never meet. */
  identity: Rule,
  /** How many groups were trained on. */
  groups: z.int().min(0),
  /** Their identity hashes, sorted, each once. */
  identities: z.base64(),
  /** The last day trained on; absent where the rows have none. */
  through: Day.optional(),
});

const RegisterDocument = z.strictObject({
  schemaVersion: z.literal(1),
  model: z.string(),
  epoch: z.int().min(1),
  /** The snapshot's columns, in its order. */
  columns: z.array(z.string()).min(1),
  /** What the identities are made of, as long as there is this holdout. */
  identity: Rule,
  rows: z.int().min(0),
  /** One identity hash a row, in the snapshot's order. */
  identities: z.base64(),
  /** One row hash a row, in the snapshot's order. */
  hashes: z.base64(),
  /** When the rows were first seen: runs of rows in the snapshot's order; the sum is `rows`. */
  seen: z.array(z.strictObject({ rows: z.int().min(1), epoch: z.int().min(1), at: z.string() })),
  /** The days that judge; absent where the holdout was drawn by identity. */
  window: z.strictObject({ from: Day, until: Day }).optional(),
});

/** The first and the last day (ISO 8601) of the rows that judge in an epoch. */
export interface Window {
  readonly from: string;
  readonly until: string;
}

export interface RegisterRow {
  readonly identity: string;
  readonly hash: string;
  readonly epoch: number;
  /** ISO 8601 UTC: the commit that brought the row. */
  readonly firstSeen: string;
}

export interface Register {
  readonly model: string;
  readonly epoch: number;
  readonly columns: readonly string[];
  readonly identity: IdentityRule;
  readonly rows: readonly RegisterRow[];
  /** Absent where the holdout was drawn by identity. */
  readonly window?: Window;
}

export interface Manifest {
  readonly identity: IdentityRule;
  /** Hashes of the groups that an artifact was trained on. */
  readonly groups: ReadonlySet<string>;
  /** The last day (ISO 8601) it was trained on; null where nobody knows. */
  readonly through: string | null;
}

export function writeRegister(register: Register): Uint8Array<ArrayBuffer> {
  const seen: { rows: number; epoch: number; at: string }[] = [];
  for (const row of register.rows) {
    const last = seen.at(-1);
    if (last !== undefined && last.at === row.firstSeen && last.epoch === row.epoch) last.rows += 1;
    else seen.push({ rows: 1, epoch: row.epoch, at: row.firstSeen });
  }
  return encode({
    schemaVersion: 1,
    model: register.model,
    epoch: register.epoch,
    columns: [...register.columns],
    identity: ruleOf(register.identity),
    rows: register.rows.length,
    identities: pack(register.rows.map((r) => r.identity)),
    hashes: pack(register.rows.map((r) => r.hash)),
    seen,
    ...(register.window === undefined ? {} : { window: { ...register.window } }),
  } satisfies z.infer<typeof RegisterDocument>);
}

/** Throws `ArtifactInvalid` where the bytes are no register. */
export function readRegister(bytes: Uint8Array): Register {
  const document = parseJson(RegisterDocument, bytes, 'the holdout register', 'ArtifactInvalid');
  const identities = unpack(document.identities);
  const hashes = unpack(document.hashes);
  const seen = document.seen.flatMap((run) => new Array<typeof run>(run.rows).fill(run));
  if (new Set([identities.length, hashes.length, seen.length, document.rows]).size !== 1) {
    throw new TitleholderError('ArtifactInvalid', 'the holdout register contradicts itself');
  }
  return {
    model: document.model,
    epoch: document.epoch,
    columns: document.columns,
    identity: document.identity,
    rows: identities.map((identity, i) => ({
      identity,
      hash: hashes[i] ?? '',
      epoch: seen[i]?.epoch ?? document.epoch,
      firstSeen: seen[i]?.at ?? '',
    })),
    ...(document.window === undefined ? {} : { window: document.window }),
  };
}

/**
 * @param identities identity hashes (32 hex digits), in any order.
 * @param through the last day trained on, where there is one.
 */
export function writeManifest(
  model: string,
  identity: IdentityRule,
  identities: Iterable<string>,
  through: string | null = null,
): Uint8Array<ArrayBuffer> {
  const sorted = [...identities].sort().filter((hash, i, all) => hash !== all[i - 1]);
  return encode({
    schemaVersion: 1,
    model,
    identity: ruleOf(identity),
    groups: sorted.length,
    identities: pack(sorted),
    ...(through === null ? {} : { through }),
  } satisfies z.infer<typeof ManifestDocument>);
}

/** The groups that an artifact was trained on. Throws `ArtifactInvalid`. */
export function readManifest(bytes: Uint8Array): Manifest {
  const document = parseJson(ManifestDocument, bytes, 'the training manifest', 'ArtifactInvalid');
  const groups = new Set(unpack(document.identities));
  if (groups.size !== document.groups) {
    throw new TitleholderError('ArtifactInvalid', 'the training manifest contradicts itself');
  }
  return { identity: document.identity, groups, through: document.through ?? null };
}

function ruleOf({ kind, columns }: IdentityRule): z.infer<typeof Rule> {
  return { kind, columns: [...columns] };
}

function encode(document: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalJson(document));
}

function pack(hashes: readonly string[]): string {
  const bytes = Buffer.alloc(hashes.length * HASH_BYTES);
  hashes.forEach((hash, i) => bytes.write(hash, i * HASH_BYTES, 'hex'));
  return bytes.toString('base64');
}

function unpack(base64: string): string[] {
  const hex = Buffer.from(base64, 'base64').toString('hex');
  const digits = HASH_BYTES * 2;
  const hashes: string[] = [];
  for (let at = 0; at < hex.length; at += digits) hashes.push(hex.slice(at, at + digits));
  return hashes;
}
