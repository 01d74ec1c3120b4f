/**
 * Scores a record by a model file in the plainest way, straight from its JSON and docs/model-format.md.
 *
 * It shares no code with the engine, allocates freely, and throws where an index is outside its array.
 */
import type { RawRow } from '#learning/pipeline/scorer.ts';

interface Packed {
  readonly type: 'u8' | 'u16' | 'u32' | 'f64';
  readonly length: number;
  readonly data: string;
}
interface Column {
  readonly name: string;
  readonly kind: string;
  readonly levels: readonly string[];
}
/** Any transform: which fields are there, `kind` tells. */
interface Step {
  readonly kind: string;
  readonly feature: string;
  readonly value: number;
  readonly levels: readonly string[];
  readonly missing: boolean;
  readonly shares: Packed;
  readonly left: string;
  readonly right: string;
  readonly pairs: Packed;
  readonly features: readonly string[];
}
/** Any estimator's input. */
interface Input {
  readonly edges: Packed;
  readonly binOfLevel: Packed;
  readonly value: number;
  readonly mean: number;
  readonly scale: number;
  readonly coefficient: number;
  readonly coefficients: Packed;
  readonly missing: number;
  readonly unseen: number;
}
interface Estimator {
  readonly kind: string;
  readonly inputs: readonly Input[];
  readonly trees: number;
  readonly split: Packed;
  readonly bin: Packed;
  readonly cover: Packed;
  readonly positives: Packed;
  readonly classWeights: readonly [number, number];
  readonly value: Packed;
  readonly vote: Packed;
  readonly base: number;
  readonly intercept: number;
}
interface Calibrator {
  readonly kind: string;
  readonly slope: number;
  readonly intercept: number;
  readonly x: Packed;
  readonly y: Packed;
}
interface Model {
  readonly columns: readonly Column[];
  /** Of it, what cells of JSON need that are numbers, null and plain words. */
  readonly read?: { readonly missing: readonly string[] };
  readonly transforms: readonly Step[];
  readonly estimator: Estimator;
  readonly calibrator: Calibrator | null;
}
/** A number, or a level: its index, −1 missing, −2 unseen. */
interface Cell {
  readonly name: string;
  readonly levels: readonly string[] | null;
  readonly value: number;
}

const MISSING = ['', 'NA', 'N/A', 'NaN', 'null', 'None'];

function at<T>(list: readonly T[], index: number): T {
  if (!(Number.isInteger(index) && index >= 0 && index < list.length)) {
    throw new RangeError(`${index} of ${list.length}`);
  }
  return list[index]!;
}

function numbers({ type, length, data }: Packed): number[] {
  const bytes = Buffer.from(data, 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length }, (_, i) => {
    switch (type) {
      case 'u8':
        return view.getUint8(i);
      case 'u16':
        return view.getUint16(2 * i, true);
      case 'u32':
        return view.getUint32(4 * i, true);
      case 'f64':
        return view.getFloat64(8 * i, true);
    }
  });
}

function read(column: Column, record: RawRow, words: readonly string[]): Cell {
  const given = record[column.name] ?? null;
  const text = given === null ? null : String(given).trim();
  const absent = text === null || [...MISSING, ...words].some((word) => word.trim() === text);
  if (column.kind === 'numeric') {
    return { name: column.name, levels: null, value: absent ? Number.NaN : Number(text) };
  }
  const levels = column.levels;
  const found = levels.map((level) => level.trim()).lastIndexOf(text ?? '');
  return { name: column.name, levels, value: absent ? -1 : found < 0 ? -2 : found };
}

function transformed(cells: readonly Cell[], t: Step): Cell[] {
  const named = (name: string): Cell => {
    const found = cells.filter((cell) => cell.name === name);
    if (found.length !== 1) throw new RangeError(name);
    return found[0]!;
  };
  const replace = (...by: Cell[]): Cell[] =>
    cells.flatMap((cell) => (cell.name === t.feature ? by : [cell]));
  const number = (name: string, value: number): Cell => ({ name, levels: null, value });
  const { kind } = t;
  if (kind === 'select') {
    const kept = t.features;
    return cells.filter((cell) => kept.includes(cell.name));
  }
  if (kind === 'product' || kind === 'ratio' || kind === 'cross') {
    const [left, right] = [named(t.left), named(t.right)];
    if (kind === 'cross') {
      const pairs = numbers(t.pairs);
      const width = right.levels!.length;
      const made = left.value * width + right.value;
      const value =
        left.value === -1 || right.value === -1
          ? -1
          : left.value < 0 || right.value < 0 || !pairs.includes(made)
            ? -2
            : pairs.indexOf(made);
      const levels = pairs.map(
        (pair) =>
          `${at(left.levels!, Math.floor(pair / width))}×${at(right.levels!, pair % width)}`,
      );
      return [...cells, { name: `${left.name}×${right.name}`, levels, value }];
    }
    const value = kind === 'product' ? left.value * right.value : left.value / right.value;
    const sign = kind === 'product' ? '*' : '/';
    const finite = Number.isFinite(value) ? value : Number.NaN;
    return [...cells, number(`${left.name}${sign}${right.name}`, finite)];
  }
  const cell = named(t.feature);
  const missing = cell.levels === null ? Number.isNaN(cell.value) : cell.value === -1;
  switch (kind) {
    case 'impute':
      return replace(missing ? { ...cell, value: t.value } : cell);
    case 'ordinal':
      return replace(number(cell.name, cell.value < 0 ? Number.NaN : cell.value));
    case 'frequency': {
      const shares = numbers(t.shares);
      const share = missing ? Number.NaN : cell.value < 0 ? 0 : at(shares, cell.value);
      return replace(number(cell.name, share));
    }
    case 'oneHot': {
      const own = cell.value < 0 ? null : at(cell.levels!, cell.value);
      const made = t.levels.map((level) => number(`${cell.name}=${level}`, level === own ? 1 : 0));
      if (t.missing) made.push(number(`${cell.name} is missing`, missing ? 1 : 0));
      return replace(...made);
    }
    default:
      throw new RangeError(kind);
  }
}

function binOf(input: Input, { levels, value }: Cell): number {
  if (levels === null) {
    if (Number.isNaN(value)) return 255;
    return numbers(input.edges).filter((edge) => edge < value).length;
  }
  return value < 0 ? 255 : at(numbers(input.binOfLevel), value);
}

/** What `leaf` gives of the leaves that a row falls into, tree by tree; `left` decides at a split. */
function leaves(
  estimator: Estimator,
  left: (code: number, cut: number) => boolean,
  leaf: (index: number) => number,
): number[] {
  const split = numbers(estimator.split);
  let [node, cuts, count] = [0, 0, 0];
  const walk = (here: boolean): number => {
    const code = at(split, node++);
    if (code === 0) return here ? leaf(count++) : (count++, Number.NaN);
    const goesLeft = here && left(code, cuts);
    cuts += 1;
    const a = walk(goesLeft);
    const b = walk(here && !goesLeft);
    return goesLeft ? a : b;
  };
  const found = Array.from({ length: estimator.trees }, () => walk(true));
  if (node !== split.length) throw new RangeError('nodes');
  return found;
}

const logistic = (odds: number): number => 1 / (1 + Math.exp(-odds));

function score(estimator: Estimator, cells: readonly Cell[]): number {
  const inputs = estimator.inputs;
  const { kind } = estimator;
  if (kind === 'logistic') {
    let sum = estimator.intercept;
    cells.forEach(({ levels, value }, i) => {
      const input = at(inputs, i);
      if (levels === null) {
        const { mean, scale, coefficient, missing } = input;
        sum += Number.isNaN(value) ? missing : ((value - mean) / scale) * coefficient;
      } else {
        const coefficients = numbers(input.coefficients);
        sum += value === -1 ? input.missing : value < 0 ? input.unseen : at(coefficients, value);
      }
    });
    return logistic(sum);
  }
  if (kind === 'ml-random-forest') {
    const cuts = numbers(estimator.value);
    const votes = numbers(estimator.vote);
    const found = leaves(
      estimator,
      (code, cut) => {
        const { levels, value } = at(cells, code - 1);
        const absent = levels === null ? Number.isNaN(value) : value < 0;
        return (absent ? at(inputs, code - 1).value : value) < at(cuts, cut);
      },
      (leaf) => at(votes, leaf),
    );
    return found.reduce((a, b) => a + b, 0) / found.length;
  }
  const bins = cells.map((cell, i) => binOf(at(inputs, i), cell));
  const cuts = numbers(estimator.bin);
  const left = (code: number, cut: number): boolean => {
    if (code > 2 * bins.length) throw new RangeError(`code ${code}`);
    const bin = at(bins, (code - 1) % bins.length);
    return bin === 255 ? code > bins.length : bin <= at(cuts, cut);
  };
  if (kind === 'boosting') {
    const value = numbers(estimator.value);
    const found = leaves(estimator, left, (leaf) => at(value, leaf));
    return logistic(estimator.base + found.reduce((a, b) => a + b, 0));
  }
  const cover = numbers(estimator.cover);
  const positives = numbers(estimator.positives);
  const [w0, w1] = estimator.classWeights;
  const found = leaves(estimator, left, (leaf) => {
    const up = w1 * at(positives, leaf);
    return up / (up + w0 * (at(cover, leaf) - at(positives, leaf)));
  });
  return found.reduce((a, b) => a + b, 0) / found.length;
}

function calibrated(calibrator: Calibrator | null, value: number): number {
  if (calibrator === null) return value;
  if (calibrator.kind === 'sigmoid') {
    return logistic(calibrator.slope * value + calibrator.intercept);
  }
  const [x, y] = [numbers(calibrator.x), numbers(calibrator.y)];
  const above = x.findIndex((one) => one >= value);
  if (above === 0) return y[0]!;
  if (above === -1) return y.at(-1)!;
  const share = (value - at(x, above - 1)) / (at(x, above) - at(x, above - 1));
  return Math.min(at(y, above - 1) + share * (at(y, above) - at(y, above - 1)), at(y, above));
}

/** The probability; NaN where the estimator's sum has none. Throws `RangeError` outside an array. */
export function plainScore(file: Uint8Array, record: RawRow): number {
  const model = JSON.parse(new TextDecoder().decode(file)) as Model;
  const words = model.read?.missing ?? [];
  const columns = model.columns.map((column) => read(column, record, words));
  const cells = model.transforms.reduce<Cell[]>(transformed, columns);
  return calibrated(model.calibrator, score(model.estimator, cells));
}
