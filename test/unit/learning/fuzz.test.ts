/** Model files that somebody broke: refused with a reason, or read and scored as the plainest reader does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { decodeArtifact } from '../../../learning/pipeline/artifact.ts';
import { LearningError } from '../../../learning/errors.ts';
import { ALGORITHMS } from '../../../learning/pipeline/estimators.ts';
import { type RawRow, scorer } from '../../../learning/pipeline/scorer.ts';
import { type Random, substream } from '../../../learning/random.ts';
import { EVERY_TRANSFORM, everyFile, servedRecords } from './every-pipeline.ts';
import { plainScore } from './plain-score.ts';

const FILES = process.env['TITLEHOLDER_PROVE'] === '1' ? 100_000 : 2000;

const SCHEMA = join(import.meta.dirname, '../../../docs/model-format.schema.json');
const allowed = new Ajv2020({ strictTypes: false }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')) as object,
);
const files = everyFile();
const records = servedRecords(12);

describe('a file of every estimator and transform', () => {
  it('scores as the plainest reader of the format does', () => {
    expect(files).toHaveLength(ALGORITHMS.length * Object.keys(EVERY_TRANSFORM).length);
    for (const { algorithm, transform, bytes } of files) {
      const { scoreRecord } = scorer(decodeArtifact(bytes));
      const scores = records.map(scoreRecord);
      expect(scores, `${algorithm} ${transform}`).toEqual(
        records.map((record) => plainScore(bytes, record)),
      );
      expect(new Set(scores).size, `${algorithm} ${transform}`).toBeGreaterThan(1);
    }
  });
});

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

/** What a file does: its scores, or the name of its refusal. Anything else is thrown on. */
function outcome(file: Uint8Array): number[] | string {
  try {
    const { scoreRecord } = scorer(decodeArtifact(file));
    return records.map(scoreRecord);
  } catch (error) {
    if (!(error instanceof LearningError)) throw error;
    return error.name;
  }
}

/** A record with every column that a broken file may ask for. */
function plainScores(file: Uint8Array): number[] {
  return records.map((record: RawRow) => plainScore(file, record));
}

describe('a broken file', () => {
  it(`is refused, or read and scored within 0 and 1: ${FILES} files`, {
    timeout: 1_800_000,
  }, () => {
    const counts = { refused: 0, rowRefused: 0, scored: 0 };
    let slowest = 0;
    for (let i = 0; i < FILES; i += 1) {
      const random = substream(1, 'fuzz', i);
      const file = broken(random, pick(random, files).bytes);
      const began = performance.now();
      let result: number[] | string;
      try {
        result = outcome(file);
      } catch (error) {
        throw new Error(`file ${i}`, { cause: error });
      }
      slowest = Math.max(slowest, performance.now() - began);
      if (typeof result === 'string') {
        if (result === 'ArtifactInvalid') counts.refused += 1;
        else {
          expect(result, `file ${i}`).toBe('RowInvalid');
          counts.rowRefused += 1;
        }
        continue;
      }
      counts.scored += 1;
      for (const score of result) {
        if (!(score >= 0 && score <= 1)) throw new Error(`file ${i} scores ${score}`);
      }
      // The plain reader throws where an index is outside its array.
      expect(result, `file ${i}`).toEqual(plainScores(file));
      const document: unknown = JSON.parse(new TextDecoder().decode(file));
      expect(allowed(document), `file ${i}: ${JSON.stringify(allowed.errors)}`).toBe(true);
    }
    console.log(
      `fuzz: ${FILES} files, ${counts.refused} refused, ${counts.rowRefused} read but not their rows, ${counts.scored} read and scored alike, slowest ${slowest.toFixed(0)} ms`,
    );
    expect(counts.refused).toBeGreaterThan(FILES / 3);
    expect(counts.scored).toBeGreaterThan(FILES / 50);
  });
});
