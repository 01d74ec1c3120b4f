/** The verbs that run the local stack. */
import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { awsClients } from '#adapters/aws/clients.ts';
import { diagnose } from '../localstack/doctor.ts';
import { type Output, Stop, textTable, terminalOutput } from './output.ts';
import {
  IS_USUAL_STACK,
  isAlive,
  needStack,
  pointAt,
  PROJECT,
  runningStack,
  STACK_FOLDER,
  type Endpoints,
} from './local-stack.ts';
import { ANY_PORTS, choosePorts, USUAL_PORTS } from '../localstack/ports.ts';
import { forgetLogins } from './remote/session.ts';
import { redeploy, type Redeployed } from '../localstack/redeploy.ts';
import { bringUp } from './stack/bring-up.ts';
import { ownStack, stackOwner } from './stack/owner.ts';
import { redeployedWords, sourceFolders, watchSources, watchWords } from './stack/watch-sources.ts';

const WATCH_MILLIS = 2000;
/** LocalStack and MLflow take up to 10 s to end in order. */
const DOWN_SECONDS = 60;

export function registerStackVerbs(program: Command): void {
  program
    .commandsGroup('The local stack:')
    .command('up')
    .description('run the local AWS and MLflow in the foreground, deployed and ready')
    .option('--watch', 'redeploy functions whenever their sources change')
    .option('--json', 'print data as JSON')
    .action(async (options: { json?: boolean; watch?: boolean }) =>
      up(terminalOutput(options.json === true), options.watch === true),
    );
  program
    .command('redeploy')
    .description('put changed functions into the running stack, which keeps its data')
    .option('--json', 'print data as JSON')
    .action(async (options: { json?: boolean }) => {
      const redeployed = await redeployTo(await needStack());
      terminalOutput(options.json === true).data(redeployed, redeployedWords(redeployed));
    });
  program
    .command('down')
    .description('stop the local stack')
    .option('--json', 'print data as JSON')
    .action(async (options: { json?: boolean }) => {
      const stopped = await down();
      terminalOutput(options.json === true).data({ stopped }, downWords(stopped));
    });
  program
    .command('reset')
    .description('stop the local stack, drop its data and every login')
    .option('--json', 'print data as JSON')
    .action(async (options: { json?: boolean }) => {
      const stopped = await down();
      await rm(STACK_FOLDER, { recursive: true, force: true });
      await forgetLogins();
      terminalOutput(options.json === true).data(
        { stopped },
        `${downWords(stopped)}; its data and all logins are gone`,
      );
    });
  program
    .command('doctor')
    .description('check prerequisites, ports, versions, endpoints, disk')
    .option('--json', 'print data as JSON')
    .action(async (options: { json?: boolean }) => {
      const running = await runningStack();
      const findings = await diagnose(running, process.env);
      const bad = findings.filter((finding) => !finding.ok);
      terminalOutput(options.json === true).data(
        findings,
        textTable(
          ['', 'CHECK', 'FOUND'],
          findings.map(({ ok, name, detail, fix }) => [
            ok ? 'ok' : 'NO',
            name,
            fix === undefined ? detail : `${detail}: ${fix}`,
          ]),
        ),
      );
      if (bad.length > 0) process.exitCode = 1;
    });
}

async function up(out: Output, watching: boolean): Promise<void> {
  const asked = askedToStop();
  await ownStack();
  const starting = bringUp({
    folder: STACK_FOLDER,
    log: out.say,
    ports: await choosePorts(process.env, IS_USUAL_STACK ? USUAL_PORTS : ANY_PORTS, out.say),
  });
  const stack = await Promise.race([starting, asked]);
  // Before it is up there is nothing to stop in order: the servers end when this process does.
  if (typeof stack === 'string') return process.exit(stack === 'SIGINT' ? 130 : 143);
  out.data(stack.endpoints, welcome(stack.endpoints));
  const { endpoints } = stack;
  const stopWatching = watching
    ? watchSources({
        folders: sourceFolders(PROJECT),
        redeploy: () => redeployTo(endpoints),
        say: out.say,
      })
    : () => undefined;
  if (watching) out.say(watchWords);
  const ended = await Promise.race([asked.then(() => undefined), firstDeath(stack.pids)]);
  stopWatching();
  out.say('stopping');
  await stack.stop();
  if (ended !== undefined) {
    throw new Stop(3, `a server of the stack ended by itself: see the logs in ${STACK_FOLDER}`);
  }
}

function redeployTo(endpoints: Endpoints): Promise<Redeployed> {
  pointAt(endpoints);
  const clients = awsClients({ functionName: 'redeploy' });
  return redeploy(
    { ...endpoints, dir: STACK_FOLDER },
    { lambda: clients.lambda(), sfn: clients.sfn() },
  );
}

/** Resolves at the first Ctrl-C, hang-up or SIGTERM; a second Ctrl-C doesn't wait. */
function askedToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });
}

function firstDeath(pids: readonly number[]): Promise<number> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const gone = pids.find((pid) => !isAlive(pid));
      if (gone === undefined) return;
      clearInterval(timer);
      resolve(gone);
    }, WATCH_MILLIS);
    timer.unref();
  });
}

/** @returns false when there was none. */
async function down(): Promise<boolean> {
  const owner = await stackOwner();
  if (owner === undefined) return false;
  process.kill(owner, 'SIGTERM');
  const deadline = Date.now() + DOWN_SECONDS * 1000;
  while (isAlive(owner)) {
    if (Date.now() > deadline) {
      throw new Stop(
        1,
        `process ${owner} didn't stop within ${DOWN_SECONDS} s: kill -9 ${owner} leaves nothing behind`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

function downWords(stopped: boolean): string {
  return stopped ? 'the stack is stopped' : 'no stack is up';
}

/** What `up` prints when everything answers. */
export function welcome(endpoints: Endpoints): string {
  return `
Titleholder is up. Its data lasts until it stops; nothing is kept.

  API       ${endpoints.apiUrl}
  staging   ${endpoints.stagingApiUrl}
  MLflow    ${endpoints.mlflowTrackingUri}
  AWS       ${endpoints.awsEndpointUrl}

In other terminals:

  npx titleholder login --as ana --role committer,viewer      a person who commits
  npx titleholder login --as ben --role approver,viewer       another who approves
  npx titleholder login --as olga --role operator,viewer      and one who rolls back

  npx titleholder commit models/claims-denial --as ana        starts a run
  npx titleholder watch RUN                                   follows it
  npx titleholder explain RUN --as ben                        why it was judged so
  npx titleholder approve RUN --reason "better AUC" --as ben  promotes it
  npx titleholder champion claims-denial                      what serves
  npx titleholder rollback claims-denial --reason WHY --as olga
  npx titleholder ledger show claims-denial                   who decided what, and why

Ctrl-C here, or npm stop elsewhere, stops everything.
`;
}
