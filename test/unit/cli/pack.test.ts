import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeCiReport } from '../../../cli/local/ci.ts';
import { pack } from '../../../cli/local/pack.ts';
import { endOf } from '../../../cli/output.ts';
import type { ApiClient } from '#client/client.ts';
import { commitFolder } from '../../../cli/remote/commit.ts';
import { Bundle } from '#contracts/folder/bundle.ts';
import { CiReport } from '#contracts/folder/ci-report.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { countTests } from '../../../functions/check-ci-report/junit.ts';
import { initModel, makeTable, run } from './local-verbs.ts';

const { root, table, models } = makeTable();
const small = join(models, 'small');
beforeAll(() => initModel(table, models, 'small'));

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
