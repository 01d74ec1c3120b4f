/** Every verb of the `titleholder` command, not yet parsed: the caller decides what an exit code does. */
import { Command } from 'commander';
import { registerLocalVerbs } from './local.ts';
import { registerRemoteVerbs } from './remote.ts';
import { registerStackVerbs } from './stack.ts';

/** Throws CommanderError instead of ending the process. */
export function titleholder(): Command {
  const program = new Command('titleholder').description(
    'Decides which model serves: commits become champions, or fail to.',
  );
  registerLocalVerbs(program);
  registerStackVerbs(program);
  registerRemoteVerbs(program);
  finish(program, 'npx titleholder');
  return program;
}

/** Sets what a verb doesn't inherit from Commander's program: how it ends, and that a mistake is one line. */
function finish(command: Command, path: string): void {
  const help = `${path} --help ${command.commands.length > 0 ? 'lists the verbs' : 'says how'}`;
  command
    .exitOverride()
    .helpCommand(false)
    .configureOutput({
      outputError: (text, write) => {
        const line = text
          .trim()
          .replace(/^error: /, '')
          .replace(/\s+/g, ' ');
        write(`titleholder: ${line} (${help})\n`);
      },
    });
  for (const verb of command.commands) finish(verb, `${path} ${verb.name()}`);
}
