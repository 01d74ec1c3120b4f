/** Paths, payload templates and result paths, as the States Language evaluates them. */
import type { Json, Rule } from './definition.ts';
import { StatesError } from './failure.ts';

type JsonObject = { readonly [key: string]: Json };

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path, or undefined; `$$` paths read the context object. */
export function lookUp(path: string, input: Json, context: Json): Json | undefined {
  const [root = '$', ...fields] = path.split('.');
  let value: Json | undefined = root === '$$' ? context : input;
  for (const field of fields) value = isObject(value) ? value[field] : undefined;
  return value;
}

/** As `lookUp`, but a missing field ends the execution, as on AWS. */
export function read(path: string, input: Json, context: Json): Json {
  const value = lookUp(path, input, context);
  if (value === undefined) {
    throw new StatesError('States.Runtime', `there is nothing at ${path}`);
  }
  return value;
}

/** Fills a payload template: a key that ends in `.$` takes the value at its path. */
export function fill(template: Json, input: Json, context: Json): Json {
  if (!isObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$') && typeof value === 'string'
        ? [key.slice(0, -2), read(value, input, context)]
        : [key, fill(value, input, context)],
    ),
  );
}

/** Puts a result into the state; without a path the result replaces it. */
export function place(path: string | undefined, input: Json, result: Json): Json {
  if (path === undefined) return result;
  const put = (into: Json | undefined, fields: readonly string[]): Json => {
    const [field, ...rest] = fields;
    if (field === undefined) return result;
    const object = isObject(into) ? into : {};
    return { ...object, [field]: put(object[field], rest) };
  };
  return put(input, path.split('.').slice(1));
}

/**
 * Whether a Choice rule holds.
 *
 * A missing path ends the execution with States.Runtime, as on AWS. (The local stack goes on to the
 * next rule instead; the definition is written so that both lead to a failed run.)
 */
export function holds(rule: Rule, input: Json, context: Json): boolean {
  const value = lookUp(rule.Variable, input, context);
  if (value === undefined) {
    throw new StatesError('States.Runtime', `there is nothing at ${rule.Variable}`);
  }
  if ('StringEquals' in rule) return value === rule.StringEquals;
  if ('BooleanEquals' in rule) return value === rule.BooleanEquals;
  return (value === null) === rule.IsNull;
}
