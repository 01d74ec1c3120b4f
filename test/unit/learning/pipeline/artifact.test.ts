import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Artifact,
  decodeArtifact,
  encodeArtifact,
  labelOf,
  modelHash,
} from '#learning/pipeline/artifact.ts';
import type { ReadRules } from '#learning/cells.ts';
import { fitBins } from '#learning/trees/bins.ts';
import { fromBase64, toBase64 } from '#learning/pipeline/base64.ts';
import { type PipelineSpec, fitPipeline } from '#learning/pipeline/fit.ts';
import { type RawRow, scorer } from '#learning/pipeline/scorer.ts';
import type { Table } from '#learning/table.ts';
import { MANIFEST, madeUp, PROVENANCE, thrownBy } from '../made-up-table.ts';

const settings = { trees: 5, maxDepth: 5, minLeaf: 3, featuresPerSplit: 'sqrt' } as const;

function fitted(algorithm: PipelineSpec['algorithm'], rows = 200): Artifact {
  return fitPipeline({
    ...madeUp(rows),
    candidate: { name: 'c', algorithm, settings },
    seed: 1,
    positive: 'yes',
    thresholdRule: 0.5,
    trainingManifest: MANIFEST,
    provenance: PROVENANCE,
  });
}

function recordOf(table: Table, row: number): RawRow {
  return Object.fromEntries(
    table.columns.map((column) => {
      if (column.kind === 'numeric') {
        const value = column.values[row]!;
        return [column.name, Number.isNaN(value) ? null : row % 2 === 0 ? value : String(value)];
      }
      return [column.name, column.levels[column.codes[row]!] ?? 'NA'];
    }),
  );
}

const both = ['forest', 'ml-random-forest'] as const;

describe('the hash of the model', () => {
  it('is the same after any other provenance, as read back, and for nothing else', () => {
    const artifact = fitted('forest');
    const elsewhere: Artifact = {
      ...artifact,
      provenance: { ...PROVENANCE, commit: 'b'.repeat(40), asOf: '2026-02-02T00:00:00.000Z' },
    };
    expect(encodeArtifact(elsewhere)).not.toEqual(encodeArtifact(artifact));
    expect(modelHash(elsewhere)).toBe(modelHash(artifact));
    expect(modelHash(decodeArtifact(encodeArtifact(elsewhere)))).toBe(modelHash(artifact));
    const others: Partial<Artifact>[] = [
      { threshold: 0.25 },
      { positive: 'no' },
      { otherColumns: ['extra'] },
      { calibrator: { kind: 'sigmoid', slope: 1, intercept: 0.5 } },
      { trainingManifest: `sha256:${'9'.repeat(64)}` },
      { estimator: fitted('forest', 199).estimator },
    ];
    const hashes = others.map((change) => modelHash({ ...artifact, ...change }));
    expect(new Set([modelHash(artifact), ...hashes]).size).toBe(others.length + 1);
  });
});

describe('base64', () => {
  it('agrees with the platform and takes back what it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(fromBase64(toBase64(bytes))).toEqual(Uint8Array.from(bytes));
      }),
    );
  });

  it('refuses a second text for the same bytes', () => {
    for (const text of [
      'A',
      'AA',
      'AA=',
      'AB==',
      'AAB=',
      'A===',
      'AA==AA==',
      'AA-_',
      'A A=',
      'é===',
    ]) {
      expect(fromBase64(text)).toBeUndefined();
    }
  });
});

describe('a forest, walked node by node in the plainest way', () => {
  it('gives what the scorer gives, with missing cells going where training sent them', () => {
    const { table, labels } = madeUp(600);
    const { estimator, columns } = fitted('forest', 600);
    if (estimator.kind !== 'forest') throw new Error('not a forest');
    const bins = table.columns.map((column) => fitBins(column, labels).bytes);
    const { split, bin, cover, positives, trees } = estimator;
    const features = estimator.inputs.length;
    const expected = new Float64Array(600);
    let missingLeft = 0;
    for (let row = 0; row < 600; row += 1) {
      let [node, cut, leaf, sum] = [0, 0, 0, 0];
      // Reads one whole tree; `here` is false in the branches that the row doesn't take.
      const walk = (here: boolean): void => {
        const code = split[node++]!;
        if (code === 0) {
          if (here) sum += positives[leaf]! / cover[leaf]!;
          leaf += 1;
          return;
        }
        const cell = bins[(code - 1) % features]![row]!;
        const left = cell === 255 ? code > features : cell <= bin[cut]!;
        if (here && cell === 255 && left) missingLeft += 1;
        cut += 1;
        walk(here && left);
        walk(here && !left);
      };
      for (let tree = 0; tree < trees; tree += 1) walk(true);
      expected[row] = sum / trees;
    }
    expect(columns).toHaveLength(4);
    expect(features).toBe(4);
    expect(missingLeft).toBeGreaterThan(100);
    expect(scorer(fitted('forest', 600)).scoreTable(table)).toEqual(expected);
  });
});

describe('the label of a row', () => {
  const artifact = { ...fitted('forest'), threshold: 0.25 };

  it('is the target’s value on the threshold’s side', () => {
    const two = decodeArtifact(encodeArtifact({ ...artifact, negative: 'no' }));
    expect([0, 0.2499, 0.25, 1].map((p) => labelOf(two, p))).toEqual(['no', 'no', 'yes', 'yes']);
  });

  it('says what it is not where the file names no other value', () => {
    const written = decodeArtifact(encodeArtifact(artifact));
    expect('negative' in written).toBe(false);
    expect([0, 1].map((p) => labelOf(written, p))).toEqual(['not yes', 'yes']);
  });

  it.each([
    [7, 'negative is not a text'],
    ['yes', 'negative is the positive value'],
  ])('can’t be %j below the threshold', (negative, message) => {
    const document = JSON.parse(new TextDecoder().decode(encodeArtifact(artifact))) as object;
    const file = new TextEncoder().encode(JSON.stringify({ ...document, negative }));
    expect(thrownBy(() => decodeArtifact(file)).message).toBe(`the artifact's ${message}`);
  });
});

describe('how an artifact says that cells are read', () => {
  const read: ReadRules = {
    separator: '\t',
    decimal: ',',
    missing: ['?', '-999'],
    booleans: ['place'],
    codes: [],
    units: [{ column: 'second', unit: '€' }],
  };
  const bytes = encodeArtifact({ ...fitted('forest'), read });

  it('comes back from its bytes as it was, and is absent where it was', () => {
    expect(decodeArtifact(bytes).read).toEqual(read);
    expect('read' in decodeArtifact(encodeArtifact(fitted('forest')))).toBe(false);
  });

  it.each<[string, object | null, string]>([
    ['no object', null, 'read is not an object'],
    ['a field too few', { ...read, units: undefined }, "read lacks 'units'"],
    ['a field too many', { ...read, more: 1 }, 'read has an unknown field'],
    ['another separator', { ...read, separator: ':' }, 'read.separator is another mark'],
    ['another decimal mark', { ...read, decimal: '' }, 'read.decimal is another mark'],
    ['a word that is none', { ...read, missing: [-999] }, 'read.missing is not a text'],
    [
      'a boolean column that is a number',
      { ...read, booleans: ['first'] },
      'read.booleans has a column that is not categorical',
    ],
    [
      'a code column that is absent',
      { ...read, codes: ['nobody'] },
      'read.codes has a column that is not categorical',
    ],
    [
      'a unit of a category',
      { ...read, units: [{ column: 'place', unit: '%' }] },
      'read.units has a column that is not numeric',
    ],
    [
      'an empty unit',
      { ...read, units: [{ column: 'first', unit: '' }] },
      'read.units has a unit without a letter',
    ],
  ])('is refused with its part: %s', (_, wrong, line) => {
    const document = JSON.parse(new TextDecoder().decode(bytes)) as object;
    const file = new TextEncoder().encode(JSON.stringify({ ...document, read: wrong }));
    const error = thrownBy(() => decodeArtifact(file));
    expect([error.name, error.message]).toEqual(['ArtifactInvalid', `the artifact's ${line}`]);
  });

  it('is by what a record is read, and a table to the same probability', () => {
    const { scoreRecord, scoreTable } = scorer(decodeArtifact(bytes));
    const row: RawRow = { first: 1, place: null, second: 1234.5, noise: 0 };
    for (const second of ['1.234,50 €', '€ 1 234,5', '1234,5']) {
      expect(scoreRecord({ ...row, second })).toBe(scoreRecord(row));
    }
    for (const second of ['?', -999, '-999,0', '#N/A']) {
      expect(scoreRecord({ ...row, second })).toBe(scoreRecord({ ...row, second: null }));
    }
    for (const [second, place] of [
      ['1234.5', null],
      [1, 'east'],
      [1, 7],
    ] as const) {
      const error = thrownBy(() => scoreRecord({ ...row, second, place }));
      expect(error.name).toBe('RowInvalid');
    }
    const numeric = (name: string, value: number) =>
      ({ kind: 'numeric', name, values: Float64Array.of(value) }) as const;
    const table: Table = {
      rows: 1,
      columns: [
        numeric('first', 1),
        { kind: 'categorical', name: 'place', levels: ['T'], codes: Int32Array.of(-1) },
        numeric('second', 1234.5),
        numeric('noise', 0),
      ],
    };
    expect(scoreTable(table)[0]).toBe(scoreRecord(row));
  });
});

describe.each(both)('an artifact of %s', (algorithm) => {
  it('comes back from its bytes as it was, to the same bytes', () => {
    const artifact = fitted(algorithm);
    const bytes = encodeArtifact(artifact);
    expect(decodeArtifact(bytes)).toEqual(artifact);
    expect(encodeArtifact(decodeArtifact(bytes))).toEqual(bytes);
    expect(encodeArtifact(fitted(algorithm))).toEqual(bytes);
  });

  it('scores a record as it scores the table, bit for bit, in any column order', () => {
    const artifact = decodeArtifact(encodeArtifact(fitted(algorithm)));
    const { table } = madeUp(300, 2);
    const { scoreTable, scoreRecord } = scorer(artifact);
    const scores = scoreTable(table);
    for (let row = 0; row < table.rows; row += 1) {
      expect(scoreRecord(recordOf(table, row))).toBe(scores[row]);
    }
    const shuffled = { rows: table.rows, columns: [...table.columns].reverse() };
    expect(scoreTable(shuffled)).toEqual(scores);
    expect(new Set(scores).size).toBeGreaterThan(5);
  });

  it('treats a level unseen in training as missing', () => {
    const { scoreRecord } = scorer(fitted(algorithm));
    const row: RawRow = { first: 1, place: null, second: 3, noise: 0 };
    expect(scoreRecord({ ...row, place: 'nowhere' })).toBe(scoreRecord(row));
    expect(scoreRecord({ ...row, place: ' NA ' })).toBe(scoreRecord(row));
  });

  it('maps the levels of a table by their text, not by their place', () => {
    const { scoreTable } = scorer(fitted(algorithm));
    const { table } = madeUp(50, 3);
    const place = table.columns[1]!;
    if (place.kind !== 'categorical') throw new Error('not categorical');
    const turned = {
      ...place,
      levels: [...place.levels].reverse(),
      codes: place.codes.map((code) => (code < 0 ? -1 : 3 - code)),
    };
    const columns = table.columns.map((column) => (column === place ? turned : column));
    expect(scoreTable({ rows: 50, columns })).toEqual(scoreTable(table));
  });

  it('refuses a row that lacks a column or has no number where one belongs, with its name', () => {
    const { scoreRecord, scoreTable } = scorer(fitted(algorithm));
    const row: RawRow = { first: 1, place: 'east', second: 3, noise: 0 };
    const short: RawRow = { first: 1, place: 'east', noise: 0 };
    expect(thrownBy(() => scoreRecord(short))).toMatchObject({
      name: 'RowInvalid',
      subject: 'second',
    });
    for (const first of ['x', Infinity, '-Infinity', true, '1e999']) {
      const error = thrownBy(() => scoreRecord({ ...row, first }));
      expect(error).toMatchObject({ name: 'RowInvalid', subject: 'first' });
    }
    const { table } = madeUp(5);
    const narrow = { rows: 5, columns: table.columns.slice(1) };
    expect(thrownBy(() => scoreTable(narrow))).toMatchObject({
      name: 'RowInvalid',
      subject: 'first',
    });
    const wrong = {
      rows: 5,
      columns: table.columns.map((c, i) => ({
        ...c,
        name: ['first', 'second', 'place', 'noise'][i]!,
      })),
    };
    expect(thrownBy(() => scoreTable(wrong)).name).toBe('RowInvalid');
  });

  it('refuses whatever part of its bytes is changed to something that does not fit', () => {
    const bytes = encodeArtifact(fitted(algorithm, 200));
    const text = new TextDecoder().decode(bytes);
    type Json = { [key: string]: Json & string & number };
    const changed = (change: (root: Json) => void): Uint8Array => {
      const root = JSON.parse(text) as Json;
      change(root);
      return new TextEncoder().encode(JSON.stringify(root));
    };
    const set = (path: string[], value: unknown) =>
      changed((root) => {
        let at = root;
        for (const step of path.slice(0, -1)) at = at[step]!;
        (at as Record<string, unknown>)[path.at(-1)!] = value;
      });
    const array = (type: string, values: ArrayLike<number> & ArrayBufferView) => ({
      type,
      length: values.length,
      data: Buffer.from(values.buffer).toString('base64'),
    });
    const chain = new Uint8Array(201).fill(1, 0, 100);
    const wrong: [string, Uint8Array][] = [
      ['no JSON', bytes.slice(0, -1)],
      ['no UTF-8', Uint8Array.of(0xff, 0xfe)],
      ['a list', new TextEncoder().encode('[]')],
      ['format', set(['format'], 'pickle')],
      ['version', set(['schemaVersion'], 1)],
      ['unknown field', set(['extra'], 1)],
      ['calibrator', set(['calibrator'], {})],
      ['no columns', set(['columns'], [])],
      ['input of another feature', set(['estimator', 'inputs', '0', 'kind'], 'ordinal')],
      ['input of another kind', set(['estimator', 'inputs', '0', 'kind'], 'eval')],
      [
        'fewer inputs',
        changed((root) => (root['estimator']!['inputs'] as unknown as unknown[]).pop()),
      ],
      ['column twice', set(['columns', '2', 'name'], 'first')],
      ['level twice', set(['columns', '1', 'levels'], ['a', 'a', 'b', 'c'])],
      ['threshold', set(['threshold'], 1.5)],
      ['manifest', set(['trainingManifest'], 'sha256:0')],
      ['stage', set(['provenance', 'stage'], 'half')],
      ['more trees', set(['estimator', 'trees'], 6)],
      ['fewer trees', set(['estimator', 'trees'], 4)],
      ['many trees', set(['estimator', 'trees'], 2 ** 31)],
      ['unknown field of the estimator', set(['estimator', 'features'], 4)],
      ['feature out of range', set(['estimator', 'split'], array('u8', Uint8Array.of(200, 0, 0)))],
      ['too deep', set(['estimator', 'split'], array('u8', chain))],
      ['open tree', set(['estimator', 'split'], array('u8', Uint8Array.of(1, 0)))],
      ['declared length', set(['estimator', 'split', 'length'], 2 ** 30)],
      ['type', set(['estimator', 'split', 'type'], 'f64')],
      ['base64', set(['estimator', 'split', 'data'], '????')],
      ...(algorithm === 'forest'
        ? ([
            ['cover 0', set(['estimator', 'cover'], array('u16', new Uint16Array(1)))],
            ['bins', set(['estimator', 'bin'], array('u8', new Uint8Array(1)))],
            [
              'falling edges',
              set(['estimator', 'inputs', '0', 'edges'], array('f64', Float64Array.of(2, 1))),
            ],
            [
              'NaN edge',
              set(['estimator', 'inputs', '0', 'edges'], array('f64', Float64Array.of(Number.NaN))),
            ],
            [
              'levels',
              set(['estimator', 'inputs', '1', 'binOfLevel'], array('u8', new Uint8Array(2))),
            ],
          ] as [string, Uint8Array][])
        : ([
            ['votes', set(['estimator', 'vote'], array('u8', new Uint8Array(1)))],
            ['median', set(['estimator', 'inputs', '0', 'value'], null)],
          ] as [string, Uint8Array][])),
    ];
    for (const [what, file] of wrong) {
      expect(thrownBy(() => decodeArtifact(file)).name, what).toBe('ArtifactInvalid');
    }
    // Too deep is refused as such, not for its size.
    expect(
      thrownBy(() => decodeArtifact(wrong.find(([what]) => what === 'too deep')![1])).message,
    ).toContain('deeper');
  });

  it('is refused or scores within [0, 1], whatever byte is changed', () => {
    const bytes = encodeArtifact(fitted(algorithm, 200));
    const { table } = madeUp(3);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 32, max: 126 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (edits) => {
          const file = Uint8Array.from(bytes);
          for (const [at, byte] of edits) file[at] = byte;
          let artifact: Artifact;
          try {
            artifact = decodeArtifact(file);
          } catch (error) {
            expect((error as Error).name).toBe('ArtifactInvalid');
            return;
          }
          try {
            expect(
              scorer(artifact)
                .scoreTable(table)
                .every((s) => s >= 0 && s <= 1),
            ).toBe(true);
          } catch (error) {
            expect((error as Error).name).toBe('RowInvalid');
          }
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });
});
