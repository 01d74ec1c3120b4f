/** Base64 (RFC 4648, with padding) of bytes; strict, so that one content has one text. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODES = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const PAD = 61;
const VALUES = new Uint8Array(256).fill(255);
CODES.forEach((code, value) => {
  VALUES[code] = value;
});

/** The text of bytes. */
export function toBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out[at] = CODES[word >> 18] ?? 0;
    out[at + 1] = CODES[(word >> 12) & 63] ?? 0;
    if (left > 1) out[at + 2] = CODES[(word >> 6) & 63] ?? 0;
    if (left > 2) out[at + 3] = CODES[word & 63] ?? 0;
    at += 4;
  }
  return new TextDecoder().decode(out);
}

/** The bytes of a text, or `undefined` where it isn't the base64 that `toBase64` writes. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  const full = text.length - (padding === 0 ? 0 : 4);
  for (let i = 0; i < full; i += 4) {
    const a = VALUES[text.charCodeAt(i)] ?? 255;
    const b = VALUES[text.charCodeAt(i + 1)] ?? 255;
    const c = VALUES[text.charCodeAt(i + 2)] ?? 255;
    const d = VALUES[text.charCodeAt(i + 3)] ?? 255;
    if ((a | b | c | d) > 63) return undefined;
    const word = (a << 18) | (b << 12) | (c << 6) | d;
    out[at] = word >> 16;
    out[at + 1] = word >> 8;
    out[at + 2] = word;
    at += 3;
  }
  if (padding > 0) {
    const a = VALUES[text.charCodeAt(full)] ?? 255;
    const b = VALUES[text.charCodeAt(full + 1)] ?? 255;
    const c = padding === 2 ? 0 : (VALUES[text.charCodeAt(full + 2)] ?? 255);
    if ((a | b | c) > 63) return undefined;
    const word = (a << 18) | (b << 12) | (c << 6);
    // Bits behind the last byte would be a second text for the same bytes.
    if ((word & (padding === 2 ? 0xffff : 0xff)) !== 0) return undefined;
    out[at] = word >> 16;
    if (padding === 1) out[at + 1] = word >> 8;
  }
  return out;
}
