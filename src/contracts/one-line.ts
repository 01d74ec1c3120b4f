/** What is wrong with a document, in the one line that an error's message is. */
import type * as z from 'zod';

/** Every issue as `path: message`, `; ` between them. */
export function oneLine(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => {
      const where = path.map(String).join('.');
      return where === '' ? message : `${where}: ${message}`;
    })
    .join('; ')
    .replace(/\s+/g, ' ');
}
