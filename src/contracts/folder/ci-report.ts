/** What was found before a commit was sent. */
import * as z from 'zod';
import { CommitSha, ModelName, Sha256 } from './names.ts';

/** What `commit` found before it sent anything: made by the tool, bound to one bundle. */
export const CiReport = z.strictObject({
  schemaVersion: z.literal(1),
  model: ModelName,
  commit: CommitSha,
  bundle: Sha256,
  data: Sha256,
  submitter: z.string(),
  /** E-mail addresses of the authors of the commit's range. */
  authors: z.array(z.string()).max(200),
  tools: z.record(z.string(), z.string()),
  /** JUnit XML of lint, schema check, a 1,000-row try and the folder's own `ci` command. */
  junit: z.string(),
  /** Digest over all the fields above, so that an edited report is refused. */
  digest: Sha256,
});
export type CiReport = z.infer<typeof CiReport>;
