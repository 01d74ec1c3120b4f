import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';

describe('canonical documents', () => {
  it('sort their fields, and leave undefined out', () => {
    expect(canonicalJson({ b: 1e21, a: [1, 'é\n', null], c: undefined })).toBe(
      '{"a":[1,"é\\n",null],"b":1e+21}',
    );
    expect(() => canonicalJson(Number.NaN)).toThrow();
    expect(() => canonicalJson(undefined)).toThrow(TypeError);
  });

  it('have a known hash, the same for a text and its UTF-8 bytes', () => {
    expect(sha256Hex('abc')).toBe(
      'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(sha256Hex('é')).toBe(sha256Hex(Uint8Array.of(0xc3, 0xa9)));
  });
});
