/** Canonical bytes and their hash: the one way in which documents get an address. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';

/**
 * The RFC 8785 text of a JSON value: sorted keys, shortest numbers, no white space.
 *
 * A field that is `undefined` is left out. Throws on NaN, Infinity, a cycle and a lone surrogate, and
 * on what has no JSON form at all (`undefined`, a function).
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('the value has no JSON form');
  return text;
}

/** SHA-256 of bytes, or of a text's UTF-8 bytes, as `sha256:<64 hex>`. */
export function sha256Hex(content: Uint8Array | string): string {
  return `sha256:${bytesToHex(sha256(typeof content === 'string' ? utf8ToBytes(content) : content))}`;
}
