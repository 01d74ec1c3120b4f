/** What a simulation says, as `npm run simulate` prints it. */
export interface Outcome {
  /** Parts with `/` between them, so that a prefix names several. */
  readonly name: string;
  readonly trials: number;
  readonly observed: number;
  readonly bound: number;
  readonly side: 'at-most' | 'at-least' | 'within';
  readonly passed: boolean;
  readonly seconds: number;
}

/** A simulation that is ready to run, by its name. */
export interface Simulation {
  readonly name: string;
  readonly run: (counts: Counts) => Outcome;
}

/** quick: in `npm test`; full: in `npm run prove` and by `--full`. */
export type Counts = 'quick' | 'full';

/** Runs what measures, and holds it against its bound; `within`: |observed| ≤ bound. */
export function outcome(
  name: string,
  side: Outcome['side'],
  bound: number,
  measure: () => { readonly trials: number; readonly observed: number },
): Outcome {
  const began = performance.now();
  const { trials, observed } = measure();
  const passed =
    side === 'at-most'
      ? observed <= bound
      : side === 'at-least'
        ? observed >= bound
        : Math.abs(observed) <= bound;
  const seconds = (performance.now() - began) / 1000;
  return { name, trials, observed, bound, side, passed, seconds };
}
