/** How a state fails, and which Retry or Catch takes it. */

/** An error as Step Functions carries it: a name and a cause. */
export class StatesError extends Error {
  override readonly name: string;

  constructor(name: string, cause: string, options?: ErrorOptions) {
    super(cause, options);
    this.name = name;
  }
}

/** What a Lambda's throw becomes: the error's own name, and Lambda's JSON as the cause. */
export function fromFunction(thrown: unknown): StatesError {
  if (thrown instanceof StatesError) return thrown;
  const name = thrown instanceof Error ? thrown.name : 'Error';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new StatesError(
    name,
    JSON.stringify({ errorType: name, errorMessage: message, trace: [] }),
    { cause: thrown },
  );
}

/** These end the execution: neither Retry nor Catch by States.ALL takes them. */
const TERMINAL = ['States.Runtime', 'States.DataLimitExceeded'];

/** Whether an ErrorEquals list takes an error name. States.TaskFailed is any but a time-out. */
export function matches(names: readonly string[], error: string): boolean {
  if (names.includes(error)) return true;
  if (TERMINAL.includes(error)) return false;
  if (names.includes('States.ALL')) return true;
  return names.includes('States.TaskFailed') && error !== 'States.Timeout';
}
