/** A folder as it is uploaded. */
import * as z from 'zod';
import { ModelName } from './names.ts';

/** What `commit` uploads: the folder's files (data apart), in a canonical JSON document. */
export const Bundle = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  /** Path in the folder → text. */
  files: z.record(
    z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
        'of a packed file begins with A-Z a-z 0-9, then . _ - and / too',
      ),
    z.string(),
  ),
});
export type Bundle = z.infer<typeof Bundle>;
