/** JSON files that the command line keeps for one person: logins, endpoints. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { parseJson } from '#contracts/parse.ts';

/** Throws `BadInput` where the file is not JSON. */
export async function readJson(file: string): Promise<unknown> {
  return parseJson(z.unknown(), await readFile(file), file);
}

/** Writes a file that only its owner may read; its folder too, when that has to be made. */
export async function writePrivate(file: string, value: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  // `mode` counts only when the file is made.
  await chmod(file, 0o600);
}
