/** A git repository of the demo's own, in which three people's commits are made. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { Candidate } from '#contracts/folder/candidate.ts';
import { parseJson } from '#contracts/parse.ts';
import { ModelDocument } from '#contracts/folder/model.ts';

const run = promisify(execFile);

const Candidates = z.union([Candidate.transform((one) => [one]), z.array(Candidate).min(1)]);

/** `models/NAME/story.json`: what each chapter's commit trains. */
export const StoryDocument = z.strictObject({
  first: Candidates,
  better: Candidates,
  bad: Candidates,
  third: Candidates,
  declined: Candidates,
});
export type StoryDocument = z.infer<typeof StoryDocument>;
export type Chapter = keyof StoryDocument;

export interface Repository {
  readonly folderOf: (model: string) => string;
  /** Writes the candidates into every named model folder and commits them; returns the 40 hex digits. */
  readonly commit: (
    models: readonly string[],
    candidates: z.infer<typeof Candidates>,
    message: string,
  ) => Promise<string>;
}

/**
 * Makes the repository anew at `root`.
 *
 * @param of.source the model folder to copy. @param of.names what the copies are called.
 * @param of.rows trains on fewer generated rows than the folder says, where tests must be quick.
 */
export async function makeRepository(of: {
  readonly root: string;
  readonly source: string;
  readonly names: readonly string[];
  readonly rows?: number | undefined;
}): Promise<{ readonly repository: Repository; readonly story: StoryDocument }> {
  await rm(of.root, { recursive: true, force: true });
  await mkdir(join(of.root, 'models'), { recursive: true });
  const story = await readAs(StoryDocument, join(of.source, 'story.json'));
  const folderOf = (model: string) => join(of.root, 'models', model);
  for (const name of of.names) {
    await cp(of.source, folderOf(name), { recursive: true });
    await rm(join(folderOf(name), 'story.json'));
    const file = join(folderOf(name), 'model.json');
    const model = await readAs(ModelDocument, file);
    const data =
      of.rows !== undefined && 'generator' in model.data
        ? { ...model.data, rows: of.rows }
        : model.data;
    await writeJson(file, { ...model, name, data });
  }
  const git = gitAt(of.root);
  await git('init', '--quiet', '--initial-branch=main');
  return {
    story,
    repository: {
      folderOf,
      commit: async (models, candidates, message) => {
        for (const name of models) {
          const file = join(folderOf(name), 'model.json');
          await writeJson(file, { ...(await readAs(ModelDocument, file)), candidates });
          await git('add', '--', `models/${name}`);
        }
        await git('commit', '--quiet', '--allow-empty', '--message', message);
        return git('rev-parse', 'HEAD');
      },
    },
  };
}

/**
 * Git in a folder, by nobody's own settings: hooks, signing or a missing name would change or stop the
 * story. Its trimmed output.
 */
export function gitAt(root: string): (...args: readonly string[]) => Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ana',
    GIT_AUTHOR_EMAIL: 'ana@example.com',
    GIT_COMMITTER_NAME: 'Ana',
    GIT_COMMITTER_EMAIL: 'ana@example.com',
  };
  return async (...args) => (await run('git', args, { cwd: root, env })).stdout.trim();
}

async function readAs<S extends z.ZodType>(schema: S, file: string): Promise<z.output<S>> {
  return parseJson(schema, await readFile(file), file);
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}
