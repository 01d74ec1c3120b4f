/** What a table's columns seem to be, from its cells alone. */
import type { ColumnContract, ModelDocument } from '#contracts/folder.ts';
import { mostRows, type RowReader, scanCsv } from '#dataset/csv.ts';
import { groupRows } from '#dataset/identity.ts';
import {
  columnOf,
  type DataTable,
  labelled,
  MOST_MISSING,
  readTable,
} from '#dataset/read-table.ts';
import { refuse } from '#dataset/refusal.ts';
import { MANY_NUMBERS, UndecidedColumn } from '#dataset/undecided-column.ts';

export interface Inferred {
  readonly columns: readonly ColumnContract[];
  readonly identity: ModelDocument['identity'];
  /** What was chosen and why, a line each. */
  readonly choices: readonly string[];
  /** The table as these columns and this identity read it. */
  readonly table: DataTable;
}

const IDENTIFIER = /(?:^|[_\s-])(?:id|uuid|guid|key)$|[a-z](?:Id|ID)$/;
/** Above this share of equal feature rows, equal rows are taken for the same subject. */
const REPEATING = 0.01;
/** A column of numbers may hold a few words by mistake; then reading it says where. */
const NEARLY_ALL = 0.99;
/** Above this many texts, each another one, a column is no category. */
const MANY_TEXTS = 100;

/** A column's contract, and why it is that where somebody may wonder. */
interface Choice {
  readonly contract: ColumnContract;
  readonly why?: string;
}

/**
 * Types, roles and identity of a table's columns.
 *
 * The table is read once unless it holds surprises. Throws `DataInvalid` as `scanCsv` and
 * `readTable` do, and where the target is absent or never positive, or no feature is left.
 */
export function inferColumns(
  csv: Uint8Array,
  of: { readonly file: string; readonly target: string; readonly positive: string },
): Inferred {
  const { file, target, positive } = of;
  const { columns, rows } = readUndecided(csv, file, target);
  const typed = columns.map((column) =>
    column.name === target ? targetOf(column, positive, file) : choiceOf(column, rows),
  );
  featuresOf(typed, file);
  const kept = typed.flatMap(({ contract }, i) =>
    contract.role === 'ignored' ? [] : [columns[i]?.as(contract, rows)],
  );
  const known = kept.filter((column) => column !== undefined);
  // A word after many numbers: what it takes to read such a column wasn't kept.
  const all =
    known.length < kept.length
      ? readTable(csv, file, {
          model: { target, positive, identity: {} },
          schema: { columns: typed.map((c) => c.contract) },
        })
      : labelled({ file, rows, columns: known, unknown: [] }, { target, positive });
  const choices = typed.map((choice) => withoutTexts(choice, all));
  const contracts = choices.map((c) => c.contract);
  const features = featuresOf(choices, file);
  const { identity, why } = identityOf(all, features);
  const table = { ...all, columns: all.columns.filter((c) => contracts.includes(c.contract)) };
  return {
    columns: contracts,
    identity,
    choices: [
      ...choices.flatMap((c) => (c.why === undefined ? [] : [`${c.contract.name}: ${c.why}`])),
      why,
    ],
    table,
  };
}

function readUndecided(csv: Uint8Array, file: string, target: string) {
  const most = mostRows(csv);
  let columns: UndecidedColumn[] = [];
  let rows = 0;
  const open = (header: readonly string[]): RowReader => {
    columns = header.map((name) => {
      const keepsTexts = name === target || IDENTIFIER.test(name);
      return new UndecidedColumn(name, most, keepsTexts);
    });
    return (cells, row) => {
      columns.forEach((column, i) => {
        column.add(cells[i] ?? '', row);
      });
      rows = row + 1;
    };
  };
  scanCsv(csv, file, open, {
    checkHeader: (header) => {
      if (header.includes(target)) return;
      refuse(file, { row: 0, column: target }, 'is the target and is absent');
    },
  });
  return { columns, rows };
}

function choice(
  name: string,
  type: ColumnContract['type'],
  role: ColumnContract['role'],
  why?: string,
): Choice {
  const contract = { name, type, role, sensitive: false };
  return why === undefined ? { contract } : { contract, why };
}

function targetOf(column: UndecidedColumn, positive: string, file: string): Choice {
  const { name, firstMissing } = column;
  if (firstMissing !== -1) {
    refuse(file, { row: firstMissing + 1, column: name }, 'the target is missing');
  }
  if (!column.has(positive)) {
    refuse(file, { column: name }, 'never holds the value given by --positive');
  }
  return choice(name, 'category', 'target');
}

function choiceOf(column: UndecidedColumn, rows: number): Choice {
  const { name, present, numeric, onlyDates, distinct } = column;
  if (!(present >= rows * (1 - MOST_MISSING)) || present === 0) {
    return choice(name, 'text', 'ignored', 'left out, more than 60 % of it is missing');
  }
  if (IDENTIFIER.test(name) && present === rows) {
    if (distinct === rows) {
      return choice(name, 'text', 'identity', 'a key, by its name and because no value repeats');
    }
    // Few values that repeat often are a code, not somebody.
    if (distinct > rows / 100) {
      return choice(name, 'text', 'identity', 'a group, by its name and because values repeat');
    }
  }
  const nearly = numeric >= present * NEARLY_ALL && distinct > MANY_NUMBERS;
  if (numeric === present || nearly) return choice(name, 'number', 'feature');
  if (onlyDates) {
    return choice(name, 'date', 'ignored', 'a date, left out: the future has others');
  }
  return choice(name, 'category', 'feature');
}

/** A category whose every text is another one is none. */
function withoutTexts(of: Choice, table: DataTable): Choice {
  const { name, type, role } = of.contract;
  if (type !== 'category' || role !== 'feature') return of;
  const { levels, missing } = columnOf(table, name);
  if (levels.length <= MANY_TEXTS || levels.length < table.rows - missing) return of;
  return choice(name, 'text', 'ignored', 'left out, every text in it is another one');
}

function featuresOf(choices: readonly Choice[], file: string): string[] {
  const features = choices.filter((c) => c.contract.role === 'feature').map((c) => c.contract.name);
  if (features.length === 0) refuse(file, {}, 'has no column to learn from');
  return features;
}

function identityOf(
  table: DataTable,
  features: readonly string[],
): { readonly identity: ModelDocument['identity']; readonly why: string } {
  const named = table.columns.filter((c) => c.contract.role === 'identity');
  const firstGroup = named.find((c) => c.levels.length < table.rows)?.contract.name;
  const firstKey = named.find((c) => c.levels.length === table.rows)?.contract.name;
  const key = firstKey === undefined ? {} : { key: [firstKey] };
  if (firstGroup !== undefined) {
    return {
      identity: { group: [firstGroup], ...key },
      why: `identity: a row is one of the group ${firstGroup}`,
    };
  }
  const { groups } = groupRows(table, features);
  const repeated = 1 - groups / table.rows;
  const share = `${(repeated * 100).toFixed(1)} % of the rows repeat another’s features`;
  if (repeated > REPEATING) {
    return {
      identity: { group: [...features], ...key },
      why: `identity: rows with equal features are one group, because ${share}`,
    };
  }
  return {
    identity: key,
    why:
      firstKey === undefined
        ? `identity: all feature columns, because there is no key (${share})`
        : `identity: the key ${firstKey} (${share})`,
  };
}
