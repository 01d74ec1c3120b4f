import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { anchorText, parseAnchor, readExport, verified } from '../../../cli/remote/ledger.ts';
import { ledgerOf } from '../domain/support/entries.ts';

const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
afterAll(() => rmSync(folder, { recursive: true }));
const entries = ledgerOf('staged 1', 'promoted 1', 'rejected');

describe('an exported ledger', () => {
  it('is verified from its file against an anchor that was kept', async () => {
    const file = join(folder, 'whole.jsonl');
    writeFileSync(file, `${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`);
    const anchor = parseAnchor(anchorText(entries[1]!));
    const whole = await readExport(file);
    expect(whole).toEqual(entries);
    expect(verified('m', whole, { anchor })).toMatchObject({
      ok: true,
      words: `3 entries, every hash and link right, it holds the kept entry 2\nkeep elsewhere: ${anchorText(entries[2]!)}`,
    });
    expect(verified('m', whole.slice(0, 1), { anchor })).toMatchObject({
      ok: false,
      words: 'broken at entry 2: the chain doesn’t hold the entry that was kept',
    });
  });

  it('says what was not compared', () => {
    expect(verified('m', entries, {}).words).toContain('not compared with an entry that was kept');
    expect(verified('m', [], { head: null }).words).toContain('0 entries');
  });

  it('is refused by file and line', async () => {
    const file = join(folder, 'torn.jsonl');
    writeFileSync(file, `${JSON.stringify(entries[0])}\n{"sequence": 2}\n`);
    await expect(readExport(file)).rejects.toThrow(/torn\.jsonl, line 2: /);
    await expect(readExport(join(folder, 'none'))).rejects.toThrow(/none can't be read$/);
    for (const text of ['', '2', 'sha256:aa', `0:${entries[0]!.hash}`]) {
      expect(() => parseAnchor(text)).toThrow('an anchor is SEQUENCE:HASH');
    }
  });
});
