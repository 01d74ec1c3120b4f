/** JSON in a text: a variable of the environment, a definition that an API hands out. */
import * as z from 'zod';

/** A text that holds JSON of this schema; what is wrong is said without quoting it. */
export function jsonTextOf<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        const value: unknown = JSON.parse(text);
        return value;
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
