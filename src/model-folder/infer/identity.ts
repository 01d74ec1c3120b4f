/** Who a row is, from what its table holds. */
import type { ModelDocument } from '#contracts/folder/model.ts';
import { columnOf, type DataTable } from '#dataset/read-table.ts';
import { type Agreement, agreementOf, sameLabel } from './repeats.ts';

export interface InferredIdentity {
  readonly identity: ModelDocument['identity'];
  /** One sentence. */
  readonly why: string;
}

/** Where a larger share of the rows repeats another row's features, a person has to say what a row is. */
const REPEATING = 0.01;
/** Fewer groups, or one that holds more of the rows, and a holdout of whole groups can't judge. */
const FEWEST_GROUPS = 100;
const LARGEST_GROUP = 0.05;
/** A column with as many different cells tells rows apart that are otherwise copies. */
const UNIQUE = 0.99;

/**
 * The group that is there; else rows with equal features where they are copies and leave groups enough;
 * else each row its own, by its key where there is one.
 *
 * Repeats are looked for among the features, where no key is, and once more without those of them that
 * hardly repeat: a moment of export makes of a copy another row.
 */
export function identityOf(
  table: DataTable,
  of: {
    readonly features: readonly string[];
    readonly key: string | undefined;
    readonly group: string | undefined;
  },
): InferredIdentity {
  const key = of.key === undefined ? {} : { key: [of.key] };
  if (of.group !== undefined) {
    const groups = columnOf(table, of.group).distinct();
    return {
      identity: { group: [of.group], ...key },
      why: `a row is one of the group ${of.group} (${groups} groups)`,
    };
  }
  const all = repeatsIn(table, of.features);
  const found = all.share > REPEATING ? all : (withoutUnique(table, of.features) ?? all);
  const { share, agreement } = found;
  const percent = `${(share * 100).toFixed(1)} % of the rows repeat another’s ${found === all ? 'features' : `features but for ${found.left.join(', ')}`}`;
  if (share <= REPEATING) {
    return of.key === undefined
      ? { identity: {}, why: `all feature columns, because there is no key (${percent})` }
      : { identity: key, why: `the key ${of.key} (${percent})` };
  }
  const own =
    of.key === undefined
      ? { identity: { row: true as const }, who: 'each row is its own' }
      : { identity: key, who: `the key ${of.key}` };
  const { mixed, repeating, groups, largest } = agreement;
  if (!sameLabel(agreement)) {
    return {
      identity: own.identity,
      why: `${own.who}: ${percent}, but of ${repeating} groups of equal rows ${mixed} hold both classes, so they are different people who are alike, no copies`,
    };
  }
  if (groups < FEWEST_GROUPS || largest > table.rows * LARGEST_GROUP) {
    const part = ((largest / table.rows) * 100).toFixed(1);
    return {
      identity: own.identity,
      why: `${own.who}: ${percent}, and with the same target, as copies do; as groups they would be ${groups}, the largest with ${part} % of the rows, and fewer than ${FEWEST_GROUPS} or one above ${LARGEST_GROUP * 100} % can’t judge. If they are copies, remove them first: what was trained on would judge`,
    };
  }
  return {
    identity: { group: [...found.columns], ...key },
    why: `rows with equal features are one group, because they are copies: ${percent}, and ${repeating - mixed} of ${repeating} groups of equal rows have one target (${groups} groups)`,
  };
}

interface Repeats {
  readonly columns: readonly string[];
  /** Features that were left out. */
  readonly left: readonly string[];
  /** Of the rows that are equal to an earlier one. */
  readonly share: number;
  readonly agreement: Agreement;
}

function repeatsIn(
  table: DataTable,
  columns: readonly string[],
  left: readonly string[] = [],
): Repeats {
  const agreement = agreementOf(
    columns.map((name) => columnOf(table, name)),
    table.labels,
  );
  return { columns, left, share: 1 - agreement.groups / table.rows, agreement };
}

/** Null where that shows no copies. */
function withoutUnique(table: DataTable, features: readonly string[]): Repeats | null {
  const isUnique = (name: string): boolean =>
    columnOf(table, name).distinct() >= table.rows * UNIQUE;
  const left = features.filter(isUnique);
  const columns = features.filter((name) => !left.includes(name));
  if (left.length === 0 || columns.length === 0) return null;
  const repeats = repeatsIn(table, columns, left);
  const { agreement, share } = repeats;
  const isCopies =
    share > REPEATING &&
    sameLabel(agreement) &&
    agreement.groups >= FEWEST_GROUPS &&
    agreement.largest <= table.rows * LARGEST_GROUP;
  return isCopies ? repeats : null;
}
