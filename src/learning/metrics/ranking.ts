/** Scores with their labels, counted: all that a metric of scores needs to know of the rows. */

/** The distinct scores, falling, and how many rows of either class have each. */
export interface Ranking {
  readonly scores: Float64Array;
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

/** Rows by falling score; rows of equal score keep their order. */
export function orderByScore(scores: Float64Array): Uint32Array {
  const order = new Uint32Array(scores.length).map((_, i) => i);
  return order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}

/** Counts scores (no NaN) with labels of 0 or 1. */
export function rankingOf(scores: Float64Array, labels: Uint8Array): Ranking {
  const each = new Float64Array(1).fill(1);
  const draw = rankingOfDraws(scores, labels, new Int32Array(scores.length));
  return draw(each);
}

/**
 * The ranking of any draw of groups, given how often each group was drawn: scores are sorted once, and a
 * draw only changes how often a row counts. The arrays of a ranking are written again by the next draw.
 */
export function rankingOfDraws(
  scores: Float64Array,
  labels: Uint8Array,
  groupOf: Int32Array,
): (times: Float64Array) => Ranking {
  const order = orderByScore(scores);
  const distinct: number[] = [];
  /** Where a row's score stands among the distinct ones. */
  const place = Int32Array.from(order, (row, i) => {
    const score = scores[row] ?? 0;
    if (i === 0 || score !== distinct.at(-1)) distinct.push(score);
    return distinct.length - 1;
  });
  const falling = Float64Array.from(distinct);
  const countOf = (label: number): ((times: Float64Array) => Float64Array) => {
    const own = [...order.keys()].filter((i) => labels[order[i] ?? 0] === label);
    const groups = Int32Array.from(own, (i) => groupOf[order[i] ?? 0] ?? 0);
    const places = Int32Array.from(own, (i) => place[i] ?? 0);
    const counts = new Float64Array(distinct.length);
    return (times) => {
      counts.fill(0);
      for (let i = 0; i < places.length; i += 1) {
        const at = places[i] ?? 0;
        counts[at] = (counts[at] ?? 0) + (times[groups[i] ?? 0] ?? 0);
      }
      return counts;
    };
  };
  const positives = countOf(1);
  const negatives = countOf(0);
  return (times) => ({ scores: falling, positives: positives(times), negatives: negatives(times) });
}
