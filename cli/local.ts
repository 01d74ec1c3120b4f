/** The verbs that need no stack: a folder from a table, the decision in process, artifacts, lint. */
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { separatorName } from '#dataset/csv.ts';
import { ALGORITHMS, type Algorithm } from '#contracts/folder/candidate.ts';
import { PolicyDocument } from '#contracts/folder/policy.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { metricText } from '#domain/metrics.ts';
import { type Artifact, decodeArtifact } from '#learning/pipeline/artifact.ts';
import { withNamedErrors } from '#learning/named-errors.ts';
import { parseJson } from '#contracts/parse.ts';
import { expectWritable, readBytes, writeBytes } from './local/files.ts';
import { initFolder, type InitOptions, type Made, readSaid } from './local/init-folder.ts';
import { SAYABLE } from '#model-folder/infer/choice.ts';
import { lintFolder } from '#model-folder/lint.ts';
import { pack } from './local/pack.ts';
import { addReadOptions, type ReadOptions } from './local/read-options.ts';
import { scoreFile } from './local/score-file.ts';
import { PROJECT } from './local-stack.ts';
import { countLook, lookSentence } from './local/holdout-looks.ts';
import { type ChampionFile, trainFolder, tryFolder } from './local/try-folder.ts';
import { tryFolds } from './local/try-folds.ts';
import { type TryReport, tryWords } from './local/try-report.ts';
import { Stop, textTable, terminalOutput } from './output.ts';

export function registerLocalVerbs(program: Command): void {
  program.commandsGroup('A folder on this machine:');
  registerInit(program);
  registerTry(program);
  registerArtifacts(program);
  registerPolicy(program);
}

function registerInit(program: Command): void {
  addReadOptions(program.command('init'))
    .description('write a model folder from a table')
    .requiredOption('--data <file>', 'a table: CSV with a header, or Parquet')
    .requiredOption('--target <column>', 'what to predict')
    .requiredOption('--positive <value>', 'the value of the target that counts as 1')
    .requiredOption('--name <name>', 'the model’s name')
    .option('--dir <folder>', 'where model folders lie', 'models')
    .option(
      '--as <column=what>',
      `say what a column is: ${SAYABLE.join(', ')} (repeatable)`,
      readSaid,
    )
    .option('--json', 'print data as JSON')
    .action(async (options: InitOptions & { json?: boolean }) => {
      const out = terminalOutput(options.json === true);
      const made = await initFolder(options);
      for (const line of initLines(made)) out.say(line);
      out.data(made, made.folder);
      out.say(`next: npx titleholder try ${made.folder}`);
    });
}

/** What was taken for what, a line a column of which somebody may wonder. */
function initLines(made: Made): string[] {
  const { column, positive, values } = made.target;
  const counts = values.map(({ value, rows }) => `${value} (${rows} rows)`);
  const more = counts.length - VALUES_SHOWN;
  const doubts = made.doubts.map((d) => [shortened(d.column), d.takenFor, d.why, d.otherwise]);
  return [
    `target: ${column} is ${counts.slice(0, VALUES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more values` : ''}; ${positive} is the positive class`,
    ...cellLines(made.read),
    ...(doubts.length === 0 ? [] : [textTable(['column', 'taken for', 'because', 'else'], doubts)]),
    `who a row is: ${made.identityWhy}`,
    ...(made.splitWhy === null ? [] : [`split: ${made.splitWhy}`]),
    ...made.warnings.map((warning) => `warning: ${warning}`),
  ];
}
const VALUES_SHOWN = 10;

/** How the cells were found to be written, where that isn't the usual way. */
function cellLines({ separator, decimal, missing }: Made['read']): string[] {
  const parts = [
    ...(separator === ',' ? [] : [`separated by ${separatorName(separator)}`]),
    ...(decimal === '.' ? [] : ['with a comma for the decimal mark']),
    ...(missing.length === 0 ? [] : [`missing where they are ${missing.join(', ')}`]),
  ];
  return parts.length === 0 ? [] : [`cells: ${parts.join(', ')}`];
}

/** A name on one line of a table. */
function shortened(name: string): string {
  return name.length > 60 ? `${name.slice(0, 59)}…` : name;
}

/** Of this machine, as the logins are. */
const LOOKS_FILE = join(PROJECT, '.local', 'holdout-looks.json');

interface TryOptions {
  readonly folds?: true;
  readonly seed?: number;
  readonly champion?: string;
  readonly policy?: string;
  readonly algorithm?: Algorithm;
  readonly predictions?: string;
  readonly json?: string | true;
}

function registerTry(program: Command): void {
  program
    .command('try <folder>')
    .description('the whole decision in process: no AWS, nothing stored')
    .option('--seed <n>', 'another master seed than model.json’s; 0 is a seed', seedOf)
    .option('--folds', 'judge by training rows, each out of its fold: nobody looks at the holdout')
    .option(
      '--champion <file>',
      'judge against this artifact (its manifest beside it); with --folds against its settings, or those of a model.json',
    )
    .option('--policy <file>', 'judge by another policy.json')
    .addOption(
      new Option(
        '--algorithm <name>',
        'only candidates of this algorithm, or its defaults',
      ).choices(ALGORITHMS),
    )
    .option('--predictions <file>', 'write row,label,probability of the rows that judge')
    .option('--json [file]', 'write the result as JSON; without a file, print it')
    .action(async (directory: string, options: TryOptions) => {
      const out = terminalOutput(options.json === true);
      if (options.predictions !== undefined) expectWritable(options.predictions);
      if (typeof options.json === 'string') expectWritable(options.json);
      const packed = await pack(directory);
      const given = {
        packed,
        changes: {
          seed: options.seed,
          algorithm: options.algorithm,
          policy:
            options.policy === undefined
              ? undefined
              : parseJson(PolicyDocument, readBytes(options.policy), options.policy),
        },
        say: out.say,
      };
      const { champion } = options;
      const tried =
        options.folds === true
          ? tryFolds({
              ...given,
              champion:
                champion === undefined ? null : { file: champion, bytes: readBytes(champion) },
            })
          : tryFolder({
              ...given,
              champion: champion === undefined ? null : readChampion(champion),
              countLook: (at) => countLook(LOOKS_FILE, at),
            });
      if (options.predictions !== undefined) writeBytes(options.predictions, tried.predictions);
      if (typeof options.json === 'string') {
        writeBytes(options.json, `${JSON.stringify(tried.report, null, 2)}\n`);
      }
      out.data(tried.report, tryWords(tried));
      for (const line of afterTry(tried.report)) out.say(line);
      if (tried.report.verdict !== 'promote') process.exitCode = 1;
    });
}

/** What a verdict on this machine doesn't say. */
function afterTry({ split: { judges, looks } }: TryReport): readonly string[] {
  switch (judges.by) {
    case 'holdout':
      return [
        lookSentence(looks),
        'a try knows neither the stored holdout nor how often it was spent (the ledger does): the line may decide otherwise',
      ];
    case 'folds':
      return [
        'nobody looked at the holdout: settings were compared on training rows, and the line judges their model on others',
      ];
  }
}

interface ScoreOptions extends ReadOptions {
  readonly data: string;
  readonly out: string;
  readonly json?: boolean;
}

function registerArtifacts(program: Command): void {
  program
    .command('fit <folder>')
    .description('train a folder’s model and write its artifact')
    .requiredOption('--out <file>', 'the artifact; its training manifest goes beside it')
    .option('--json', 'print data as JSON')
    .action(async (directory: string, options: { out: string; json?: boolean }) => {
      const out = terminalOutput(options.json === true);
      expectWritable(options.out);
      const packed = await pack(directory);
      const { training, prepared } = trainFolder(packed, packed.folder, out.say);
      writeBytes(options.out, training.artifact);
      writeBytes(manifestPath(options.out), prepared.trainingManifest);
      const { sha256, candidate, metrics } = training;
      out.data(
        { file: options.out, sha256, candidate, metrics },
        `${options.out}  ${sha256}  ${candidate}, AUC ${metricText('auc', metrics.auc)} out of fold`,
      );
    });

  addReadOptions(program.command('score'))
    .description('an artifact’s probabilities of a table’s rows')
    .argument('<artifact>', 'a file that fit wrote, or that was fetched from the store')
    .requiredOption('--data <file>', 'a CSV or Parquet table with the artifact’s columns')
    .requiredOption('--out <file>', 'CSV row,probability,predicted')
    .option('--json', 'print data as JSON')
    .action(async (file: string, options: ScoreOptions) => {
      const out = terminalOutput(options.json === true);
      expectWritable(options.out);
      const bytes = readBytes(file);
      const artifact = decoded(bytes, file);
      const data = readBytes(options.data);
      const { rows, csv } = await scoreFile(artifact, data, options.data, options);
      writeBytes(options.out, csv);
      const sha256 = sha256Hex(bytes);
      out.data({ artifact: sha256, rows, file: options.out }, `${rows} rows scored by ${sha256}`);
    });
}

function registerPolicy(program: Command): void {
  const policy =
    program.commands.find((command) => command.name() === 'policy') ??
    program.command('policy').description('what a model must reach');
  policy
    .command('lint <folder>')
    .description('what is legal in a folder’s documents and still unwise')
    .option('--json', 'print data as JSON')
    .action(async (directory: string, options: { json?: boolean }) => {
      const out = terminalOutput(options.json === true);
      const { folder } = await pack(directory);
      const remarks = lintFolder(folder);
      out.data(
        { remarks },
        remarks.length === 0
          ? 'nothing to remark'
          : remarks.map((r) => `${r.level}: ${r.where}: ${r.what}`).join('\n'),
      );
      if (remarks.length > 0) process.exitCode = 1;
    });
}

/** An artifact that a person named: what is wrong with it is told with its name. */
function decoded(bytes: Uint8Array, file: string): Artifact {
  try {
    return withNamedErrors(() => decodeArtifact(bytes));
  } catch (error) {
    if (error instanceof TitleholderError) throw new Stop(2, `${file}: ${error.message}`);
    throw error;
  }
}

function seedOf(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= 4_294_967_295) return Number(text);
  throw new InvalidArgumentError('a seed is a whole number from 0 to 4294967295.');
}

/** Where `fit` puts the list of the groups that an artifact was trained on. */
function manifestPath(artifact: string): string {
  return `${artifact}.manifest.json`;
}

function readChampion(file: string): ChampionFile {
  return { bytes: readBytes(file), manifest: readBytes(manifestPath(file)) };
}
