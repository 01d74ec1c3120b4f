/** One way to say no: the same mistake has the same sentence, wherever it is made. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { pack } from '../../../cli/local/pack.ts';
import { checkCiReport } from '../../../functions/check-ci-report/handler.ts';
import { parse, parseJson, tryParse, tryParseJson } from '#contracts/parse.ts';
import { loadFolder } from '#release/load-folder.ts';
import { smallFolder } from '../dataset/small-folder.ts';
import { type Api, api } from '../../support/api.ts';
import { bytes } from '../../support/documents.ts';

const dir = mkdtempSync(join(tmpdir(), 'mistakes-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Json = Readonly<Record<string, unknown>>;
/** A document as text with one mistake in it, and the sentence that says so. */
interface Mistake {
  readonly what: string;
  readonly made: (good: Json, field: string) => string;
  readonly said: (field: string) => RegExp;
}

const MISTAKES: readonly Mistake[] = [
  {
    what: 'an unknown field',
    made: (good) => JSON.stringify({ ...good, colour: 'red' }),
    said: () => /^unknown field colour$/,
  },
  {
    what: 'a wrong type',
    made: (good, field) => JSON.stringify({ ...good, [field]: 7 }),
    said: (field) => new RegExp(`^${field}: must be (text|one of .*|an object), not a number$`),
  },
  {
    what: 'a missing field',
    made: (good, field) => JSON.stringify({ ...good, [field]: undefined }),
    said: (field) => new RegExp(`^${field}: is missing$`),
  },
  {
    what: 'no JSON',
    made: (good) => JSON.stringify(good).slice(0, -1),
    said: () => /^is not JSON( \(at character \d+\))?$/,
  },
];

/** What was thrown, without the document's name before it, or its path where a file was read. */
async function sentence(of: () => unknown, document: string): Promise<string> {
  try {
    await of();
  } catch (error) {
    const { message } = error as Error;
    const [before] = new RegExp(`^(?:/.*/)?${document}(?:: | (?=is not JSON))`).exec(message) ?? [];
    expect(before).toBeDefined();
    return message.slice(before?.length);
  }
  return 'taken';
}

describe('a mistake in a model folder', () => {
  const folder = smallFolder();
  const good: Readonly<Record<string, Json>> = {
    'model.json': { ...folder.model },
    'schema.json': { ...folder.schema },
    'policy.json': { ...folder.policy },
  };
  const withMistake = (document: string, text: string): Record<string, string> => ({
    ...Object.fromEntries(Object.entries(good).map(([file, json]) => [file, JSON.stringify(json)])),
    [document]: text,
  });
  const bundle = (files: Readonly<Record<string, string>>): Uint8Array =>
    bytes({ schemaVersion: 1, model: 'small', files });

  async function byCommandLine(files: Readonly<Record<string, string>>): Promise<unknown> {
    const small = join(mkdtempSync(join(dir, 'folder-')), 'small');
    mkdirSync(small);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(small, file), text);
    return pack(small);
  }
  async function byApi(w: Api, files: Readonly<Record<string, string>>): Promise<void> {
    const { commit, data, ciReport } = w.commit;
    const answer = await w.call('accept-commit', 'POST', '/pipeline/commit', {
      as: 'committer',
      body: {
        model: 'small',
        commit,
        data,
        ciReport,
        bundle: await w.artifacts.put('bundles', bundle(files)),
      },
    });
    expect(answer.status).toBe(400);
    throw new Error(answer.body['detail']);
  }
  async function byStep(w: Api, files: Readonly<Record<string, string>>): Promise<unknown> {
    const sha256 = await w.artifacts.put('bundles', bundle(files));
    return loadFolder(w.artifacts, { model: 'small', bundle: sha256 });
  }

  const cases = MISTAKES.flatMap((mistake) => [
    ['model.json', 'target', mistake] as const,
    ['policy.json', 'tier', mistake] as const,
  ]);
  it.each(cases.map(([document, field, m]) => ({ document, field, ...m })))(
    'reads alike from command line, API and step: $what in $document',
    async ({ document, field, made, said }) => {
      const w = await api();
      const files = withMistake(document, made(good[document] ?? {}, field));
      const typed = await sentence(() => byCommandLine(files), document);
      expect(await sentence(() => byApi(w, files), document)).toBe(typed);
      expect(await sentence(() => byStep(w, files), document)).toBe(typed);
      // A step that is missing an enumeration's value is told which there are.
      if (!typed.startsWith(`${field}: must be one of`)) expect(typed).toMatch(said(field));
    },
  );

  it('names a value that an enumeration lacks by those that it has', async () => {
    const w = await api();
    const text = JSON.stringify({ ...good['policy.json'], tier: 'gold' });
    const files = withMistake('policy.json', text);
    const words = 'tier: must be one of low, standard';
    expect(await sentence(() => byCommandLine(files), 'policy.json')).toBe(words);
    expect(await sentence(() => byApi(w, files), 'policy.json')).toBe(words);
    expect(await sentence(() => byStep(w, files), 'policy.json')).toBe(words);
  });
});

describe('a mistake in what programs send', () => {
  const body = async (w: Api, text: string): Promise<void> => {
    const answer = await w.call('accept-commit', 'POST', '/pipeline/commit', {
      as: 'committer',
      raw: text,
    });
    expect(answer.status).toBe(400);
    throw new Error(answer.body['detail']);
  };
  const letter = async (w: Api, text: string): Promise<void> => {
    await w.startRun({ Records: [{ messageId: '1', body: text }] });
    throw new Error((w.deadLetters.letters[0]?.reason ?? '').replace('BadInput: ', ''));
  };

  it.each(MISTAKES)('reads alike in a body, an event and a step: $what', async ({ made, said }) => {
    const w = await api();
    const { model, commit, bundle, data, ciReport, cause, branch, asOf } = w.commit;
    const asked = { model, commit, bundle, data, ciReport };
    expect(await sentence(() => body(w, made(asked, 'bundle')), 'the body')).toMatch(
      said('bundle'),
    );

    const detail = { schemaVersion: 1, model, commit, branch, bundle, data, ciReport, cause, asOf };
    const event = { source: 'titleholder', 'detail-type': 'CommitPushed' };
    const wrong = made(detail, 'bundle');
    const text = `${JSON.stringify(event).slice(0, -1)},"detail":${wrong}}`;
    expect((await sentence(() => letter(w, text), 'the event')).replaceAll('detail.', '')).toMatch(
      said('bundle'),
    );

    const run = { ...w.run, ...asked, attempt: 1, asOf, waitSeconds: 60 };
    const step = checkCiReport({ ...w, clock: { now: () => asOf } });
    if (wrong.endsWith('}')) {
      const handed = JSON.parse(made({ run }, 'run')) as unknown;
      expect(await sentence(() => step(handed), 'the step’s input')).toMatch(said('run'));
    }
  });
});

describe('a refusal', () => {
  const Shape = z.strictObject({
    name: z.string().min(2),
    share: z.number().gt(0).max(1),
    sizes: z.array(z.int()).min(1).max(2),
    kind: z.enum(['a', 'b']),
    either: z.union([z.enum(['sqrt', 'all']), z.int().min(1)]),
    of: z.discriminatedUnion('by', [
      z.strictObject({ by: z.literal('row'), row: z.int() }),
      z.strictObject({ by: z.literal('key'), key: z.string() }),
    ]),
    maybe: z.union([z.null(), z.string()]),
  });
  const good = {
    name: 'ab',
    share: 1,
    sizes: [1],
    kind: 'a',
    either: 'all',
    of: { by: 'row', row: 1 },
    maybe: null,
  };

  it.each([
    [{ name: 'a' }, 'name: must have at least 2 characters'],
    [{ share: 0 }, 'share: must be above 0'],
    [{ share: 1.5 }, 'share: must be at most 1'],
    [{ sizes: [] }, 'sizes: must have at least 1 item'],
    [{ sizes: [1, 2, 3] }, 'sizes: must have at most 2 items'],
    [{ sizes: [1, 1.5] }, 'sizes[1]: must be a whole number'],
    [{ sizes: null }, 'sizes: must be a list, not null'],
    [{ kind: 'c' }, 'kind: must be one of a, b'],
    [{ either: 'some' }, 'either: must be one of sqrt, all or a number, not text'],
    [{ either: 0 }, 'either: must be at least 1'],
    [{ of: { by: 'name' } }, 'of.by: must be one of row, key'],
    [{ of: { by: 'row' } }, 'of.row: is missing'],
    [{ of: { by: 'row', row: 1, key: 'k' } }, 'unknown field of.key'],
    [{ maybe: 7 }, 'maybe: must be null or text, not a number'],
    [{ maybe: undefined }, 'maybe: is missing'],
  ])('of %o says where and what must stand there', (change, words) => {
    expect(tryParse(Shape, { ...good, ...change })).toEqual({ ok: false, problem: words });
  });

  it('names three of many mistakes, and how many more there are', () => {
    expect(() => parse(Shape, { one: 1, two: 2 }, 'the body')).toThrow(
      /^the body: name: is missing; share: is missing; sizes: is missing; and 6 more$/,
    );
  });

  it('names a number that JSON can write and nobody can compute with', () => {
    expect(() =>
      parseJson(Shape, JSON.stringify(good).replace('"share":1', '"share":1e999'), 'f'),
    ).toThrow('f: share: must be a finite number');
  });

  it('is one line and repeats no value', () => {
    const secret = 'Tuberculosis';
    const cell = fc.oneof(fc.constant(secret), fc.constant([secret]), fc.constant({ a: secret }));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(good)), cell, (field, value) => {
        const read = tryParse(Shape, { ...good, [field]: value });
        if (read.ok) return field === 'name' || field === 'maybe';
        return !read.problem.includes(secret) && !read.problem.includes('\n');
      }),
    );
    const torn = tryParseJson(z.unknown(), `{"a": ${secret}}`);
    expect(torn).toEqual({ ok: false, problem: 'is not JSON (at character 7)' });
    expect(tryParse(z.strictObject({}), { 'a\nb': 1 })).toEqual({
      ok: false,
      problem: 'unknown field a b',
    });
    expect(tryParseJson(z.unknown(), Uint8Array.of(0x22, 0xff, 0x22))).toEqual({
      ok: false,
      problem: 'is not UTF-8',
    });
  });
});
