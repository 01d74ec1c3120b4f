/** Writes the Python loader's text where the Lambdas' bundle can import it: `node src/adapters/mlflow/pyfunc/embed.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = resolve(import.meta.dirname, '../../../..');
export const SOURCE = join(PROJECT, 'src/adapters/mlflow/pyfunc/titleholder_model.py');
export const EMBEDDED = join(PROJECT, 'src/adapters/mlflow/pyfunc/python-loader.ts');

/** The TypeScript of a Python text; throws where the text can't stand in a raw template. */
export function embed(python: string): string {
  if (/`|\$\{|\r/.test(python)) {
    throw new Error('titleholder_model.py: a backtick, ${ or a carriage return can’t be embedded');
  }
  return `/** src/adapters/mlflow/pyfunc/titleholder_model.py, written by \`node src/adapters/mlflow/pyfunc/embed.ts\`: edit it there. */\nexport const PYTHON_LOADER: string = String.raw\`${python}\`;\n`;
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  writeFileSync(EMBEDDED, embed(readFileSync(SOURCE, 'utf8')));
}
