/** The story's claims: each names the step that would have to be broken for it to fail. */

export class StoryFailed extends Error {
  override readonly name = 'StoryFailed';
  readonly step: string;

  constructor(step: string, sentence: string, options?: ErrorOptions) {
    super(`${step}: ${sentence}`, options);
    this.step = step;
  }
}

/** Goes on only when the claim holds. @param step the state machine's step, or the part, to blame. */
export function expectThat(claim: boolean, step: string, otherwise: string): asserts claim {
  if (!claim) throw new StoryFailed(step, otherwise);
}

/** Asks again until the answer satisfies, at most `seconds` long; then fails naming the step. */
export async function eventually<T>(of: {
  readonly step: string;
  readonly seconds: number;
  readonly ask: () => Promise<T>;
  readonly until: (answer: T) => boolean;
  readonly otherwise: (answer: T) => string;
}): Promise<T> {
  const deadline = Date.now() + of.seconds * 1000;
  for (;;) {
    const answer = await of.ask();
    if (of.until(answer)) return answer;
    if (Date.now() > deadline) {
      throw new StoryFailed(of.step, `${of.otherwise(answer)} (waited ${of.seconds} s)`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
