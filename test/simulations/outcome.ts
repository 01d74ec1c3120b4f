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
  readonly run: (counts: Counts) => Outcome | Promise<Outcome>;
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
  const seconds = (performance.now() - began) / 1000;
  return { name, trials, observed, bound, side, passed: holds(observed, side, bound), seconds };
}

/** The same of what is measured together with its bound, and may wait for another process. */
export async function measureOutcome(
  name: string,
  side: Outcome['side'],
  measure: () => Promise<Pick<Outcome, 'trials' | 'observed' | 'bound'>>,
): Promise<Outcome> {
  const began = performance.now();
  const { trials, observed, bound } = await measure();
  const seconds = (performance.now() - began) / 1000;
  return { name, trials, observed, bound, side, passed: holds(observed, side, bound), seconds };
}

function holds(observed: number, side: Outcome['side'], bound: number): boolean {
  switch (side) {
    case 'at-most':
      return observed <= bound;
    case 'at-least':
      return observed >= bound;
    case 'within':
      return Math.abs(observed) <= bound;
  }
}
