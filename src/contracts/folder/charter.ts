/** The three documents of a folder together, and the part of them by which a run is judged. */
import * as z from 'zod';
import { ModelDocument } from './model.ts';
import { PolicyDocument } from './policy.ts';
import { SchemaDocument } from './schema.ts';

/**
 * What a run is judged by: the policy, the schema, and the model document without candidates and space.
 * Its hash is `sha256Hex(canonicalJson(charter))`.
 */
export const Charter = z.strictObject({
  model: ModelDocument.omit({ candidates: true, space: true, $schema: true }),
  schema: SchemaDocument.omit({ $schema: true }),
  policy: PolicyDocument.omit({ $schema: true }),
});
export type Charter = z.infer<typeof Charter>;

export interface Folder {
  readonly model: ModelDocument;
  readonly schema: SchemaDocument;
  readonly policy: PolicyDocument;
}

export function charterOf(folder: Folder): Charter {
  const { candidates: _candidates, space: _space, $schema: _m, ...model } = folder.model;
  const { $schema: _s, ...schema } = folder.schema;
  const { $schema: _p, ...policy } = folder.policy;
  return { model, schema, policy };
}
