/** The README's predictions, as somebody would paste them. */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PredictAnswer } from '#contracts/answers.ts';
import { crown } from './support/line.ts';
import { newRepository } from './support/repository.ts';
import { connect, freshName, hasStack, PROJECT, type StackUnderTest } from './support/stack.ts';

/** The blocks of a section's code, by language. */
async function blocksOf(section: string): Promise<readonly { language: string; code: string }[]> {
  const readme = await readFile(join(PROJECT, 'README.md'), 'utf8');
  const [, text = ''] = readme.split(`\n## ${section}\n`);
  const [own = ''] = text.split('\n## ');
  return [...own.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
}

describe.skipIf(!hasStack)('the README’s predictions', () => {
  let stack: StackUnderTest;
  let folder: string;
  const model = freshName('readme');
  /** The stack under test, by a name that the command line finds. */
  const name = `readme${process.pid}`;
  const local = (what: string) => join(PROJECT, '.local', `${what}-${name}`);

  beforeAll(async () => {
    stack = await connect();
    folder = await mkdtemp(join(tmpdir(), 'titleholder-readme-'));
    await symlink(stack.folder, local('stack'));
    const npx = join(folder, 'npx');
    await writeFile(npx, `#!/bin/sh\nshift\nexec "$NODE" "${PROJECT}/cli/main.ts" "$@"\n`);
    await chmod(npx, 0o755);
    const repository = await newRepository();
    await repository.add(model);
    await crown(stack, repository, model);
  });
  afterAll(async () => {
    await rm(local('stack'), { force: true });
    await rm(local('identity'), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  async function shell(script: string): Promise<string> {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env: {
        PATH: `${folder}:${process.env['PATH'] ?? ''}`,
        HOME: process.env['HOME'],
        NODE: process.execPath,
        TITLEHOLDER_STACK: name,
      },
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (text: Buffer) => (texts.stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (texts.stderr += text.toString()));
    const code = await new Promise((ended) => child.on('close', ended));
    if (code !== 0) throw new Error(`the script ended with ${String(code)}: ${texts.stderr}`);
    return texts.stdout;
  }

  it('are the same by the command line, by curl and by Python', async () => {
    const blocks = await blocksOf('A prediction');
    expect(blocks.map(({ language }) => language)).toEqual(['sh', 'sh', 'python']);
    const [typed = '', curl = '', python = ''] = blocks.map(({ code }) =>
      code
        .replaceAll('http://127.0.0.1:4567/api', stack.endpoints.apiUrl)
        .replaceAll('claims-denial', model),
    );
    const table = await shell(typed);
    const [row = ''] = table.split('\n').slice(-2);
    const answer = PredictAnswer.parse(JSON.parse(await shell(curl)));
    const [first] = answer.predictions;
    expect(answer).toMatchObject({ model, version: 1, role: 'champion', stage: 'production' });
    expect(row).toMatch(
      new RegExp(`^0 +${first?.label} +${first?.probability.toFixed(4)} +1 +champion +\\w{26}$`),
    );
    await writeFile(join(folder, 'ask.py'), python);
    const token = 'export TOKEN="$(npx titleholder token --as app)"';
    const printed = await shell(`${token}\npython3 ask.py`);
    expect(printed).toMatch(
      new RegExp(`^${first?.label} ${first?.probability} 1 champion \\w{26}\n$`),
    );
    // Each question is answered with an id of its own.
    const ids = [row, printed.trim()].map((line) => line.split(/\s+/).at(-1));
    expect(new Set([...ids, first?.id]).size).toBe(3);
  });
});
