/** Parses what came from outside and says in one line, by path, what is wrong with it. */
import type * as z from 'zod';
import { TitleholderError } from '#domain/errors.ts';

type Issue = z.core.$ZodIssue;

const SHOWN = 3;

/** Throws `BadInput` that names the first wrong fields; a message never holds a value. */
export function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new TitleholderError('BadInput', `${what}: ${describe(result.error.issues)}`);
}

/** JSON text as a value. Throws `BadInput`. */
export function parseJson(text: string, what: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    // The engine's own message quotes the text; only the position is fit to be repeated.
    const at = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    throw new TitleholderError(
      'BadInput',
      `${what} is not JSON${at === undefined ? '' : ` (at character ${at})`}`,
    );
  }
}

/** Issues in one line: `objects[0].bytes: …; unknown field 'x'`. */
export function describe(issues: readonly Issue[]): string {
  const lines = issues.flatMap((issue) => linesOf(issue, []));
  const rest = lines.length - SHOWN;
  return lines.slice(0, SHOWN).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

function linesOf(issue: Issue, prefix: readonly PropertyKey[]): readonly string[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `unknown field ${pathText([...path, key])}`);
  }
  if (issue.code === 'invalid_union') {
    // Of several shapes, the one that the sender came nearest to is the one to talk about.
    const nearest = [...issue.errors].sort((a, b) => distance(a) - distance(b))[0];
    if (nearest !== undefined && nearest.length > 0) {
      return nearest.flatMap((inner) => linesOf(inner, path));
    }
  }
  return [path.length === 0 ? issue.message : `${pathText(path)}: ${issue.message}`];
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

function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? String(key) : `.${String(key)}`;
  }
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
