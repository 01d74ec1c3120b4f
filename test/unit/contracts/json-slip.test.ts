import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonSlip, placeIn } from '#contracts/json-slip.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('a text that is not JSON', () => {
  it.each<[string, string, string]>([
    ['a comma too many', '{\n  "mode": "warn",,\n  "x": 1\n}\n', 'line 2, character 18'],
    ['a comma before the end', '{"a": 1,}', 'character 9'],
    ['a comma too few', '[1 2]', 'character 4'],
    ['a word without quotes', '{\n"a": warn }', 'line 2, character 6'],
    ['single quotes', "{'a': 1}", 'character 2'],
    ['a line end in a text', '["a\nb"]', 'line 1, character 4'],
    ['a wrong escape', '["a\\x"]', 'character 4'],
    ['a comment', '// all\n{}', 'line 1, character 1'],
    ['a bracket of the other kind', '{"a": [1}', 'character 9'],
    ['more behind the end', '{"a": 1}}', 'character 9'],
    ['an end that is missing', '{\n"a": 1\n', 'line 3, character 1'],
    ['a number in other words', '[01]', 'character 3'],
    ['nothing', '', 'character 1'],
  ])('by %s is one from there on', (_, text, place) => {
    const at = jsonSlip(text) ?? -1;
    expect(isJson(text)).toBe(false);
    expect(placeIn(text, at)).toBe(place);
  });

  it('is told from one that is, whatever was changed in it', () => {
    const change = fc.record({
      at: fc.nat(),
      by: fc.constantFrom('', ',', '"', '}', ']', ':', '0', 'x', '\\', ' '),
    });
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), change, fc.nat(2), (json, { at, by }, cut) => {
        const from = at % (json.length + 1);
        const text = json.slice(0, from) + by + json.slice(from + cut);
        expect(jsonSlip(json)).toBeNull();
        expect(jsonSlip(text) === null).toBe(isJson(text));
      }),
      { seed: 5, numRuns: 2000 },
    );
  });
});
