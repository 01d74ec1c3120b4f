/** Our forest in the JSON that `ml-random-forest` 2.1.0 loads: its hard votes are then that library's. */
import type { ForestEstimator } from './forest-estimator.ts';
import { leafProbabilities } from './forest-estimator.ts';
import { unroll } from './preorder.ts';
import { LearningError } from '#learning/errors.ts';

/** What `RandomForestClassifier.load` takes. */
export interface MlRandomForest {
  readonly name: 'RFClassifier';
  readonly baseModel: object;
}

type JsonNode =
  | {
      readonly splitColumn: number;
      readonly splitValue: number;
      readonly left: JsonNode;
      readonly right: JsonNode;
    }
  | { readonly distribution: readonly (readonly [number, number])[] };

/**
 * Takes a forest over numbers to the library's JSON; columns are in the forest's order.
 *
 * A tree votes for class 1 where its leaf's probability is above 0.5. The library knows no missing values:
 * it must not be asked about any. Throws `TableInvalid` where a feature is categorical.
 */
export function toMlRandomForest(forest: ForestEstimator): MlRandomForest {
  const { inputs, split, bin, trees } = forest;
  const edges = inputs.map((input, feature) => {
    if (input.kind === 'bin') return input.edges;
    throw new LearningError(
      'TableInvalid',
      `ml-random-forest reads numbers only, and feature ${feature} is categorical`,
    );
  });
  const { roots, next, splitIndex } = unroll(split, trees);
  const leaf = leafProbabilities(forest);
  const nodeOf = (node: number): JsonNode => {
    const code = split[node] ?? 0;
    if (code === 0) {
      const share = leaf[next[node] ?? 0] ?? 0;
      return { distribution: [[1 - share, share]] };
    }
    const splitColumn = (code - 1) % inputs.length;
    const edge = edges[splitColumn]?.[bin[splitIndex[node] ?? 0] ?? 0];
    const left = nodeOf(node + 1);
    // A cut behind the last edge parts missing from all numbers, which go left.
    if (edge === undefined) return left;
    // The library sends values below the edge (<) to the left; this format sends those up to the edge (<=).
    return { splitColumn, splitValue: nextUp(edge), left, right: nodeOf(next[node] ?? 0) };
  };
  const options = { kind: 'classifier', gainFunction: 'gini', splitFunction: 'mean' };
  const indexes = inputs.map((_, feature) => feature);
  return {
    name: 'RFClassifier',
    baseModel: {
      indexes: Array.from(roots, () => indexes),
      n: inputs.length,
      replacement: false,
      maxFeatures: inputs.length,
      nEstimators: trees,
      treeOptions: options,
      isClassifier: true,
      seed: 0,
      estimators: Array.from(roots, (root) => ({
        options,
        root: nodeOf(root),
        name: 'DTClassifier',
      })),
      useSampleBagging: true,
    },
  };
}

/** The next double above a finite one. */
function nextUp(value: number): number {
  // 0 and −0 are one number, whose next is the smallest double there is.
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  bits[0] = (bits[0] ?? 0n) + (value > 0 ? 1n : -1n);
  return new Float64Array(bits.buffer)[0] ?? value;
}
