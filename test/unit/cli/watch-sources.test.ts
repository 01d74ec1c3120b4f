import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { watchSources } from '../../../cli/stack/watch-sources.ts';
import { LocalStackRefused } from '../../../localstack/errors.ts';
import type { Redeployed } from '../../../localstack/redeploy.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A folder that is watched, what was said, and redeployments that end when the test lets them. */
function watched() {
  const folder = mkdtempSync(join(tmpdir(), 'titleholder-watch-'));
  mkdirSync(join(folder, 'deep', 'deeper'), { recursive: true });
  const said: string[] = [];
  const begun: { readonly end: (with_: Redeployed | Error) => void }[] = [];
  const stop = watchSources({
    folders: [folder],
    redeploy: () =>
      new Promise((resolve, reject) => {
        begun.push({
          end: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
        });
      }),
    say: (line) => said.push(line),
  });
  ends.push(stop, () => rmSync(folder, { recursive: true, force: true }));
  return {
    stop,
    said,
    begun,
    save: (file: string) => writeFileSync(join(folder, file), String(performance.now())),
  };
}

const BEGINS = 'a source changed: redeploying …';
const count = (of: readonly unknown[]) => expect.poll(() => of.length, { timeout: 300_000 });
const done = (...changed: string[]): Redeployed => ({ changed, seconds: 1.23 });

it('redeploys once for many files that are saved together, and says what changed', async () => {
  const { save, begun, said } = watched();
  for (const file of ['a.ts', 'b.json', 'deep/deeper/c.ts']) save(file);
  await count(begun).toBe(1);
  begun[0]?.end(done('quick-train', 'full-train'));
  await count(said).toBe(2);
  expect(said).toEqual([BEGINS, 'redeployed quick-train, full-train (1.2 s)']);
  expect(begun).toHaveLength(1);
});

it('redeploys again, and once, for what is saved while it works', async () => {
  const { save, begun, said } = watched();
  save('a.ts');
  await count(begun).toBe(1);
  save('b.ts');
  // As long as a change must be quiet, twice.
  await new Promise((later) => setTimeout(later, 800));
  expect(begun).toHaveLength(1);
  begun[0]?.end(done('quick-train'));
  await count(begun).toBe(2);
  begun[1]?.end(done());
  await count(said).toBe(4);
  expect(said[3]).toBe('nothing to redeploy: every function is as it runs (1.2 s)');
});

it('says a mistake in one line and goes on', async () => {
  const { save, begun, said } = watched();
  save('a.ts');
  await count(begun).toBe(1);
  begun[0]?.end(new LocalStackRefused('the functions don\'t build: a.ts:1:2: Unexpected "x"'));
  await count(said).toBe(2);
  expect(said).toEqual([BEGINS, 'the functions don\'t build: a.ts:1:2: Unexpected "x"']);
  save('a.ts');
  await count(begun).toBe(2);
});

it("leaves an editor's own files alone, and everything once it has ended", async () => {
  const { stop, save, begun } = watched();
  for (const file of ['.a.ts.swp', 'a.ts~', '4913', '#a.ts#', 'deep/.b.ts']) save(file);
  await new Promise((later) => setTimeout(later, 800));
  expect(begun).toHaveLength(0);
  stop();
  save('a.ts');
  await new Promise((later) => setTimeout(later, 800));
  expect(begun).toHaveLength(0);
});
