/** The walk of a block of rows through laid out trees, rows that are alike as one class: see `treeShap`. */
import type { LaidOut } from './laid-out.ts';
import type { Quadrature } from './quadrature.ts';
import { MISSING_BIN } from '#learning/trees/bins.ts';

/** Rows that share classes: enough to meet again, few enough to stay in the cache. */
export const BLOCK = 1024;
/** Combinations of classes that are numbered by a table; above, every row is its own class. */
const COMBINATIONS = 4096;

/** Not on the row's account any more, as it disagreed with this feature above; goes left; goes right. */
const OFF = 0;
const LEFT = 1;
const RIGHT = 2;

const NO_BYTES = new Uint8Array(0);
const NO_NUMBERS = new Float64Array(0);
const NO_CLASSES = new Uint16Array(0);
/** Below a leaf all rows are of one class. */
const ALL_ONE = new Uint16Array(BLOCK);

/** One level of the walk: what is known of the rows at the node that the walk is at. */
interface Level {
  /** A row's class by what was above. */
  readonly above: Uint16Array;
  /** A class's product over the path, a number a point. */
  readonly path: Float64Array;
  /** The class one level up that a class comes from, and whether it agreed there. */
  readonly from: Int32Array;
  readonly agreed: Uint8Array;
  /** Whether a class still agrees with the feature that the node splits. */
  readonly alive: Uint8Array;
  /** OFF, LEFT or RIGHT, by row. */
  readonly side: Uint8Array;
  /** A row's class by what is below the left child, and below the right one. */
  readonly below: readonly [Uint16Array, Uint16Array];
  /** A class's worth, a number a point, for each child. */
  readonly worth: readonly [Float64Array, Float64Array];
}

/** Reuses its arrays from block to block: nothing is allocated a row. */
export class ClassWalk {
  readonly #trees: LaidOut;
  readonly #levels: readonly Level[];
  /** Features that some split uses. */
  readonly #used: Int32Array;
  /** Two bytes a feature, as a split's code reads them: missing as 255, then missing as 0. */
  readonly #planes: readonly Uint8Array[];
  /** By feature. */
  readonly #parts: readonly Float64Array[];
  /** A class's number, by what makes it; −1 while it has none. */
  readonly #numbers = new Int32Array(COMBINATIONS);
  /** A row of each class. */
  readonly #member = new Int32Array(BLOCK);
  /** A class's gain from the split, a number a point. */
  readonly #gain: Float64Array;
  readonly #table = new Float64Array(2 * BLOCK);
  readonly #agreeing = new Uint8Array(BLOCK);
  readonly #stays = new Uint8Array(2 * BLOCK);
  readonly #factors: Float64Array;
  readonly #keep: Float64Array;
  readonly #weigh: Float64Array;
  readonly #rootBelow = new Uint16Array(BLOCK);
  readonly #rootWorth: Float64Array;
  #rows = 0;
  #rule: Quadrature = { points: NO_NUMBERS, weights: NO_NUMBERS };

  constructor(trees: LaidOut) {
    this.#trees = trees;
    const { features, split, points } = trees;
    const numbers = BLOCK * points;
    this.#levels = Array.from({ length: trees.depth }, () => ({
      above: new Uint16Array(BLOCK),
      path: new Float64Array(numbers),
      from: new Int32Array(BLOCK),
      agreed: new Uint8Array(BLOCK),
      alive: new Uint8Array(BLOCK),
      side: new Uint8Array(BLOCK),
      below: [new Uint16Array(BLOCK), new Uint16Array(BLOCK)],
      worth: [new Float64Array(numbers), new Float64Array(numbers)],
    }));
    this.#gain = new Float64Array(numbers);
    this.#rootWorth = new Float64Array(numbers);
    this.#factors = new Float64Array(3 * points);
    this.#keep = new Float64Array(points);
    this.#weigh = new Float64Array(points);
    // Only of features that some split uses: there may be 32,767.
    const used = new Set<number>();
    for (const code of split) if (code > 0) used.add((code - 1) % features);
    this.#used = Int32Array.from(used);
    this.#planes = Array.from({ length: 2 * features }, (_, plane) =>
      used.has(plane % features) ? new Uint8Array(BLOCK) : NO_BYTES,
    );
    this.#parts = Array.from({ length: features }, (_, f) =>
      used.has(f) ? new Float64Array(BLOCK) : NO_NUMBERS,
    );
  }

  /** Writes rows `at` to `at + rows − 1` of `out`, of which there are at most `BLOCK`. */
  block(bins: readonly Uint8Array[], at: number, rows: number, out: Float64Array): void {
    const features = this.#trees.features;
    this.#rows = rows;
    for (const f of this.#used) {
      const column = bins[f] ?? NO_BYTES;
      const missingRight = this.#planes[f] ?? NO_BYTES;
      const missingLeft = this.#planes[features + f] ?? NO_BYTES;
      for (let row = 0; row < rows; row += 1) {
        const b = column[at + row] ?? MISSING_BIN;
        missingRight[row] = b;
        missingLeft[row] = b === MISSING_BIN ? 0 : b;
      }
      this.#parts[f]?.fill(0);
    }
    const top = this.#levels[0];
    // Trees that are single leaves say nothing about any feature.
    if (top === undefined) return;
    top.above.fill(0);
    for (let tree = 0; tree < this.#trees.roots.length; tree += 1) {
      const root = this.#trees.roots[tree] ?? 0;
      if ((this.#trees.split[root] ?? 0) === 0) continue;
      this.#rule = this.#trees.rules[tree] ?? this.#rule;
      top.path.fill(1, 0, this.#rule.points.length);
      this.#visit(root, 0, 1, this.#rootBelow, this.#rootWorth);
    }
    for (const f of this.#used) {
      const part = this.#parts[f] ?? NO_NUMBERS;
      for (let row = 0; row < rows; row += 1) out[(at + row) * features + f] = part[row] ?? 0;
    }
  }

  /**
   * Adds what the splits from `node` down give the rows, which are in `classes` classes by what is above.
   *
   * Leaves in `below` each row's class by what the subtree holds for it and in `worth` what that is worth;
   * gives back the number of these classes.
   */
  #visit(
    node: number,
    depth: number,
    classes: number,
    below: Uint16Array,
    worth: Float64Array,
  ): number {
    const level = this.#levels[depth];
    if (level === undefined) return 0;
    this.#takeSides(node, level, depth, classes);
    const right = this.#trees.next[node] ?? 0;
    const lefts = this.#descend(node, node + 1, LEFT, level, depth, classes);
    const rights = this.#descend(node, right, RIGHT, level, depth, classes);
    const met = this.#meet(node, level, lefts, rights, below, worth);
    this.#credit(node, level, classes, met, below);
    return met;
  }

  /** Writes which side of the split each row is on, and which classes still agree with its feature. */
  #takeSides(node: number, level: Level, depth: number, classes: number): void {
    const rows = this.#rows;
    const { above, side, alive } = level;
    const plane = this.#planes[(this.#trees.split[node] ?? 0) - 1] ?? NO_BYTES;
    const cut = this.#trees.cut[node] ?? 0;
    const repeats = this.#trees.repeats[node] ?? 0;
    this.#whoAgrees(depth, repeats, classes, alive);
    if (repeats === 0) {
      for (let row = 0; row < rows; row += 1) side[row] = (plane[row] ?? 0) <= cut ? LEFT : RIGHT;
      return;
    }
    for (let row = 0; row < rows; row += 1) {
      const agrees = alive[above[row] ?? 0] === 1;
      side[row] = agrees ? ((plane[row] ?? 0) <= cut ? LEFT : RIGHT) : OFF;
    }
  }

  /** Writes which classes of the level `depth` agreed on coming to the level `repeats`; all where it is 0. */
  #whoAgrees(depth: number, repeats: number, classes: number, agreeing: Uint8Array): void {
    if (repeats === 0) {
      agreeing.fill(1, 0, classes);
      return;
    }
    for (let one = 0; one < classes; one += 1) {
      let ancestor = one;
      for (let d = depth; d > repeats; d -= 1) ancestor = this.#levels[d]?.from[ancestor] ?? 0;
      agreeing[one] = this.#levels[repeats]?.agreed[ancestor] ?? 0;
    }
  }

  /** Visits a child: parts the classes by who agrees with going there, and follows their products. */
  #descend(
    node: number,
    child: number,
    way: typeof LEFT | typeof RIGHT,
    level: Level,
    depth: number,
    classes: number,
  ): number {
    const below = level.below[way - 1] ?? NO_CLASSES;
    const worth = level.worth[way - 1] ?? NO_NUMBERS;
    const n = this.#rule.points.length;
    if (this.#trees.split[child] === 0) {
      worth.fill(this.#trees.value[this.#trees.next[child] ?? 0] ?? 0, 0, n);
      return 0;
    }
    this.#factor(node, way);
    if (
      this.#trees.split[child + 1] === 0 &&
      this.#trees.split[this.#trees.next[child] ?? 0] === 0
    ) {
      this.#twoLeaves(child, way, level, depth, classes);
      return 3;
    }
    const next = this.#levels[depth + 1];
    if (next === undefined) return 0;
    const { above, side, alive, path } = level;
    const { from, agreed } = next;
    const nextAbove = next.above;
    const nextPath = next.path;
    const numbers = this.#numbers;
    const rows = this.#rows;
    numbers.fill(-1, 0, 2 * classes);
    let found = 0;
    for (let row = 0; row < rows; row += 1) {
      const key = 2 * (above[row] ?? 0) + (side[row] === way ? 1 : 0);
      let number = numbers[key] ?? 0;
      if (number < 0) {
        number = found;
        found += 1;
        numbers[key] = number;
        from[number] = key >> 1;
        agreed[number] = key & 1;
      }
      nextAbove[row] = number;
    }
    const factors = this.#factors;
    for (let number = 0; number < found; number += 1) {
      const mine = from[number] ?? 0;
      const factor = agreed[number] === 1 ? 0 : alive[mine] === 1 ? n : 2 * n;
      for (let q = 0; q < n; q += 1) {
        nextPath[number * n + q] = (path[mine * n + q] ?? 0) * (factors[factor + q] ?? 0);
      }
    }
    return this.#visit(child, depth + 1, found, below, worth);
  }

  /**
   * Visits a child both of whose children are leaves, at once: nearly half of all splits are such.
   *
   * What the path is worth is one number a class then, straight from the classes of the level above; the
   * classes by what is below are the row's sides themselves.
   */
  #twoLeaves(
    child: number,
    way: typeof LEFT | typeof RIGHT,
    level: Level,
    depth: number,
    classes: number,
  ): void {
    const rows = this.#rows;
    const { points, weights } = this.#rule;
    const n = points.length;
    const { above, side, alive, path } = level;
    const below = level.below[way - 1] ?? NO_CLASSES;
    const worth = level.worth[way - 1] ?? NO_NUMBERS;
    const code = this.#trees.split[child] ?? 0;
    const plane = this.#planes[code - 1] ?? NO_BYTES;
    const part = this.#parts[(code - 1) % this.#trees.features] ?? NO_NUMBERS;
    const cut = this.#trees.cut[child] ?? 0;
    const ul = this.#trees.value[this.#trees.next[child + 1] ?? 0] ?? 0;
    const ur = this.#trees.value[this.#trees.next[this.#trees.next[child] ?? 0] ?? 0] ?? 0;
    const left = this.#trees.leftShare[child] ?? 0;
    const z = this.#trees.shareAbove[child] ?? 1;
    const mean = left * ul + (1 - left) * ur;
    const onLeft = (1 - left) * (ul - ur);
    const onRight = -left * (ul - ur);
    const weigh = this.#weigh;
    for (let q = 0; q < n; q += 1) {
      const t = points[q] ?? 0;
      const f = t + (1 - t) * z;
      weigh[q] = ((weights[q] ?? 0) * z) / (f * f);
      worth[OFF * n + q] = mean;
      worth[LEFT * n + q] = mean + (t / f) * onLeft;
      worth[RIGHT * n + q] = mean + (t / f) * onRight;
    }
    const factors = this.#factors;
    const agreeing = this.#agreeing;
    const stays = this.#stays;
    const gain = this.#table;
    const repeats = this.#trees.repeats[child] ?? 0;
    const repeatsParent = repeats === depth + 1;
    if (!repeatsParent) this.#whoAgrees(depth, repeats, classes, agreeing);
    for (let one = 0; one < classes; one += 1) {
      const factor = alive[one] === 1 ? n : 2 * n;
      let agreed = 0;
      let not = 0;
      for (let q = 0; q < n; q += 1) {
        const product = (path[one * n + q] ?? 0) * (weigh[q] ?? 0);
        agreed += product * (factors[q] ?? 0);
        not += product * (factors[factor + q] ?? 0);
      }
      const ifNot = repeatsParent ? 0 : (agreeing[one] ?? 0);
      const ifAgreed = repeatsParent ? 1 : ifNot;
      stays[2 * one] = ifNot;
      stays[2 * one + 1] = ifAgreed;
      gain[2 * one] = ifNot * not;
      gain[2 * one + 1] = ifAgreed * agreed;
    }
    for (let row = 0; row < rows; row += 1) {
      const key = 2 * (above[row] ?? 0) + (side[row] === way ? 1 : 0);
      const goesLeft = (plane[row] ?? 0) <= cut;
      part[row] = (part[row] ?? 0) + (gain[key] ?? 0) * (goesLeft ? onLeft : onRight);
      below[row] = stays[key] === 0 ? OFF : goesLeft ? LEFT : RIGHT;
    }
  }

  /** What going to a child does to the product over the path: agreeing, not agreeing, and not any more. */
  #factor(node: number, way: typeof LEFT | typeof RIGHT): void {
    const { points } = this.#rule;
    const n = points.length;
    const left = this.#trees.leftShare[node] ?? 0;
    const share = way === LEFT ? left : 1 - left;
    const z = this.#trees.shareAbove[node] ?? 1;
    const factors = this.#factors;
    for (let q = 0; q < n; q += 1) {
      const t = points[q] ?? 0;
      const rest = (1 - t) * z;
      factors[q] = (t + rest * share) / (t + rest);
      factors[n + q] = (rest * share) / (t + rest);
      factors[2 * n + q] = share;
    }
  }

  /** Classes by what is below the node, out of those of its children (0: a leaf), and their worth and gain. */
  #meet(
    node: number,
    level: Level,
    lefts: number,
    rights: number,
    below: Uint16Array,
    worth: Float64Array,
  ): number {
    const rows = this.#rows;
    const { points, weights } = this.#rule;
    const n = points.length;
    const { side } = level;
    const leftBelow = lefts === 0 ? ALL_ONE : level.below[0];
    const rightBelow = rights === 0 ? ALL_ONE : level.below[1];
    const [leftWorth, rightWorth] = level.worth;
    const leftShare = this.#trees.leftShare[node] ?? 0;
    const rightShare = 1 - leftShare;
    const z = this.#trees.shareAbove[node] ?? 1;
    const gain = this.#gain;
    const member = this.#member;
    const keep = this.#keep;
    const weigh = this.#weigh;
    const numbers = this.#numbers;
    const width = Math.max(1, rights);
    const height = Math.max(1, lefts);
    let found = 0;
    if (3 * height * width <= COMBINATIONS) {
      numbers.fill(-1, 0, 3 * height * width);
      for (let row = 0; row < rows; row += 1) {
        const key =
          ((side[row] ?? 0) * height + (leftBelow[row] ?? 0)) * width + (rightBelow[row] ?? 0);
        let number = numbers[key] ?? 0;
        if (number < 0) {
          number = found;
          found += 1;
          numbers[key] = number;
          member[number] = row;
        }
        below[row] = number;
      }
    } else {
      found = rows;
      for (let row = 0; row < rows; row += 1) member[row] = below[row] = row;
    }
    for (let q = 0; q < n; q += 1) {
      const t = points[q] ?? 0;
      const rest = (1 - t) * z;
      const f = t + rest;
      keep[q] = t / f;
      weigh[q] = ((weights[q] ?? 0) * z) / (f * f);
    }
    for (let number = 0; number < found; number += 1) {
      const row = member[number] ?? 0;
      const way = side[row] ?? OFF;
      const l = (leftBelow[row] ?? 0) * n;
      const r = (rightBelow[row] ?? 0) * n;
      const at = number * n;
      const onLeft = way === LEFT ? rightShare : way === RIGHT ? -leftShare : 0;
      for (let q = 0; q < n; q += 1) {
        const ul = leftWorth[l + q] ?? 0;
        const ur = rightWorth[r + q] ?? 0;
        const apart = onLeft * (ul - ur);
        const mean = leftShare * ul + rightShare * ur;
        // t·hot + rest·mean over f, where hot is the mean and what lies between.
        worth[at + q] = mean + (keep[q] ?? 0) * apart;
        gain[at + q] = (weigh[q] ?? 0) * apart;
      }
    }
    return found;
  }

  /** Adds to each row what the node's split gives its feature. */
  #credit(node: number, level: Level, classes: number, met: number, below: Uint16Array): void {
    const rows = this.#rows;
    const n = this.#rule.points.length;
    const { above, path } = level;
    const gain = this.#gain;
    const part =
      this.#parts[((this.#trees.split[node] ?? 0) - 1) % this.#trees.features] ?? NO_NUMBERS;
    if (classes * met <= rows) {
      const table = this.#table;
      for (let a = 0; a < classes; a += 1) {
        for (let b = 0; b < met; b += 1) {
          let sum = 0;
          for (let q = 0; q < n; q += 1) sum += (path[a * n + q] ?? 0) * (gain[b * n + q] ?? 0);
          table[a * met + b] = sum;
        }
      }
      for (let row = 0; row < rows; row += 1) {
        part[row] = (part[row] ?? 0) + (table[(above[row] ?? 0) * met + (below[row] ?? 0)] ?? 0);
      }
      return;
    }
    for (let row = 0; row < rows; row += 1) {
      const a = (above[row] ?? 0) * n;
      const b = (below[row] ?? 0) * n;
      let sum = 0;
      for (let q = 0; q < n; q += 1) sum += (path[a + q] ?? 0) * (gain[b + q] ?? 0);
      part[row] = (part[row] ?? 0) + sum;
    }
  }
}
