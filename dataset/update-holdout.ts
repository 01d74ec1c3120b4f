/**
 * Holds a commit's rows against the stored holdout: rows may join it by the rule, and a person must
 * accept everything else.
 */
import { canonicalJson, sha256Hex } from '../domain/canonical.ts';
import { TitleholderError } from '../domain/errors.ts';
import { readCsv } from './csv.ts';
import { type IdentityRule, type RowIdentities, rowHash } from './identity.ts';
import { headerOf, textRows, type DataTable } from './read-table.ts';
import { readRegister, type Register, type RegisterRow } from './register.ts';

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
  /** The snapshot's rows as canonical text: those stored, then those that joined, in input order. */
  readonly rows: readonly (readonly string[])[];
  readonly register: Register;
  /** Open: the holdout above is only proposed. Null: it may be stored. */
  readonly question: HoldoutQuestion | null;
}

/**
 * The holdout after this commit.
 *
 * Nothing stored: the rows on the holdout's side. Otherwise rows only join it; a stored row that the
 * table lacks or has changed, and other columns, are a question, until `accepted` is its digest: then
 * the rows on the holdout's side again. Rows keep the moment at which they were first seen.
 * Throws `HoldoutRefused` where the model asks for another epoch than the stored one.
 */
export function updateHoldout(of: {
  readonly model: string;
  readonly epoch: number;
  readonly asOf: string;
  readonly table: DataTable;
  /** What `identities` are made of. */
  readonly identity: IdentityRule;
  readonly identities: RowIdentities;
  readonly stored: StoredHoldout | null;
  readonly accepted?: string | undefined;
}): NextHoldout {
  const { model, epoch, asOf, table, identity, identities, stored, accepted } = of;
  const columns = headerOf(table);
  const present: { cells: readonly string[]; entry: RegisterRow }[] = [];
  const onSide: number[] = [];
  identities.groupOf.forEach((group, row) => {
    if (identities.groups[group]?.side === 'holdout') onSide.push(row);
  });
  let index = 0;
  for (const cells of textRows(table, onSide)) {
    const group = identities.groups[identities.groupOf[onSide[index] ?? 0] ?? 0];
    index += 1;
    present.push({
      cells,
      entry: { identity: group?.hash ?? '', hash: rowHash(cells), epoch, firstSeen: asOf },
    });
  }
  const fresh = (rows: typeof present): Pick<NextHoldout, 'rows' | 'register'> => ({
    rows: rows.map((r) => r.cells),
    register: { model, epoch, columns, identity, rows: rows.map((r) => r.entry) },
  });
  if (stored === null) return { ...fresh(present), question: null };

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
  const before = readCsv(stored.holdout, 'the stored holdout');
  if (before.rows.length !== register.rows.length) {
    throw new TitleholderError(
      'ArtifactInvalid',
      'the stored holdout and its register differ in rows',
    );
  }
  // Equal rows may repeat: each present row is used up by one stored row.
  const unused = new Map<string, (typeof present)[number][]>();
  for (const row of present) {
    const same = unused.get(row.entry.hash);
    if (same === undefined) unused.set(row.entry.hash, [row]);
    else same.push(row);
  }
  const lost: RegisterRow[] = [];
  const kept = new Map<(typeof present)[number], RegisterRow>();
  for (const row of register.rows) {
    const match = unused.get(row.hash)?.shift();
    if (match === undefined) lost.push(row);
    else kept.set(match, row);
  }
  const joined = present.filter((row) => !kept.has(row));
  const sameColumns = canonicalJson(register.columns) === canonicalJson(columns);
  if (sameColumns && lost.length === 0) {
    return {
      rows: [...before.rows, ...joined.map((r) => r.cells)],
      register: {
        model,
        epoch,
        columns,
        identity,
        rows: [...register.rows, ...joined.map((r) => r.entry)],
      },
      question: null,
    };
  }
  const proposal = fresh(
    present.map((row) => ({ ...row, entry: { ...row.entry, ...seenOf(kept.get(row)) } })),
  );
  const digest = sha256Hex(
    canonicalJson({
      kind: 'holdout',
      model,
      epoch,
      stored: sha256Hex(stored.register),
      // Without the moment: the same table committed again asks the same question.
      columns,
      proposed: sha256Hex(proposal.register.rows.map((r) => `${r.identity}${r.hash}`).join('\n')),
    }),
  );
  if (accepted === digest) return { ...proposal, question: null };
  const summary = sameColumns
    ? counts(lost, joined, register.rows.length)
    : changedColumns(register.columns, columns, register.rows.length);
  return { ...proposal, question: { kind: 'holdout', digest, summary } };
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
