/** Model files that somebody broke: bits, ends, numbers, fields, arrays, trees. */
import { type Random, substream } from '#learning/random.ts';

type Node = Record<string, unknown> | unknown[];
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const isArray = (value: unknown): value is { type: string; length: number; data: string } =>
  isNode(value) &&
  !Array.isArray(value) &&
  typeof value['length'] === 'number' &&
  typeof value['data'] === 'string' &&
  typeof value['type'] === 'string';

const ODD: readonly unknown[] = [
  null,
  true,
  '',
  'forest',
  -1,
  0,
  1,
  0.5,
  255,
  65_536,
  2 ** 31,
  2 ** 53,
  1e308,
  -1e308,
  5e-324,
  [],
  {},
  '\ud800',
  '__proto__',
  [[[[[[]]]]]],
];
const WIDTH: ReadonlyMap<string, number> = new Map([
  ['u8', 1],
  ['u16', 2],
  ['u32', 4],
  ['f64', 8],
]);
const DOUBLES = [Number.NaN, Infinity, -Infinity, -0, 1e308, -1e308, 5e-324, 0.5, -1, 2];

/** Every object and list of a document. */
function nodesOf(root: Node): Node[] {
  const found = [root];
  for (const node of found)
    for (const child of Object.values(node)) if (isNode(child)) found.push(child);
  return found;
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.nextInt(list.length)]!;

/** Changes the numbers of a packed array: an index, a double that isn't finite, a cut-off end. */
function breakArray(random: Random, array: { type: string; length: number; data: string }): void {
  const width = WIDTH.get(array.type) ?? 1;
  let bytes = Buffer.from(array.data, 'base64');
  const at = bytes.length < width ? 0 : random.nextInt(Math.floor(bytes.length / width)) * width;
  switch (random.nextInt(7)) {
    case 0:
      bytes = bytes.subarray(0, at);
      break;
    case 1:
      bytes = Buffer.concat([bytes, bytes.subarray(0, at)]);
      break;
    case 2:
      array.data = array.data.slice(0, random.nextInt(array.data.length + 1));
      return;
    case 3:
      array.type = pick(random, ['u8', 'u16', 'u32', 'f64', 'i8']);
      return;
    case 4:
      if (array.type === 'f64' && bytes.length >= at + 8)
        bytes.writeDoubleLE(pick(random, DOUBLES), at);
      else bytes.subarray(at, at + width).fill(pick(random, [0, 1, 254, 255]));
      break;
    case 5: {
      // Renumbers what isn't 0, so that trees keep their shape.
      const by = pick(random, [1, 2, 9, 20, 100, 255]);
      for (let i = at; i < bytes.length; i += 1) if (bytes[i] !== 0) bytes[i] = by;
      break;
    }
    default:
      for (let i = 0; i < 3 && bytes.length > 0; i += 1) {
        bytes[random.nextInt(bytes.length)] = random.nextInt(256);
      }
  }
  array.length = bytes.length / width;
  array.data = bytes.toString('base64');
}

/** Trees that go deeper than any that is grown, that end early, or that would lead back to themselves. */
function breakTrees(random: Random, estimator: Record<string, unknown>): void {
  const depth = pick(random, [1, 63, 64, 65, 66, 5000]);
  const split = Buffer.alloc(2 * depth + pick(random, [-1, 0, 1, 1, 1]));
  split.fill(1 + random.nextInt(3), 0, depth);
  const leaves = depth + 1;
  const array = (type: string, values: Buffer) => ({
    type,
    length: values.length / (WIDTH.get(type) ?? 1),
    data: values.toString('base64'),
  });
  estimator['trees'] = pick(random, [1, 1, 1, 2, 0, 1e9]);
  estimator['split'] = array('u8', split);
  if ('bin' in estimator) {
    estimator['bin'] = array('u8', Buffer.alloc(depth, random.nextInt(256)));
    estimator['cover'] = array('u16', Buffer.alloc(2 * leaves, 1));
  }
  if ('positives' in estimator) estimator['positives'] = array('u16', Buffer.alloc(2 * leaves, 1));
  if ('vote' in estimator) estimator['vote'] = array('u8', Buffer.alloc(leaves, 1));
  if ('value' in estimator) {
    estimator['value'] = array('f64', Buffer.alloc(8 * ('vote' in estimator ? depth : leaves)));
  }
}

function breakNode(random: Random, root: Record<string, unknown>): void {
  const nodes = nodesOf(root);
  const node = pick(random, nodes);
  const keys = Object.keys(node);
  const target = node as Record<string, unknown>;
  const key = keys.length === 0 ? 'extra' : pick(random, keys);
  switch (random.nextInt(7)) {
    case 0:
      if (Array.isArray(node)) node.splice(random.nextInt(node.length + 1), 1 + random.nextInt(2));
      else Reflect.deleteProperty(target, key);
      break;
    case 1:
      target[key] = structuredClone(pick(random, ODD));
      break;
    case 2:
      if (Array.isArray(node)) node.push(...node.slice(0, 1 + random.nextInt(3)));
      else
        target[pick(random, ['extra', '__proto__', 'kind'])] = structuredClone(pick(random, ODD));
      break;
    case 3: {
      // A part of the same document in another place.
      const other = pick(random, nodes);
      target[key] = structuredClone(other);
      break;
    }
    case 4: {
      const other = pick(random, keys.length === 0 ? ['extra'] : keys);
      [target[key], target[other]] = [target[other], target[key]];
      break;
    }
    case 5:
      if (typeof target[key] === 'number') {
        const value = target[key];
        target[key] = pick(random, [value + 1, value - 1, -value, value * 1e300, value / 2]);
      } else target[key] = structuredClone(pick(random, ODD));
      break;
    default: {
      const estimator = root['estimator'];
      if (isNode(estimator) && !Array.isArray(estimator) && 'split' in estimator) {
        breakTrees(random, estimator);
      }
    }
  }
}

/** The file of that number: one of `files`, broken; the same for the same number. */
export function brokenFile(files: readonly Uint8Array[], number: number): Uint8Array {
  const random = substream(1, 'fuzz', number);
  return broken(random, pick(random, files));
}

function broken(random: Random, bytes: Uint8Array): Uint8Array {
  const how = random.nextInt(10);
  if (how === 0) {
    const copy = Uint8Array.from(bytes);
    for (let i = random.nextInt(4); i >= 0; i -= 1) {
      copy[random.nextInt(copy.length)]! ^= 1 << random.nextInt(8);
    }
    return copy;
  }
  if (how === 1) return bytes.slice(0, random.nextInt(bytes.length));
  if (how === 2) {
    // Digits where numbers are, so that the text often stays JSON: 1e999 is Infinity there.
    const text = new TextDecoder().decode(bytes);
    const places = [...text.matchAll(/(?<=[:,[])-?\d[\d.e+-]*/g)];
    const place = pick(random, places);
    const by = pick(random, ['1e999', '-1e999', '-0', '1e-400', '99999999999', '0.1', '1e5']);
    return new TextEncoder().encode(
      text.slice(0, place.index) + by + text.slice(place.index + place[0].length),
    );
  }
  const root = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  for (let i = random.nextInt(3); i >= 0; i -= 1) {
    const arrays = nodesOf(root).filter(isArray);
    if (random.nextInt(2) === 0 && arrays.length > 0) breakArray(random, pick(random, arrays));
    else breakNode(random, root);
  }
  return new TextEncoder().encode(JSON.stringify(root));
}
