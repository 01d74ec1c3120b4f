/**
 * The one way to take what comes from outside, and to say no to it: `the body: reason: is missing`.
 *
 * A file that a person wrote, a request's body, a step's event, a stored document and an environment's
 * variables are read by these functions, so that the same mistake reads alike wherever it is made.
 */
import * as z from 'zod';
import { TitleholderError, type ErrorName } from '#domain/errors.ts';
import { jsonSlip, placeIn, withoutMark } from './json-slip.ts';
import { issueWords, sentenceOf } from './issue-words.ts';

/** A value of the schema, or in one line why it is none. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** The value as the schema reads it, or which fields are wrong; never with a value in the words. */
export function tryParse<S extends z.ZodType>(schema: S, value: unknown): Parsed<z.output<S>> {
  const result = schema.safeParse(value, { error: sentenceOf });
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, problem: issueWords(result.error.issues) };
}

/** As `tryParse`, of JSON in a text or in bytes of UTF-8. */
export function tryParseJson<S extends z.ZodType>(
  schema: S,
  json: string | Uint8Array,
): Parsed<z.output<S>> {
  const found = jsonValue(json);
  return found.ok ? tryParse(schema, found.value) : found;
}

/**
 * The value as the schema reads it.
 *
 * @param what names the value in the refusal: `the body`, `model.json`.
 * @param refusal the error's name; `BadInput` where the sender can mend it.
 */
export function parse<S extends z.ZodType>(
  schema: S,
  value: unknown,
  what: string,
  refusal: ErrorName = 'BadInput',
): z.output<S> {
  return orRefuse(tryParse(schema, value), what, refusal);
}

/** As `parse`, of JSON in a text or in bytes of UTF-8. */
export function parseJson<S extends z.ZodType>(
  schema: S,
  json: string | Uint8Array,
  what: string,
  refusal: ErrorName = 'BadInput',
): z.output<S> {
  return orRefuse(tryParseJson(schema, json), what, refusal);
}

/** A text that holds JSON of this schema: a variable of an environment. */
export function jsonTextOf<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      const found = jsonValue(text);
      if (found.ok) return found.value;
      context.addIssue({ code: 'custom', message: found.problem });
      return z.NEVER;
    })
    .pipe(schema);
}

function orRefuse<T>(parsed: Parsed<T>, what: string, refusal: ErrorName): T {
  if (parsed.ok) return parsed.value;
  throw new TitleholderError(refusal, `${what}: ${parsed.problem}`);
}

function jsonValue(json: string | Uint8Array): Parsed<unknown> {
  let text: string;
  try {
    text = typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json);
  } catch {
    return { ok: false, problem: 'is not UTF-8' };
  }
  const plain = withoutMark(text);
  try {
    const value: unknown = JSON.parse(plain);
    return { ok: true, value };
  } catch {
    const at = jsonSlip(plain);
    return { ok: false, problem: `is not JSON${at === null ? '' : ` (at ${placeIn(plain, at)})`}` };
  }
}
