/** Owns a stack until it is ended from outside: argument 1 is the folder; says where it is in one line. */
import { startStack } from '../../../localstack/stack.ts';

const stack = await startStack({
  dir: process.argv[2] ?? '',
  mlflow: process.argv[3] === 'mlflow',
});
process.stdout.write(`${JSON.stringify(stack)}\n`);
setInterval(() => undefined, 60_000);
