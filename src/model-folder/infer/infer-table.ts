/** What a table's columns are and who its rows are, by what the cells hold and then by the columns' names. */
import type { ModelDocument } from '#contracts/folder/model.ts';
import { MAX_COLUMN_NAME } from '#contracts/folder/names.ts';
import type { ColumnContract } from '#contracts/folder/schema.ts';
import { afterwardsWord } from '#dataset/column-names.ts';
import {
  columnOf,
  type DataTable,
  labelled,
  MOST_MISSING,
  readTable,
} from '#dataset/read-table.ts';
import { refuse } from '#dataset/refusal.ts';
import { MANY_NUMBERS, type UndecidedColumn } from '#dataset/undecided-column.ts';
import { aucAlone } from '#learning/metrics/auc-alone.ts';
import { type Choice, contractOf, type Doubt, doubtOf, type Sayable } from './choice.ts';
import { codeChoiceOf } from './codes.ts';
import { type ColumnProfile, distinctOf, profileColumns } from './column-profile.ts';
import { dateChoiceOf } from './dates.ts';
import { groupChoiceOf } from './groups.ts';
import { identityOf } from './identity.ts';
import { keyChoiceOf } from './keys.ts';
import { type Target, targetOf } from './target.ts';
import { isNearlyUnique, MANY_LEVELS, textChoiceOf } from './texts.ts';

export interface InferredTable {
  readonly columns: readonly ColumnContract[];
  readonly identity: ModelDocument['identity'];
  /** Why, in one sentence. */
  readonly identityWhy: string;
  readonly target: Target;
  /** One a column of which somebody may wonder, in the table's order. */
  readonly doubts: readonly Doubt[];
  /** The table as these columns and this identity read it. */
  readonly table: DataTable;
}

/** What init's candidates train on in minutes: each is fitted on every fold, and so many times again for an honest estimate. */
const MOST_FEATURES = 2000;
/** A column of numbers may hold a few words by mistake; then reading it says where. */
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
  },
): InferredTable {
  const { file, positive, said = new Map<string, Sayable>() } = of;
  const columns = profileColumns(csv, file, of.target);
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
  const target = targetOf(targetColumn, positive, file);
  const labels = labelsOf(targetColumn, positive);
  const choices = new Map(
    columns
      .filter((column) => column !== targetColumn)
      .map((column) => {
        const asked = said.get(column.name);
        return [column.name, asked === undefined ? choiceOf(column, labels) : saidChoice(asked)];
      }),
  );
  chooseIdentifiers(columns, choices, said, file);
  const all = readAs(csv, columns, choices, of);
  for (const [name, choice] of choices) choices.set(name, judgedByLevels(choice, all, name, said));
  const contracts = contractsOf(columns, choices, target);
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
  return {
    columns: contracts,
    identity,
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

/** By content first: the first that knows the column decides. */
function choiceOf(column: ColumnProfile, labels: Uint8Array): Choice {
  const { present, rows } = column;
  if (!(present >= rows * (1 - MOST_MISSING)) || present === 0) {
    return { kind: 'empty', why: `${rows - present} of ${rows} cells are missing` };
  }
  return (
    dateChoiceOf(column) ??
    keyChoiceOf(column) ??
    groupChoiceOf(column, labels, () => aucOf(column, labels)) ??
    textChoiceOf(column) ??
    codeChoiceOf(column) ??
    plainChoiceOf(column)
  );
}

function plainChoiceOf({ numbers, numeric, present, texts }: ColumnProfile): Choice {
  const many = texts === null || texts.levels.length > MANY_NUMBERS;
  const isNumber = numbers !== null || (numeric >= present * NEARLY_ALL && many);
  return { kind: isNumber ? 'number' : 'category', why: null };
}

function saidChoice(said: Sayable): Choice {
  const why = 'said by --as';
  switch (said) {
    case 'number':
    case 'category':
    case 'key':
    case 'group':
      return { kind: said, why };
    case 'ignored':
      return { kind: 'text', why };
  }
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
  of: { readonly file: string; readonly target: string; readonly positive: string },
): DataTable {
  const { file, target, positive } = of;
  const contracts = columns.map((column) => {
    const choice = choices.get(column.name);
    return choice === undefined ? targetContract(target) : contractFor(column, choice);
  });
  const kept = contracts.flatMap((contract, i) =>
    contract.role === 'ignored' ? [] : [columns[i]?.as(contract)],
  );
  const known = kept.filter((column) => column !== undefined);
  const [{ rows } = { rows: 0 }] = columns;
  if (known.length === kept.length) {
    return labelled({ file, rows, columns: known, unknown: [] }, { target, positive }, null);
  }
  // A word after many numbers: what it takes to read such a column wasn't kept.
  const model = { target, positive, identity: {} };
  return readTable(csv, file, { model, schema: { columns: contracts } });
}

/** Only now all levels of every category are known. */
function judgedByLevels(
  choice: Choice,
  table: DataTable,
  name: string,
  said: ReadonlyMap<string, Sayable>,
): Choice {
  if (choice.kind !== 'category' || said.has(name)) return choice;
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
): ColumnContract[] {
  return columns.map((column) => {
    const choice = choices.get(column.name);
    if (choice !== undefined) return contractFor(column, choice);
    const values = target.allowed === null ? {} : { values: [...target.allowed] };
    return { ...targetContract(column.name), ...values };
  });
}

function targetContract(name: string): ColumnContract {
  return { name, type: 'category', role: 'target', sensitive: false };
}

/** A date that follows the target is told, though it is no feature: others may be known with it. */
function withMoment(choice: Choice, name: string, target: string): Choice {
  const word = choice.kind === 'date' ? afterwardsWord(name, target) : null;
  if (word === null) return choice;
  return {
    ...choice,
    why: `${choice.why ?? ''}; by its name (${word}) after ${target}: what is known only then is no feature either`,
  };
}

/** An identifier of which only numbers were kept is one of numbers; 2^53 is where they lose digits. */
function contractFor(column: ColumnProfile, { kind }: Choice): ColumnContract {
  const contract = contractOf(column.name, kind);
  const { texts, numbers } = column;
  if (contract.role !== 'identity' || texts !== null || numbers === null) return contract;
  const exact = numbers.every((n) => Number.isNaN(n) || Number.isSafeInteger(n));
  return exact ? { ...contract, type: 'number' } : contract;
}

function labelsOf({ texts, rows }: ColumnProfile, positive: string): Uint8Array {
  const code = texts?.levels.indexOf(positive) ?? -1;
  const labels = new Uint8Array(rows);
  texts?.codes.forEach((found, row) => {
    if (found === code) labels[row] = 1;
  });
  return labels;
}

function aucOf({ name, numbers, texts }: ColumnProfile, labels: Uint8Array): number {
  if (numbers !== null) return aucAlone({ kind: 'numeric', name, values: numbers }, labels);
  if (texts === null) return Number.NaN;
  return aucAlone({ kind: 'categorical', name, ...texts }, labels);
}
