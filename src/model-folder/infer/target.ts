/** What the target's values are, and whether they can be told apart as somebody means them. */
import { quoted, refuse } from '#dataset/refusal.ts';
import { levelText, type ReadRules } from '#learning/cells.ts';
import type { ColumnProfile } from './column-profile.ts';

export interface TargetValue {
  readonly value: string;
  readonly rows: number;
}

export interface Target {
  readonly column: string;
  readonly positive: string;
  /** By how many rows they have, then by their text. */
  readonly values: readonly TargetValue[];
  /** What is doubtful about them, a line each. */
  readonly warnings: readonly string[];
  /** Goes into `schema.json`, where a value that isn't among them is refused; null where there are too many. */
  readonly allowed: readonly string[] | null;
}

/** More values than these are no classes that anybody listed. */
const MOST_VALUES = 20;
const SHOWN = 10;
const TRUE: ReadonlySet<string> = new Set(['true', 't', 'yes', 'y', '1']);
const FALSE: ReadonlySet<string> = new Set(['false', 'f', 'no', 'n', '0']);

/**
 * The target's values with their counts.
 *
 * They are classes, so the person whose table it is may see them: in what `init` writes to the terminal
 * and into `schema.json`, and nowhere else. Throws `DataInvalid`: a missing cell, a number (regression
 * isn't there), a positive value that is absent, one that stands in other spellings too.
 */
export function targetOf(
  column: ColumnProfile,
  of: { readonly positive: string; readonly file: string; readonly rules: ReadRules },
): Target {
  const { positive, file, rules } = of;
  const { name, firstMissing, present, rows, texts, numbers } = column;
  const no = (what: string): never => refuse(file, { column: name }, what);
  if (firstMissing !== -1) {
    const others = rows - present - 1;
    const more = others === 0 ? '' : `, and in ${others} more rows`;
    return refuse(
      file,
      { row: firstMissing + 1, column: name },
      `the target is missing (empty cells and words such as NA, None and NULL count as missing)${more}`,
    );
  }
  if (texts === null) return no('is the target, and its texts were not kept');
  const levels = texts.levels.map((level) => levelText(level, rules, name));
  const values = countValues(levels, texts.codes);
  if (numbers !== null && values.length > MOST_VALUES) {
    return no(
      `is a number of ${values.length} values, and only two classes can be learnt (regression isn’t there): write a column that says on which side of a limit each row is, as high and low, and name that one`,
    );
  }
  const spellings = values.filter(({ value }) => sameValue(value, positive));
  const written = shown(spellings);
  if (!spellings.some(({ value }) => value === positive)) {
    if (spellings.length === 0) {
      return no(`never holds the value given by --positive: it holds ${shown(values)}`);
    }
    const [most] = spellings;
    const hint = spellings.length > 1 ? '' : `: --positive '${most?.value ?? ''}'`;
    return no(`holds the value given by --positive in another spelling, ${written}${hint}`);
  }
  if (spellings.length > 1) {
    return no(
      `holds the positive value in ${spellings.length} spellings, ${written}: write one of them everywhere, or the others count as not positive`,
    );
  }
  return {
    column: name,
    positive,
    values,
    warnings: warningsOf(name, positive, values),
    allowed: values.length > MOST_VALUES ? null : values.map(({ value }) => value),
  };
}

function warningsOf(name: string, positive: string, values: readonly TargetValue[]): string[] {
  const rest = values.filter(({ value }) => value !== positive);
  const others = rest.length;
  const lines: string[] = [];
  if (others > 1) {
    lines.push(
      `${name}: ${others + 1} values are learnt as one against the rest: ${quoted(positive)} against the ${others} others`,
    );
  }
  const alike = rest.filter(
    ({ value }, i) => rest.findIndex((other) => sameValue(other.value, value)) !== i,
  );
  if (alike.length > 0) {
    lines.push(
      `${name}: ${alike.map(({ value }) => quoted(value)).join(', ')} may be another spelling of a value that stands there too`,
    );
  }
  if (values.length > MOST_VALUES) {
    lines.push(
      `${name}: more than ${MOST_VALUES} values: schema.json lists none, and a new one counts as not positive`,
    );
  }
  return lines;
}

function countValues(levels: readonly string[], codes: Int32Array): TargetValue[] {
  const counts = new Map<string, number>();
  for (const code of codes) {
    const level = levels[code] ?? '';
    counts.set(level, (counts.get(level) ?? 0) + 1);
  }
  return [...counts]
    .map(([value, rows]) => ({ value, rows }))
    .toSorted((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1));
}

function shown(values: readonly TargetValue[]): string {
  const some = values.slice(0, SHOWN).map(({ value, rows }) => `${quoted(value)} in ${rows} rows`);
  const more = values.length - some.length;
  return `${some.join(', ')}${more > 0 ? ` and ${more} more values` : ''}`;
}

/** Whether two values are one to a person: by case, by white space, as numbers, or as yes and no. */
function sameValue(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(value: string): string {
  const text = value
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/[.!]$/, '');
  if (TRUE.has(text)) return '1';
  if (FALSE.has(text)) return '0';
  const number = Number(text);
  return text === '' || Number.isNaN(number) ? text : String(number);
}
