import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFolder } from '#model-folder/read.ts';

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
  const candidate = (of: object) =>
    edit('model.json', (d) => ({
      ...d,
      candidates: [{ name: 'c', algorithm: 'forest', ...of }],
    }));
  const space = (settings: object, transforms?: readonly object[]) =>
    edit('model.json', (d) => ({ ...d, space: { algorithm: 'forest', settings, transforms } }));

  it.each([
    ['that the data names', { transforms: [{ kind: 'encode', as: 'one-hot' }] }],
    [
      'behind a selection',
      {
        transforms: [
          { kind: 'select', best: 5 },
          { kind: 'interact', as: 'product', pairs: [['idp', 'lpi']] },
        ],
      },
    ],
  ])('leaves to the data how many features and columns %s there are', (_what, of) => {
    const settings = { featuresPerSplit: 99 };
    expect(readFolder(candidate({ settings, ...of })).model.candidates).toHaveLength(1);
  });

  it.each([
    [
      'a document absent',
      { 'model.json': good['model.json'] ?? '' },
      'schema.json: the folder lacks it',
    ],
    ['no JSON', { ...good, 'policy.json': '{' }, /^policy\.json: is not JSON \(at character 2\)$/],
    [
      'a comma too many',
      { ...good, 'schema.json': (good['schema.json'] ?? '').replace(',', ',\n,') },
      /^schema\.json: is not JSON \(at line 3, character 1\)$/,
    ],
    [
      'an unknown field',
      edit('policy.json', (d) => ({ ...d, tiers: 'low' })),
      'policy.json: unknown field tiers',
    ],
    [
      'a gate with two limits',
      edit('policy.json', (d) => ({ ...d, gates: [{ name: 'g', metric: 'auc', min: 0, max: 1 }] })),
      'policy.json: gates[0]: a gate has either min or max',
    ],
    [
      'a name with a capital',
      edit('model.json', (d) => ({ ...d, name: 'Doctor' })),
      'model.json: name: a model name is a lower-case letter, then up to 29 of a-z, 0-9, -',
    ],
    [
      'an identity that isn’t there',
      edit('model.json', (d) => ({ ...d, identity: { key: ['nobody'] } })),
      'model.json: identity.key[0]: is no column of schema.json that is read',
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
    [
      'more features than its folds and repeats go through',
      edit('schema.json', (d) => ({
        ...d,
        columns: [
          ...(JSON.parse(good['schema.json'] ?? '') as { columns: object[] }).columns,
          ...Array.from({ length: 9000 }, (_, i) => ({
            name: `wide${i}`,
            type: 'number',
            role: 'feature',
          })),
        ],
      })),
      'model.json: plan: 5 folds and 1 repeat make 21 fits a candidate, and at most 8571 features go through as many, not 9009',
    ],
    [
      'more features at a split than there are',
      candidate({ settings: { featuresPerSplit: 99 } }),
      /^model\.json: candidates\[0\]\.settings\.featuresPerSplit: featuresPerSplit is 'sqrt', 'all' or 1 to \d+ here, not 99$/,
    ],
    [
      'more features at a split than a selection leaves',
      candidate({ settings: { featuresPerSplit: 3 }, transforms: [{ kind: 'select', best: 2 }] }),
      /settings\.featuresPerSplit: .* 1 to 2 here, not 3$/,
    ],
    [
      'a setting out of the engine’s range',
      candidate({ algorithm: 'boosting', settings: { learningRate: 1e-9 } }),
      "model.json: candidates[0].settings.learningRate: candidate 'c': learningRate is a number from 0.001 to 1, not 1e-9",
    ],
    [
      'a setting of another algorithm',
      candidate({ algorithm: 'logistic', settings: { trees: 5 } }),
      'model.json: unknown field candidates[0].settings.trees',
    ],
    [
      'a transform of a column that isn’t there',
      candidate({ transforms: [{ kind: 'encode', as: 'ordinal', columns: ['nobody'] }] }),
      "model.json: candidates[0]: transforms[0] (encode): column 'nobody' is not there",
    ],
    [
      'a transform of a column of the wrong kind',
      candidate({ transforms: [{ kind: 'encode', as: 'ordinal', columns: ['idp'] }] }),
      "model.json: candidates[0]: transforms[0] (encode): column 'idp' is not categorical",
    ],
    [
      'an axis with a value twice',
      space({ minLeaf: [1, 2, 1] }),
      'model.json: space.settings.minLeaf[2]: stands twice on this axis',
    ],
    [
      'an axis with a value out of range',
      space({ trees: [10, 0] }),
      /^model\.json: space\.settings\.trees\[1\]: /,
    ],
    [
      'an axis with more features at a split than there are',
      space({ featuresPerSplit: ['sqrt', 99] }),
      /^model\.json: space\.settings\.featuresPerSplit\[1\]: .* here, not 99$/,
    ],
    [
      'an axis that no such algorithm has',
      space({ leaves: [4] }),
      'model.json: unknown field space.settings.leaves',
    ],
    [
      'a space with a transform of a column that isn’t there',
      space({ trees: [4] }, [{ kind: 'interact', as: 'product', pairs: [['idp', 'nobody']] }]),
      /^model\.json: space: .*'nobody' is not there$/,
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
