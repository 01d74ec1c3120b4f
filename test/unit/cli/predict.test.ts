/** `predict`: rows from a file or stdin to a table of predictions. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endOf } from '../../../cli/output.ts';
import { titleholder as program } from '../../../cli/program.ts';
import { readRows } from '../../../cli/remote/predict.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'predict-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(dir, 'rows');
  writeFileSync(path, text);
  return path;
}

describe('the rows of a file', () => {
  it.each([
    ['a JSON object', ' {"x": 1.5, "colour": null}', [{ x: 1.5, colour: null }]],
    ['a JSON list', '\n[{"x": 1}, {"x": true}]', [{ x: 1 }, { x: true }]],
    [
      'CSV with a header',
      'x,colour\n1.5,"red, dark"\n,blue\n',
      [
        { x: '1.5', colour: 'red, dark' },
        { x: '', colour: 'blue' },
      ],
    ],
  ])('may be %s', async (_what, text, rows) => {
    expect(await readRows(file(text))).toEqual(rows);
  });

  it.each([
    ['no JSON', '{"x": 1', /^.*rows: is not JSON/],
    ['no rows', '[]', /rows: must have at least 1 item$/],
    [
      'a list in a cell',
      '{"x": [1]}',
      /rows: x: must be text or a number or true or false or null, not a list$/,
    ],
    ['a list of lists', '[[1]]', /rows: \[0\]: must be an object, not a list$/],
    ['a ragged row', 'x,y\n1\n', /rows: row 1, column 'y': is ragged/],
    ['nothing', '', /rows: has no header/],
  ])('are refused in one line: %s', async (_what, text, line) => {
    await expect(readRows(file(text))).rejects.toThrow(line);
  });
});

describe('predict', () => {
  const answer = {
    predictions: [
      { id: 'P1', probability: 0.25, label: 'not Denied' },
      { id: 'P2', probability: 0.75, label: 'Denied' },
    ],
    model: 'claims',
    version: 3,
    sha256: 'sha256:x',
    role: 'canary',
    stage: 'production',
  };
  let server: Server;
  let asked: { url: string | undefined; body: unknown }[] = [];
  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        asked.push({ url: request.url, body: JSON.parse(text) });
        response.writeHead(200).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  });
  afterEach(() => server.close());

  /** The verb in this process. */
  async function titleholder(...args: readonly string[]) {
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('TITLEHOLDER_API', `http://127.0.0.1:${port}/api`);
    vi.stubEnv('TITLEHOLDER_TOKEN', `${btoa('{"alg":"none"}')}.${btoa('{"sub":"app"}')}.x`);
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[stream], 'write').mockImplementation((text) => {
        said[stream] += String(text);
        return true;
      });
    }
    try {
      await program().parseAsync(args, { from: 'user' });
      return { code: 0, line: '', ...said };
    } catch (error) {
      return { ...endOf(error), ...said };
    } finally {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
    }
  }

  it('sends the rows and prints each answer with its id, the version and its role', async () => {
    const rows = file('x\n1\n2\n');
    const { stdout, stderr } = await titleholder('predict', 'claims', '--row', rows);
    expect(asked).toEqual([
      { url: '/api/predict?model=claims', body: { records: [{ x: '1' }, { x: '2' }] } },
    ]);
    expect(stdout).toBe(
      [
        'ROW  LABEL       PROBABILITY  VERSION  ROLE    ID',
        '0    not Denied  0.2500       3        canary  P1',
        '1    Denied      0.7500       3        canary  P2',
        '',
      ].join('\n'),
    );
    expect(stderr).toBe('');
  });

  it('prints the whole answer with --json', async () => {
    const rows = file('{"x":1}');
    const { stdout } = await titleholder('predict', 'claims', '--row', rows, '--json');
    expect(JSON.parse(stdout)).toEqual(answer);
  });

  it('leaves tokens of a deployed API to its identity provider', async () => {
    expect(await titleholder('token')).toEqual({
      code: 2,
      line: 'token is for the local stack: the tokens of TITLEHOLDER_API come from its identity provider',
      stdout: '',
      stderr: '',
    });
  });

  it('refuses bad rows before it asks anybody, and names stdin', () => {
    const typed = spawnSync(
      process.execPath,
      [join(PROJECT, 'cli', 'main.ts'), 'predict', 'claims', '--row', '-'],
      { input: '{"x":', encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    );
    expect(typed).toMatchObject({ status: 2, stdout: '' });
    expect(typed.stderr).toMatch(/^titleholder: standard input: is not JSON/);
  });
});
