/** Which process keeps the local stack up, from its first moment on: before there are endpoints, too. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Stop } from '../output.ts';
import { isAlive, STACK_FOLDER } from '../local-stack.ts';

/** Beside the folder, which is emptied at each start. */
const FILE = `${STACK_FOLDER}.pid`;

/** Makes this process the owner until it ends; a second one would empty the first one's folder. */
export async function ownStack(): Promise<void> {
  const owner = await stackOwner();
  if (owner !== undefined) {
    throw new Stop(
      2,
      `a stack is up already, or about to be (process ${owner}): npm stop stops it`,
    );
  }
  await mkdir(dirname(FILE), { recursive: true });
  await writeFile(FILE, `${process.pid}\n`);
  process.once('exit', () => {
    rmSync(FILE, { force: true });
  });
}

/** The owner's process id; a file that a killed owner left behind counts as none. */
export async function stackOwner(): Promise<number | undefined> {
  const pid = Number(await readFile(FILE, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid < 2 || !isAlive(pid)) return undefined;
  // The number may be another program's by now, and we are about to send it a signal.
  const command = await commandOf(pid);
  return /main\.ts up\b/.test(command) ? pid : undefined;
}

async function commandOf(pid: number): Promise<string> {
  try {
    return (await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', `${pid}`])).stdout;
  } catch {
    return '';
  }
}
