/** What a schema found wrong with a value, in words: where, and what must stand there. */
import type * as z from 'zod';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** So many of a value's issues are named; of the others, how many there are. */
const SHOWN = 3;
const MAX_PATH = 200;

/**
 * Issues in one line: `gates[0].min must be a number, not text; unknown field tiers; and 2 more`.
 *
 * It names fields, and what a schema wants of them; it never holds a value.
 */
export function issueWords(issues: readonly Issue[]): string {
  const lines = issues.flatMap((issue) => linesOf(issue, []));
  const rest = lines.length - SHOWN;
  const shown = lines.slice(0, SHOWN).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
  return shown.replace(/[\s\p{Cc}]+/gu, ' ');
}

/** Zod asks this for the sentence of each issue whose schema has none of its own. */
export function sentenceOf(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return 'is missing';
      const wanted = NOUNS[issue.expected] ?? issue.expected;
      return typeof issue.input === 'number' && NUMBERS.includes(issue.expected)
        ? `must be ${Number.isFinite(issue.input) ? wanted : 'a finite number'}`
        : `must be ${wanted}, not ${kindOf(issue.input)}`;
    }
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`;
    case 'too_small':
      return sizeWords(issue.origin, issue.minimum, issue.inclusive ? 'at least' : 'above');
    case 'too_big':
      return sizeWords(issue.origin, issue.maximum, issue.inclusive ? 'at most' : 'below');
    case 'invalid_format':
      return formatWords(issue.format, issue.pattern);
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return undefined;
  }
}

function linesOf(issue: Issue, before: readonly PropertyKey[]): readonly string[] {
  const path = [...before, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => `unknown field ${pathText([...path, key])}`);
    case 'invalid_key':
      return issue.issues.map((inner) => `${pathText(path)}: the name ${inner.message}`);
    case 'invalid_union':
      return unionLines(issue, path);
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_type':
    case 'invalid_value':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
      return [line(path, issue.message)];
  }
}

/** Of several shapes, those that fit the kind of value are meant, and of these the nearest. */
function unionLines(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: readonly PropertyKey[],
): readonly string[] {
  if ('options' in issue && Array.isArray(issue.options)) {
    // A shape that may leave the field out has undefined among its options.
    const named = issue.options.filter((option) => option !== undefined);
    return [line(path, `must be ${oneOf(named)}`)];
  }
  const branches = issue.errors.filter((issues) => issues.length > 0);
  const fitting = branches.filter((issues) => !issues.some(isOfWhole));
  const nearest = [...fitting].sort((a, b) => distance(a) - distance(b))[0];
  if (nearest !== undefined) return nearest.flatMap((inner) => linesOf(inner, path));
  const sentences = [...new Set(branches.flatMap((issues) => issues.slice(0, 1)).map(messageOf))];
  return [line(path, alternatives(sentences))];
}

/** Whether the value as a whole is of another kind than the schema wants. */
function isOfWhole({ path, code, message }: Issue): boolean {
  if (path.length > 0) return false;
  return code === 'custom'
    ? message.startsWith('must be ')
    : code === 'invalid_type' || code === 'invalid_value';
}

function messageOf({ message }: Issue): string {
  return message;
}

/** `must be null, not a number` and `must be text, not a number` as one sentence. */
function alternatives(sentences: readonly string[]): string {
  const demands = sentences.map((one) => /^must be (.*?)(, not .*)?$/.exec(one));
  if (demands.some((found) => found === null)) return sentences.join(', or ');
  const wanted = demands.map((found) => found?.[1] ?? '').join(' or ');
  const given = demands.map((found) => found?.[2] ?? '').find((text) => text !== '');
  return `must be ${wanted}${given ?? ''}`;
}

/** A shape whose own fields are missing, or that knows none of those sent, is further away. */
function distance(issues: readonly Issue[]): number {
  return issues.reduce(
    (sum, issue) =>
      sum +
      (issue.code === 'unrecognized_keys' ? 10 * issue.keys.length : 1) +
      5 / (1 + issue.path.length),
    0,
  );
}

function line(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${pathText(path)}: ${message}`;
}

/** As JavaScript and jq write it: `objects[0].bytes`. */
function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? String(key) : `.${String(key)}`;
  }
  return text.length > MAX_PATH ? `${text.slice(0, MAX_PATH)}…` : text;
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  undefined: 'left out',
};

/** JSON has 1e999, and no word for a whole number of its own. */
const NUMBERS: readonly string[] = ['number', 'int'];

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return NOUNS[typeof value] ?? typeof value;
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return shown.length === 1 ? (shown[0] ?? '') : `one of ${shown.join(', ')}`;
}

function sizeWords(origin: string, limit: number | bigint, bound: string): string {
  const plural = Number(limit) === 1 ? '' : 's';
  switch (origin) {
    case 'string':
      return `must have ${bound} ${limit} character${plural}`;
    case 'array':
    case 'set':
    case 'map':
      return `must have ${bound} ${limit} item${plural}`;
    default:
      return `must be ${bound} ${limit}`;
  }
}

function formatWords(format: string, pattern: string | undefined): string {
  switch (format) {
    case 'datetime':
      return 'must be a time such as 2026-01-31T09:00:00.000Z';
    case 'url':
      return 'must be a URL';
    default:
      return pattern === undefined ? `must be of the form ${format}` : `must match ${pattern}`;
  }
}
