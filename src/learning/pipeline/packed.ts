/** Parts of an untrusted artifact: typed arrays as base64, and fields of the right type. */
import { fromBase64, toBase64 } from './base64.ts';
import { LearningError } from '#learning/errors.ts';

export type PackedArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;

const WIDTH: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, f64: 8 };

/** An array's numbers, little-endian, in base64, with their type and count. */
export function packArray(array: PackedArray): { type: string; length: number; data: string } {
  const type =
    array instanceof Uint8Array
      ? 'u8'
      : array instanceof Uint16Array
        ? 'u16'
        : array instanceof Uint32Array
          ? 'u32'
          : 'f64';
  const data = toBase64(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return { type, length: array.length, data };
}

/** Throws `ArtifactInvalid`: `part` says where in the file, `what` what is wrong with it. */
export function refusePart(part: string, what: string): never {
  throw new LearningError('ArtifactInvalid', `the artifact's ${part} ${what}`, part);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text in `kind`, on which the other fields depend; empty where there is none. */
export function kindOf(value: unknown, part: string): string {
  const kind = isObject(value) ? value['kind'] : refusePart(part, 'is not an object');
  return typeof kind === 'string' ? kind : '';
}

/** An object with exactly these fields. */
export function fieldsOf(
  value: unknown,
  part: string,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  if (!isObject(value)) return refusePart(part, 'is not an object');
  for (const name of names) if (!Object.hasOwn(value, name)) refusePart(part, `lacks '${name}'`);
  if (Object.keys(value).length !== names.length) refusePart(part, 'has an unknown field');
  return value;
}

export function listOf(value: unknown, part: string): readonly unknown[] {
  return Array.isArray(value) ? value : refusePart(part, 'is not a list');
}

/** A list of one entry a feature. */
export function listPerFeature(value: unknown, part: string, features: number): readonly unknown[] {
  const list = listOf(value, part);
  return list.length === features ? list : refusePart(part, 'has not one entry a feature');
}

export function textOf(value: unknown, part: string): string {
  return typeof value === 'string' && value.isWellFormed()
    ? value
    : refusePart(part, 'is not a text');
}

export function flagOf(value: unknown, part: string): boolean {
  return typeof value === 'boolean' ? value : refusePart(part, 'is neither true nor false');
}

export function finiteOf(value: unknown, part: string): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : refusePart(part, 'is not a finite number');
}

/** A whole number from `low` to `high`. */
export function wholeOf(value: unknown, part: string, low: number, high: number): number {
  const number = finiteOf(value, part);
  if (!(Number.isInteger(number) && number >= low && number <= high)) {
    refusePart(part, `is not a whole number from ${low} to ${high}`);
  }
  return number;
}

function unpackArray(value: unknown, part: string, allowed: readonly string[]): PackedArray {
  const packed = fieldsOf(value, part, ['type', 'length', 'data']);
  const type = textOf(packed['type'], part);
  const width = allowed.includes(type) ? (WIDTH[type] ?? 0) : refusePart(part, 'has another type');
  const length = wholeOf(packed['length'], part, 0, 2 ** 31 - 1);
  const data = textOf(packed['data'], part);
  // Before anything is allocated: a short text can't ask for a long array.
  if (data.length !== Math.ceil((length * width) / 3) * 4) refusePart(part, 'has another length');
  const bytes = fromBase64(data);
  if (bytes?.length !== length * width) return refusePart(part, 'is no base64 of its length');
  switch (type) {
    case 'u8':
      return bytes;
    case 'u16':
      return new Uint16Array(bytes.buffer);
    case 'u32':
      return new Uint32Array(bytes.buffer);
    default:
      return new Float64Array(bytes.buffer);
  }
}

export function bytesOf(value: unknown, part: string): Uint8Array {
  const array = unpackArray(value, part, ['u8']);
  return array instanceof Uint8Array ? array : refusePart(part, 'has another type');
}

/** Finite doubles. */
export function doublesOf(value: unknown, part: string): Float64Array {
  const array = unpackArray(value, part, ['f64']);
  if (!(array instanceof Float64Array)) return refusePart(part, 'has another type');
  for (let i = 0; i < array.length; i += 1) {
    if (!Number.isFinite(array[i])) refusePart(part, `is not finite at ${i}`);
  }
  return array;
}

export function uint32sOf(value: unknown, part: string): Uint32Array {
  const array = unpackArray(value, part, ['u32']);
  return array instanceof Uint32Array ? array : refusePart(part, 'has another type');
}

/** Split codes of trees: one or two bytes each. */
export function codesOf(value: unknown, part: string): Uint8Array | Uint16Array {
  const array = unpackArray(value, part, ['u8', 'u16']);
  return array instanceof Uint8Array || array instanceof Uint16Array
    ? array
    : refusePart(part, 'has another type');
}

/** Row counts: two or four bytes each. */
export function countsOf(value: unknown, part: string): Uint16Array | Uint32Array {
  const array = unpackArray(value, part, ['u16', 'u32']);
  return array instanceof Uint16Array || array instanceof Uint32Array
    ? array
    : refusePart(part, 'has another type');
}
