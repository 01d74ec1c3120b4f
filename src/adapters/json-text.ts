/** JSON text of any value; `undefined` becomes null, which JSON.stringify would leave out. */
export function jsonText(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
