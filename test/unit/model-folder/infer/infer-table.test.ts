import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellsOf, type DataTable, headerOf, readTable } from '#dataset/read-table.ts';
import type { Sayable } from '#model-folder/infer/choice.ts';
import { type InferredTable, inferTable } from '#model-folder/infer/infer-table.ts';
import { substream } from '#learning/random.ts';
import { bytesOf } from '../../dataset/small-folder.ts';

const ROWS = 600;
const OF = { file: 'data.csv', target: 'y', positive: 'yes' };

type Cell = (row: number) => string;
const random = substream(1, 'labels');
const LABELS = Array.from({ length: 2 * ROWS }, () => (random.nextInt(3) === 0 ? 'yes' : 'no'));
const label: Cell = (row) => LABELS[row] ?? '';
const other: Cell = (row) => `${row / 3}`;

function tableOf(columns: Readonly<Record<string, Cell>>, y: Cell = label): Uint8Array {
  const header = [...Object.keys(columns), 'y'].map((name) => `"${name}"`).join(',');
  const rows = Array.from({ length: ROWS }, (_, row) =>
    [...Object.values(columns).map((cell) => `"${cell(row)}"`), y(row)].join(','),
  );
  return bytesOf(rows, header);
}

const infer = (
  columns: Readonly<Record<string, Cell>>,
  options: { readonly y?: Cell; readonly said?: ReadonlyMap<string, Sayable> } = {},
): InferredTable => {
  const { y, said } = options;
  return inferTable(tableOf(columns, y), { ...OF, ...(said === undefined ? {} : { said }) });
};

const kindOf = ({ columns }: InferredTable, name: string): string => {
  const found = columns.find((c) => c.name === name);
  return `${found?.type} ${found?.role}`;
};

const two = (n: number): string => String(n).padStart(2, '0');
const dayOf = (row: number): number => 1 + (row % 28);
const monthOf = (row: number): number => 1 + (row % 12);
const iso: Cell = (row) => `2026-${two(monthOf(row))}-${two(dayOf(row))}`;
const MONTHS = [
  'Jan',
  'Feb',
  'March',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sept',
  'Oct',
  'Nov',
  'Dec',
];
const month: Cell = (row) => MONTHS[row % 12] ?? '';
const unix = (row: number): number => 1_700_000_000 + row * 7_919;
/** Whole numbers from 0 to 599 in no order, each once. */
const shuffled = (row: number): number => (row * 247) % ROWS;

/** What content decides: the name is as dull as can be. */
const BY_CONTENT: readonly (readonly [what: string, kind: string, cell: Cell])[] = [
  ['numbers and gaps', 'number feature', (row) => (row % 9 === 0 ? 'NA' : `${row / 7}`)],
  ['few numbers', 'number feature', (row) => `${row % 3}`],
  ['few numbers and a word', 'category feature', (row) => (row === 9 ? 'a' : `${row % 3}`)],
  // What was read before the word isn't kept as text: the table is read again.
  ['many numbers, then words', 'category feature', (row) => (row > 580 ? 'a' : `${row % 99}.5`)],
  ['words', 'category feature', (row) => ['a', ' a ', 'b'][row % 3] ?? ''],
  ['whole numbers that repeat', 'number feature', (row) => `${(row * row) % 601}`],
  ['gaps nearly everywhere', 'text ignored', (row) => (row % 5 === 0 ? '1' : '')],

  ['the rows’ numbers from 0', 'text ignored', (row) => `${row}`],
  ['the rows’ numbers from 1, as floats', 'text ignored', (row) => `${row + 1}.0`],
  ['a counter', 'number identity', (row) => `${70_000 + row}`],
  ['whole numbers that ascend', 'number identity', (row) => `${row * row + 7 * row}`],
  ['a shuffled counter', 'number identity', (row) => `${900 + shuffled(row)}`],
  ['a counter by sevens', 'number identity', (row) => `${7 * shuffled(row)}`],
  ['large numbers that happen not to repeat', 'number feature', (row) => `${shuffled(row) ** 3}`],
  ['broken numbers that ascend', 'number feature', (row) => `${row / 7}`],
  ['codes, another a row', 'text identity', (row) => `A-${shuffled(row)}`],
  ['hexadecimal ids', 'text identity', (row) => `${(row + 16).toString(16)}f-7c${row}`],

  ['another text a row', 'text ignored', (row) => `t ${'abcdefghij'[row % 10]}${row}`],
  ['another text a row, with gaps', 'text ignored', (row) => (row % 9 === 0 ? '' : `t${row}`)],
  ['another text in nearly every row', 'text ignored', (row) => `t${Math.max(9, row)}`],
  ['another text in every second row', 'text ignored', (row) => `t${Math.floor(row / 1.9)}`],
  ['another text in every fifth row', 'category feature', (row) => `t${Math.floor(row / 5) % 97}`],
  ['another number or text a row', 'text ignored', (row) => (row % 2 ? `t ${row}` : `${row}`)],
  ['addresses', 'text ignored', (row) => `u${row % 40}@example.org`],
  [
    'sentences',
    'text ignored',
    (row) => (row % 2 ? 'nothing to add' : `came in by bus ${row % 200}`),
  ],

  ['days', 'date ignored', iso],
  ['moments', 'date ignored', (row) => `${iso(row)}T${two(row % 24)}:07:${two(row % 60)}`],
  ['moments with a zone', 'date ignored', (row) => `${iso(row)} ${two(row % 24)}:07:09.25+02:00`],
  ['days, the month first', 'date ignored', (row) => `${monthOf(row)}/${dayOf(row)}/2023`],
  ['days, the day first', 'date ignored', (row) => `${two(dayOf(row))}.${two(monthOf(row))}.2023`],
  [
    'days of two-digit years',
    'date ignored',
    (row) => `${dayOf(row)}-${monthOf(row)}-${two(row % 30)}`,
  ],
  [
    'days and clocks',
    'date ignored',
    (row) => `${monthOf(row)}/${dayOf(row)}/23 ${1 + (row % 12)}:30 PM`,
  ],
  ['named months', 'date ignored', (row) => `${dayOf(row)} ${month(row)} 2023`],
  ['named months first', 'date ignored', (row) => `${month(row)} ${dayOf(row)}, 2023`],
  [
    'Oracle’s days',
    'date ignored',
    (row) => `${two(dayOf(row))}-${month(row).slice(0, 3).toUpperCase()}-23`,
  ],
  ['months', 'date ignored', (row) => `2023-${two(monthOf(row))}`],
  ['quarters', 'date ignored', (row) => `${2000 + (row % 20)}Q${1 + (row % 4)}`],
  ['times of day', 'date ignored', (row) => `${row % 24}:${two(row % 60)}`],
  ['days as numbers', 'date ignored', (row) => `2023${two(monthOf(row))}${two(dayOf(row))}`],
  ['months as numbers', 'date ignored', (row) => `${2000 + (row % 20)}${two(monthOf(row))}`],
  ['Unix seconds', 'date ignored', (row) => `${unix(row)}`],
  ['Unix seconds, out of order', 'date ignored', (row) => `${unix(shuffled(row))}`],
  ['Unix milliseconds', 'date ignored', (row) => `${unix(row)}123`],
  [
    'days, gaps and a word',
    'date ignored',
    (row) => (row === 9 ? 'soon' : row % 4 ? iso(row) : ''),
  ],
  ['days that no calendar has', 'category feature', (row) => `2023-02-${30 + (row % 2)}`],
  ['scores with slashes', 'category feature', (row) => `${row % 40}/${13 + (row % 40)}`],
  [
    'numbers of eight digits',
    'number feature',
    (row) => `${20_230_000 + ((row * row * 7) % 4_000)}`,
  ],

  ['codes with a zero before', 'code feature', (row) => `0${row % 90}`],
  ['codes with and without', 'code feature', (row) => (row % 2 ? '038.9' : `${row % 7}8.9`)],
  ['codes with zeros behind', 'code feature', (row) => ['250.0', '250.00', '38.9'][row % 3] ?? ''],
  ['many codes with a zero before', 'code feature', (row) => `${two(row % 70)}1${row % 3}`],
  ['prices', 'number feature', (row) => ((row % 260) / 7).toFixed(2)],
  ['padded prices', 'number feature', (row) => ((row % 260) / 7).toFixed(2).padStart(5, '0')],
  [
    'whole numbers, some as floats',
    'number feature',
    (row) => (row % 2 ? `${row % 9}` : `${row % 9}.0`),
  ],
];

describe('by what it holds, a column of', () => {
  it.each(BY_CONTENT)('%s is %s', (_, kind, cell) => {
    expect(kindOf(infer({ c1: cell, other }), 'c1')).toBe(kind);
  });

  it('rows of which each value has one target is a group', () => {
    const who: Cell = (row) => `${shuffled(row) % 120}`;
    const y: Cell = (row) => ((shuffled(row) % 120) % 7 < 3 ? 'yes' : 'no');
    const inferred = infer({ c1: who, other }, { y });
    expect(inferred.identity).toEqual({ group: ['c1'] });
    expect(inferred.doubts).toEqual([
      {
        column: 'c1',
        takenFor: 'a group: no feature',
        why: 'rows of one value always have the same target (120 values): are they somebody’s?',
        otherwise: '--as c1=number',
      },
    ]);
    // The same values, with targets of their own.
    expect(kindOf(infer({ c1: who, other }), 'c1')).toBe('number feature');
    // Numbers that order the classes are a leak, and are named as one.
    const sharp: Cell = (row) => (shuffled(row) % 120 < 60 ? 'yes' : 'no');
    expect(kindOf(infer({ c1: who, other }, { y: sharp }), 'c1')).toBe('number feature');
  });
});

describe('by its name, a column', () => {
  const three: Cell = (row) => `${Math.floor(row / 3)}`;
  const key: Cell = (row) => `${shuffled(row) ** 3}`;
  it.each<[name: string, kind: string, cell: Cell]>([
    ...[
      'member_id',
      'MEMBER_ID',
      'MemberId',
      'memberID',
      'memberid',
      'Member-ID',
      'member.id',
      'Id',
    ].flatMap((name): [string, string, Cell][] => [
      [name, 'text identity', three],
      [name, 'text identity', key],
    ]),
    ['PatientNo', 'text identity', three],
    ['policy number', 'text identity', three],
    ['Kundennummer', 'text identity', three],
    ['customer', 'text identity', three],
    ['SSN', 'text identity', key],
    ['row_id', 'text identity', (row) => `${row}`],
    ['Unnamed: 0', 'text ignored', (row) => `${row}`],
    ['Unnamed: 0', 'text ignored', (row) => `${3 * row + 11}`],
    ['index', 'text ignored', (row) => `${shuffled(row)}`],
    // Few values that repeat often are a code, and a code’s numbers have no order.
    ['site_id', 'category feature', (row) => `${row % 4}`],
    ['visit_number', 'number feature', (row) => `${row % 9}`],
    ['paid', 'number feature', three],
    ['humid', 'number feature', three],
    ['bid', 'number feature', three],
    [
      'customer_name',
      'text ignored',
      (row) => `Ana Example ${'abcdefghijklmnopqrstuvwxyz'[row % 26]}`,
    ],
    [
      'product_name',
      'category feature',
      (row) => `Ana Example ${'abcdefghijklmnopqrstuvwxyz'[row % 26]}`,
    ],
    ['Street', 'text ignored', (row) => `Long Lane ${row % 60}`],
    ['notes', 'number feature', three],
    ['ratio_id', 'number feature', (row) => `${row / 7}`],
    ['booked_on', 'date ignored', (row) => `${45_000 + (row % 300)}`],
    ['booked', 'number feature', (row) => `${45_000 + (row % 300)}`],
  ])('%s is %s', (name, kind, cell) => {
    expect(kindOf(infer({ [name]: cell, other: (row) => `${(row % 289) / 3}` }), name)).toBe(kind);
  });

  it('is another thing than a person says', () => {
    const said = new Map<string, Sayable>([
      ['member_id', 'category'],
      ['c2', 'group'],
      ['c3', 'ignored'],
      ['day', 'category'],
    ]);
    const columns = { member_id: three, c2: (row: number) => `${row % 150}`, c3: other, day: iso };
    const inferred = infer(columns, { said });
    expect(['member_id', 'c2', 'c3', 'day'].map((name) => kindOf(inferred, name))).toEqual([
      'category feature',
      'number identity',
      'text ignored',
      'category feature',
    ]);
    expect(inferred.identity).toEqual({ group: ['c2'] });
  });

  it('that a person names has to be there, and not be the target', () => {
    const said = (name: string) => () => infer({ other }, { said: new Map([[name, 'group']]) });
    expect(said('nobody')).toThrow(
      "data.csv: row 0 (header), column 'nobody': is named by --as and is absent",
    );
    expect(said('y')).toThrow("data.csv: column 'y': is the target, and --as says otherwise");
  });
});

describe('who a row is', () => {
  const three: Cell = (row) => `${Math.floor(row / 3)}`;

  it('is refused, not guessed, where a group has gaps', () => {
    const gaps: Cell = (row) => (row === 41 || row === 50 ? '' : three(row));
    const message =
      "data.csv: row 42, column 'MemberNo': says who a row is (named as an identifier; 200 values repeat), and 2 of its cells are missing: fill them, leave these rows out, or say what it is: --as COLUMN=category, or =ignored";
    expect(() => infer({ MemberNo: gaps, other })).toThrow(message);
    const said = new Map<string, Sayable>([['MemberNo', 'ignored']]);
    expect(infer({ MemberNo: gaps, other }, { said }).identity).toEqual({});
  });

  it('is told by the finest group, and the other one is left out', () => {
    const { identity, doubts } = infer({
      site_id: (row) => `${row % 12}`,
      patient_id: three,
      x: (row) => `${(row % 289) / 3}`,
    });
    expect(identity).toEqual({ group: ['patient_id'] });
    expect(doubts[0]?.why).toBe(
      'named as an identifier; 12 values repeat; the group is patient_id',
    );
  });

  // Rows of five columns that tell 150 kinds apart.
  const kinds = (row: number) => row % 150;
  const features: Record<string, Cell> = {
    a: (row) => `${kinds(row) / 7}`,
    b: (row) => `w${kinds(row) % 11}`,
  };
  const byKind: Cell = (row) => (kinds(row) % 7 < 3 ? 'yes' : 'no');

  it('is its features where equal rows are copies', () => {
    const { identity, identityWhy } = infer(features, { y: byKind });
    expect(identity).toEqual({ group: ['a', 'b'] });
    expect(identityWhy).toBe(
      'rows with equal features are one group, because they are copies: 75.0 % of the rows repeat another’s features, and 150 of 150 groups of equal rows have one target (150 groups)',
    );
  });

  it.each<[string, Cell, object]>([
    ['a key', (row) => `${70_000 + row}`, { key: ['c1'] }],
    ['the rows’ numbers', (row) => `${row}`, {}],
    ['a day that differs', (row) => `${iso(row)}T${two(row % 24)}:${two(row % 60)}:00`, {}],
    ['a number of the export', (row) => `${row / 7}`, {}],
  ])('is found among copies that %s tells apart', (_, c1, more) => {
    expect(infer({ ...features, c1 }, { y: byKind }).identity).toEqual({
      group: ['a', 'b'],
      ...more,
    });
  });

  it('is the row itself where equal rows are different people', () => {
    const { identity, identityWhy } = infer(features, { y: (row) => label(row) });
    expect(identity).toEqual({ row: true });
    expect(identityWhy).toContain('hold both classes, so they are different people');
    const keyed = infer({ ...features, id: (row) => `${row + 1}` }, { y: (row) => label(row) });
    expect(keyed.identity).toEqual({ key: ['id'] });
  });

  it.each<[string, Cell, string]>([
    ['too few', (row) => `${row % 40}`, 'as groups they would be 40'],
    [
      'too unequal',
      (row) => (row < 60 ? 'x' : `${row % 140}`),
      'the largest with 10.0 % of the rows',
    ],
  ])('is the row itself where groups of copies would be %s', (_, a, why) => {
    const y: Cell = (row) => (a(row) === 'x' || Number(a(row)) % 3 === 0 ? 'yes' : 'no');
    const { identity, identityWhy } = infer(
      { a: (row) => `k${a(row)}` },
      { y, said: new Map([['a', 'category']]) },
    );
    expect(identity).toEqual({ row: true });
    expect(identityWhy).toContain(why);
    expect(identityWhy).toContain('remove them first');
  });
});

describe('a doubtful column', () => {
  it('is a line that says what, why and how to say otherwise', () => {
    const { doubts } = infer({
      'Unnamed: 0': (row) => `${row}`,
      who_id: (row) => `${Math.floor(row / 3)}`,
      when: (row) => `${two(1 + (row % 12))}/${two(1 + (row % 11))}/2023`,
      zip: (row) => `0${1000 + (row % 70)}`,
      x: (row) => `${row / 7}`,
      "it's": (row) => `t ${row}`,
    });
    expect(doubts.map((d) => [d.column, d.takenFor, d.why, d.otherwise].join(' | '))).toEqual([
      "Unnamed: 0 | the row’s number: left out | counts the rows from 0, as a data frame does | --as 'Unnamed: 0=number'",
      'who_id | a group: no feature | named as an identifier; 200 values repeat | --as who_id=category',
      'when | a date: left out | dates as MM/DD/YYYY (or day and month the other way round: no day is above 12); a later row has others | --as when=time',
      'zip | a code: a category to the letter | 600 cells begin with a zero, as codes do | --as zip=number',
      "it's | a text: left out | 600 texts in 600 cells (100 %) | --as 'it'\\''s=category'",
    ]);
  });
});

it('decides by content alike whatever the columns are called', () => {
  const features = ({ columns }: InferredTable): boolean[] =>
    columns.map((c) => c.role === 'feature');
  const dull = BY_CONTENT.map(([, , cell], i) => [`c${i}`, cell] as const);
  const expected = features(infer(Object.fromEntries([...dull, ['other', other]])));
  const names = fc.uniqueArray(
    fc.constantFrom(
      'amount',
      'Größe',
      'x y',
      'PRICE',
      'kind',
      'level',
      'status',
      'a',
      'b',
      'c',
      'd',
      'e',
      'f',
      'g',
      'z9',
      'income',
      'dept',
      'wert',
      'score',
    ),
    { minLength: 6, maxLength: 12 },
  );
  fc.assert(
    fc.property(names, fc.nat(), (some, from) => {
      const renamed = dull.map(([name, cell], i): [string, Cell] => [
        some[(i + from) % dull.length] ?? name,
        cell,
      ]);
      expect(features(infer(Object.fromEntries([...renamed, ['other', other]])))).toEqual(expected);
    }),
    { seed: 11, numRuns: 15 },
  );
});

it('refuses more columns than init’s candidates train on in minutes', () => {
  const header = Array.from({ length: 2001 }, (_, i) => `m${i}`);
  const rows = Array.from({ length: 20 }, (_, row) =>
    [...header.map((_name, i) => `${(row * i) % 9}`), row % 2 === 0 ? 'yes' : 'no'].join(','),
  );
  const csv = bytesOf(rows, [...header, 'y'].join(','));
  expect(() => inferTable(csv, { ...OF, said: new Map([['m0', 'number']]) })).toThrow(
    'data.csv: has 2001 columns to learn from, and init takes at most 2000: leave out what no model needs',
  );
  const fewer = new Map<string, Sayable>([['m0', 'ignored']]);
  expect(inferTable(csv, { ...OF, said: fewer }).columns).toHaveLength(2002);
});

describe('the table that comes with the columns', () => {
  const number: Cell = (row) => `${row / 3}`;
  const words: Cell = (row) => ['a', ' a ', 'NA', 'b'][row % 4] ?? '';
  const flag: Cell = (row) => ['True', 'false', 'FALSE', ''][row % 4] ?? '';
  it.each<[string, Parameters<typeof tableOf>[0]]>([
    ['of numbers and words', { x: number, w: words, iso }],
    ['with a key', { row_id: number, x: (row) => `${row}.50`, w: words }],
    ['with a key that only its content shows', { c1: (row) => `${row + 9}`, x: number, w: words }],
    ['that holds a surprise', { x: number, s: (row) => (row > 580 ? 'a' : `${row % 99}.5`) }],
    ['whose rows repeat', { x: (row) => `${row % 9}.0`, w: (row) => `${row % 2}a` }],
    ['of spellings', { x: (row) => `${row % 7}.${row % 2}0`, b: flag, w: words }],
    ['of codes', { x: number, c: (row) => `0${row % 60}`, d: (row) => `${row % 5}.${row % 2}0` }],
    [
      'of numbers as people write them',
      {
        x: (row) => (row % 3 === 0 ? '?' : `${1 + row},${400 + (row % 500)}.50`),
        p: (row) => `${row / 10} %`,
        w: words,
      },
    ],
    ['of decimal commas', { x: (row) => `${row},5`, k: (row) => `${row % 3},0`, w: words }],
    ['with texts that are left out', { x: number, t: (row) => `t${row}`, w: words }],
  ])('%s is what these columns read', (_, cells) => {
    const csv = tableOf(cells);
    const { columns, identity, table, read: cellsRead } = inferTable(csv, OF);
    const model = { target: 'y', positive: 'yes', identity };
    const read = readTable(csv, 'data.csv', {
      model,
      schema: { read: cellsRead, columns: [...columns] },
    });
    const plain = (one: DataTable): unknown => ({
      ...one,
      header: headerOf(one),
      columns: one.columns.map(({ text: _text, distinct, ...column }) => ({
        ...column,
        distinct: distinct(),
      })),
      cells: Array.from({ length: one.rows }, (_row, row) => cellsOf(one, row)),
    });
    expect(plain(table)).toEqual(plain(read));
  });

  it('may have gaps in features that say who a row is', () => {
    const cells = {
      x: (row: number) => `${row % 150}`,
      w: (row: number) => (row === 41 ? '' : 'a'),
    };
    const y: Cell = (row) => (row % 150 < 50 && row !== 41 ? 'yes' : 'no');
    const { identity, table } = infer(cells, { y, said: new Map([['x', 'number']]) });
    expect(identity).toEqual({ group: ['x', 'w'] });
    expect(table.columns.find((c) => c.contract.name === 'w')?.missing).toBe(1);
  });

  it('repeats a row where its canonical texts do', () => {
    const written = (row: number): string => ['1', '1.0', ' 1e0', '1.'][row % 4] ?? '';
    expect(infer({ x: written, v: (row) => `v${row % 250}` }).identityWhy).toContain(
      '58.3 % of the rows repeat another’s features',
    );
  });
});
