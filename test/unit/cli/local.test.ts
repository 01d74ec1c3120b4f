import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerLocalVerbs } from '../../../cli/local.ts';
import { makeCiReport } from '../../../cli/local/ci.ts';
import { pack } from '../../../cli/local/pack.ts';
import type { TryReport } from '../../../cli/local/try-report.ts';
import { endOf } from '../../../cli/output.ts';
import type { ApiClient } from '#client/client.ts';
import { commitFolder } from '../../../cli/remote/commit.ts';
import { Bundle } from '#contracts/folder/bundle.ts';
import { CiReport } from '#contracts/folder/ci-report.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { METRIC_NAMES } from '#domain/metrics.ts';
import { countTests } from '../../../functions/check-ci-report/junit.ts';
import { bytesOf, smallRows } from '../dataset/small-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'titleholder-'));
const models = join(root, 'models');
const table = join(root, 'table.csv');
/** As `init` writes it. */
const small = join(models, 'small');
/** The same table and limits, and one candidate that is trained in a moment. */
const quick = join(models, 'quick');

// Two columns matter, so that a forest can beat the best single cut.
const rows = smallRows(900).map((line) => line.replace(/,blue,no$/, ',blue,yes'));

beforeAll(async () => {
  writeFileSync(table, bytesOf(rows, 'member_id,x,colour,y'));
  for (const name of ['small', 'quick']) {
    const { code } = await run(
      ...['init', '--data', table, '--target', 'y', '--positive', 'yes'],
      ...['--name', name, '--dir', models],
    );
    expect(code).toBe(0);
  }
  const file = join(quick, 'model.json');
  const model = json(file) as { plan: { repeats?: number; folds: number } };
  writeFileSync(
    file,
    JSON.stringify({
      ...model,
      plan: { ...model.plan, repeats: 1, folds: 2 },
      candidates: [{ name: 'forest', algorithm: 'forest', settings: { trees: 30 } }],
    }),
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Read here, where the compiler doesn't know that it was just unset. */
const exitCode = (): number => Number(process.exitCode ?? 0);

/** The verbs as the program runs them, in this process. */
async function run(...args: string[]): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  process.exitCode = undefined;
  const program = new Command('titleholder').exitOverride();
  registerLocalVerbs(program);
  let code = 0;
  try {
    await program.parseAsync(args, { from: 'user' });
    code = exitCode();
  } catch (error) {
    const end = endOf(error);
    code = end.code;
    stderr += `${end.line}\n`;
  } finally {
    process.exitCode = undefined;
    vi.restoreAllMocks();
  }
  return { code, stdout, stderr };
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe('init', () => {
  it('writes a folder and says which identity it chose', async () => {
    const model = json(join(small, 'model.json')) as Record<string, unknown>;
    expect(model['identity']).toEqual({ group: ['member_id'] });
    expect(readFileSync(join(small, 'data.csv'))).toEqual(readFileSync(table));
    expect(readFileSync(join(small, 'README.md'), 'utf8')).toContain(
      'a row is one of the group member_id',
    );
    const schema = json(join(small, 'schema.json')) as {
      columns: { name: string; type: string; role: string }[];
    };
    expect(schema.columns.map((c) => `${c.name} ${c.type} ${c.role}`)).toEqual([
      'member_id text identity',
      'x number feature',
      'colour category feature',
      'y category target',
    ]);
  });

  it('takes each row for its own where more than 1 % repeat and equal ones hold both classes', async () => {
    const file = join(root, 'repeats.csv');
    writeFileSync(
      file,
      bytesOf(
        smallRows(900).map((l) => l.replace(/^w\d+,(0\.\d|\d)\d*/, '$1')),
        'x,colour,y',
      ),
    );
    const { stdout } = await run(
      'init',
      '--data',
      file,
      '--target',
      'y',
      '--positive',
      'yes',
      '--name',
      'repeats',
      '--dir',
      models,
      '--json',
    );
    expect((JSON.parse(stdout) as { identity: unknown }).identity).toEqual({ row: true });
  });

  it.each([
    [
      'a folder that exists',
      ['--target', 'y', '--positive', 'yes', '--name', 'small'],
      'exists already; nothing was changed',
    ],
    [
      'a bad name',
      ['--target', 'y', '--positive', 'yes', '--name', 'Small'],
      '--name: a model name is a lower-case letter',
    ],
    [
      'an absent target',
      ['--target', 'z', '--positive', 'yes', '--name', 'other'],
      "column 'z': is the target and is absent",
    ],
    [
      'a value that never comes',
      ['--target', 'y', '--positive', 'oui', '--name', 'other'],
      "column 'y': never holds the value given by --positive",
    ],
  ])('ends with 2 and one line for %s', async (_what, args, line) => {
    const { code, stdout, stderr } = await run('init', '--data', table, '--dir', models, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(line);
    expect(stderr.trim()).not.toContain('\n');
  });
});

describe('try', () => {
  it('decides in process and writes JSON and predictions as machines read them', async () => {
    const [report, predictions] = [join(root, 't.json'), join(root, 'p.csv')];
    const { code, stdout, stderr } = await run(
      'try',
      small,
      '--json',
      report,
      '--predictions',
      predictions,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('verdict: promote');
    expect(stderr).toContain('how often it was spent');
    const read = json(report) as TryReport;
    expect(Object.keys(read)).toEqual([
      'model',
      'rows',
      'features',
      'split',
      'metrics',
      'baseline',
      'champion',
      'gates',
      'verdict',
      'reasons',
    ]);
    expect(Object.keys(read.metrics)).toEqual(METRIC_NAMES);
    expect(Object.keys(read.gates[0] ?? {})).toEqual([
      'name',
      'mode',
      'measured',
      'limit',
      'interval',
      'passed',
      'slack',
    ]);
    const [header, ...lines] = readFileSync(predictions, 'utf8').trimEnd().split('\n');
    expect(header).toBe('row,label,probability');
    expect(lines).toHaveLength(read.split.holdoutRows);
    const data = readFileSync(table, 'utf8').split('\n').slice(1);
    for (const line of lines) {
      const [row = '', label] = line.split(',');
      expect(data[Number(row)]?.endsWith('yes')).toBe(label === '1');
    }
  });

  it('ends with 1 where the verdict is reject, and still writes what it found', async () => {
    const policy = join(root, 'policy.json');
    writeFileSync(
      policy,
      JSON.stringify({
        schemaVersion: 1,
        tier: 'low',
        approval: {},
        gates: [{ name: 'dream', metric: 'auc', min: 0.999 }],
      }),
    );
    const report = join(root, 'rejected.json');
    const { code } = await run('try', quick, '--policy', policy, '--json', report, '--seed', '0');
    expect(code).toBe(1);
    expect((json(report) as TryReport).reasons[0]).toMatch(
      /^gate 'dream' failed: AUC 0\.\d+ is not at least 0\.999$/,
    );
  });

  it('ends with 1 for a hold against the same model from a file', async () => {
    const artifact = join(root, 'champion.model');
    expect((await run('fit', quick, '--out', artifact)).code).toBe(0);
    const { code, stdout } = await run('try', quick, '--champion', artifact, '--json');
    expect(code).toBe(1);
    const report = JSON.parse(stdout) as TryReport;
    expect(report.verdict).toBe('hold');
    expect(report.champion?.difference?.estimate).toBe(0);
    expect(report.reasons[0]).toMatch(/^the same model as the champion .* nobody is asked$/);
  });

  it.each([
    ['a folder that isn’t there', ['try', join(models, 'nobody')], 'there is no model folder'],
    [
      'a champion that isn’t there',
      ['try', quick, '--champion', join(root, 'none')],
      'there is no such file',
    ],
    ['a policy that is none', ['try', quick, '--policy', table], 'is not JSON'],
  ])('ends with 2 and one line for %s', async (_what, args, line) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(line);
    expect(stderr.trim()).not.toContain('\n');
  });
});

describe('try --folds', () => {
  const settings = (trees: number) => ({
    trees,
    maxDepth: 15,
    minLeaf: 1,
    featuresPerSplit: 'sqrt',
  });
  const forest = (trees: number, name = 'forest') => ({
    name,
    algorithm: 'forest',
    settings: settings(trees),
  });
  /** A folder like `small`, with other candidates, and noise for labels where asked. */
  const folder = (name: string, candidates: readonly object[], noise = false): string => {
    const target = join(models, name);
    cpSync(small, target, { recursive: true });
    const model = json(join(small, 'model.json')) as object;
    writeFileSync(join(target, 'model.json'), JSON.stringify({ ...model, name, candidates }));
    if (noise) {
      const lines = rows.map((line, i) =>
        line.replace(/(yes|no)$/, sha256Hex(bytesOf([String(i)])) < 'sha256:8' ? 'yes' : 'no'),
      );
      writeFileSync(join(target, 'data.csv'), bytesOf(lines, 'member_id,x,colour,y'));
    }
    return target;
  };
  const rowsOf = (file: string): number[] =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[0]));

  it('judges by each training row once and by no holdout row, and says the same verdict', async () => {
    const [holdout, folds] = [join(root, 'h.csv'), join(root, 'f.csv')];
    const one = folder('folds', [forest(20)]);
    const plain = await run('try', one, '--json', '--predictions', holdout);
    const { code, stdout, stderr } = await run(
      'try',
      one,
      '--folds',
      '--json',
      '--predictions',
      folds,
    );
    const report = JSON.parse(stdout) as TryReport;
    expect({ code, verdict: report.verdict }).toEqual({ code: 0, verdict: 'promote' });
    expect(plain.code).toBe(0);
    expect(report.split.judges.by).toBe('folds');
    expect(report.split.judges.rows).toBe(report.split.trainingRows);
    expect(report.split.looks).toBeNull();
    expect(stderr).toContain('nobody looked at the holdout');
    expect([...rowsOf(holdout), ...rowsOf(folds)].toSorted((a, b) => a - b)).toEqual(
      rows.map((_, row) => row),
    );
  });

  it('scores no row by a model that saw it: noise that a deep forest learns by heart stays noise', async () => {
    const noise = folder('noise', [forest(20)], true);
    const { code, stdout } = await run('try', noise, '--folds', '--json');
    const report = JSON.parse(stdout) as TryReport;
    expect(code).toBe(1);
    expect(report.metrics['auc']).toBeLessThan(0.6);
    expect(report.verdict).not.toBe('promote');
  });

  it('refits a champion on the same folds: by its candidate’s name, or by its model.json', async () => {
    const one = folder('refit', [forest(20)]);
    const file = join(root, 'champion.json');
    await run('fit', one, '--out', file);
    const same = await run('try', one, '--folds', '--json', '--champion', file);
    const report = JSON.parse(same.stdout) as TryReport;
    expect(report.champion?.difference?.estimate).toBe(0);
    expect(same.stderr).toContain('its candidate forest is refitted on the same folds');
    expect(same.stderr).not.toContain('has changed');

    writeFileSync(
      join(one, 'model.json'),
      JSON.stringify({ ...(json(join(one, 'model.json')) as object), candidates: [forest(40)] }),
    );
    const changed = await run('try', one, '--folds', '--json', '--champion', file);
    expect(changed.stderr).toContain('the folder has changed since the champion was trained');

    const old = join(root, 'old-model.json');
    const model = json(join(one, 'model.json')) as object;
    writeFileSync(
      old,
      JSON.stringify({ ...model, candidates: [{ name: 'line', algorithm: 'logistic' }] }),
    );
    const other = await run('try', one, '--folds', '--json', '--champion', old);
    const against = (JSON.parse(other.stdout) as TryReport).champion;
    expect(against?.difference?.estimate).not.toBe(0);

    writeFileSync(
      join(one, 'model.json'),
      JSON.stringify({ ...model, candidates: [forest(40, 'renamed')] }),
    );
    const lost = await run('try', one, '--folds', '--champion', file);
    expect(lost.code).toBe(2);
    expect(lost.stderr).toContain('its candidate forest isn’t in model.json');
  });

  it('looks at none, where each plain try counts one look more', async () => {
    const look = async (...more: string[]): Promise<string> =>
      (await run('try', small, '--algorithm', 'logistic', ...more)).stderr;
    const count = (text: string): number =>
      Number(/this is your (\d+)\w\w look at this holdout; --folds looks at none/.exec(text)?.[1]);
    const first = count(await look());
    expect(await look('--folds')).not.toContain('look at this holdout');
    expect(count(await look())).toBe(first + 1);
  });
});

describe('fit and score', () => {
  it('write the same artifact each time, and the probabilities that try gives', async () => {
    const [one, two] = [join(root, '1.model'), join(root, '2.model')];
    await run('fit', quick, '--out', one);
    await run('fit', quick, '--out', two);
    expect(readFileSync(two)).toEqual(readFileSync(one));
    const [scores, predictions] = [join(root, 's.csv'), join(root, 'p2.csv')];
    expect((await run('score', one, '--data', table, '--out', scores)).stdout).toContain(
      sha256Hex(readFileSync(one)),
    );
    await run('try', quick, '--predictions', predictions);
    const scored = readFileSync(scores, 'utf8')
      .split('\n')
      .slice(1)
      .map((l) => l.split(','));
    for (const line of readFileSync(predictions, 'utf8').trimEnd().split('\n').slice(1)) {
      const [row, , probability] = line.split(',');
      expect(scored[Number(row)]?.[1]).toBe(probability);
    }
  });

  it('refuses a file that is no artifact in one line', async () => {
    const { code, stderr } = await run(
      'score',
      table,
      '--data',
      table,
      '--out',
      join(root, 'x.csv'),
    );
    expect(code).toBe(2);
    expect(stderr).toBe(`${table}: the artifact's file is not JSON in UTF-8\n`);
  });
});

describe('policy lint', () => {
  it('has nothing to say about what init writes, and something about a gate that lets all pass', async () => {
    expect(await run('policy', 'lint', small)).toMatchObject({
      code: 0,
      stdout: 'nothing to remark\n',
    });
    const file = join(small, 'policy.json');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace('"min": 0.55', '"min": 0'));
    const { code, stdout } = await run('policy', 'lint', small);
    writeFileSync(file, before);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: "error: policy.json: gates.0: 'better-than-chance' lets every model pass\n",
    });
  });

  it('finds a retuning that has nowhere to look, and a space that nobody looks in', async () => {
    const [policy, model] = ['policy.json', 'model.json'].map((name) => join(small, name));
    const before = [policy, model].map((file) => readFileSync(file ?? '', 'utf8'));
    const write = (file: string | undefined, change: (document: any) => void) => {
      const document = JSON.parse(readFileSync(file ?? '', 'utf8'));
      change(document);
      writeFileSync(file ?? '', JSON.stringify(document));
    };
    write(policy, (document) => {
      document.gates[0].onFail = 'retune';
      document.retune = { attempts: 1, candidatesPerAttempt: 2 };
    });
    expect(await run('policy', 'lint', small)).toMatchObject({
      code: 1,
      stdout:
        'error: policy.json: gates.0.onFail: is retune, and model.json has no space to look in\n',
    });
    writeFileSync(policy ?? '', before[0] ?? '');
    write(model, (document) => {
      document.space = { algorithm: 'logistic', settings: { l2: [1, 10] } };
    });
    expect(await run('policy', 'lint', small)).toMatchObject({
      code: 1,
      stdout:
        'warning: model.json: space: is never looked in: no enforced gate asks for a retuning\n',
    });
    writeFileSync(model ?? '', before[1] ?? '');
  });
});

describe('the pack and its CI report', () => {
  const commit = 'c'.repeat(40);
  const make = async (): Promise<CiReport & { readonly said: readonly string[] }> => {
    const packed = await pack(small);
    const { bytes, failed } = await makeCiReport({
      packed,
      folder: small,
      commit,
      submitter: 'ana',
      authors: ['ana@example.com'],
    });
    const report = CiReport.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { ...report, said: failed.map(({ words }) => words) };
  };

  it('holds the folder’s text but not its data, and is the same for the same files', async () => {
    const packed = await pack(small);
    const bundle = Bundle.parse(JSON.parse(new TextDecoder().decode(packed.bytes)));
    expect(Object.keys(bundle.files)).toEqual([
      'README.md',
      'model.json',
      'policy.json',
      'schema.json',
    ]);
    expect(packed.data.sha256).toBe(sha256Hex(readFileSync(table)));
    expect((await pack(small)).sha256).toBe(packed.sha256);
  });

  it('passes on a good folder and is bound to bundle and data by its digest', async () => {
    const { digest, said, ...content } = await make();
    expect(said).toEqual([]);
    expect(digest).toBe(sha256Hex(canonicalJson(content)));
    expect(content.bundle).toBe((await pack(small)).sha256);
    expect(countTests(content.junit)).toMatchObject({ tests: 3, failures: 0, errors: 0 });
  });

  it('holds the failure where the data or the folder’s own command fails', async () => {
    const own = join(small, 'ci.sh');
    writeFileSync(own, 'echo "<no & luck>"\nexit 3\n');
    const data = readFileSync(table, 'utf8');
    writeFileSync(join(small, 'data.csv'), data.replace(/^w0,[\d.]+/m, 'w0,Infinity'));
    const report = await make();
    writeFileSync(join(small, 'data.csv'), data);
    rmSync(own);
    expect(countTests(report.junit)).toMatchObject({
      tests: 4,
      failures: 3,
      failed: expect.arrayContaining(['own-command: ci.sh ended with 3']) as string[],
    });
    // What the command wrote is for who runs it, too.
    expect(report.said).toContain('<no & luck>\n');
    expect(report.junit).toContain(
      'row 1, column &apos;x&apos;: is no finite number'.replaceAll('&apos;', "'"),
    );
  });

  it('is not sent where it says no: `commit` ends with 1, what failed, and what the command wrote', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.com', ...args], {
        cwd: root,
      });
    writeFileSync(join(small, 'ci.sh'), 'echo "two rows too many"\nexit 3\n');
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'one');
    const lines: string[] = [];
    // Whatever is asked of the API here fails the test.
    const session = { who: 'ana', api: {} as ApiClient };
    const error: unknown = await commitFolder({
      folder: small,
      session,
      say: (line) => lines.push(line),
    }).catch((thrown: unknown) => thrown);
    rmSync(join(small, 'ci.sh'));
    expect(endOf(error)).toEqual({
      code: 1,
      line: 'nothing was sent, CI failed: own-command: ci.sh ended with 3',
    });
    expect(lines).toContain('two rows too many');
  });
});
