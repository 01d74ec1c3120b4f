import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jsonSchemas } from '#contracts/json-schema/generate.ts';

const FOLDER = join(import.meta.dirname, '../../../src/contracts/json-schema');

it.each(Object.entries(jsonSchemas()))('ships %s as the documents have it now', (file, text) => {
  expect(readFileSync(join(FOLDER, file), 'utf8')).toBe(text);
});
