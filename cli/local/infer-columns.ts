/** What a table's columns seem to be, from its cells alone. */
import type { ColumnContract, ModelDocument } from '../../contracts/folder.ts';
import type { RawTable } from '../../dataset/csv.ts';
import { isDate, MOST_MISSING } from '../../dataset/read-table.ts';
import { refuse } from '../../dataset/refusal.ts';
import { isMissing, parseNumber } from '../../learning/cells.ts';

export interface Inferred {
  readonly columns: readonly ColumnContract[];
  readonly identity: ModelDocument['identity'];
  /** What was chosen and why, a line each. */
  readonly choices: readonly string[];
}

const IDENTIFIER = /(?:^|[_\s-])(?:id|uuid|guid|key)$|[a-z](?:Id|ID)$/;
/** Above this share of equal feature rows, equal rows are taken for the same subject. */
const REPEATING = 0.01;
/** A column of numbers may hold a few words by mistake; then reading it says where. */
const NEARLY_ALL = 0.99;
const MANY_NUMBERS = 50;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/**
 * Types, roles and identity of a table's columns.
 *
 * The header names the target. Throws `DataInvalid` where it is never positive, or no feature is left.
 */
export function inferColumns(
  raw: RawTable,
  of: { readonly file: string; readonly target: string; readonly positive: string },
): Inferred {
  const { file, target, positive } = of;
  const rows = raw.rows.length;
  const choices: string[] = [];
  const single: string[] = [];
  const group: string[] = [];
  const columns = raw.header.map((name, at): ColumnContract => {
    const cells = raw.rows.map((row) => (row[at] ?? '').trim());
    const present = cells.filter((cell) => !isMissing(cell));
    const column = (
      type: ColumnContract['type'],
      role: ColumnContract['role'],
      why?: string,
    ): ColumnContract => {
      if (why !== undefined) choices.push(`${name}: ${why}`);
      return { name, type, role, sensitive: false };
    };
    if (name === target) {
      const empty = cells.findIndex((cell) => isMissing(cell));
      if (empty !== -1) refuse(file, { row: empty + 1, column: name }, 'the target is missing');
      if (!present.includes(positive)) {
        refuse(file, { column: name }, 'never holds the value given by --positive');
      }
      return column('category', 'target');
    }
    if (!(present.length >= rows * (1 - MOST_MISSING)) || present.length === 0) {
      return column('text', 'ignored', 'left out, more than 60 % of it is missing');
    }
    const distinct = new Set(present);
    if (IDENTIFIER.test(name) && present.length === rows) {
      if (distinct.size === rows) {
        single.push(name);
        return column('text', 'identity', 'a key, by its name and because no value repeats');
      }
      // Few values that repeat often are a code, not somebody.
      if (distinct.size > rows / 100) {
        group.push(name);
        return column('text', 'identity', 'a group, by its name and because values repeat');
      }
    }
    const numbers = present.filter((c) => parseNumber(c) !== undefined || INFINITE.test(c)).length;
    const nearly = numbers >= present.length * NEARLY_ALL && distinct.size > MANY_NUMBERS;
    if (numbers === present.length || nearly) return column('number', 'feature');
    if (present.every(isDate)) {
      return column('date', 'ignored', 'a date, left out: the future has others');
    }
    if (distinct.size === present.length && distinct.size > 100) {
      return column('text', 'ignored', 'left out, every text in it is another one');
    }
    return column('category', 'feature');
  });
  const features = columns.filter((c) => c.role === 'feature').map((c) => c.name);
  if (features.length === 0) refuse(file, {}, 'has no column to learn from');
  return {
    columns,
    ...identityOf(raw, features, { single, group }, choices),
  };
}

function identityOf(
  raw: RawTable,
  features: readonly string[],
  found: { readonly single: readonly string[]; readonly group: readonly string[] },
  choices: readonly string[],
): Pick<Inferred, 'identity' | 'choices'> {
  const [firstGroup] = found.group;
  const [firstKey] = found.single;
  const key = firstKey === undefined ? {} : { key: [firstKey] };
  if (firstGroup !== undefined) {
    return {
      identity: { group: [firstGroup], ...key },
      choices: [...choices, `identity: a row is one of the group ${firstGroup}`],
    };
  }
  const at = features.map((name) => raw.header.indexOf(name));
  const seen = new Set<string>();
  for (const row of raw.rows) seen.add(JSON.stringify(at.map((i) => (row[i] ?? '').trim())));
  const repeated = 1 - seen.size / raw.rows.length;
  const share = `${(repeated * 100).toFixed(1)} % of the rows repeat another’s features`;
  if (repeated > REPEATING) {
    return {
      identity: { group: [...features], ...key },
      choices: [...choices, `identity: rows with equal features are one group, because ${share}`],
    };
  }
  return {
    identity: key,
    choices: [
      ...choices,
      firstKey === undefined
        ? `identity: all feature columns, because there is no key (${share})`
        : `identity: the key ${firstKey} (${share})`,
    ],
  };
}
