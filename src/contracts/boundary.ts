/** Where a JSON event becomes a typed input. */
import * as z from 'zod';
import { TitleholderError } from '#domain/errors.ts';

/** The event as `schema` reads it. Throws `BadInput`, naming each field that doesn't fit. */
export function readInput<T>(schema: z.ZodType<T>, event: unknown, what: string): T {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'event'}: ${issue.message}`);
  throw new TitleholderError('BadInput', `${what}: ${issues.join('; ')}`.slice(0, 1000));
}

/** The JSON value in UTF-8 bytes. Throws `BadInput`, without quoting the content. */
export function readJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new TitleholderError('BadInput', `${what} is not JSON in UTF-8`);
  }
}
