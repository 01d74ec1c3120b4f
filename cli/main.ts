/** The `titleholder` command. */
import { CommanderError } from 'commander';
import { endOf } from './output.ts';

// `titleholder runs | head` closes our stdout early, which is no error.
process.stdout.on('error', (error: Error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  // Here, because a wrong variable of the environment is refused when the verbs are loaded.
  const { titleholder } = await import('./program.ts');
  await titleholder().parseAsync();
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
