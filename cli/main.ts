/** The `titleholder` command. */
import { sayEnd } from './output.ts';

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
  process.exitCode = sayEnd(error);
}
