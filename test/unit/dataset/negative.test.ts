import { describe, expect, it } from 'vitest';
import { negativeOf } from '#dataset/read-table.ts';
import { smallFolder } from './small-folder.ts';

const READ = { separator: ',', decimal: '.', missing: [] };

/** A folder of a target with these values. */
function folderOf(
  values: readonly string[] | undefined,
  { type = 'category', positive = 'late', read }: Record<string, unknown> = {},
) {
  const target = { name: 'y', type, role: 'target', ...(values === undefined ? {} : { values }) };
  return smallFolder({
    model: { positive },
    schema: {
      ...(read === undefined ? {} : { read }),
      columns: [
        { name: 'who', type: 'text', role: 'identity' },
        { name: 'x', type: 'number', role: 'feature' },
        target,
      ],
    },
  });
}

describe('the target’s other value', () => {
  it.each<[string, readonly string[] | undefined, Record<string, unknown>, string | undefined]>([
    ['is the second of two, wherever the positive stands', ['in time', 'late'], {}, 'in time'],
    ['is found behind the positive too', ['late', 'in time'], {}, 'in time'],
    ['isn’t there where three are listed', ['late', 'in time', 'lost'], {}, undefined],
    ['isn’t there where none are listed', undefined, {}, undefined],
    [
      'is written as the contract writes it',
      ['TRUE', 'FALSE'],
      { positive: 'True', read: READ },
      'FALSE',
    ],
    [
      'is the other one of a boolean',
      undefined,
      { type: 'boolean', positive: 'no', read: READ },
      'true',
    ],
    ['isn’t there where the positive isn’t listed', ['in time', 'Late'], {}, undefined],
    [
      'is one where two spellings mean the positive',
      ['1', '1.0', '0'],
      { positive: '1', read: READ },
      '0',
    ],
  ])('%s', (_, values, how, expected) => {
    expect(negativeOf(folderOf(values, how))).toBe(expected);
  });
});
