import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFolder } from '../../../trial/read-folder.ts';

const MODELS = join(import.meta.dirname, '../../../models');

function files(name: string): Record<string, string> {
  return Object.fromEntries(
    ['model.json', 'schema.json', 'policy.json'].map((file) => [
      file,
      readFileSync(join(MODELS, name, file), 'utf8'),
    ]),
  );
}

it.each(readdirSync(MODELS))('reads models/%s', (name) => {
  expect(readFolder(files(name)).model.name).toBe(name);
});

describe('a folder with a mistake', () => {
  const good = files('doctor-visits');
  const edit = (
    file: string,
    change: (document: Record<string, never>) => unknown,
  ): Record<string, string> => ({
    ...good,
    [file]: JSON.stringify(change(JSON.parse(good[file] ?? '') as Record<string, never>)),
  });
  it.each([
    [
      'a document absent',
      { 'model.json': good['model.json'] ?? '' },
      'schema.json: the folder lacks it',
    ],
    ['no JSON', { ...good, 'policy.json': '{' }, 'policy.json: is not JSON'],
    [
      'an unknown field',
      edit('policy.json', (d) => ({ ...d, tiers: 'low' })),
      'policy.json: Unrecognized key: "tiers"',
    ],
    [
      'a gate with two limits',
      edit('policy.json', (d) => ({ ...d, gates: [{ name: 'g', metric: 'auc', min: 0, max: 1 }] })),
      'policy.json: gates.0: a gate has either min or max',
    ],
    [
      'a name with a capital',
      edit('model.json', (d) => ({ ...d, name: 'Doctor' })),
      'model.json: name: a model name is a lower-case letter, then up to 29 of a-z, 0-9, -',
    ],
    [
      'an identity that isn’t there',
      edit('model.json', (d) => ({ ...d, identity: { key: ['nobody'] } })),
      'model.json: identity.key.0: is no column of schema.json that is read',
    ],
    [
      'another target',
      edit('model.json', (d) => ({ ...d, target: 'idp' })),
      'schema.json: columns: has exactly one target column: the target of model.json',
    ],
    [
      'no candidate',
      edit('model.json', (d) => ({ ...d, candidates: [] })),
      /^model\.json: candidates: /,
    ],
  ])('is refused with file and path: %s', (_what, some, message) => {
    expect(() => readFolder(some)).toThrow(
      expect.objectContaining({
        name: 'BadInput',
        message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
      }),
    );
  });
});
