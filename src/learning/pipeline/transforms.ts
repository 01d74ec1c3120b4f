/**
 * Stations between a row's columns and its estimator; fitted on training rows only.
 *
 * Training and serving run one compiled program over blocks of rows, so a cell can't come out differently
 * for a table than for one record.
 */
import { LearningError } from '#learning/errors.ts';
import { type Column, MOST_FEATURES, type Table } from '#learning/table.ts';
import { BLOCK, type Feature, MISSING_LEVEL, type Reader, UNSEEN_LEVEL } from './estimator-kind.ts';

/** A fitted transform. Features are named as they are called where it stands. */
export type Transform =
  /** Missing becomes a number, or a level's index; an unseen level stays unseen. In place. */
  | { readonly kind: 'impute'; readonly feature: string; readonly value: number }
  /**
   * `feature=level`, 1 or 0, for each of `levels`, and `feature is missing` where `missing`; in place.
   * An unseen level is all 0, a missing one too where it has no feature of its own.
   */
  | {
      readonly kind: 'oneHot';
      readonly feature: string;
      readonly levels: readonly string[];
      readonly missing: boolean;
    }
  /** The level's index; missing and unseen become NaN. In place. */
  | { readonly kind: 'ordinal'; readonly feature: string }
  /** The level's share of the training rows, one a level; missing becomes NaN, unseen 0. In place. */
  | { readonly kind: 'frequency'; readonly feature: string; readonly shares: Float64Array }
  /** `left*right`, appended; missing where either is, or where the result isn't finite. */
  | { readonly kind: 'product'; readonly left: string; readonly right: string }
  /** `left/right`, appended; missing where either is, or where the result isn't finite. */
  | { readonly kind: 'ratio'; readonly left: string; readonly right: string }
  /**
   * `left×right`, appended; its level i is the pair `pairs[i]` = left · (levels of right) + right, ascending.
   * Missing where either is, else unseen where either is or where training had no such pair.
   */
  | {
      readonly kind: 'cross';
      readonly left: string;
      readonly right: string;
      readonly pairs: Uint32Array;
    }
  /** Keeps `features`, in the order they stand in. `scores` has one for every feature before it. */
  | {
      readonly kind: 'select';
      readonly features: readonly string[];
      readonly scores: Float64Array;
    };

/** UTF-16 units; without a limit a product of a product of … doubles its name at each step. */
const LONGEST_NAME = 1000;
/** UTF-16 units of all names made: 4 bytes of a pair could ask for a thousand. */
const MOST_LETTERS = 2 ** 26;

/** Throws; `subject` is the feature at fault. */
export type RefuseTransform = (subject: string, what: string) => never;

const refuseArtifact: RefuseTransform = (subject, what) => {
  throw new LearningError(
    'ArtifactInvalid',
    `the artifact's transforms: feature '${subject}' ${what}`,
    subject,
  );
};

/** Where a feature's cells are in a block; a transform in place takes the slot over. */
interface Slot {
  feature: Feature;
  readonly start: number;
}
/** A place in the order; more than one slot where a feature became several. */
interface Place {
  slots: Slot[];
}
/** Changes a block: `cells` has `BLOCK` numbers a slot, levels as their codes. */
type Step = (cells: Float64Array, rows: number) => void;

/** Follows the feature list through the transforms; linear in their size, whoever wrote them. */
class Compiler {
  readonly steps: Step[] = [];
  #slots = 0;
  #letters = 0;
  #places: Place[] = [];
  readonly #found = new Map<string, { readonly slot: Slot; readonly place: Place }>();
  readonly #refuse: RefuseTransform;

  constructor(columns: readonly Feature[], refuse: RefuseTransform) {
    this.#refuse = refuse;
    for (const column of columns) this.#append(column);
  }

  get cells(): number {
    return this.#slots * BLOCK;
  }

  inOrder(): readonly Slot[] {
    return this.#places.flatMap((place) => place.slots);
  }

  add(transform: Transform): void {
    switch (transform.kind) {
      case 'impute':
        this.#impute(transform.feature, transform.value);
        break;
      case 'oneHot':
        this.#oneHot(transform.feature, transform.levels, transform.missing);
        break;
      case 'ordinal':
        this.#toNumber(transform.feature, (code) => (code >= 0 ? code : Number.NaN));
        break;
      case 'frequency':
        this.#frequency(transform.feature, transform.shares);
        break;
      case 'product':
        this.#calculate(transform.left, transform.right, '*', (a, b) => a * b);
        break;
      case 'ratio':
        this.#calculate(transform.left, transform.right, '/', (a, b) => a / b);
        break;
      case 'cross':
        this.#cross(transform.left, transform.right, transform.pairs);
        break;
      case 'select':
        this.#select(transform.features, transform.scores);
        break;
    }
  }

  #slot(name: string): { readonly slot: Slot; readonly place: Place } {
    return this.#found.get(name) ?? this.#refuse(name, 'is not there');
  }

  #number(name: string): Slot {
    const { slot } = this.#slot(name);
    return slot.feature.kind === 'numeric' ? slot : this.#refuse(name, 'is not numeric');
  }

  #levels(name: string): { slot: Slot; place: Place; levels: readonly string[] } {
    const { slot, place } = this.#slot(name);
    return slot.feature.kind === 'categorical'
      ? { slot, place, levels: slot.feature.levels }
      : this.#refuse(name, 'is not categorical');
  }

  /** A new slot at a place, under a name that nothing has yet. */
  #add(feature: Feature, place: Place): Slot {
    if (this.#found.has(feature.name)) this.#refuse(feature.name, 'is there twice');
    if (this.#slots >= MOST_FEATURES) this.#refuse(feature.name, `is one of over ${MOST_FEATURES}`);
    const slot: Slot = { feature, start: this.#slots * BLOCK };
    this.#slots += 1;
    place.slots.push(slot);
    this.#found.set(feature.name, { slot, place });
    return slot;
  }

  #append(feature: Feature): Slot {
    const place: Place = { slots: [] };
    this.#places.push(place);
    return this.#add(feature, place);
  }

  #joined(left: string, sign: string, right: string): string {
    const length = left.length + sign.length + right.length;
    this.#letters += length;
    if (length > LONGEST_NAME)
      this.#refuse(left, `makes a name of over ${LONGEST_NAME} characters`);
    if (this.#letters > MOST_LETTERS) this.#refuse(left, 'makes names that are too long together');
    return left + sign + right;
  }

  #impute(name: string, value: number): void {
    const { feature, start } = this.#slot(name).slot;
    if (feature.kind === 'numeric') {
      if (!Number.isFinite(value)) this.#refuse(name, 'has a value that is not finite');
      this.steps.push((cells, rows) => {
        for (let at = start; at < start + rows; at += 1) {
          if (Number.isNaN(cells[at])) cells[at] = value;
        }
      });
      return;
    }
    if (!(Number.isInteger(value) && value >= 0 && value < feature.levels.length)) {
      this.#refuse(name, 'has a value that is no index of its levels');
    }
    this.steps.push((cells, rows) => {
      for (let at = start; at < start + rows; at += 1) {
        if (cells[at] === MISSING_LEVEL) cells[at] = value;
      }
    });
  }

  #oneHot(name: string, kept: readonly string[], missing: boolean): void {
    const { slot, place, levels } = this.#levels(name);
    const indices = new Map(levels.map((level, i) => [level, i]));
    const hotOf = new Int32Array(levels.length).fill(-1);
    this.#found.delete(name);
    place.slots = [];
    kept.forEach((level, i) => {
      const index = indices.get(level);
      if (index === undefined) return this.#refuse(name, 'has a level that it lacked before');
      hotOf[index] = i;
      this.#add({ name: this.#joined(name, '=', level), kind: 'numeric' }, place);
    });
    const hotOfMissing = missing ? kept.length : -1;
    if (missing) this.#add({ name: this.#joined(name, ' is ', 'missing'), kind: 'numeric' }, place);
    const first = place.slots[0]?.start ?? 0;
    const end = first + place.slots.length * BLOCK;
    const { start } = slot;
    this.steps.push((cells, rows) => {
      if (rows === 1) for (let at = first; at < end; at += BLOCK) cells[at] = 0;
      else cells.fill(0, first, end);
      for (let row = 0; row < rows; row += 1) {
        const code = cells[start + row] ?? UNSEEN_LEVEL;
        const hot = code === MISSING_LEVEL ? hotOfMissing : (hotOf[code] ?? -1);
        if (hot >= 0) cells[first + hot * BLOCK + row] = 1;
      }
    });
  }

  #toNumber(name: string, numberOf: (code: number) => number): void {
    const { slot } = this.#levels(name);
    const { start } = slot;
    slot.feature = { name, kind: 'numeric' };
    this.steps.push((cells, rows) => {
      for (let at = start; at < start + rows; at += 1) {
        cells[at] = numberOf(cells[at] ?? UNSEEN_LEVEL);
      }
    });
  }

  #frequency(name: string, shares: Float64Array): void {
    const { levels } = this.#levels(name);
    if (shares.length !== levels.length) this.#refuse(name, 'has not one share a level');
    if (!shares.every((share) => share >= 0 && share <= 1)) {
      this.#refuse(name, 'has a share that is not from 0 to 1');
    }
    this.#toNumber(name, (code) => (code === MISSING_LEVEL ? Number.NaN : (shares[code] ?? 0)));
  }

  #calculate(
    left: string,
    right: string,
    sign: string,
    of: (left: number, right: number) => number,
  ): void {
    const a = this.#number(left).start;
    const b = this.#number(right).start;
    const { start } = this.#append({ name: this.#joined(left, sign, right), kind: 'numeric' });
    this.steps.push((cells, rows) => {
      for (let row = 0; row < rows; row += 1) {
        const value = of(cells[a + row] ?? Number.NaN, cells[b + row] ?? Number.NaN);
        cells[start + row] = Number.isFinite(value) ? value : Number.NaN;
      }
    });
  }

  #cross(left: string, right: string, pairs: Uint32Array): void {
    const { slot: a, levels: lefts } = this.#levels(left);
    const { slot: b, levels: rights } = this.#levels(right);
    const levels: string[] = [];
    let last = -1;
    for (const pair of pairs) {
      if (!(pair > last)) this.#refuse(left, 'has pairs that do not ascend');
      last = pair;
      const one = lefts[Math.floor(pair / rights.length)];
      const other = rights[pair % rights.length];
      if (one === undefined || other === undefined) {
        return this.#refuse(left, 'has a pair out of range');
      }
      levels.push(this.#joined(one, '×', other));
    }
    const name = this.#joined(left, '×', right);
    const { start } = this.#append({ name, kind: 'categorical', levels });
    const width = rights.length;
    this.steps.push((cells, rows) => {
      for (let row = 0; row < rows; row += 1) {
        const l = cells[a.start + row] ?? UNSEEN_LEVEL;
        const r = cells[b.start + row] ?? UNSEEN_LEVEL;
        cells[start + row] =
          l === MISSING_LEVEL || r === MISSING_LEVEL
            ? MISSING_LEVEL
            : l < 0 || r < 0
              ? UNSEEN_LEVEL
              : indexOf(pairs, l * width + r);
      }
    });
  }

  #select(names: readonly string[], scores: Float64Array): void {
    const before = this.inOrder();
    if (scores.length !== before.length) this.#refuse('', 'is not scored, or has several scores');
    if (names.length === 0) this.#refuse('', 'is not among the selected, nor is another');
    let at = 0;
    const kept = before.filter((slot) => {
      if (slot.feature.name !== names[at]) {
        this.#found.delete(slot.feature.name);
        return false;
      }
      at += 1;
      return true;
    });
    if (at !== names.length) this.#refuse(names[at] ?? '', 'is selected and not there in order');
    this.#places = kept.map((slot) => {
      const place: Place = { slots: [slot] };
      this.#found.set(slot.feature.name, { slot, place });
      return place;
    });
  }
}

/** The place of a number in an ascending list; `UNSEEN_LEVEL` where it isn't there. */
function indexOf(ascending: Uint32Array, wanted: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === wanted ? low : UNSEEN_LEVEL;
}

function compile(
  columns: readonly Feature[],
  transforms: readonly Transform[],
  refuse: RefuseTransform,
): Compiler {
  const compiler = new Compiler(columns, refuse);
  for (const transform of transforms) compiler.add(transform);
  if (compiler.inOrder().length === 0) refuse('', 'is not left, nor is another');
  return compiler;
}

/**
 * The features that come out of transforms of these columns.
 *
 * Throws `ArtifactInvalid` (or what `refuse` does) where a transform names a feature that isn't there or
 * of the wrong kind, makes a name twice, or has parts of the wrong size. Linear in the transforms.
 */
export function featuresAfter(
  columns: readonly Feature[],
  transforms: readonly Transform[],
  refuse: RefuseTransform = refuseArtifact,
): readonly Feature[] {
  return compile(columns, transforms, refuse)
    .inOrder()
    .map((slot) => slot.feature);
}

/** A reader of the columns that hands what the transforms make of them on to `next`. */
export function throughTransforms(
  columns: readonly Feature[],
  transforms: readonly Transform[],
  next: Reader,
): Reader {
  if (transforms.length === 0) return next;
  const compiler = compile(columns, transforms, refuseArtifact);
  const { steps } = compiler;
  const slots = compiler.inOrder();
  const cells = new Float64Array(compiler.cells);
  const put = (row: number, column: number, cell: number): void => {
    cells[column * BLOCK + row] = cell;
  };
  return {
    setNumber: put,
    setLevel: put,
    score(rows, out, at) {
      for (let i = 0; i < steps.length; i += 1) steps[i]?.(cells, rows);
      for (let i = 0; i < slots.length; i += 1) {
        const slot = slots[i];
        if (slot === undefined) continue;
        const { start } = slot;
        if (slot.feature.kind === 'numeric') {
          for (let row = 0; row < rows; row += 1) {
            next.setNumber(row, i, cells[start + row] ?? Number.NaN);
          }
        } else {
          for (let row = 0; row < rows; row += 1) {
            next.setLevel(row, i, cells[start + row] ?? UNSEEN_LEVEL);
          }
        }
      }
      next.score(rows, out, at);
    },
  };
}

/** A table as the transforms make it, cell by cell what serving makes of the same rows. */
export function applyTransforms(table: Table, transforms: readonly Transform[]): Table {
  if (transforms.length === 0) return table;
  const columns = table.columns.map(featureOf);
  const made = featuresAfter(columns, transforms).map(
    (feature): Column =>
      feature.kind === 'numeric'
        ? { ...feature, values: new Float64Array(table.rows) }
        : { ...feature, codes: new Int32Array(table.rows) },
  );
  let first = 0;
  const reader = throughTransforms(columns, transforms, {
    setNumber(row, i, value) {
      const column = made[i];
      if (column?.kind === 'numeric') column.values[first + row] = value;
    },
    setLevel(row, i, code) {
      const column = made[i];
      if (column?.kind === 'categorical') column.codes[first + row] = code;
    },
    score: () => undefined,
  });
  const none = new Float64Array(0);
  for (; first < table.rows; first += BLOCK) {
    const rows = Math.min(BLOCK, table.rows - first);
    fillReader(reader, table, first, rows);
    reader.score(rows, none, 0);
  }
  return { rows: table.rows, columns: made };
}

/** Gives rows `first` to `first + rows − 1` of a table to a reader of its columns. */
export function fillReader(reader: Reader, table: Table, first: number, rows: number): void {
  table.columns.forEach((column, i) => {
    if (column.kind === 'numeric') {
      for (let row = 0; row < rows; row += 1) {
        reader.setNumber(row, i, column.values[first + row] ?? Number.NaN);
      }
    } else {
      for (let row = 0; row < rows; row += 1) {
        reader.setLevel(row, i, column.codes[first + row] ?? MISSING_LEVEL);
      }
    }
  });
}

/** A column's name and kind, and its levels. */
export function featureOf(column: Column): Feature {
  return column.kind === 'numeric'
    ? { name: column.name, kind: 'numeric' }
    : { name: column.name, kind: 'categorical', levels: column.levels };
}
