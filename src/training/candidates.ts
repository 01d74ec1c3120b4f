/** Which candidates each round trains: the folder's own, then points of its space by seeded chance. */
import { Candidate, type SearchSpace } from '#contracts/folder/candidate.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import { absoluteLimit } from '#gates/absolute-limit.ts';
import { canonicalJson } from '#domain/canonical.ts';
import { checkCandidate } from '#learning/pipeline/fit.ts';
import { substream } from '#learning/random.ts';

/** Names of proposed candidates begin so; a folder's own may not. */
export const PROPOSED = 'retune-';

/**
 * The candidates of each round that may be made: the folder's own, then as many of its space as the
 * policy allows and the space has. Policy and documents call a round an attempt.
 *
 * Random search without replacement (Bergstra and Bengio 2012): what is proposed depends on folder and
 * seed alone, never on a score, so each step finds the same candidates by their names. A point is known
 * by what it trains: one that differs only by a default written out is the same, and isn't proposed.
 */
export function roundsOf({ model, policy }: Folder): readonly (readonly Candidate[])[] {
  const { space, seed, candidates } = model;
  const { retune } = policy;
  const asks = policy.gates.some(
    (gate) => absoluteLimit.isOwn(gate) && gate.mode === 'enforce' && gate.onFail === 'retune',
  );
  if (!asks || retune === undefined || space === undefined) return [candidates];
  const each = retune.candidatesPerAttempt;
  const known = new Set(candidates.map(pointOf));
  const found: Candidate[] = [];
  for (const settings of drawPoints(space, seed)) {
    const round = Math.floor(found.length / each) + 1;
    const name = `${PROPOSED}${round}-${(found.length % each) + 1}`;
    const candidate = candidateAt(space, name, settings);
    const point = pointOf(candidate);
    if (known.has(point)) continue;
    known.add(point);
    found.push(candidate);
    if (found.length === retune.attempts * each) break;
  }
  const proposals = Array.from({ length: Math.ceil(found.length / each) }, (_, i) =>
    found.slice(i * each, (i + 1) * each),
  );
  return [candidates, ...proposals];
}

/** Whether a choice will have to be made: only then does anybody need scores within the folds. */
export function isChoice(folder: Folder): boolean {
  return roundsOf(folder).flat().length > 1;
}

/** The candidate at a point of the space. */
export function candidateAt(
  { algorithm, transforms, calibration }: SearchSpace,
  name: string,
  settings: Readonly<Record<string, string | number>>,
): Candidate {
  return Candidate.parse({
    name,
    algorithm,
    settings,
    ...(transforms === undefined ? {} : { transforms }),
    ...(calibration === undefined ? {} : { calibration }),
  });
}

/** All that decides what is trained, defaults filled in. */
function pointOf(candidate: Candidate): string {
  const { settings, sampleRows, specs, calibration } = checkCandidate(candidate);
  const { algorithm } = candidate;
  return canonicalJson({ algorithm, settings, sampleRows, specs, calibration });
}

/** Every point of the space once, in seeded order; as lazily as it is asked for. */
function* drawPoints(
  { settings }: SearchSpace,
  seed: number,
): Generator<Readonly<Record<string, string | number>>> {
  // By name, so that the order in the file doesn't matter.
  const axes = Object.entries(settings)
    .flatMap(([name, values]) => (values === undefined ? [] : [{ name, values }]))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const points = axes.reduce((product, { values }) => product * values.length, 1);
  const random = substream(seed, 'retune');
  // Fisher and Yates's shuffle of 0 … points − 1, keeping only what was moved.
  const moved = new Map<number, number>();
  for (let drawn = 0; drawn < points; drawn += 1) {
    const at = drawn + random.nextInt(Math.min(points - drawn, 2 ** 32));
    let index = moved.get(at) ?? at;
    moved.set(at, moved.get(drawn) ?? drawn);
    yield Object.fromEntries(
      axes.map(({ name, values }) => {
        const value = values[index % values.length] ?? 0;
        index = Math.floor(index / values.length);
        return [name, value];
      }),
    );
  }
}
