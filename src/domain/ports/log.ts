/** One line about what happened, with the fields to search by; never cell values, tokens or secrets. */
export type Log = (
  line: string,
  fields?: Readonly<Record<string, string | number | boolean | null>>,
) => void;
