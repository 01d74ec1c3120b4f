/** Bad commits and bad calls on a running stack: the one line each gives, and that nothing changed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCiReport } from '../../cli/local/ci.ts';
import { pack, type Packed } from '../../cli/local/pack.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { ask } from './support/ask.ts';
import { badCalls, bearer, SHA } from './support/bad-calls.ts';
import { documented, type Refusal } from './support/documented.ts';
import { crown, send, until } from './support/line.ts';
import { forest, newRepository, type Repository } from './support/repository.ts';
import { connect, freshName, hasStack, type StackUnderTest } from './support/stack.ts';

const encoder = new TextEncoder();

describe.skipIf(!hasStack)('what is refused', () => {
  let stack: StackUnderTest;
  let repository: Repository;
  let api: string;
  /** Has version 1 and a run that waits for approval. */
  const model = freshName('refusals');
  let waiting: string;
  let closed: string;
  let before: unknown;
  const told: Record<'Bad commits' | 'Bad calls', Refusal[]> = {
    'Bad commits': [],
    'Bad calls': [],
  };

  beforeAll(async () => {
    stack = await connect();
    api = stack.endpoints.apiUrl;
    repository = await newRepository();
    await repository.add(model);
    closed = await crown(stack, repository, model);
    await repository.edit(model, { model: (d) => (d.candidates = [forest(40, 12, 5)]) });
    waiting = await send(stack, repository, model);
    await until(stack, waiting, 'awaiting_approval');
    before = await everything();
  });
  afterAll(async () => {
    await stack.verb('olga', 'cancel', waiting);
  });

  /** All that a refused call could have changed. */
  async function everything(): Promise<unknown> {
    const vera = stack.api('vera');
    const [{ entries, verification }, champion, { runs }] = await Promise.all([
      vera.ledger(model),
      vera.champion(model),
      vera.runs({ model }),
    ]);
    expect(verification.ok).toBe(true);
    return { entries, champion, runs, pending: (await vera.status(waiting)).pending };
  }

  it('a bad call, in one line and with the right status', async () => {
    const cases = await badCalls(stack, { model, waiting, closed });
    const wrong: unknown[] = [];
    for (const [what, status, asked] of cases) {
      const answer = await ask(api, asked);
      told['Bad calls'].push({ what, answer: `HTTP ${answer.status}`, line: answer.line });
      const one = !answer.line.includes('\n') && answer.line.length > 0;
      const problem = answer.type?.startsWith('application/problem+json') === true;
      if (answer.status !== status || !one || !problem) {
        wrong.push({ what, expected: status, ...answer });
      }
    }
    expect(wrong).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  it('a bad commit, before it is sent', async () => {
    const folder = repository.folder(model);
    const [failing, bad] = [freshName('failing'), freshName('badtable')];
    const cases: readonly (readonly [string, () => Promise<string>, RegExp, number?])[] = [
      [
        'a folder that is not there',
        async () => join(repository.root, 'models/nobody'),
        /no model folder/,
      ],
      [
        'a folder with changes',
        async () => {
          await repository.edit(model, { model: (d) => (d.seed = 5) });
          return folder;
        },
        /changes that no commit holds/,
      ],
      [
        'a folder with a file that nobody added',
        async () => {
          await repository.edit(model, { model: (d) => (d.seed = 1) });
          await writeFile(join(folder, 'notes.txt'), 'x');
          return folder;
        },
        /changes that no commit holds/,
      ],
      [
        'an unknown field in a document',
        async () => {
          await repository.edit(model, { model: (d) => (d.targets = ['status']) });
          await repository.commit();
          return folder;
        },
        /^model\.json: /,
      ],
      [
        'a folder above 2 MB',
        async () => {
          await repository.edit(model, { model: (d) => delete d.targets });
          await writeFile(join(folder, 'notes.txt'), 'x'.repeat(2 * 1024 ** 2));
          await repository.commit();
          return folder;
        },
        /is the limit/,
      ],
      [
        'a folder whose own ci.sh fails',
        async () => {
          await repository.add(failing);
          await writeFile(join(repository.folder(failing), 'ci.sh'), 'exit 3\n');
          await repository.commit();
          return repository.folder(failing);
        },
        /^nothing was sent, CI failed: own-command: ci\.sh ended with 3$/,
        1,
      ],
      [
        'a table that is refused',
        async () => {
          await repository.add(bad, 1000, { data: (lines) => lines.slice(0, 150) });
          await repository.commit();
          return repository.folder(bad);
        },
        /quick-try: /,
        1,
      ],
    ];
    for (const [what, prepare, words, exit = 2] of cases) {
      const { code, stdout, stderr } = await stack.verb('ana', 'commit', await prepare());
      const lines = stderr.trimEnd().split('\n');
      const line = (lines.at(-1) ?? '')
        .replace(/^titleholder: /, '')
        // Which rows train hangs on the model's name, a fresh one here.
        .replace(/has \d+ training/, 'has N training');
      told['Bad commits'].push({ what, answer: `exit ${code}`, line });
      expect({ what, code, stdout }).toEqual({ what, code: exit, stdout: '' });
      expect(line).toMatch(words);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
    expect(await everything()).toEqual(before);
  });

  it('a commit whose CI report says no, or is another’s, or was edited', async () => {
    const twin = freshName('doctored');
    await repository.add(twin);
    const commit = await repository.commit();
    const packed = await pack(repository.folder(twin));
    const other = await packedWith(twin, packed);
    const report = async (of: Packed): Promise<Record<string, unknown>> => {
      const { bytes } = await makeCiReport({
        packed: of,
        folder: repository.folder(twin),
        commit,
        submitter: 'ana',
        authors: [],
      });
      return JSON.parse(new TextDecoder().decode(bytes));
    };
    const honest = await report(packed);
    const { digest: _digest, ...content } = honest;
    const sealed = (changed: object) => {
      const all = { ...content, ...changed };
      return { ...all, digest: sha256Hex(canonicalJson(all)) };
    };
    const junit = String(honest['junit']);
    const failing = junit
      .replaceAll('failures="0"', 'failures="1"')
      .replace('<system-out>', '<failure message="no"/><system-out>');
    const cases: readonly (readonly [string, Packed, object, RegExp])[] = [
      [
        'a report that was edited',
        packed,
        { ...honest, junit: `${junit}\n` },
        /digest is another one/,
      ],
      ['a report for another bundle', other, honest, /is about bundle/],
      [
        'a report made by somebody else',
        packed,
        sealed({ submitter: 'otto' }),
        /made by otto, the commit by ana/,
      ],
      ['a report of another commit', packed, sealed({ commit: SHA }), /is about commit/],
      ['a report with a failed test', packed, sealed({ junit: failing }), /CI tests failed: /],
      ['a report whose tests did not run', packed, sealed({ junit: '<testsuites/>' }), /./],
    ];
    // One push of a commit and a bundle is one run: each report is sent for a cause of its own.
    const runs: string[] = [];
    for (const [i, [, of, document]] of cases.entries()) {
      const bytes = encoder.encode(canonicalJson(document));
      await uploadAll(twin, of, bytes);
      const { runId } = await stack.api('ana').commit({
        model: twin,
        commit,
        bundle: of.sha256,
        data: of.data.sha256,
        ciReport: sha256Hex(bytes),
        cause: `schedule:${i}`,
      });
      runs.push(runId);
    }
    for (const [i, [what, , , words]] of cases.entries()) {
      const { run, outputs } = await until(stack, runs[i] ?? '', 'failed');
      const line = `${run.error}: ${run.reason}`;
      told['Bad commits'].push({ what, answer: 'run failed', line });
      expect(run.error).toBe('CiReportRefused');
      expect(run.reason).toMatch(words);
      expect(outputs).toEqual({});
    }
    expect((await stack.api('vera').ledger(twin)).entries).toEqual([]);
    expect((await stack.api('vera').champion(twin)).production).toBeNull();

    // Somebody else's bundle under this model's name is refused at once.
    const foreign = await ask(api, {
      path: '/pipeline/commit',
      authorization: bearer(stack.token('ana')),
      body: {
        model,
        commit,
        bundle: packed.sha256,
        data: packed.data.sha256,
        ciReport: sha256Hex(encoder.encode(canonicalJson(honest))),
      },
    });
    told['Bad commits'].push({
      what: 'a bundle of another model',
      answer: `HTTP ${foreign.status}`,
      line: foreign.line,
    });
    expect(foreign.status).toBe(400);
    expect(await everything()).toEqual(before);
  });

  it('a second answer to a question that was answered', async () => {
    const path = `/pipeline/${waiting}/approve`;
    const first = await ask(api, { path, body: {}, authorization: bearer(stack.token('ben')) });
    expect(first.status).toBe(200);
    const second = await ask(api, { path, body: {}, authorization: bearer(stack.token('cora')) });
    told['Bad calls'].push({
      what: 'approve what somebody approved',
      answer: `HTTP ${second.status}`,
      line: second.line,
    });
    expect(second.status).toBe(409);
    // The same person saying the same again (their answer was lost) is no mistake.
    const again = await ask(api, { path, body: {}, authorization: bearer(stack.token('ben')) });
    expect(again.status).toBe(200);
    const { run } = await until(stack, waiting, 'completed');
    expect(run.version).toBe(2);
    const { entries } = await stack.api('vera').ledger(model);
    expect(entries.filter((e) => e.runId === waiting && e.kind === 'promoted')).toHaveLength(1);
  });

  it.each(['Bad calls', 'Bad commits'] as const)('is documented as it is: %s', (title) => {
    const { expected, found } = documented(title, told[title]);
    expect(found).toBe(expected);
  });

  /** The same folder with another bundle: one file more. */
  async function packedWith(name: string, of: Packed): Promise<Packed> {
    const document = JSON.parse(new TextDecoder().decode(of.bytes));
    document.files['extra.txt'] = name;
    const bytes = encoder.encode(canonicalJson(document));
    return { ...of, bytes, sha256: sha256Hex(bytes) };
  }

  async function uploadAll(name: string, of: Packed, report: Uint8Array): Promise<void> {
    const objects = (
      [
        { kind: 'bundles', bytes: of.bytes },
        { kind: 'data', bytes: of.data.bytes },
        { kind: 'reports', bytes: report },
      ] as const
    ).map((o) => ({ ...o, sha256: sha256Hex(o.bytes) }));
    const { uploads } = await stack.api('ana').uploads({
      model: name,
      objects: objects.map(({ kind, sha256, bytes }) => ({ kind, sha256, bytes: bytes.length })),
    });
    for (const { sha256, url, headers } of uploads) {
      if (url === null) continue;
      const body = Buffer.from(objects.find((o) => o.sha256 === sha256)?.bytes ?? []);
      const { status } = await fetch(url, { method: 'PUT', headers, body });
      expect(status).toBe(200);
    }
  }
});
