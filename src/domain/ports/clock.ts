export interface Clock {
  /** ISO 8601 UTC with milliseconds. */
  now(): string;
}
