/** Counts the calls at work, so that a test can wait until there are none. */
export class Activity {
  #active = 0;
  #sleepers: (() => void)[] = [];
  readonly #failures: unknown[] = [];

  began(): void {
    this.#active += 1;
  }

  rested(): void {
    this.#active -= 1;
    if (this.#active > 0) return;
    const woken = this.#sleepers;
    this.#sleepers = [];
    for (const wake of woken) wake();
  }

  /** Keeps a throw that no state takes for `idle` to throw. */
  failed(thrown: unknown): void {
    this.#failures.push(thrown);
  }

  /** Resolves once no call is at work. Throws the first failure that was kept. */
  async idle(): Promise<void> {
    if (this.#active > 0) await new Promise<void>((wake) => this.#sleepers.push(wake));
    const [failure] = this.#failures.splice(0);
    if (failure === undefined) return;
    throw failure instanceof Error ? failure : new Error(JSON.stringify(failure));
  }
}
