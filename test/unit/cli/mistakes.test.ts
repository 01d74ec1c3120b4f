/** What a person hears of a mistake: one line that says which and where, and exit code 2. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { sayEnd } from '../../../cli/output.ts';
import { titleholder } from '../../../cli/program.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
const root = mkdtempSync(join(tmpdir(), 'titleholder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Its subject may be read without a key: only the server verifies. */
const TOKEN = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"ana"}')}.x`;
const API = { TITLEHOLDER_API: 'http://127.0.0.1:9', TITLEHOLDER_TOKEN: TOKEN };

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

interface Heard {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
type Environment = Readonly<Record<string, string>>;

/** The verb in this process: starting one takes most of a second. */
async function hear(typed: readonly string[], env: Environment): Promise<Heard> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  let stdout = '';
  let stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  let status: number | null = null;
  try {
    await titleholder().parseAsync([...typed], { from: 'user' });
  } catch (error) {
    status = sayEnd(error);
  }
  return { status, stdout, stderr };
}

/** The program itself. */
function start(typed: readonly string[], env: Environment): Heard {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT, 'cli', 'main.ts'), ...typed],
    // A stack of a name that nobody starts.
    {
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        TITLEHOLDER_STACK: 'neverstarted',
        ...env,
      },
    },
  );
  return { status, stdout, stderr };
}

const file = join(root, 'file');
writeFileSync(file, 'text');

type Mistake = [typed: string, code: number, words: RegExp, env?: Environment];

function expectOneLine({ status, stdout, stderr }: Heard, code: number, words: RegExp): void {
  expect(stderr).toMatch(/^titleholder: [^\n]+\n$/);
  expect(stderr).toMatch(words);
  expect(stdout).toBe('');
  expect(status).toBe(code);
}

describe('a mistake', () => {
  const MISTAKES: Mistake[] = [
    ['statsu RUN', 2, /unknown command 'statsu' \(Did you mean status\?\) \(npx/],
    ['policy nonsense', 2, /'nonsense' \(npx titleholder policy --help lists the verbs\)/],
    ['help', 2, /unknown command 'help' \(npx titleholder --help lists the verbs\)/],
    ['try', 2, /missing required argument 'folder' \(npx titleholder try --help says how\)/],
    ['try folder --nope', 2, /unknown option '--nope' \(npx titleholder try --help says how\)/],
    ['runs --limit 0', 2, /'--limit <n>' argument '0' is invalid. it must be a whole number/],
    ['try nowhere', 2, /there is no model folder nowhere/],
    [`try nowhere --predictions ${root}`, 2, /: is a folder/],
    [`fit nowhere --out ${file}/x`, 2, /file\/x: lies below a file, not a folder/],
    [`score ${file} --data ${file} --out x`, 2, /\/file: the artifact's file is not JSON/],
    ['status RUN', 3, /nothing answers at http:\/\/127\.0\.0\.1:9/, API],
    ['login --as ana --role king', 2, /there is no role "king": the roles are viewer/],
  ];
  it.each(MISTAKES)(
    '`%s` is told in one line, with exit code %i',
    async (typed, code, words, env) => {
      expectOneLine(await hear(typed.split(' '), env ?? {}), code, words);
    },
  );

  const OF_THE_PROGRAM: Mistake[] = [
    ['nonsense', 2, /unknown command 'nonsense' \(npx titleholder --help lists the verbs\)/],
    ['status RUN', 3, /no local stack is up: start one in another terminal with npm start/],
    [
      'runs',
      2,
      /TITLEHOLDER_API is "nowhere", not the URL/,
      { ...API, TITLEHOLDER_API: 'nowhere' },
    ],
    // Refused when the verbs are loaded.
    ['runs', 2, /TITLEHOLDER_STACK is "A\/B"/, { TITLEHOLDER_STACK: 'A/B' }],
  ];
  it.each(OF_THE_PROGRAM)('`%s`, started, ends with %i and one line', (typed, code, words, env) => {
    expectOneLine(start(typed.split(' '), env ?? {}), code, words);
  });
});
