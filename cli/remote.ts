/** The verbs that speak to the HTTP API: runs, decisions, answers. */
import { type Command, InvalidArgumentError } from 'commander';
import { isOpen } from '#domain/run.ts';
import { terminalOutput, type Output, Stop } from './output.ts';
import type { Verb } from '#client/client.ts';
import { commitFolder } from './remote/commit.ts';
import { deadLetters } from './remote/dead-letters.ts';
import { explainRun } from './remote/explain.ts';
import { parseAnchor, readExport, verified } from './remote/ledger.ts';
import { logWords, runLogs } from './remote/logs.ts';
import { predictionsTable, readRows } from './remote/predict.ts';
import { localToken, login, openSession, type Session } from './remote/session.ts';
import {
  championWords,
  endedBy,
  ledgerTable,
  runsTable,
  statusWords,
} from './remote/answer-words.ts';
import { nextCommands, untilCancelled, watchRun } from './remote/watch.ts';

interface Common {
  readonly as?: string;
  readonly json?: boolean;
}
interface WithReason extends Common {
  readonly reason?: string;
}

export function registerRemoteVerbs(program: Command): void {
  registerIdentity(program);
  registerRuns(program);
  registerDecisions(program);
  registerAnswers(program);
}

function registerIdentity(program: Command): void {
  program
    .commandsGroup('Runs:')
    .command('login')
    .description('become somebody on the local stack (no deployed environment has this)')
    .requiredOption('--as <who>', 'your name')
    .requiredOption('--role <roles>', 'roles, e.g. committer or approver:claims-denial,viewer')
    .option('--json', 'print data as JSON')
    .action(async (options: { as: string; role: string; json?: boolean }) => {
      const { who, roles } = await login({ who: options.as, roles: options.role });
      terminalOutput(options.json === true).data(
        { who, roles },
        `${who} is logged in as ${roles.join(', ')}; the verbs take --as ${who}, or this last login`,
      );
    });

  const printed =
    'print the token that your verbs send, for curl and other programs (local stack only)';
  speaking(program, 'token', printed).action(async (options: Common) => {
    const out = terminalOutput(options.json === true);
    const found = await localToken(options);
    out.say(`${found.who} (${found.roles.join(', ')}), until ${found.expiresAt}`);
    out.data(found, found.token);
  });
}

function registerRuns(program: Command): void {
  speaking(program, 'commit <folder>', 'send a committed model folder: starts a run')
    .option('--branch <name>', 'the branch to name; the present one unless said')
    .action(async (folder: string, options: Common & { branch?: string }) => {
      const { out, session } = await open(options);
      const sent = await commitFolder({
        folder,
        branch: options.branch,
        session,
        say: out.say,
      });
      out.data(sent, sent.message);
      if (!sent.duplicate) out.say(`next: npx titleholder watch ${sent.runId}`);
    });

  speaking(program, 'runs', 'the latest runs')
    .option('--model <name>', 'of one model only')
    .option('--limit <n>', 'at most so many (100)', wholeNumber, 20)
    .option('--cursor <cursor>', 'the page after this one')
    .action(async (options: Common & { model?: string; limit: number; cursor?: string }) => {
      const { out, session } = await open(options);
      const page = await session.api.runs(options);
      out.data(page, runsTable(page.runs));
      if (page.cursor !== undefined) out.say(`more: npx titleholder runs --cursor ${page.cursor}`);
    });

  speaking(program, 'status <run>', 'where a run is, step by step').action(
    async (run: string, options: Common) => {
      const { out, session } = await open(options);
      const status = await session.api.status(run);
      out.data(status, statusWords(status));
    },
  );

  speaking(program, 'watch <run>', 'follow a run until it ends or waits for a person').action(
    async (run: string, options: Common) => {
      const { out, session } = await open(options);
      const status = await watchRun({ api: session.api, runId: run, say: out.say });
      const { run: last, evaluation } = status;
      const question = status.pending?.question;
      if (question !== undefined) out.say(question.summary);
      if (evaluation !== null) out.say(`verdict ${evaluation.verdict}: ${evaluation.reason}`);
      out.data(
        status,
        `${last.runId}: ${last.status}${endedBy(last)}${because(last.reason === evaluation?.reason ? undefined : last.reason)}`,
      );
      for (const command of nextCommands(status)) out.say(`next: ${command}`);
      if (!isOpen(last.status) && last.status !== 'completed') process.exitCode = 1;
    },
  );

  speaking(program, 'logs <run>', 'what the functions of a run wrote, in order of time').action(
    async (run: string, options: Common) => {
      const out = terminalOutput(options.json === true);
      const lines = await runLogs(run);
      out.data(
        lines,
        lines.length === 0
          ? `no function wrote anything about ${run}`
          : lines.map((line) => logWords(line, run)).join('\n'),
      );
    },
  );
}

function registerDecisions(program: Command): void {
  program.commandsGroup('Decisions:');
  decision(program, 'continue', 'let a run that holds before CD go on');
  decision(program, 'approve', 'approve a run that waits for a person');
  decision(program, 'reject', 'reject a run that waits for a person', true);
  decision(program, 'cancel', 'stop a run');
  decision(program, 'resume', 'go on with a run that failed: finished steps are not repeated');

  speaking(program, 'rollback <model>', 'serve the version before this one again')
    .requiredOption('--reason <reason>', 'why; the ledger keeps it')
    .option('--to <version>', 'this version, not the one before', wholeNumber)
    .option(
      '--from <version>',
      'only while this version serves; the one of now unless said',
      wholeNumber,
    )
    .action(
      async (model: string, options: Common & { to?: number; from?: number; reason: string }) => {
        const { out, session } = await open(options);
        const { to, reason } = options;
        const from = options.from ?? (await session.api.champion(model)).production?.version;
        if (from === undefined) throw new Stop(2, `${model} has no champion to roll back from`);
        const back = await session.api.rollback({ model, from, to, reason });
        out.data(back, back.message);
      },
    );
}

function registerAnswers(program: Command): void {
  program.commandsGroup('Answers:');
  speaking(program, 'predict <model>', 'ask the champion about rows')
    .requiredOption('--row <file>', 'a JSON object or list, or CSV with a header; - reads stdin')
    .action(async (model: string, options: Common & { row: string }) => {
      const rows = await readRows(options.row);
      const { out, session } = await open(options);
      const answer = await session.api.predict(model, rows);
      out.data(answer, predictionsTable(answer));
    });

  speaking(program, 'champion <model>', 'which version serves, and since when')
    .option('--at <time>', 'at that moment (ISO 8601, UTC)')
    .action(async (model: string, options: Common & { at?: string }) => {
      const { out, session } = await open(options);
      const found = await session.api.champion(model, options.at);
      out.data(found, championWords(found, options.at));
      if (found.since === null && found.production === null) process.exitCode = 1;
    });

  speaking(program, 'explain <run>', 'why a run was judged as it was, with the numbers').action(
    async (run: string, options: Common) => {
      const { out, session } = await open(options);
      const explained = await explainRun(session.api, run);
      out.data(explained.data, explained.words);
    },
  );

  // The local verbs have some of its children.
  const policy =
    program.commands.find((command) => command.name() === 'policy') ??
    program.command('policy').description('the limits a model is judged by');
  speaking(policy, 'accept <run>', 'accept the changed charter or holdout that a run asks about')
    .requiredOption('--reason <reason>', 'why; the ledger keeps it')
    .action(async (run: string, options: WithReason) => decide(run, 'accept', options));

  const ledger = program.command('ledger').description('who decided what, when and why');
  speaking(ledger, 'show <model>', 'the entries as a table').action(
    async (model: string, options: Common) => {
      const { out, session } = await open(options);
      const { entries } = await session.api.ledger(model);
      out.data(
        entries,
        entries.length === 0 ? `${model} has no entries yet` : ledgerTable(entries),
      );
    },
  );
  speaking(ledger, 'verify <model>', 'check every hash and link here, on this machine')
    .option('--file <file>', 'of an export, without asking anybody')
    .option('--anchor <entry>', 'SEQUENCE:HASH of an entry that was kept elsewhere')
    .action(async (model: string, options: Common & { file?: string; anchor?: string }) => {
      const anchor = options.anchor === undefined ? {} : { anchor: parseAnchor(options.anchor) };
      const out = terminalOutput(options.json === true);
      const { entries, ...head } =
        options.file === undefined
          ? await (await openSession(options)).api.ledger(model)
          : { entries: await readExport(options.file) };
      const found = verified(model, entries, {
        ...('head' in head ? { head: head.head } : {}),
        ...anchor,
      });
      out.data(found.data, found.words);
      if (!found.ok) process.exitCode = 1;
    });
  const kept = 'the entries as JSON lines, or with --json one array, to keep elsewhere';
  speaking(ledger, 'export <model>', kept).action(async (model: string, options: Common) => {
    const { out, session } = await open(options);
    const { entries } = await session.api.ledger(model);
    if (entries.length === 0 && options.json !== true) out.say(`${model} has no entries yet`);
    else out.data(entries, entries.map((entry) => JSON.stringify(entry)).join('\n'));
  });

  const dlq = program.command('dlq').description('events that could not be handled');
  dlq
    .command('list')
    .description('the dead letters, with their reasons')
    .option('--json', 'print data as JSON')
    .action(async (options: Common) => {
      const out = terminalOutput(options.json === true);
      const letters = await deadLetters();
      out.data(
        letters,
        letters.length === 0
          ? 'no dead letters'
          : letters.map((letter) => `${letter.at}  ${letter.reason}\n  ${letter.body}`).join('\n'),
      );
    });
}

/** A verb that is spoken as somebody. */
function speaking(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--as <who>', 'who asks; TITLEHOLDER_AS or the last login unless said')
    .option('--json', 'print data as JSON');
}

function decision(
  program: Command,
  verb: Exclude<Verb, 'accept'>,
  description: string,
  mandatory = false,
): void {
  const command = speaking(program, `${verb} <run>`, description);
  if (mandatory) command.requiredOption('--reason <reason>', 'why; the ledger keeps it');
  else command.option('--reason <reason>', 'why; the ledger keeps it');
  command.action(async (run: string, options: WithReason) => decide(run, verb, options));
}

async function decide(run: string, verb: Verb, options: WithReason): Promise<void> {
  const { out, session } = await open(options);
  const said = await session.api.decide(run, verb, { reason: options.reason });
  const answer = verb === 'cancel' ? await untilCancelled(session.api, said) : said;
  out.data(answer, answer.message);
  if (verb !== 'cancel') out.say(`next: npx titleholder watch ${answer.runId}`);
}

async function open(options: Common): Promise<{ readonly out: Output; readonly session: Session }> {
  return { out: terminalOutput(options.json === true), session: await openSession(options) };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError('it must be a whole number from 1.');
  }
  return value;
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}
