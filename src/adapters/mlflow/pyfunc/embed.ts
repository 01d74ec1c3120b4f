/** Writes the Python loader where the Lambdas' bundle can import it: `node src/adapters/mlflow/pyfunc/embed.ts`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's Python files; they lie side by side. */
export const SOURCES = join(import.meta.dirname, 'titleholder_model');
export const EMBEDDED = join(import.meta.dirname, 'loader.generated.ts');

/** The package's files as they are, by name, in the order of their names. */
export function readSources(): Readonly<Record<string, string>> {
  const names = readdirSync(SOURCES).filter((name) => name.endsWith('.py'));
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(SOURCES, name), 'utf8')]),
  );
}

/** The TypeScript that holds Python files; throws where one can't stand in a raw template. */
export function embed(sources: Readonly<Record<string, string>>): string {
  const entries = Object.entries(sources).map(([name, python]) => {
    if (/`|\$\{|\r/.test(python)) {
      throw new Error(`${name}: a backtick, \${ or a carriage return can’t be embedded`);
    }
    return `  '${name}': String.raw\`${python}\`,\n`;
  });
  return [
    '/** The files of titleholder_model/, written by `node src/adapters/mlflow/pyfunc/embed.ts`: edit them there. */\n',
    'export const LOADER_SOURCES: Readonly<Record<string, string>> = {\n',
    ...entries,
    '};\n',
  ].join('');
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  writeFileSync(EMBEDDED, embed(readSources()));
}
