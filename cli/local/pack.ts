/** A model folder as one document: what `commit` uploads, and what the local verbs read. */
import { execFile } from 'node:child_process';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MAX_BUNDLE_BYTES, MAX_DATA_BYTES } from '#contracts/commit-limits.ts';
import { Bundle } from '#contracts/folder/bundle.ts';
import type { Folder } from '#contracts/folder/charter.ts';
import { claimsCsv } from '#claims/generate.ts';
import { csvOfTable } from '#dataset/parquet.ts';
import { formatOf } from '#dataset/read-rules.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { TitleholderError } from '#domain/errors.ts';
import { jsonSlip, placeIn, withoutMark } from '#contracts/json-slip.ts';
import { parse } from '#contracts/parse.ts';
import { readFolder } from '#model-folder/read.ts';
import { Stop } from '../output.ts';
import { readBytes } from './files.ts';

export interface Packed {
  readonly model: string;
  /** The bundle: canonical JSON, so the same files give the same hash. */
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly folder: Folder;
  readonly data: {
    /** The table's name in messages. */
    readonly file: string;
    /** As they lie in the folder. */
    readonly bytes: Uint8Array;
    /** The same where they are CSV; what Parquet means as CSV. */
    readonly csv: Uint8Array;
    readonly sha256: string;
  };
}

const run = promisify(execFile);
const DOCUMENTS: ReadonlySet<string> = new Set(['model.json', 'schema.json', 'policy.json']);

/**
 * Packs a folder's text files, and reads or makes its data, which stays apart.
 *
 * In a git repository what it ignores stays out, as do hidden files everywhere. Throws `BadInput` naming
 * file and path where a document is wrong, the folder's name isn't the model's, or a file isn't text;
 * `TooLarge`; `DataInvalid` where its Parquet can't be read; Stop 2 where the folder or its data can't.
 */
export async function pack(directory: string): Promise<Packed> {
  const root = resolve(directory);
  const paths = await filesOf(root, directory);
  const textsOf = async (some: readonly string[]): Promise<Record<string, string>> => {
    const texts: Record<string, string> = {};
    for (const path of some) texts[path] = textOf(path, await readFile(join(root, path)));
    return texts;
  };
  const documents = await textsOf(paths.filter((path) => DOCUMENTS.has(path)));
  for (const [path, text] of Object.entries(documents)) checkJson(join(directory, path), text);
  const folder = readFolder(documents);
  const { name, data } = folder.model;
  if (name !== basename(root)) {
    throw new TitleholderError(
      'BadInput',
      `model.json: name: is '${name}' in a folder named '${basename(root)}'`,
    );
  }
  const dataPath = 'path' in data ? data.path : undefined;
  const files = await textsOf(paths.filter((path) => path !== dataPath));
  const bundle = parse(Bundle, { schemaVersion: 1, model: name, files }, 'the bundle');
  const bytes = new TextEncoder().encode(canonicalJson(bundle));
  if (bytes.length > MAX_BUNDLE_BYTES) {
    throw new TitleholderError(
      'TooLarge',
      `${directory} packs to ${bytes.length} bytes, and ${MAX_BUNDLE_BYTES} is the limit (its data counts apart)`,
    );
  }
  const table =
    'path' in data
      ? readBytes(join(root, data.path))
      : claimsCsv({ rows: data.rows, seed: data.seed });
  if (table.length > MAX_DATA_BYTES) {
    throw new TitleholderError(
      'TooLarge',
      `the data is ${table.length} bytes, and ${MAX_DATA_BYTES} is the limit`,
    );
  }
  const file = dataPath ?? `${name}.csv (generated)`;
  return {
    model: name,
    bytes,
    sha256: sha256Hex(bytes),
    folder,
    data: {
      file,
      bytes: table,
      csv: await csvOfTable(table, file, formatOf(folder.schema)),
      sha256: sha256Hex(table),
    },
  };
}

/** An editor opens the file by the name that is said. */
function checkJson(path: string, text: string): void {
  const plain = withoutMark(text);
  const slip = jsonSlip(plain);
  if (slip === null) return;
  throw new TitleholderError('BadInput', `${path} is not JSON (at ${placeIn(plain, slip)})`);
}

/** Paths below the folder in order, with `/`; hidden ones left out. */
async function filesOf(root: string, shown: string): Promise<string[]> {
  const state = await lstat(root).catch(() => undefined);
  if (state?.isDirectory() !== true) throw new Stop(2, `there is no model folder ${shown}`);
  const listed = await listedByGit(root);
  const found = listed ?? (await listedByWalk(root));
  const visible = found.filter((path) => !path.split('/').some((part) => part.startsWith('.')));
  for (const path of visible) {
    const { isFile } = await lstat(join(root, path)).then((s) => ({ isFile: s.isFile() }));
    if (!isFile) throw new TitleholderError('BadInput', `${path}: is a link, not a file`);
  }
  return visible.sort();
}

async function listedByGit(root: string): Promise<string[] | undefined> {
  try {
    const { stdout } = await run(
      'git',
      ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', '.'],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    const paths: string[] = [];
    for (const path of new Set(stdout.split('\0'))) {
      // A file that was deleted and not committed is still listed.
      if (path !== '' && (await lstat(join(root, path)).catch(() => undefined)) !== undefined) {
        paths.push(path);
      }
    }
    return paths;
  } catch {
    // No git, or no repository: everything in the folder is meant.
    return undefined;
  }
}

async function listedByWalk(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    );
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new TitleholderError(
      'BadInput',
      `${path}: is not UTF-8 text; data belongs to model.json's data.path`,
    );
  }
}
