/**
 * Every key of the two tables, in one place. Both have the string keys `pk` and `sk`; the first part
 * of `pk` says what the item is, so that a grant can name it by `dynamodb:LeadingKeys`.
 *
 * | table | pk | sk | item |
 * |---|---|---|---|
 * | runs | `COMMIT#<runId>` | `COMMIT` | the stored commit; listed by `gsiModel` |
 * | runs | `RUN#<runId>` | `RUN` | the run; listed by `gsiModel` and by `gsiAll` |
 * | runs | `STEP#<runId>` | `<step>/<inputHash>` | a step's recorded output |
 * | runs | `LOCK#<model>` | `LOCK` | one release a model at a time |
 * | runs | `HOLDOUT#<model>` | `HOLDOUT` | which rows judge |
 * | runs | `VERIFIED#<model>` | `<sha256>` | staging verified this hash |
 * | runs | `APPROVAL#<runId>` | `<kind>` | an approval |
 * | champion | `POINTER#<model>` | `<slot>` | what the slot serves |
 * | champion | `HEAD#<model>` | `HEAD` | the ledger's last sequence and hash |
 * | champion | `LEDGER#<model>` | `<sequence, 12 digits>` | an entry of the chain |
 * | champion | `DECISION#<model>` | `<decisionId>` | the sequence that recorded it |
 * | champion | `VERSION#<model>` | `<version, 12 digits>` | a registered version |
 * | champion | `CHARTER#<model>` | `CHARTER` | the charter that runs are judged by |
 * | champion | `OUTBOX` | `<event id>` | an event still to be delivered |
 */

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/**
 * The runs table's indexes; both project all attributes, and read eventually consistently.
 *
 * | index | partition | sort | items |
 * |---|---|---|---|
 * | byModel | `gsiModel` = `RUNS#<model>` | `gsiSort` = `<createdAt>#<runId>` | a model's runs |
 * | byModel | `gsiModel` = `COMMITS#<model>` | `gsiSort` = `<commit>#<runId>` | a model's commits by hash |
 * | byTime | `gsiAll` = `RUNS` | `gsiSort` = `<createdAt>#<runId>` | all runs: a list for people, hundreds a day at most |
 */
export const RUN_INDEXES = {
  byModel: { name: 'byModel', partitionKey: 'gsiModel', sortKey: 'gsiSort' },
  byTime: { name: 'byTime', partitionKey: 'gsiAll', sortKey: 'gsiSort' },
} as const;
export const ALL_RUNS = 'RUNS';
export const runsOf = (model: string): string => `RUNS#${model}`;
export const commitsOf = (model: string): string => `COMMITS#${model}`;

/** Sorts text as its number; 10^12 is out of any model's reach. */
const padded = (n: number): string => String(n).padStart(12, '0');

export const runsKeys = {
  commit: (runId: string): Key => ({ pk: `COMMIT#${runId}`, sk: 'COMMIT' }),
  run: (runId: string): Key => ({ pk: `RUN#${runId}`, sk: 'RUN' }),
  step: (runId: string, step: string, inputHash: string): Key => ({
    pk: `STEP#${runId}`,
    sk: `${step}/${inputHash}`,
  }),
  steps: (runId: string) => ({ pk: `STEP#${runId}` }),
  lock: (model: string): Key => ({ pk: `LOCK#${model}`, sk: 'LOCK' }),
  holdout: (model: string): Key => ({ pk: `HOLDOUT#${model}`, sk: 'HOLDOUT' }),
  verified: (model: string, sha256: string): Key => ({ pk: `VERIFIED#${model}`, sk: sha256 }),
  approval: (runId: string, kind: string): Key => ({ pk: `APPROVAL#${runId}`, sk: kind }),
};

export const championKeys = {
  pointer: (model: string, slot: string): Key => ({ pk: `POINTER#${model}`, sk: slot }),
  head: (model: string): Key => ({ pk: `HEAD#${model}`, sk: 'HEAD' }),
  entry: (model: string, sequence: number): Key => ({
    pk: `LEDGER#${model}`,
    sk: padded(sequence),
  }),
  ledger: (model: string) => ({ pk: `LEDGER#${model}` }),
  decision: (model: string, id: string): Key => ({ pk: `DECISION#${model}`, sk: id }),
  version: (model: string, version: number): Key => ({
    pk: `VERSION#${model}`,
    sk: padded(version),
  }),
  versions: (model: string) => ({ pk: `VERSION#${model}` }),
  charter: (model: string): Key => ({ pk: `CHARTER#${model}`, sk: 'CHARTER' }),
  event: (id: string): Key => ({ pk: 'OUTBOX', sk: id }),
  outbox: () => ({ pk: 'OUTBOX' }),
};
