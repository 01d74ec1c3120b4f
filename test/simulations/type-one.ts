/** How often a challenger that is no better is shown to be better, by groups and positives in the holdout. */
import { pairedAuc } from '#learning/metrics/jackknife.ts';
import { substream } from '#learning/random.ts';
import { outcome, type Simulation } from './outcome.ts';
import { draw, failing, type World } from './two-models.ts';

const ALPHA = 0.05;
const GROUPS = [15, 20, 30, 50];
const POSITIVES = [15, 20, 40];
const ROWS = 400;
/** Three standard errors above α at each number of trials. */
const COUNTS = {
  quick: { trials: 2000, bound: 0.065 },
  full: { trials: 10_000, bound: 0.057 },
};

const PLANS: Readonly<Record<string, Pick<World, 'sizes' | 'auc'> & { readonly steps?: number }>> =
  {
    'equal-81': { sizes: 'equal', auc: 0.81 },
    'equal-98': { sizes: 'equal', auc: 0.98 },
    'equal-81-ties': { sizes: 'equal', auc: 0.81, steps: 10 },
    'equal-98-ties': { sizes: 'equal', auc: 0.98, steps: 10 },
    'log-normal-81': { sizes: 'log-normal', auc: 0.81 },
    'log-normal-98': { sizes: 'log-normal', auc: 0.98 },
    'log-normal-81-ties': { sizes: 'log-normal', auc: 0.81, steps: 10 },
    'log-normal-98-ties': { sizes: 'log-normal', auc: 0.98, steps: 10 },
  };

export const typeOne: readonly Simulation[] = Object.entries(PLANS).flatMap(([plan, of]) =>
  GROUPS.flatMap((groups) =>
    POSITIVES.map((positives): Simulation => {
      const name = `type-one/${plan}/${groups}/${positives}`;
      const world: World = { ...of, groups, positives, rows: ROWS, difference: 0 };
      return {
        name,
        run: (counts) => {
          const { trials, bound } = COUNTS[counts];
          return outcome(name, 'at-most', bound, () => shownBetter(name, world, trials));
        },
      };
    }),
  ),
);

/**
 * A challenger that knows nothing in one group of ten and makes up for it elsewhere: few groups don't show
 * it, whatever the interval. Measured and told, without a bar.
 */
export const oneOfTen: readonly Simulation[] = [15, 20, 30, 50, 100].map((groups): Simulation => {
  const name = `type-one/fails-in-one-of-ten/${groups}/80`;
  const world: World = {
    sizes: 'equal',
    auc: 0.81,
    groups,
    positives: 80,
    rows: ROWS,
    difference: 0,
  };
  return {
    name,
    run: (counts) =>
      outcome(name, 'at-most', 1, () =>
        shownBetter(name, { ...world, failsInOneOfTen: true }, COUNTS[counts].trials),
      ),
  };
});

function shownBetter(name: string, world: World, trials: number) {
  const fails = world.failsInOneOfTen === true ? failing(world) : undefined;
  let shown = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const drawn = draw(world, substream(1, name, trial), fails);
    const { lower } = pairedAuc(drawn.first, drawn.second, drawn, ALPHA);
    if (lower !== null && lower > 0) shown += 1;
  }
  return { trials, observed: shown / trials };
}
