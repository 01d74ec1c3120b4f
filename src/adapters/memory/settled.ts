/**
 * Runs synchronous work as a port's method: what it throws rejects. Work runs at once and whole, so
 * that a compare-and-swap in memory is as atomic as in a database.
 */
export function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
