/** Every simulation there is. */
import type { Simulation } from './outcome.ts';
import { advice, power } from './power.ts';
import { oneOfTen, typeOne } from './type-one.ts';

export const SIMULATIONS: readonly Simulation[] = [...typeOne, ...oneOfTen, ...power, ...advice];
