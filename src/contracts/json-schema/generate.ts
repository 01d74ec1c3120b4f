/** Writes the JSON Schemas of the three documents beside this file: `node src/contracts/json-schema/generate.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ModelDocument } from '#contracts/folder/model.ts';
import { PolicyDocument } from '#contracts/folder/policy.ts';
import { SchemaDocument } from '#contracts/folder/schema.ts';

const DOCUMENTS = {
  model: [ModelDocument, 'model.json of a model folder'],
  schema: [SchemaDocument, 'schema.json of a model folder: the data contract'],
  policy: [PolicyDocument, 'policy.json of a model folder: limits'],
} as const;

/** File name → text. What a default fills may be left out, so the schemas are those of the input. */
export function jsonSchemas(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(DOCUMENTS).map(([name, [document, title]]) => {
      const schema = { title, ...z.toJSONSchema(document, { io: 'input' }) };
      return [`${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`];
    }),
  );
}

if (import.meta.main) {
  for (const [file, text] of Object.entries(jsonSchemas())) {
    writeFileSync(join(import.meta.dirname, file), text);
  }
}
