import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TryReport } from '../../../cli/local/try-report.ts';
import { sha256Hex } from '#domain/canonical.ts';
import { METRIC_NAMES } from '#domain/metrics.ts';
import { bytesOf, smallRows } from '../dataset/small-folder.ts';
import { initModel, json, makeTable, rows, run } from './local-verbs.ts';

const { root, table, models } = makeTable();
/** As `init` writes it. */
const small = join(models, 'small');
/** The same table and limits, and one candidate that is trained in a moment. */
const quick = join(models, 'quick');

beforeAll(async () => {
  for (const name of ['small', 'quick']) await initModel(table, models, name);
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
