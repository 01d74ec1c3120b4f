/** A model folder from a table: everything that the whole line needs. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Folder } from '#contracts/folder/charter.ts';
import { ModelDocument } from '#contracts/folder/model.ts';
import { ModelName } from '#contracts/folder/names.ts';
import { PolicyDocument } from '#contracts/folder/policy.ts';
import { SchemaDocument } from '#contracts/folder/schema.ts';
import { findingLines } from '#dataset/validation-report.ts';
import { featureTable } from '#dataset/feature-table.ts';
import { leakOf } from '#dataset/leaks.ts';
import { leakSentence } from '#gates/leak.ts';
import { csvOfTable } from '#dataset/parquet.ts';
import { splitTable } from '#dataset/prepare.ts';
import type { Sides } from '#dataset/sides.ts';
import { columnOf, type DataTable } from '#dataset/read-table.ts';
import { selectRows } from '#learning/table.ts';
import { readFolder } from '#model-folder/read.ts';
import { type Doubt, SAYABLE, type Sayable, switchOf } from '#model-folder/infer/choice.ts';
import { inferTable, type InferredTable } from '#model-folder/infer/infer-table.ts';
import type { Target } from '#model-folder/infer/target.ts';
import { Stop } from '../output.ts';
import { readBytes, writeBytes } from './files.ts';
import type { ReadOptions } from './read-options.ts';

export interface InitOptions extends ReadOptions {
  readonly data: string;
  readonly target: string;
  readonly positive: string;
  readonly name: string;
  /** The folder that holds model folders. */
  readonly dir: string;
  /** What columns are, by their names; the others are looked at. */
  readonly as?: ReadonlyMap<string, Sayable>;
}

export interface Made {
  readonly folder: string;
  readonly rows: number;
  /** How the table's cells are written. */
  readonly read: InferredTable['read'];
  readonly features: readonly string[];
  readonly identity: Folder['model']['identity'];
  /** Why, in one sentence. */
  readonly identityWhy: string;
  /** Which rows judge, where the table has days; else null. */
  readonly splitWhy: string | null;
  readonly target: Pick<Target, 'column' | 'positive' | 'values'>;
  /** One a column of which somebody may wonder what it was taken for. */
  readonly doubts: readonly Doubt[];
  readonly warnings: readonly string[];
}

/** More rows than this get fewer trees, so that a first `try` stays within a minute or so. */
const MANY_ROWS = 20_000;

/**
 * Writes `model.json`, `schema.json`, `policy.json`, `README.md` and `data.csv` (`data.parquet` where
 * the table is Parquet, which stays as it is); nothing is written
 * unless the table would go through the line.
 *
 * Throws `DataInvalid` for a bad table; Stop 2 where the name is no model's, or the folder exists.
 */
export async function initFolder(options: InitOptions): Promise<Made> {
  const { name, target, positive } = options;
  if (!ModelName.safeParse(name).success) {
    throw new Stop(2, '--name: a model name is a lower-case letter, then up to 29 of a-z, 0-9, -');
  }
  const folder = join(options.dir, name);
  if (existsSync(folder)) throw new Stop(2, `${folder} exists already; nothing was changed`);
  const bytes = readBytes(options.data);
  const file = basename(options.data);
  const { sep: separator, decimal, missing } = options;
  const csv = await csvOfTable(bytes, file, { rules: null });
  const isParquet = csv !== bytes;
  const data = isParquet ? 'data.parquet' : 'data.csv';
  const inferred = inferTable(csv, {
    file,
    target,
    positive,
    ...(options.as === undefined ? {} : { said: options.as }),
    // A Parquet file's numbers need no mark, and were written with commas between and points.
    cells: isParquet ? { separator: ',', decimal: '.', missing } : { separator, decimal, missing },
  });
  const isByTime = inferred.identity.time !== undefined;
  const schemaOf = (kind: string): string => `../../src/contracts/json-schema/${kind}.schema.json`;
  const documents = {
    'model.json': ModelDocument.parse({
      $schema: schemaOf('model'),
      schemaVersion: 1,
      name,
      title: `${target} = ${positive}`.slice(0, 120),
      target,
      positive: inferred.target.positive,
      identity: inferred.identity,
      data: { path: data },
      split: isByTime ? { by: 'time', holdout: HOLDOUT } : { holdout: HOLDOUT, epoch: 1 },
      plan: planFor(inferred.table, inferred.identity.time),
      seed: 1,
      quick: {},
      candidates: candidatesFor(inferred.table),
    }),
    'schema.json': SchemaDocument.parse({
      $schema: schemaOf('schema'),
      schemaVersion: 1,
      mode: 'warn',
      read: inferred.read,
      columns: inferred.columns,
    }),
    'policy.json': PolicyDocument.parse({
      $schema: schemaOf('policy'),
      schemaVersion: 1,
      tier: 'standard',
      gates: [{ name: 'better-than-chance', metric: 'auc', mode: 'enforce', min: 0.55 }],
      approval: {},
    }),
  };
  const files = Object.fromEntries(
    Object.entries(documents).map(([path, json]) => [path, `${JSON.stringify(json, null, 2)}\n`]),
  );
  // The line's own first step says whether this table can be used at all.
  const read = readFolder(files);
  const { rows } = inferred.table;
  const { findings, sides } = splitTable(inferred.table, {
    folder: read,
    asOf: '1970-01-01T00:00:00.000Z',
    stored: null,
  });
  for (const [path, text] of Object.entries(files)) writeBytes(join(folder, path), text);
  writeBytes(join(folder, 'README.md'), readme(options, inferred, splitWhy(inferred, sides), data));
  writeBytes(join(folder, data), bytes);
  return {
    folder,
    rows,
    read: inferred.read,
    features: inferred.columns.filter((c) => c.role === 'feature').map((c) => c.name),
    identity: read.model.identity,
    identityWhy: inferred.identityWhy,
    splitWhy: splitWhy(inferred, sides),
    target: {
      column: inferred.target.column,
      positive: inferred.target.positive,
      values: inferred.target.values,
    },
    doubts: inferred.doubts,
    warnings: [
      ...inferred.target.warnings,
      ...leakWarnings(inferred, sides.trainingRows),
      ...findingLines(findings),
    ],
  };
}

/** In what days the rows that judge lie; by identity also what that doesn't measure, and the switch. */
function splitWhy({ days }: InferredTable, { time }: Sides): string | null {
  if (time !== undefined) {
    return `by time: the days from ${time.window.from} to ${time.window.until} judge, and all before trains`;
  }
  const spans = days.filter(({ from, until }) => from < until);
  const [first] = [...spans.filter((d) => !d.isAfterwards), ...spans];
  if (first === undefined) return null;
  const { column, from, until } = first;
  return `by identity: days from ${from} to ${until} judge beside days that train, so how a model does on days to come isn’t measured; ${switchOf(column, 'time')} lets the last days judge`;
}

/** Of the training rows alone: nobody looks at the holdout to choose features. */
function leakWarnings({ table, target }: InferredTable, trainingRows: Int32Array): string[] {
  const labels = Uint8Array.from(trainingRows, (row) => table.labels[row] ?? 0);
  return table.columns
    .filter((column) => column.contract.role === 'feature')
    .flatMap((one) => {
      // Column by column: a copy of the whole table would take as much room again.
      const [column] = selectRows(featureTable({ ...table, columns: [one] }), trainingRows).columns;
      const leak = column === undefined ? null : leakOf(column, labels, target.column);
      const sentence = leak === null ? null : leakSentence(leak, target.column);
      return sentence === null
        ? []
        : [`${sentence} ${switchOf(one.contract.name, 'ignored')} leaves it out`];
    });
}

function candidatesFor({ rows }: DataTable): readonly object[] {
  const trees = rows > MANY_ROWS ? 100 : 200;
  const forest = (minLeaf: number): object => ({
    name: `forest-leaf-${minLeaf}`,
    algorithm: 'forest',
    settings: { trees, maxDepth: 15, minLeaf, featuresPerSplit: 'sqrt' },
  });
  return [
    { name: 'logistic', algorithm: 'logistic' },
    forest(3),
    forest(15),
    forest(60),
    { name: 'boosting', algorithm: 'boosting' },
  ];
}

/** Below so many training rows, one folding's differences between candidates are luck. */
const FEW_ROWS = 2000;
/** Below this share of either class, the most accurate threshold may put every row into the other one. */
const RARE = 0.3;
const HOLDOUT = 0.2;
const FOLDS = 5;

/** As many as the days that train let follow each other; too few of them are refused when they are folded. */
function foldsOfDays(days: number): number {
  return Math.max(2, Math.min(FOLDS, Math.floor(days * (1 - HOLDOUT)) - 1));
}

function planFor(table: DataTable, time: string | undefined): object {
  const { rows, labels } = table;
  let positives = 0;
  for (const label of labels) positives += label;
  return {
    primaryMetric: 'auc',
    folds: time === undefined ? FOLDS : foldsOfDays(columnOf(table, time).levels.length),
    // In order of time there is one way to fold.
    ...(rows * (1 - HOLDOUT) < FEW_ROWS && time === undefined ? { repeats: 3 } : {}),
    ...(Math.min(positives, rows - positives) < RARE * rows ? { threshold: 'youden' } : {}),
  };
}

/** What `--as` takes: `member_id=group`. Throws Stop 2. */
export function readSaid(
  text: string,
  before: ReadonlyMap<string, Sayable> = new Map(),
): ReadonlyMap<string, Sayable> {
  const at = text.lastIndexOf('=');
  const what = SAYABLE.find((one) => one === text.slice(at + 1));
  if (at < 1 || what === undefined) {
    throw new Stop(2, `--as: is COLUMN=WHAT, where WHAT is ${SAYABLE.join(', ')}`);
  }
  return new Map([...before, [text.slice(0, at), what]]);
}

function readme(
  options: InitOptions,
  inferred: InferredTable,
  split: string | null,
  data: string,
): string {
  const { table, doubts, identityWhy } = inferred;
  const choices = doubts.map(({ column, takenFor, why }) => `\`${column}\`: ${takenFor} (${why})`);
  return `# ${options.name}

Predicts whether \`${options.target}\` is \`${options.positive}\`, from ${table.rows} rows in \`${data}\`.

Written by \`titleholder init\`; what it chose:

${[`who a row is: ${identityWhy}`, ...(split === null ? [] : [`which rows judge: ${split}`]), ...choices].map((choice) => `- ${choice}`).join('\n')}

\`model.json\` says what is predicted and which settings are tried, \`schema.json\` what the columns
hold, \`policy.json\` what a model must reach. Source and licence of the data: say them here.

    npx titleholder try models/${options.name}
    npx titleholder commit models/${options.name}
`;
}
