/** Who a row is must not change while a champion that was trained on it can be judged by it. */
import { describe, expect, it } from 'vitest';
import type { Folder } from '#contracts/folder/charter.ts';
import { readCsv } from '#dataset/csv.ts';
import { readManifest, readRegister } from '#dataset/register.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { entrantOf } from '#evaluation/admit.ts';
import { evaluate } from '#evaluation/evaluate.ts';
import { checksOf } from '#gates/decide.ts';
import { prepare, type PreparedData } from '#dataset/prepare.ts';
import { train, type TrainedModel } from '#training/train.ts';
import { bytesOf, smallFolder, type SmallOptions, smallRows } from './small-folder.ts';

const PROVENANCE = {
  model: 'small',
  commit: 'a'.repeat(40),
  bundle: sha256Hex('bundle'),
  data: sha256Hex('data'),
  code: sha256Hex('code'),
  asOf: '2026-01-01T00:00:00.000Z',
};
const stopwatch = (): number => performance.now() / 1000;

const WHO = { name: 'who', type: 'text', role: 'identity' };
const X = { name: 'x', type: 'number', role: 'feature' };
const COLOUR = { name: 'colour', type: 'category', role: 'feature' };
const SIZE = { name: 'size', type: 'category', role: 'feature' };
const Y = { name: 'y', type: 'category', role: 'target' };

const narrow = smallFolder({ group: [] });
const wide = smallFolder({ group: [], schema: { columns: [WHO, X, COLOUR, SIZE, Y] } });
/** Every row twice, so that a group is more than a row. */
const rows = smallRows(600).flatMap((row) => [row, row]);
const wideRows = rows.map((row, i) => row.replace(/,(yes|no)$/, `,${i % 7 < 3 ? 's' : 'l'},$1`));
const WIDE_HEADER = 'who,x,colour,size,y';

function commit(
  folder: Folder,
  stored: PreparedData | null,
  of: { readonly lines?: string[]; readonly header?: string; readonly accepted?: string } = {},
): PreparedData {
  return prepare({
    folder,
    csv: bytesOf(of.lines ?? rows, of.header),
    file: 'data.csv',
    asOf: PROVENANCE.asOf,
    stored,
    accepted: of.accepted,
  });
}

function trained(folder: Folder, by: PreparedData): TrainedModel {
  return train({
    folder,
    training: by.training,
    trainingManifest: sha256Hex(by.trainingManifest),
    identity: readManifest(by.trainingManifest).identity,
    provenance: PROVENANCE,
    stopwatch,
  });
}

const first = commit(narrow, null);
const own = (p: PreparedData): Set<string> =>
  new Set(readCsv(p.holdout, 'h').rows.map(([, x, colour]) => JSON.stringify([x, colour])));

function entrant(of: ReturnType<typeof trained>, manifest: Uint8Array) {
  return entrantOf('a model', { bytes: of.artifact, sha256: of.sha256, manifest });
}

describe('identity by features', () => {
  const table = { lines: wideRows, header: WIDE_HEADER };
  const asked = commit(wide, first, table);
  const accepted = commit(wide, first, { ...table, accepted: asked.question?.digest ?? '' });

  it('stays that of the first charter when a feature column is added and accepted', () => {
    expect(asked.question?.summary).toMatch(/columns added: size/);
    expect(accepted.question).toBeNull();
    expect(own(accepted)).toEqual(own(first));
    expect(accepted.holdoutRows).toBe(first.holdoutRows);
    const rule = { kind: 'features', columns: ['x', 'colour'] };
    for (const p of [first, accepted]) {
      expect(readRegister(p.register).identity).toEqual(rule);
      expect(readManifest(p.trainingManifest).identity).toEqual(rule);
    }
    expect(readManifest(accepted.trainingManifest).groups).toEqual(
      readManifest(first.trainingManifest).groups,
    );
    // And so in the commit after it, which has no column to ask about.
    expect(commit(wide, accepted, table).register).toEqual(accepted.register);
  });

  it('holds the old champion against rows that it never saw', () => {
    const champion = trained(narrow, first);
    const challenger = trained(wide, accepted);
    const { evidence } = evaluate({
      folder: wide,
      charter: sha256Hex('charter'),
      challenger: entrant(challenger, accepted.trainingManifest),
      champion: { ...entrant(champion, first.trainingManifest), version: 1 },
      holdout: accepted.holdout,
      register: accepted.register,
      training: accepted.training,
      provenance: PROVENANCE,
      stopwatch,
    });
    const seen = new Set(
      readCsv(first.training, 't').rows.map((r) => JSON.stringify([r[1], r[2]])),
    );
    expect([...own(accepted)].filter((row) => seen.has(row))).toEqual([]);
    expect(checksOf(evidence)[0]?.message).toMatch(/^none of \d+ holdout groups/);
    expect(evidence.rows.groups).toBe(registeredGroups(accepted));
  });

  it('keeps rows of one identity in one fold of a training as well', () => {
    const report = JSON.parse(new TextDecoder().decode(trained(wide, accepted).report)) as unknown;
    const { size } = readManifest(accepted.trainingManifest).groups;
    expect(report).toMatchObject({ groups: size });
  });

  it('is refused where a column of the first charter is gone', () => {
    const lacking = smallFolder({
      group: [],
      schema: { columns: [WHO, X, { ...COLOUR, role: 'ignored' }, SIZE, Y] },
    });
    expect(() => commit(lacking, first, table)).toThrow(
      refused(/^the table lacks colour and has features x, size; .* features x, colour$/),
    );
  });
});

describe('a declared identity', () => {
  const byGroup = commit(smallFolder(), null);
  it.each<[string, SmallOptions, PreparedData, RegExp]>([
    ['another group', { group: ['colour'] }, byGroup, /by group colour and .* by group who: /],
    ['a key instead', { group: [], key: ['who'] }, byGroup, /by key who and .* by group who: /],
    ['no group', { group: [] }, byGroup, /by features x, colour and .* by group who: /],
    ['a first group', { group: ['who'] }, first, /by group who and .* by features x, colour: /],
  ])('is refused when it changes: %s', (_what, options, stored, message) => {
    expect(() => commit(smallFolder(options), stored)).toThrow(refused(message));
  });
});

describe('each row its own', () => {
  const folder = smallFolder({ group: [], model: { identity: { row: true } } });
  // Four kinds of rows; more than half of the red ones are positive, and fewer of the blue ones.
  const kinds = Array.from(
    { length: 800 },
    (_, i) =>
      `w,${i % 2},${i % 4 < 2 ? 'red' : 'blue'},${(i * 7) % 10 < (i % 4 < 2 ? 7 : 3) ? 'yes' : 'no'}`,
  );
  const split = commit(folder, null, { lines: kinds });
  const challenger = trained(folder, split);
  const judge = (holdout: Uint8Array, manifest = split.trainingManifest) =>
    evaluate({
      folder,
      charter: sha256Hex('charter'),
      challenger: entrant(challenger, manifest),
      champion: null,
      holdout,
      register: split.register,
      training: split.training,
      provenance: PROVENANCE,
      stopwatch,
    });

  it('holds out about the share that was asked, of every kind', () => {
    // Of four groups none or all would judge.
    expect(split.holdoutRows).toBeGreaterThan(180);
    expect(split.holdoutRows).toBeLessThan(300);
    expect(own(split).size).toBe(4);
  });

  it('counts each as a group of one row, in training and in the evidence', () => {
    const { evidence } = judge(split.holdout);
    expect(evidence.rows.groups).toBe(split.holdoutRows);
    expect(readManifest(split.trainingManifest).groups.size).toBe(split.trainingRows);
    const report = JSON.parse(new TextDecoder().decode(challenger.report)) as unknown;
    expect(report).toMatchObject({ groups: split.trainingRows });
  });

  it('refuses another snapshot than the register’s', () => {
    const [header = '', ...lines] = new TextDecoder().decode(split.holdout).trimEnd().split('\n');
    const turned = bytesOf(lines.toReversed(), header);
    expect(() => judge(turned)).toThrow(expect.objectContaining({ name: 'EvidenceMismatch' }));
  });

  it('lets rows join the holdout and never leave it', () => {
    const more = commit(folder, split, { lines: [...kinds, ...kinds.slice(0, 400)] });
    expect(more.question).toBeNull();
    const stayed = readRegister(more.register).rows.slice(0, split.holdoutRows);
    expect(stayed).toEqual(readRegister(split.register).rows);
    expect(more.holdoutRows).toBeGreaterThan(split.holdoutRows + 90);
    const fewer = commit(folder, split, { lines: kinds.slice(0, 700) });
    expect(fewer.question?.summary).toMatch(/are lacking; 0 would join$/);
  });
});

function registeredGroups(p: PreparedData): number {
  return new Set(readRegister(p.register).rows.map((r) => r.identity)).size;
}

function refused(message: RegExp): unknown {
  return expect.objectContaining({
    name: 'HoldoutRefused',
    message: expect.stringMatching(message) as string,
  });
}
