/** Names, hashes and times, as every document spells them. */
import * as z from 'zod';

export const ModelName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,29}$/,
    'a model name is a lower-case letter, then up to 29 of a-z, 0-9, -',
  );
export const Sha256 = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'a hash is sha256: and 64 hex digits');
export const CommitSha = z.string().regex(/^[0-9a-f]{40}$/, 'a commit is 40 hex digits');
export const Timestamp = z.iso.datetime({ precision: 3 });
/** Characters: a whole question of a survey goes in. */
export const MAX_COLUMN_NAME = 256;
export const ColumnName = z.string().min(1).max(MAX_COLUMN_NAME);
