/** A function's log: one JSON document a line, as CloudWatch Logs reads it. */
export function jsonLog(): (
  message: string,
  fields?: Readonly<Record<string, string | number | boolean | null>>,
) => void {
  return (message, fields = {}) => {
    process.stdout.write(`${JSON.stringify({ message, ...fields })}\n`);
  };
}
