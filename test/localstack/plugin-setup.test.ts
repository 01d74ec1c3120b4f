/** Setting up: interrupted anywhere it is finished the next time, and two at once don't collide. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/aws.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** A project with one small part whose installation writes half, waits, and writes the rest. */
function project() {
  const root = mkdtempSync(join(tmpdir(), 'titleholder-setup-'));
  writeFileSync(join(root, 'input'), 'one');
  const script = join(root, 'set-up.mjs');
  writeFileSync(
    script,
    `import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
     import { ensureSetup, orExit } from ${JSON.stringify(join(PROJECT, 'bin/setup.mjs'))};
     const root = ${JSON.stringify(root)};
     const small = { name: 'small', title: 'a small part', needs: root + '/made', inputs: () => readFileSync(root + '/input', 'utf8'),
       install: async (run) => {
         appendFileSync(root + '/installs', 'x');
         writeFileSync(root + '/made', 'half');
         await run(process.execPath, ['-e', 'setTimeout(() => {}, ' + (process.argv[2] ?? 0) + ')']);
         writeFileSync(root + '/made', 'whole ' + small.inputs());
       } };
     console.log(JSON.stringify((await orExit(() => ensureSetup({ root, available: [small] }))).changed));`,
  );
  const start = (waitMs = 0) =>
    spawn(process.execPath, [script, String(waitMs)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const finish = async (child = start()) => {
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out: out.trim() };
  };
  const read = (name: string) =>
    existsSync(join(root, name)) ? readFileSync(join(root, name), 'utf8') : '';
  return { root, start, finish, read };
}

describe.concurrent('setting up', () => {
  it('does nothing when nothing changed, and again what changed', async () => {
    const { root, finish, read } = project();
    expect(await finish()).toEqual({ code: 0, out: '["small"]' });
    expect(await finish()).toEqual({ code: 0, out: '[]' });
    writeFileSync(join(root, 'input'), 'two');
    expect(await finish()).toEqual({ code: 0, out: '["small"]' });
    expect(read('made')).toBe('whole two');
    expect(readdirSync(join(root, '.local'))).toEqual(['small.stamp']);
  });

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    it(`is finished the next time when ${signal} interrupts it`, async () => {
      const { start, finish, read } = project();
      const interrupted = start(60_000);
      await eventually('half of it', 300_000, () => read('made') === 'half' || undefined);
      interrupted.kill(signal);
      await once(interrupted, 'close');
      expect(await finish()).toEqual({ code: 0, out: '["small"]' });
      expect(read('made')).toBe('whole one');
    });
  }

  it('lets a second set-up wait for the first and find it done', async () => {
    const { start, finish, read } = project();
    const results = await Promise.all([start(500), start(500), start(500)].map(finish));
    expect(results.map(({ out }) => out).sort()).toEqual(['["small"]', '[]', '[]']);
    expect(read('installs')).toBe('x');
  });

  it("doesn't wait for a set-up that is gone", async () => {
    const { root, finish } = project();
    const gone = spawn(process.execPath, ['-e', '0']);
    await once(gone, 'close');
    mkdirSync(join(root, '.local'));
    writeFileSync(join(root, '.local/setup.lock'), String(gone.pid));
    expect((await finish()).code).toBe(0);
  });

  it('names what to do in one line when there is no Python in range, with exit code 2', async () => {
    const root = mkdtempSync(join(tmpdir(), 'titleholder-setup-'));
    const child = spawn(
      process.execPath,
      [
        '-e',
        `import(${JSON.stringify(join(PROJECT, 'bin/setup.mjs'))}).then((s) => s.orExit(() => s.findPython()))`,
      ],
      { env: { PATH: root }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(2);
    expect(words).toBe(
      'setup: no Python 3.11, 3.12 or 3.13 found: install one, or set TITLEHOLDER_PYTHON to its path\n',
    );
  });
});

describe('running a file', () => {
  it('runs TypeScript on Node 24 and passes arguments and the exit code on', async () => {
    const root = mkdtempSync(join(tmpdir(), 'titleholder-run-'));
    const file = join(root, 'main.ts');
    writeFileSync(
      file,
      `const [a]: string[] = process.argv.slice(2); console.log(a, process.versions.node, process.env['TITLEHOLDER_NODE'] === process.execPath); process.exit(7);`,
    );
    const child = spawn(
      process.execPath,
      [join(PROJECT, 'bin/run.mjs'), '--parts=node', file, 'x y'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(7);
    expect(out).toMatch(/^x y 24\.\S+ true\n$/);
  });
});
