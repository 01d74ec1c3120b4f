/** Where returning groups judge, days say what a model hasn't seen. */
import { describe, expect, it } from 'vitest';
import { prepare } from '#dataset/prepare.ts';
import { readManifest, writeManifest } from '#dataset/register.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { admit, entrantOf } from '#evaluation/admit.ts';
import { train } from '#training/train.ts';
import { bytesOf, smallFolder, smallRows } from '../dataset/small-folder.ts';

const PROVENANCE = {
  model: 'small',
  commit: 'a'.repeat(40),
  bundle: sha256Hex('bundle'),
  data: sha256Hex('data'),
  code: sha256Hex('code'),
  asOf: '2026-01-01T00:00:00.000Z',
};
const folder = smallFolder({
  schema: {
    columns: [
      { name: 'who', type: 'text', role: 'identity' },
      { name: 'x', type: 'number', role: 'feature' },
      { name: 'colour', type: 'category', role: 'feature' },
      { name: 'at', type: 'date', role: 'time' },
      { name: 'y', type: 'category', role: 'target' },
    ],
  },
  model: {
    identity: { group: ['who'], time: 'at' },
    split: { by: 'time', holdout: 0.25, returning: true },
  },
});
/** Twenty persons, of whom everybody is there on every day. */
const lines = smallRows(600).map((row, i) => {
  const day = String(1 + Math.floor(i / 20)).padStart(2, '0');
  return row.replace(/^w\d+/, `w${i % 20}`).replace(/,(yes|no)$/, `,2026-06-${day},$1`);
});
const prepared = prepare({
  folder,
  csv: bytesOf(lines, 'who,x,colour,at,y'),
  file: 'data.csv',
  asOf: PROVENANCE.asOf,
  stored: null,
});

function admitted(manifest: Uint8Array): ReturnType<typeof admit> {
  const { artifact: bytes, sha256 } = train({
    folder,
    training: prepared.training,
    trainingManifest: sha256Hex(manifest),
    provenance: PROVENANCE,
    stopwatch: () => 0,
  });
  return admit({
    folder,
    challenger: entrantOf('the challenger', { bytes, sha256, manifest }),
    champion: null,
    holdout: prepared.holdout,
    register: prepared.register,
    provenance: PROVENANCE,
  });
}

function through(day: string | null): Uint8Array {
  const { identity, groups } = readManifest(prepared.trainingManifest);
  return writeManifest('small', identity, groups, day);
}

describe('a holdout in which returning groups judge', () => {
  it('takes a model that was trained until the day before, though its groups trained', () => {
    expect(readManifest(prepared.trainingManifest).through).toBe('2026-06-23');
    expect(admitted(prepared.trainingManifest).unseen).toEqual({ groups: 20, trained: 0 });
  });

  it('refuses one that was trained on a day of the window, and one of which nobody knows', () => {
    expect(() => admitted(through('2026-06-24'))).toThrow(
      'the challenger was trained through 2026-06-24, and the holdout begins on 2026-06-24: it can’t be judged on it',
    );
    expect(() => admitted(through(null))).toThrow(
      expect.objectContaining({
        name: 'HoldoutRefused',
        message: expect.stringMatching(/through which day the challenger was trained/) as string,
      }),
    );
  });
});
