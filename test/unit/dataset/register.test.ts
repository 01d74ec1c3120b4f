import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { identityHash } from '#dataset/identity.ts';
import { readManifest, readRegister, writeManifest, writeRegister } from '#dataset/register.ts';

const a = identityHash('m', '["a"]');
const b = identityHash('m', '["b"]');
const identity = { kind: 'group', columns: ['who'] } as const;

it('hashes an identity by sha256, cut to 16 bytes', () => {
  const whole = createHash('sha256').update('identity\nm\n["a"]').digest('hex');
  expect(a).toBe(whole.slice(0, 32));
});

it('lists each trained group once, in one order whatever the rows’ order', () => {
  const bytes = writeManifest('m', identity, [b, a, b]);
  expect(writeManifest('m', identity, [a, b])).toEqual(bytes);
  expect(readManifest(bytes)).toEqual({ identity, groups: new Set([a, b]), through: null });
});

it('keeps the last day that a model was trained on, and the days that judge', () => {
  const manifest = readManifest(writeManifest('m', identity, [a], '2026-03-31'));
  expect(manifest.through).toBe('2026-03-31');
  const window = { from: '2026-04-01', until: '2026-04-30' };
  const rows = [{ identity: b, hash: a, epoch: 3, firstSeen: '2026-05-01T00:00:00.000Z' }];
  const register = { model: 'm', epoch: 3, columns: ['x'], identity, rows, window };
  expect(readRegister(writeRegister(register))).toEqual(register);
});

it('gives back the register that was written', () => {
  const register = {
    model: 'm',
    epoch: 2,
    columns: ['x', 'y'],
    identity,
    rows: [
      { identity: a, hash: b, epoch: 1, firstSeen: '2026-01-01T00:00:00.000Z' },
      { identity: a, hash: a, epoch: 1, firstSeen: '2026-01-01T00:00:00.000Z' },
      { identity: b, hash: b, epoch: 2, firstSeen: '2026-02-01T00:00:00.000Z' },
    ],
  };
  expect(readRegister(writeRegister(register))).toEqual(register);
});

it.each([
  '',
  '{}',
  '{"schemaVersion":1,"model":"m","groups":0,"identities":""}',
  '{"schemaVersion":1,"model":"m","identity":{"kind":"key","columns":["k"]},"groups":2,"identities":""}',
])('refuses a manifest that is none: %s', (text) => {
  expect(() => readManifest(new TextEncoder().encode(text))).toThrow(
    expect.objectContaining({ name: 'ArtifactInvalid' }),
  );
});
