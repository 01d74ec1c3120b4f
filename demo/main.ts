/** `npm run demo`: starts everything on fresh state, plays the story, stops everything. */
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { endOf, Stop } from '../cli/output.ts';
import { PROJECT } from '../cli/local-stack.ts';
import { bringUp, type RunningStack } from '../cli/stack/bring-up.ts';
import { StoryFailed } from './expectation.ts';
import { playStory } from './story.ts';
import { summary } from './summary.ts';
import { teller } from './teller.ts';

const FOLDER = join(PROJECT, '.local', 'demo');

interface Options {
  readonly model: string;
  readonly json?: string;
  readonly break?: string;
}

async function demo(options: Options): Promise<number> {
  const source = join(PROJECT, 'models', options.model);
  if (!existsSync(join(source, 'story.json'))) {
    const known = readdirSync(join(PROJECT, 'models')).filter((name) =>
      existsSync(join(PROJECT, 'models', name, 'story.json')),
    );
    throw new Stop(2, `there is no story of ${options.model}: take one of ${known.join(', ')}`);
  }
  const tell = teller();
  let stack: RunningStack | undefined;
  stopOnSignal(() => stack?.stop());
  const began = performance.now();
  try {
    await tell.act('the local AWS and MLflow, on fresh state, deployed by cdk', async () => {
      stack = await bringUp({ folder: join(FOLDER, 'stack'), log: tell.say });
      return stack.endpoints.awsEndpointUrl;
    });
    if (stack === undefined) return 70;
    const up = (performance.now() - began) / 1000;
    const told = await playStory({
      endpoints: stack.endpoints,
      issuer: stack.issuer,
      folder: FOLDER,
      source,
      name: options.model,
      breakStep: options.break,
      tell,
    });
    const story = (performance.now() - began) / 1000 - up;
    process.stdout.write(`${summary(told.report, told.ledger, { up, story })}\n`);
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify(told.report, null, 2)}\n`);
    }
    if (told.failure === undefined) return 0;
    throw told.failure;
  } finally {
    await stack?.stop();
  }
}

function stopOnSignal(stop: () => Promise<void> | undefined): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => {
      process.stderr.write('stopping\n');
      void Promise.resolve(stop()).finally(() => process.exit(code));
    });
  }
}

const program = new Command('demo')
  .description('plays one release after the other, from a first commit to a rollback')
  .option('--model <name>', 'whose story', 'claims-denial')
  .option('--json <file>', 'writes what happened as JSON')
  .exitOverride();
// For the test that the story notices a step that only repeats itself.
program.addOption(program.createOption('--break <function>').hideHelp());

try {
  process.exitCode = await demo(program.parse().opts<Options>());
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof StoryFailed) {
    process.stderr.write(`the story failed at ${error.message}\n`);
    process.exitCode = 1;
  } else {
    const { code, line } = endOf(error);
    process.stderr.write(`demo: ${line}\n`);
    process.exitCode = code;
  }
}
