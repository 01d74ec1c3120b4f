/** What a table's columns are and who its rows are, by what the cells hold and then by the columns' names. */
import type { ModelDocument } from '#contracts/folder/model.ts';
import { MAX_COLUMN_NAME } from '#contracts/folder/names.ts';
import type { ColumnContract, SchemaDocument } from '#contracts/folder/schema.ts';
import { afterwardsWord } from '#dataset/column-names.ts';
import { findSeparator, type Separator } from '#dataset/csv.ts';
import { readRulesOf } from '#dataset/read-rules.ts';
import {
  columnOf,
  type DataTable,
  labelled,
  MOST_MISSING,
  readTable,
} from '#dataset/read-table.ts';
import { refuse } from '#dataset/refusal.ts';
import { MANY_NUMBERS, type UndecidedColumn } from '#dataset/undecided-column.ts';
import { levelText, type ReadRules } from '#learning/cells.ts';
import { aucAlone } from '#learning/metrics/auc-alone.ts';
import { booleanChoiceOf } from './booleans.ts';
import { type Choice, contractOf, type Days, type Doubt, doubtOf, type Sayable } from './choice.ts';
import { codeChoiceOf } from './codes.ts';
import { type ColumnProfile, distinctOf, profileColumns } from './column-profile.ts';
import { dateChoiceOf, datesIn } from './dates.ts';
import { groupChoiceOf } from './groups.ts';
import { identityOf } from './identity.ts';
import { keyChoiceOf } from './keys.ts';
import { type Note, type Reading, readingOf, type SaidOfCells } from './reading.ts';
import { type Target, targetOf } from './target.ts';
import { isNearlyUnique, MANY_LEVELS, textChoiceOf } from './texts.ts';

export interface InferredTable {
  /** How its cells are written. */
  readonly read: NonNullable<SchemaDocument['read']>;
  readonly columns: readonly ColumnContract[];
  readonly identity: ModelDocument['identity'];
  /** Why, in one sentence. */
  readonly identityWhy: string;
  /** Columns of days that are left out, of which one could split the rows. */
  readonly days: readonly (Days & {
    readonly column: string;
    /** By its name known only after the target. */
    readonly isAfterwards: boolean;
  })[];
  readonly target: Target;
  /** One a column of which somebody may wonder, in the table's order. */
  readonly doubts: readonly Doubt[];
  /** The table as these columns and this identity read it. */
  readonly table: DataTable;
}

/** What init's candidates train on in minutes: each is fitted on every fold, and so many times again for an honest estimate. */
const MOST_FEATURES = 2000;
/** Of a column's cells: above this share of numbers the rest are mistakes. */
const NEARLY_ALL = 0.99;

/**
 * Types, roles and identity of a table's columns.
 *
 * `said` is what a person says of columns, by name; the rest is found. The table is read once unless it
 * holds surprises. Throws `DataInvalid` as `scanCsv`, `readTable` and `targetOf` do; where a column that says
 * whose a row is has gaps; where `said` names a column that isn't there; where no feature is left.
 */
export function inferTable(
  csv: Uint8Array,
  of: {
    readonly file: string;
    readonly target: string;
    readonly positive: string;
    readonly said?: ReadonlyMap<string, Sayable>;
    /** What the caller says of how cells are written; `inferTable` finds the rest. */
    readonly cells?: SaidOfCells & { readonly separator?: Separator | undefined };
  },
): InferredTable {
  const { file, said = new Map<string, Sayable>() } = of;
  const { columns, rules, notes } = readColumns(csv, of, said);
  const positive = levelText(of.positive, rules, of.target);
  for (const { name } of columns) {
    if (name.length <= MAX_COLUMN_NAME) continue;
    const what = `has a name of ${name.length} characters, and at most ${MAX_COLUMN_NAME} are taken: shorten it in the header`;
    refuse(file, { row: 0, column: name }, what);
  }
  for (const name of said.keys()) {
    if (name === of.target)
      refuse(file, { column: name }, 'is the target, and --as says otherwise');
    if (!columns.some((c) => c.name === name)) {
      refuse(file, { row: 0, column: name }, 'is named by --as and is absent');
    }
  }
  const targetColumn = columns.find((c) => c.name === of.target);
  if (targetColumn === undefined) return refuse(file, { column: of.target }, 'is absent');
  const target = targetOf(targetColumn, { positive, file, rules });
  const labels = labelsOf(targetColumn, positive, rules);
  const choices = new Map(
    columns
      .filter((column) => column !== targetColumn)
      .map((column) => {
        const asked = said.get(column.name);
        const choice =
          asked === undefined ? choiceOf(column, labels) : saidChoice(asked, column, file);
        return [column.name, withNote(choice, notes.get(column.name))];
      }),
  );
  const times = columns.filter(({ name }) => choices.get(name)?.kind === 'time');
  if (times.length > 1) {
    refuse(file, {}, `has one time, and --as names ${times.map((c) => c.name).join(' and ')}`);
  }
  chooseIdentifiers(columns, choices, said, file);
  const all = readAs(csv, columns, choices, { ...of, positive, rules });
  for (const [name, choice] of choices) choices.set(name, judgedByLevels(choice, all, name, said));
  const contracts = contractsOf(columns, choices, target, rules);
  const table = {
    ...all,
    columns: contracts.flatMap((contract) => {
      const column = all.columns.find((c) => c.contract.name === contract.name);
      return column === undefined || contract.role === 'ignored' ? [] : [{ ...column, contract }];
    }),
  };
  const features = contracts.filter((c) => c.role === 'feature').map((c) => c.name);
  if (features.length === 0) refuse(file, {}, 'has no column to learn from');
  if (features.length > MOST_FEATURES) {
    refuse(
      file,
      {},
      `has ${features.length} columns to learn from, and init takes at most ${MOST_FEATURES}: leave out what no model needs`,
    );
  }
  const named = (kind: Choice['kind']): string | undefined =>
    columns.find((c) => choices.get(c.name)?.kind === kind)?.name;
  const { identity, why } = identityOf(table, {
    features,
    key: named('key'),
    group: named('group'),
  });
  const { separator, decimal, missing } = rules;
  return {
    read: { separator, decimal, missing: [...missing] },
    columns: contracts,
    identity: { ...identity, ...(times[0] === undefined ? {} : { time: times[0].name }) },
    days: columns.flatMap(({ name }) => {
      const choice = choices.get(name);
      return choice?.kind === 'date' && choice.days !== undefined
        ? [{ column: name, ...choice.days, isAfterwards: afterwardsWord(name, of.target) !== null }]
        : [];
    }),
    identityWhy: why,
    target,
    doubts: columns.flatMap(({ name, numbers }) => {
      const choice = choices.get(name);
      if (choice === undefined) return [];
      return doubtOf(name, withMoment(choice, name, of.target), numbers !== null) ?? [];
    }),
    table,
  };
}

/** The columns as their cells are written: plainly, and once more where that took numbers for words. */
function readColumns(
  csv: Uint8Array,
  of: Parameters<typeof inferTable>[1],
  said: ReadonlyMap<string, Sayable>,
): Pick<Reading, 'rules' | 'notes'> & { readonly columns: readonly UndecidedColumn[] } {
  const { target, cells = {} } = of;
  const plain: ReadRules = {
    separator: cells.separator ?? findSeparator(csv, (name) => name === target) ?? ',',
    decimal: cells.decimal ?? '.',
    missing: cells.missing ?? [],
    booleans: [],
    codes: [],
    units: [],
  };
  const columns = profileColumns(csv, of, plain, true);
  const open = columns.filter(
    ({ name }) => name !== target && (said.get(name) ?? 'number') === 'number',
  );
  const { rules, notes, findsNumbers } = readingOf(open, plain, cells);
  return { rules, notes, columns: findsNumbers ? profileColumns(csv, of, rules) : columns };
}

/** Puts a doubt about a column's cells before the reason for the column's kind. */
function withNote(choice: Choice, note: Note | undefined): Choice {
  if (note === undefined || choice.kind === 'date') return choice;
  const { why, otherwise } = note;
  return {
    ...choice,
    why: choice.why === null ? why : `${why}; ${choice.why}`,
    ...(otherwise === undefined ? {} : { instead: otherwise }),
  };
}

/** By content first: the first that knows the column decides. */
function choiceOf(column: ColumnProfile, labels: Uint8Array): Choice {
  const { present, rows } = column;
  if (!(present >= rows * (1 - MOST_MISSING)) || present === 0) {
    return { kind: 'empty', why: `${rows - present} of ${rows} cells are missing` };
  }
  const number: Choice = { kind: 'number', why: null };
  if (column.numbers === null && isNearlyNumbers(column)) return number;
  return (
    dateChoiceOf(column) ??
    keyChoiceOf(column) ??
    groupChoiceOf(column, labels, () => aucOf(column, labels)) ??
    booleanChoiceOf(column) ??
    textChoiceOf(column) ??
    codeChoiceOf(column) ??
    (column.numbers === null ? { kind: 'category', why: null } : number)
  );
}

/** Numbers, of which a few words by mistake or an infinite one make words: reading them says where. */
function isNearlyNumbers({ numericOrInfinite, present, texts }: ColumnProfile): boolean {
  if (numericOrInfinite === present) return true;
  const many = texts === null || texts.levels.length > MANY_NUMBERS;
  return many && numericOrInfinite >= present * NEARLY_ALL;
}

function saidChoice(said: Sayable, column: ColumnProfile, file: string): Choice {
  const why = 'said by --as';
  switch (said) {
    case 'time':
      return timeChoice(column, file);
    case 'number':
    case 'category':
    case 'boolean':
    case 'code':
    case 'key':
    case 'group':
      return { kind: said, why };
    case 'ignored':
      return { kind: 'text', why };
  }
}

/** Throws `DataInvalid` where a row has no day. */
function timeChoice(column: ColumnProfile, file: string): Choice {
  const { name, rows, present, firstMissing } = column;
  const found = datesIn(column);
  if (found?.days === undefined) {
    return refuse(file, { column: name }, 'is said to be the time, and holds no days in one form');
  }
  if (firstMissing !== -1) {
    const what = `is said to be the time, and ${rows - present} of its cells are missing: fill them, or leave these rows out`;
    refuse(file, { row: firstMissing + 1, column: name }, what);
  }
  const why = `said by --as; ${found.why}; form in schema.json says otherwise`;
  return { ...found, kind: 'time', why };
}

/** A table has one key and one group: of several the first key, and the group with the most values. */
function chooseIdentifiers(
  columns: readonly ColumnProfile[],
  choices: Map<string, Choice>,
  said: ReadonlyMap<string, Sayable>,
  file: string,
): void {
  for (const kind of ['key', 'group'] as const) {
    const found = columns.filter((c) => choices.get(c.name)?.kind === kind);
    const chosen =
      found.find((c) => said.has(c.name)) ??
      (kind === 'key'
        ? found[0]
        : found.toSorted((a, b) => (distinctOf(b) ?? 0) - (distinctOf(a) ?? 0))[0]);
    if (chosen === undefined) continue;
    for (const { name } of found) {
      const choice = choices.get(name);
      if (name === chosen.name || choice === undefined) continue;
      choices.set(name, {
        kind: 'text',
        why: `${choice.why}; the ${kind} is ${chosen.name}`,
        otherwise: kind,
      });
    }
    if (chosen.firstMissing === -1) continue;
    const gaps = chosen.rows - chosen.present;
    refuse(
      file,
      { row: chosen.firstMissing + 1, column: chosen.name },
      `says who a row is (${choices.get(chosen.name)?.why ?? ''}), and ${gaps} of its cells are missing: fill them, leave these rows out, or say what it is: --as COLUMN=category, or =ignored`,
    );
  }
}

/** The columns that aren't left out, as they are taken. */
function readAs(
  csv: Uint8Array,
  columns: readonly UndecidedColumn[],
  choices: ReadonlyMap<string, Choice>,
  of: {
    readonly file: string;
    readonly target: string;
    readonly positive: string;
    readonly rules: ReadRules;
  },
): DataTable {
  const { file, target, positive, rules } = of;
  const contracts = columns.map((column) => {
    const choice = choices.get(column.name);
    return choice === undefined ? targetContract(target) : contractFor(column, choice, rules);
  });
  const { separator, decimal, missing } = rules;
  const read = { separator, decimal, missing: [...missing] };
  const typed = readRulesOf({ read, columns: contracts }) ?? rules;
  const kept = contracts.flatMap((contract, i) =>
    contract.role === 'ignored' ? [] : [columns[i]?.as(contract, typed)],
  );
  const known = kept.filter((column) => column !== undefined);
  const [{ rows } = { rows: 0 }] = columns;
  if (known.length === kept.length) {
    return labelled({ file, rows, columns: known, unknown: [] }, { target, positive }, rules);
  }
  // A word came after many numbers, when the texts of the numbers were no longer kept.
  const model = { target, positive, identity: {} };
  return readTable(csv, file, { model, schema: { read, columns: contracts } });
}

/** Only now all levels of every category are known. */
function judgedByLevels(
  choice: Choice,
  table: DataTable,
  name: string,
  said: ReadonlyMap<string, Sayable>,
): Choice {
  if ((choice.kind !== 'category' && choice.kind !== 'code') || said.has(name)) return choice;
  const { levels, missing } = columnOf(table, name);
  const present = table.rows - missing;
  const why = choice.why === null ? '' : `${choice.why}; `;
  if (isNearlyUnique(levels.length, present)) {
    return { kind: 'text', why: `${why}${levels.length} texts in ${present} cells` };
  }
  if (choice.why !== null || levels.length <= MANY_LEVELS) return choice;
  return { ...choice, why: `${levels.length} values, all of which go into the model` };
}

function contractsOf(
  columns: readonly UndecidedColumn[],
  choices: ReadonlyMap<string, Choice>,
  target: Target,
  rules: ReadRules,
): ColumnContract[] {
  return columns.map((column) => {
    const choice = choices.get(column.name);
    if (choice !== undefined) return contractFor(column, choice, rules);
    const values = target.allowed === null ? {} : { values: [...target.allowed] };
    return { ...targetContract(column.name), ...values };
  });
}

function targetContract(name: string): ColumnContract {
  return { name, type: 'category', role: 'target', sensitive: false };
}

/** A date that follows the target is reported although it is no feature: other columns may be known with it. */
function withMoment(choice: Choice, name: string, target: string): Choice {
  const word = choice.kind === 'date' ? afterwardsWord(name, target) : null;
  if (word === null) return choice;
  return {
    ...choice,
    why: `${choice.why ?? ''}; by its name (${word}) after ${target}: what is known only then is no feature either`,
  };
}

/** An identifier of which only numbers were kept is one of numbers; 2^53 is where they lose digits. */
function contractFor(column: ColumnProfile, choice: Choice, rules: ReadRules): ColumnContract {
  const { kind, days } = choice;
  const unit = rules.units.find((one) => one.column === column.name)?.unit;
  const contract = {
    ...contractOf(column.name, kind),
    ...(kind === 'number' && unit !== undefined ? { unit } : {}),
    ...(kind === 'time' && days !== undefined ? { form: days.form } : {}),
  };
  const { texts, numbers } = column;
  if (contract.role !== 'identity' || texts !== null || numbers === null) return contract;
  const exact = numbers.every((n) => Number.isNaN(n) || Number.isSafeInteger(n));
  return exact ? { ...contract, type: 'number' } : contract;
}

function labelsOf(
  { name, texts, rows }: ColumnProfile,
  positive: string,
  rules: ReadRules,
): Uint8Array {
  const isPositive = texts?.levels.map((level) => levelText(level, rules, name) === positive);
  const labels = new Uint8Array(rows);
  texts?.codes.forEach((code, row) => {
    if (isPositive?.[code] === true) labels[row] = 1;
  });
  return labels;
}

function aucOf({ name, numbers, texts }: ColumnProfile, labels: Uint8Array): number {
  if (numbers !== null) return aucAlone({ kind: 'numeric', name, values: numbers }, labels);
  if (texts === null) return Number.NaN;
  return aucAlone({ kind: 'categorical', name, ...texts }, labels);
}
