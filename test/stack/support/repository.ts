/** A git repository of small claims models, changed the way a person would change theirs. */
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitAt } from '../../../demo/repository.ts';
import { claimsCsv } from '#claims/generate.ts';
import { PROJECT } from './stack.ts';

const SOURCE = join(PROJECT, 'models', 'claims-denial');

type Json = any; // documents are edited as their owner would, right or wrong

export interface Change {
  readonly model?: (document: Json) => void;
  readonly schema?: (document: Json) => void;
  readonly policy?: (document: Json) => void;
  /** The table's lines; the first is the header. */
  readonly data?: (lines: string[]) => string[];
}

export interface Repository {
  readonly root: string;
  readonly folder: (model: string) => string;
  /** A new folder: 10 trees on so many generated claims, which lie in it as data.csv. */
  readonly add: (model: string, rows?: number, change?: Change) => Promise<void>;
  /** Changes a folder without committing it. */
  readonly edit: (model: string, change: Change) => Promise<void>;
  /** Commits everything; the 40 hex digits. */
  readonly commit: () => Promise<string>;
}

export async function newRepository(): Promise<Repository> {
  const root = await mkdtemp(join(tmpdir(), 'titleholder-stack-'));
  await mkdir(join(root, 'models'));
  const folder = (model: string): string => join(root, 'models', model);
  const git = gitAt(root);
  await git('init', '--quiet', '--initial-branch=main');
  let commits = 0;
  const edit = async (model: string, change: Change): Promise<void> => {
    for (const name of ['model', 'schema', 'policy'] as const) {
      const file = join(folder(model), `${name}.json`);
      const document: Json = JSON.parse(await readFile(file, 'utf8'));
      change[name]?.(document);
      await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
    }
    if (change.data !== undefined) {
      const file = join(folder(model), 'data.csv');
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
      await writeFile(file, `${change.data(lines).join('\n')}\n`);
    }
  };
  return {
    root,
    folder,
    edit,
    add: async (model, rows = 1000, change = {}) => {
      await mkdir(folder(model));
      for (const name of ['model.json', 'schema.json', 'policy.json']) {
        await cp(join(SOURCE, name), join(folder(model), name));
      }
      await writeFile(join(folder(model), 'data.csv'), claimsCsv({ rows, seed: 7 }));
      await edit(model, {
        model: (document) => {
          document.name = model;
          document.data = { path: 'data.csv' };
          document.plan = { ...document.plan, replicates: 200, folds: 2 };
          document.quick = { rows: 400, trees: 3, maxDepth: 3 };
          document.candidates = [forest(10, 8)];
        },
      });
      await edit(model, change);
    },
    commit: async () => {
      commits += 1;
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', `change ${commits}`);
      return git('rev-parse', 'HEAD');
    },
  };
}

/** A candidate of these many trees. */
export function forest(trees: number, maxDepth: number, minLeaf = 10): Json {
  return {
    name: `forest-${trees}x${maxDepth}`,
    algorithm: 'forest',
    settings: { trees, maxDepth, minLeaf, featuresPerSplit: 'sqrt' },
  };
}
