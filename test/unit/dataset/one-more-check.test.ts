import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ColumnCheck } from '#dataset/checks/data-check.ts';

beforeEach(() => {
  vi.resetModules();
  vi.doMock('#dataset/checks/list.ts', async (original) => {
    const list = await original<typeof import('#dataset/checks/list.ts')>();
    const { wrongRows } = await import('#dataset/checks/data-check.ts');
    const shouting: ColumnCheck = {
      name: 'shouting',
      looksAt: 'column',
      mode: 'refuses',
      spoils: 'cells',
      find: (of) => wrongRows(of, 'no capital letters', (row) => /[A-Z]/.test(of.column.text(row))),
    };
    return { DATA_CHECKS: [...list.DATA_CHECKS, shouting] };
  });
});
afterEach(() => {
  vi.doUnmock('#dataset/checks/list.ts');
  vi.resetModules();
});

describe('a check of the data more, by its file and its line in the list', () => {
  const LOUD = ['w0,0.5,RED,yes', 'w1,0.5,BLUE,no'];

  async function prepared(mode: 'warn' | 'enforce') {
    const { prepare } = await import('#dataset/prepare.ts');
    const { bytesOf, smallFolder, smallRows } = await import('./small-folder.ts');
    return prepare({
      folder: smallFolder({ mode }),
      csv: bytesOf([...smallRows(898), ...LOUD]),
      file: 'data.csv',
      asOf: '2026-01-01T00:00:00.000Z',
      stored: null,
    });
  }

  it('is in the report, in its quality and in the lines that people read', async () => {
    const { findings } = await prepared('warn');
    const { findingLines } = await import('#dataset/validation-report.ts');
    expect(findings.findings).toContainEqual({
      column: 'colour',
      check: 'shouting',
      count: 2,
      share: 2 / 900,
      limit: 'no capital letters',
      rows: [899, 900],
      gate: true,
    });
    expect(findings.passed).toBe(false);
    expect(findings.quality).toBe(1 - 2 / (900 * 4));
    expect(findingLines(findings)).toContain(
      "column 'colour': shouting: 2 (0.2 %); no capital letters",
    );
  });

  it('refuses a table under enforce, with file, row and column', async () => {
    await expect(prepared('enforce')).rejects.toThrow(
      expect.objectContaining({
        name: 'DataInvalid',
        message: expect.stringMatching(/^data\.csv.*899.*colour.*shouting/) as string,
      }),
    );
  });
});
