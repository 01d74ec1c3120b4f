/** What a forest and boosted trees share in the file: how features become bytes, and the trees over them. */
import { type Bins, binColumn, binOfNumber, fitBins, MISSING_BIN } from './bins.ts';
import { unroll } from './preorder.ts';
import { walker } from './walk.ts';
import type { Feature, Reader } from '#learning/pipeline/estimator-kind.ts';
import {
  bytesOf,
  codesOf,
  countsOf,
  doublesOf,
  fieldsOf,
  kindOf,
  listPerFeature,
  packArray,
  refusePart,
  wholeOf,
} from '#learning/pipeline/packed.ts';
import type { Table } from '#learning/table.ts';

/** How a feature's cell becomes a byte; 255 is missing or unseen. */
export type TreeInput =
  /** A number to the count of edges below it; at most 254 edges, ascending. */
  | { readonly kind: 'bin'; readonly edges: Float64Array }
  /** A level to its bin. */
  | { readonly kind: 'order'; readonly binOfLevel: Uint8Array };

/** Trees one after another, each in preorder: a left child follows its parent. */
export interface TreesOverBins {
  /** One a feature. */
  readonly inputs: readonly TreeInput[];
  readonly trees: number;
  /** One a node: 0 a leaf, 1 + f splits feature f with missing to the right, 1 + features + f to the left. */
  readonly split: Uint8Array | Uint16Array;
  /** One a split, in node order: bins up to it go left; never 255. */
  readonly bin: Uint8Array;
  /** One a leaf, in node order: what of the training rows is in it, at least 1. */
  readonly cover: Uint16Array | Uint32Array;
}

/** Inputs, and the training rows behind them. */
export interface FittedInputs {
  readonly inputs: readonly TreeInput[];
  /** One byte a row for each feature; of a category not always those of `binTable`: see `FittedBins`. */
  readonly bytes: readonly Uint8Array[];
  /** Bins of each feature, missing left out. */
  readonly counts: Int32Array;
}

/** Fits each feature's bins on training rows; rows of one of `groups` belong together. */
export function fitInputs(table: Table, labels: Uint8Array, groups?: Int32Array): FittedInputs {
  const fitted = table.columns.map((column) => fitBins(column, labels, groups));
  return {
    inputs: fitted.map(({ bins }) =>
      bins.kind === 'numeric'
        ? { kind: 'bin', edges: bins.edges }
        : { kind: 'order', binOfLevel: bins.binOfLevel },
    ),
    bytes: fitted.map(({ bytes }) => bytes),
    counts: Int32Array.from(fitted, ({ count }) => count),
  };
}

/** One byte a row that didn't train, for each column in the inputs' order. */
export function binTable(table: Table, inputs: readonly TreeInput[]): readonly Uint8Array[] {
  return table.columns.map((column, i) => binColumn(column, binsOf(inputs[i])));
}

function binsOf(input: TreeInput | undefined): Bins {
  return input?.kind === 'order'
    ? { kind: 'categorical', binOfLevel: input.binOfLevel }
    : { kind: 'numeric', edges: input?.edges ?? new Float64Array(0) };
}

/** The shared fields as JSON. */
export function packTrees({ inputs, trees, split, bin, cover }: TreesOverBins): object {
  return {
    inputs: inputs.map((input) =>
      input.kind === 'bin'
        ? { kind: input.kind, edges: packArray(input.edges) }
        : { kind: input.kind, binOfLevel: packArray(input.binOfLevel) },
    ),
    trees,
    split: packArray(split),
    bin: packArray(bin),
    cover: packArray(cover),
  };
}

/** The names of the fields that `packTrees` writes. */
export const TREE_FIELDS = ['inputs', 'trees', 'split', 'bin', 'cover'] as const;

/**
 * The trees' nodes in preorder, as a file has them, and how many are splits.
 *
 * Throws `ArtifactInvalid` for a code above `mostCode`, and where they aren't trees or are deeper than 64.
 */
export function unpackSplits(
  written: Readonly<Record<string, unknown>>,
  mostCode: number,
): {
  readonly trees: number;
  readonly split: Uint8Array | Uint16Array;
  readonly splits: number;
} {
  const trees = wholeOf(written['trees'], 'estimator.trees', 1, 100_000);
  const split = codesOf(written['split'], 'estimator.split');
  let splits = 0;
  for (let node = 0; node < split.length; node += 1) {
    const code = split[node] ?? 0;
    if (code > mostCode)
      refusePart('estimator.split', `has a feature out of range at node ${node}`);
    if (code > 0) splits += 1;
  }
  unroll(split, trees);
  return { trees, split, splits };
}

/**
 * Takes the shared fields from an object that has them; `leaves` is `cover.length`.
 *
 * Throws `ArtifactInvalid` where an input doesn't fit its feature, a split's feature or bin is out of
 * range, a leaf is empty, or the trees aren't trees or are deeper than 64.
 */
export function unpackTrees(
  written: Readonly<Record<string, unknown>>,
  features: readonly Feature[],
): TreesOverBins {
  const inputs = listPerFeature(written['inputs'], 'estimator.inputs', features.length).map(
    (input, i) => unpackInput(input, `estimator.inputs[${i}]`, features[i]),
  );
  const { trees, split, splits } = unpackSplits(written, 2 * features.length);
  const bin = bytesOf(written['bin'], 'estimator.bin');
  const cover = countsOf(written['cover'], 'estimator.cover');
  if (bin.length !== splits) refusePart('estimator.bin', 'has not one entry a split');
  if (cover.length !== split.length - splits) {
    refusePart('estimator.cover', 'has not one entry a leaf');
  }
  // 255 is missing, which has a direction of its own.
  const missing = bin.indexOf(MISSING_BIN);
  if (missing >= 0) refusePart('estimator.bin', `is 255 at split ${missing}`);
  const empty = cover.indexOf(0);
  if (empty >= 0) refusePart('estimator.cover', `is 0 at leaf ${empty}`);
  return { inputs, trees, split, bin, cover };
}

function unpackInput(value: unknown, part: string, feature: Feature | undefined): TreeInput {
  const kind = kindOf(value, part);
  if (kind === 'bin' && feature?.kind === 'numeric') {
    const edges = doublesOf(fieldsOf(value, part, ['kind', 'edges'])['edges'], part);
    if (edges.length > 254) refusePart(part, 'has more than 254 edges');
    for (let i = 1; i < edges.length; i += 1) {
      if (!((edges[i] ?? Number.NaN) > (edges[i - 1] ?? Number.NaN))) {
        refusePart(part, 'has edges that do not ascend');
      }
    }
    return { kind, edges };
  }
  if (kind === 'order' && feature?.kind === 'categorical') {
    const binOfLevel = bytesOf(fieldsOf(value, part, ['kind', 'binOfLevel'])['binOfLevel'], part);
    if (binOfLevel.length !== feature.levels.length) refusePart(part, 'has not one bin a level');
    return { kind, binOfLevel };
  }
  return refusePart(part, `is of a kind that doesn't fit its ${feature?.kind ?? ''} feature`);
}

/**
 * Reads cells into bytes and walks the trees; `leaf` is what a leaf adds, `scoreOf` makes a score of a
 * row's sum.
 */
export function treeReader(
  { inputs, trees, split, bin }: TreesOverBins,
  leaf: Float64Array,
  scoreOf: (sum: number) => number,
): Reader {
  const { put, sum } = walker({ trees, features: inputs.length, split, bin, leaf });
  const edges = inputs.map((input) => (input.kind === 'bin' ? input.edges : new Float64Array(0)));
  const bins = inputs.map((input) =>
    input.kind === 'order' ? input.binOfLevel : new Uint8Array(0),
  );
  return {
    setNumber(row, feature, value) {
      put(row, feature, binOfNumber(edges[feature] ?? NO_EDGES, value));
    },
    setLevel(row, feature, code) {
      put(row, feature, code < 0 ? MISSING_BIN : (bins[feature]?.[code] ?? MISSING_BIN));
    },
    score(rows, out, at) {
      sum(rows, out, at);
      for (let row = at; row < at + rows; row += 1) out[row] = scoreOf(out[row] ?? Number.NaN);
    },
  };
}

const NO_EDGES = new Float64Array(0);
