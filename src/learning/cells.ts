/**
 * How one cell of text is read: by the CSV reader, by serving and by the artifact alike.
 *
 * White space around a cell doesn't count. Empty, NA, N/A, NaN, null and None are missing, in exactly
 * these spellings; a category 'na' or 'NONE' is a category.
 */
const MISSING: ReadonlySet<string> = new Set(['', 'NA', 'N/A', 'NaN', 'null', 'None']);
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Whether a cell's text means a missing value. */
export function isMissing(text: string): boolean {
  return MISSING.has(text.trim());
}

/**
 * The number that a cell's text means, NaN where it is missing, `undefined` where it is no finite
 * decimal number: words, hexadecimal, Infinity and what overflows to it.
 */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (MISSING.has(trimmed)) return Number.NaN;
  if (!DECIMAL.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}
