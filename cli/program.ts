/** Every verb of the `titleholder` command, not yet parsed: who runs it decides what its end means. */
import { Command } from 'commander';
import { registerLocalVerbs } from './local.ts';
import { registerRemoteVerbs } from './remote.ts';
import { registerStackVerbs } from './stack.ts';

/** Throws CommanderError instead of ending the process. */
export function titleholder(): Command {
  const program = new Command('titleholder')
    .description('Decides which model serves: commits become champions, or fail to.')
    .showHelpAfterError('(npx titleholder --help lists the verbs)')
    .exitOverride();
  registerLocalVerbs(program);
  registerStackVerbs(program);
  registerRemoteVerbs(program);
  inherit(program);
  return program;
}

/** Commander copies settings at `command()`, not later; a verb's own verbs want them as well. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.exitOverride();
    inherit(command);
  }
}
