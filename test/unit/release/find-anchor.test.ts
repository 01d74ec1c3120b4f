import { describe, expect, it } from 'vitest';
import { memoryArtifactStore } from '#adapters/memory/artifact-store.ts';
import { chain, type ChainedEntry } from '#domain/ledger.ts';
import { findAnchor } from '#release/find-anchor.ts';
import { recorded } from '../../support/recorded-evidence.ts';

/** Recorded evidence, by the rules of then; null: its bytes are gone. */
type Evidence = readonly [file: 'version-1.jsonl' | 'version-2.jsonl', name: string] | null;

const hashOf = (version: number): string => `sha256:${String(version).repeat(64)}`;

/** A ledger of promotions, the first one without a champion before it, and its registry. */
async function ledgerOf(...of: readonly Evidence[]) {
  const artifacts = memoryArtifactStore();
  const entries: ChainedEntry[] = [];
  for (const [i, evidence] of of.entries()) {
    const one = evidence && recorded(evidence[0]).find(({ name }) => name === evidence[1]);
    const measured =
      one == null
        ? `sha256:${'f'.repeat(64)}`
        : await artifacts.put('evidence', new TextEncoder().encode(one.measured));
    entries.push(
      chain(
        {
          schemaVersion: 1,
          model: 'small',
          kind: 'promoted',
          at: '2026-01-01T00:00:00.000Z',
          actor: 'ben',
          authority: 'approval',
          reason: 'r',
          decisionId: `d${i}`,
          runId: null,
          commit: null,
          version: i + 1,
          sha256: hashOf(i + 1),
          previousVersion: i === 0 ? null : i,
          evidence: { measured, timings: measured },
          charter: null,
        },
        entries.at(-1),
      ),
    );
  }
  const registry = { ledger: () => Promise.resolve(entries) };
  return (version: number) =>
    findAnchor({ artifacts, registry }, 'small', { version, sha256: hashOf(version) });
}

const FIRST: Evidence = ['version-2.jsonl', 'first'];
const HOLD: Evidence = ['version-2.jsonl', 'non-inferior'];
const WON: Evidence = ['version-2.jsonl', 'better'];

describe('the anchor', () => {
  it('is the first champion where nobody has won since, with what each promotion lost', async () => {
    const anchorOf = await ledgerOf(FIRST, HOLD, [
      'version-2.jsonl',
      'worse-by-less-than-the-margin',
    ]);
    expect(await anchorOf(3)).toEqual({
      version: 1,
      sha256: hashOf(1),
      since: [
        { version: 2, difference: 0.001 },
        { version: 3, difference: -0.005 },
      ],
    });
    expect(await anchorOf(1)).toEqual({ version: 1, sha256: hashOf(1), since: [] });
  });

  it.each<readonly [string, Evidence]>([
    ['2', WON],
    ['1', ['version-1.jsonl', 'bounds-above-0']],
    ['2, with a warning', ['version-2.jsonl', 'a-column-gives-it-away']],
  ])('is the last who won, by whatever rules: %s', async (_rules, won) => {
    const anchorOf = await ledgerOf(FIRST, WON, won, HOLD, HOLD);
    expect(await anchorOf(5)).toMatchObject({
      version: 3,
      since: [{ version: 4 }, { version: 5 }],
    });
    expect(await anchorOf(3)).toMatchObject({ version: 3, since: [] });
  });

  it('is further back where evidence is gone: it shows no win, and no difference', async () => {
    const anchorOf = await ledgerOf(FIRST, WON, null, HOLD);
    expect(await anchorOf(4)).toEqual({
      version: 2,
      sha256: hashOf(2),
      since: [
        { version: 3, difference: null },
        { version: 4, difference: 0.001 },
      ],
    });
  });

  it('is the champion itself where the ledger doesn’t know how it came to serve', async () => {
    const anchorOf = await ledgerOf(FIRST);
    expect(await anchorOf(9)).toEqual({ version: 9, sha256: hashOf(9), since: [] });
  });
});
