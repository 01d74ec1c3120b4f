/** How often a true difference is shown, and whether as many groups as were advised show it. */
import { groupsToSettle, pairedAuc } from '#learning/metrics/jackknife.ts';
import { pairedDifference } from '#learning/metrics/paired.ts';
import { substream } from '#learning/random.ts';
import { outcome, type Simulation } from './outcome.ts';
import { draw, type World } from './two-models.ts';

const ALPHA = 0.05;
const POWER = 0.9;

/** On ample groups the interval shows what a bootstrap of the same draws shows, less at most this share. */
const MAY_LOSE = 0.03;

export const power: readonly Simulation[] = [0.02, 0.04].map((difference): Simulation => {
  const name = `power/${difference}/200`;
  const world: World = {
    groups: 200,
    rows: 600,
    positives: 180,
    sizes: 'equal',
    auc: 0.81,
    difference,
  };
  return {
    name,
    run: (counts) => {
      const trials = counts === 'quick' ? 300 : 3000;
      let bootstrapped = 0;
      const measured = outcome(name, 'at-least', 0, () => {
        let shown = 0;
        for (let trial = 0; trial < trials; trial += 1) {
          const drawn = draw(world, substream(2, name, trial));
          const { lower } = pairedAuc(drawn.first, drawn.second, drawn, ALPHA);
          if (lower !== null && lower > 0) shown += 1;
          const of = (scores: Float64Array) => ({ scores, threshold: 0.5 });
          const by = pairedDifference(of(drawn.first), of(drawn.second), {
            ...drawn,
            replicates: 400,
            alpha: ALPHA,
            seed: trial,
          });
          if (by.lower > 0) bootstrapped += 1;
        }
        return { trials, observed: shown / trials };
      });
      const bound = bootstrapped / trials - MAY_LOSE;
      return { ...measured, bound, passed: measured.observed >= bound };
    },
  };
});

/** Power of as many fresh groups as a pilot of 40 or 100 advises, on the mean over pilots. */
const ADVICE: readonly (World & { readonly plan: string; readonly atLeast: number })[] = [
  {
    plan: 'equal-81',
    sizes: 'equal',
    auc: 0.81,
    groups: 60,
    rows: 300,
    positives: 90,
    difference: 0.03,
    atLeast: 0.85,
  },
  {
    plan: 'rows-81',
    sizes: 'equal',
    auc: 0.81,
    groups: 400,
    rows: 400,
    positives: 120,
    difference: 0.03,
    atLeast: 0.85,
  },
  {
    plan: 'log-normal-81',
    sizes: 'log-normal',
    auc: 0.81,
    groups: 60,
    rows: 300,
    positives: 90,
    difference: 0.03,
    atLeast: 0.7,
  },
  {
    plan: 'equal-96',
    sizes: 'equal',
    auc: 0.96,
    groups: 60,
    rows: 300,
    positives: 90,
    difference: 0.015,
    atLeast: 0.7,
  },
];

export const advice: readonly Simulation[] = ADVICE.map(
  ({ plan, atLeast, ...world }): Simulation => {
    const name = `advice/${plan}`;
    return {
      name,
      run: (counts) => {
        const trials = counts === 'quick' ? 100 : 1000;
        return outcome(name, 'at-least', atLeast, () => {
          let shown = 0;
          for (let trial = 0; trial < trials; trial += 1) {
            const pilot = draw({ ...world, difference: 0 }, substream(3, name, trial));
            const measured = pairedAuc(pilot.first, pilot.second, pilot, ALPHA);
            const groups = groupsToSettle(measured, {
              groups: world.groups,
              alpha: ALPHA,
              power: POWER,
              difference: world.difference,
            });
            if (groups === null) continue;
            const scale = groups / world.groups;
            const fresh = draw(
              {
                ...world,
                groups,
                rows: Math.round(world.rows * scale),
                positives: Math.round(world.positives * scale),
              },
              substream(4, name, trial),
            );
            const { lower } = pairedAuc(fresh.first, fresh.second, fresh, ALPHA);
            if (lower !== null && lower > 0) shown += 1;
          }
          return { trials, observed: shown / trials };
        });
      },
    };
  },
);
