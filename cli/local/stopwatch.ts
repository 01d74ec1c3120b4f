/** Seconds since the process started, to the nanosecond. */
export function stopwatch(): number {
  return performance.now() / 1000;
}
