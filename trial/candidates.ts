/** Which candidates an attempt trains: the folder's own, then points of its space by seeded chance. */
import { Candidate, type Folder, type SearchSpace } from '../contracts/folder.ts';
import { canonicalJson } from '../domain/canonical.ts';
import { substream } from '../learning/random.ts';

/** Names of proposed candidates begin so; a folder's own may not. */
export const PROPOSED = 'retune-';

/**
 * The candidates of an attempt, from 1; empty where the policy or the space has no more.
 *
 * Random search without replacement (Bergstra and Bengio 2012): what is proposed depends on folder, seed
 * and attempt alone, never on a score, so each step finds the same candidates by their names.
 */
export function candidatesOf(folder: Folder, attempt: number): readonly Candidate[] {
  const { model, policy } = folder;
  if (attempt === 1) return model.candidates;
  const { space, seed } = model;
  if (space === undefined || policy.retune === undefined || attemptsLeft(folder, attempt - 1) < 1) {
    return [];
  }
  const { candidatesPerAttempt } = policy.retune;
  const known = new Set(model.candidates.map(pointOf));
  const from = (attempt - 2) * candidatesPerAttempt;
  const found: Candidate[] = [];
  for (const settings of drawPoints(space, seed)) {
    const { algorithm, transforms, calibration } = space;
    const name = `${PROPOSED}${attempt - 1}-${found.length - from + 1}`;
    const candidate = Candidate.parse({
      name,
      algorithm,
      settings,
      ...(transforms === undefined ? {} : { transforms }),
      ...(calibration === undefined ? {} : { calibration }),
    });
    if (known.has(pointOf(candidate))) continue;
    found.push(candidate);
    if (found.length === from + candidatesPerAttempt) break;
  }
  return found.slice(from);
}

/** How many attempts the policy leaves after this one; none where no gate asks or nothing is declared. */
export function attemptsLeft({ model, policy }: Folder, attempt: number): number {
  const asks = policy.gates.some((g) => g.mode === 'enforce' && g.onFail === 'retune');
  if (!asks || policy.retune === undefined || model.space === undefined) return 0;
  return Math.max(0, policy.retune.attempts + 1 - attempt);
}

/** Whether a choice will have to be made: only then does anybody need scores within the folds. */
export function isChoice(folder: Folder): boolean {
  return folder.model.candidates.length > 1 || attemptsLeft(folder, 1) > 0;
}

function pointOf({ name: _name, ...rest }: Candidate): string {
  return canonicalJson(rest);
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
