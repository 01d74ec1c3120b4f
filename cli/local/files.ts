/** Files of the person at the terminal: what can't be read or written is their mistake, in one line. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Stop } from '../output.ts';

/** @throws Stop 2 where the file isn't there or can't be read. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Stop(2, `${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Makes the file's folder. @throws Stop 2 where it couldn't be written, before the work that it is for. */
export function expectWritable(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw new Stop(2, `${path}: ${reasonOf(error)}`, { cause: error });
  }
  if (existsSync(path) && statSync(path).isDirectory()) throw new Stop(2, `${path}: is a folder`);
}

/** Writes a file, making its folder. @throws Stop 2 where that can't be. */
export function writeBytes(path: string, content: Uint8Array | string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  } catch (error) {
    throw new Stop(2, `${path}: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'is a folder';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'lies below a file, not a folder';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'may not be read or written by you';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return `can't be read or written (${code || 'unknown reason'})`;
  }
}
