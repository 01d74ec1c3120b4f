/** The `titleholder` command. */
import { Command, CommanderError } from 'commander';
import { endOf } from './output.ts';
import { registerLocalVerbs } from './local.ts';
import { registerRemoteVerbs } from './remote.ts';
import { registerStackVerbs } from './stack.ts';

const program = new Command('titleholder')
  .description('Decides which model serves: commits become champions, or fail to.')
  .showHelpAfterError('(titleholder --help lists the verbs)')
  .exitOverride();
registerLocalVerbs(program);
registerStackVerbs(program);
registerRemoteVerbs(program);

/** Verbs inherit this only when told: commander copies settings at `command()`, not later. */
for (const command of program.commands) command.exitOverride();

// `titleholder runs | head` closes our stdout early, which is no error.
process.stdout.on('error', (error: Error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander said it already; asking for help is no mistake.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const { code, line } = endOf(error);
    process.stderr.write(`titleholder: ${line}\n`);
    process.exitCode = code;
  }
}
