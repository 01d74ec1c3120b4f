/** Who may be judged, and on what: a challenger of this run, on groups that neither model was trained on. */
import type { Folder } from '#contracts/folder/charter.ts';
import {
  hashOf,
  identifyRows,
  identityColumns,
  type IdentityRule,
  named,
  rowHash,
  rulingIdentity,
  sameIdentity,
} from '#dataset/identity.ts';
import { cellsOf, type DataTable, headerOf, readPart } from '#dataset/read-table.ts';
import { readManifest, readRegister, type Register, type Window } from '#dataset/register.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import type { AnchorSince } from '#gates/anchor.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import { type Artifact, decodeArtifact } from '#learning/pipeline/artifact.ts';
import type { RunProvenance } from '#training/train.ts';

/** A model as it was stored. */
export interface Entrant {
  readonly artifact: Artifact;
  readonly sha256: string;
  /** Bytes of its file. */
  readonly size: number;
  /** Its training manifest. */
  readonly manifest: Uint8Array;
}

/** An earlier champion, or why its model can't be had. */
export interface AnchorEntrant {
  readonly version: number;
  readonly sha256: string;
  readonly since: readonly AnchorSince[];
  readonly model: Entrant | { readonly missing: string };
}

/** What is asked: to judge the challenger beside the champion on a holdout. */
export interface Contest {
  readonly folder: Folder;
  readonly challenger: Entrant;
  readonly champion: (Entrant & { readonly version: number }) | null;
  /** Whom no chain of approvals may fall behind; null where it is the champion, or there is none. */
  readonly anchor?: AnchorEntrant | null;
  /** The stored snapshot and its register. */
  readonly holdout: Uint8Array;
  readonly register: Uint8Array;
  /** This run's; the challenger has to come from it. */
  readonly provenance: RunProvenance;
}

export interface Admitted {
  readonly holdout: DataTable;
  /** A whole number a holdout row, the same for the rows of one group. */
  readonly groupOf: Int32Array;
  /**
   * The holdout's groups, and those of them that trained challenger or champion: none. Where returning
   * groups judge, they did with rows of earlier days alone.
   */
  readonly unseen: { readonly groups: number; readonly trained: number };
  readonly groups: HoldoutGroups;
}

/** A model from its file. Throws `ArtifactCorrupt` where it hasn't the hash, `ArtifactInvalid`. */
export function entrantOf(
  who: string,
  stored: { readonly bytes: Uint8Array; readonly sha256: string; readonly manifest: Uint8Array },
): Entrant {
  const { bytes, sha256, manifest } = stored;
  if (sha256Hex(bytes) !== sha256) {
    throw new TitleholderError('ArtifactCorrupt', `${who}’s bytes don’t have its hash`);
  }
  const artifact = withNamedErrors(() => decodeArtifact(bytes));
  return { artifact, sha256, size: bytes.length, manifest };
}

/**
 * Reads the holdout and admits both models to it.
 *
 * Throws `ProvenanceMismatch` for a challenger of another run or a manifest that isn't the artifact's;
 * `EvidenceMismatch` for a register of another snapshot; `HoldoutRefused` for a champion of another positive
 * class, for models whose rows are identified by other columns, and with the count where a holdout group
 * trained one of the two; where returning groups judge, for a model that was trained on a day of the window
 * or later, or whose last day of training is unknown.
 */
export function admit({ folder, challenger, champion, ...given }: Contest): Admitted {
  checkProvenance(challenger.artifact, given.provenance);
  checkManifest('challenger', challenger);
  if (champion !== null) {
    checkManifest('champion', champion);
    checkPositive('champion', champion, folder);
  }
  const holdout = readPart(given.holdout, 'the holdout', folder);
  const groups = checkRegister(holdout, given.register, folder);
  checkSides('challenger', challenger, groups);
  if (champion !== null) checkSides('champion', champion, groups);
  const { groupOf, hashes } = groups;
  return { holdout, groupOf, groups, unseen: { groups: hashes.length, trained: 0 } };
}

/** Throws `ProvenanceMismatch` and `HoldoutRefused` for a model that can't be judged where others are. */
export function checkEntrant(
  who: string,
  entrant: Entrant,
  folder: Folder,
  groups: HoldoutGroups,
): void {
  checkManifest(who, entrant);
  checkPositive(who, entrant, folder);
  checkSides(who, entrant, groups);
}

function checkPositive(who: string, { artifact }: Entrant, { model }: Folder): void {
  if (artifact.positive === model.positive) return;
  throw new TitleholderError(
    'HoldoutRefused',
    `the ${who} was trained on another positive class than model.json has`,
  );
}

function checkProvenance({ provenance }: Artifact, run: RunProvenance): void {
  const wrong = (['model', 'commit', 'bundle', 'data'] as const).filter(
    (field) => provenance[field] !== run[field],
  );
  if (wrong.length > 0) {
    throw new TitleholderError(
      'ProvenanceMismatch',
      `the challenger comes from another run: its ${wrong.join(', ')} differ${wrong.length === 1 ? 's' : ''}`,
    );
  }
  if (provenance.stage !== 'full') {
    throw new TitleholderError(
      'ProvenanceMismatch',
      'the challenger was trained on a sample (stage quick), and only a full training is evaluated',
    );
  }
}

function checkManifest(who: string, { artifact, manifest }: Entrant): void {
  if (artifact.trainingManifest === sha256Hex(manifest)) return;
  throw new TitleholderError(
    'ProvenanceMismatch',
    `the ${who} was trained on other rows than its manifest lists`,
  );
}

/** Who judges, and by what a row is known. */
export interface HoldoutGroups {
  readonly groupOf: Int32Array;
  readonly hashes: readonly string[];
  readonly identity: IdentityRule;
  /** Set where groups judge that were there before: days then say what a model hasn't seen. */
  readonly returningIn: Window | null;
}

function checkRegister(table: DataTable, bytes: Uint8Array, folder: Folder): HoldoutGroups {
  const { model, schema } = folder;
  const register = readRegister(bytes);
  const identity = rulingIdentity(identityColumns(model, schema), register.identity, table);
  const isOfTable =
    register.model === model.name &&
    register.rows.length === table.rows &&
    canonicalJson(register.columns) === canonicalJson(headerOf(table));
  const groups = isOfTable ? registeredGroups(table, register, identity, folder) : null;
  if (groups === null) {
    throw new TitleholderError('EvidenceMismatch', 'the register is not that of the holdout');
  }
  const { split } = model;
  const isReturning = split.by === 'time' && split.returning === true;
  return { ...groups, identity, returningIn: (isReturning ? register.window : null) ?? null };
}

/** The groups of the snapshot's rows; null where the register's rows are others. */
function registeredGroups(
  table: DataTable,
  { rows }: Register,
  identity: IdentityRule,
  { model }: Folder,
): Pick<HoldoutGroups, 'groupOf' | 'hashes'> | null {
  if (identity.kind === 'row') {
    // How many rows are equal to one is known of the whole table alone; the register has its hash.
    const isSame = rows.every((row, i) => row.hash === rowHash(cellsOf(table, i)));
    const groupOf = Int32Array.from(rows, (_, i) => i);
    return isSame ? { groupOf, hashes: rows.map((row) => row.identity) } : null;
  }
  // Who they are, whatever side a rule would put them on.
  const rule = { model: model.name, epoch: 1, holdout: 0 };
  const identities = identifyRows(table, identity, rule);
  const hashes = Array.from({ length: identities.groups }, (_, group) => hashOf(identities, group));
  const { groupOf } = identities;
  const isSame = rows.every((row, i) => row.identity === hashes[groupOf[i] ?? 0]);
  return isSame ? { groupOf, hashes } : null;
}

function checkSides(who: string, { manifest }: Entrant, holdout: HoldoutGroups): void {
  const { hashes, identity, returningIn } = holdout;
  const trained = readManifest(manifest);
  // Hashes of two rules never meet: that none is found would say nothing.
  if (!sameIdentity(trained.identity, identity)) {
    throw new TitleholderError(
      'HoldoutRefused',
      `the ${who}’s training rows are identified by ${named(trained.identity)} and the holdout’s by ${named(identity)}: whether it saw them can’t be told`,
    );
  }
  if (returningIn !== null) {
    checkDays(who, trained.through, returningIn);
    return;
  }
  const both = hashes.filter((hash) => trained.groups.has(hash)).length;
  if (both === 0) return;
  throw new TitleholderError(
    'HoldoutRefused',
    `${both} of ${hashes.length} holdout groups trained the ${who}: it can’t be judged on them`,
    { groups: both, of: hashes.length },
  );
}

function checkDays(who: string, through: string | null, { from }: Window): void {
  if (through === null) {
    throw new TitleholderError(
      'HoldoutRefused',
      `through which day the ${who} was trained isn’t in its manifest: whether it saw days from ${from} on can’t be told`,
    );
  }
  if (through < from) return;
  throw new TitleholderError(
    'HoldoutRefused',
    `the ${who} was trained through ${through}, and the holdout begins on ${from}: it can’t be judged on it`,
    { through, from },
  );
}
