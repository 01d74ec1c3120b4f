/** Every simulation there is. */
import { anchor } from './anchor.ts';
import { choice, peers } from './choice/choice.ts';
import type { Simulation } from './outcome.ts';
import { advice, power } from './power.ts';
import { timeSplit } from './time-split.ts';
import { oneOfTen, typeOne } from './type-one.ts';

export const SIMULATIONS: readonly Simulation[] = [
  ...typeOne,
  ...oneOfTen,
  ...power,
  ...advice,
  ...choice,
  ...peers,
  ...anchor,
  ...timeSplit,
];
