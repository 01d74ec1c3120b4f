/** Ledgers in short: `promoted 1`, `rolled_back 1 from 2`, `staged 3`, `rejected`. */
import { chain, type ChainedEntry } from '#domain/ledger.ts';
import { sha256Hex } from '#domain/canonical.ts';

export const hashOf = (version: number): string => sha256Hex(`version ${version}`);

/** Entry n is of the n-th minute of 2026. */
export const minute = (n: number): string => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();

export function ledgerOf(...lines: readonly string[]): readonly ChainedEntry[] {
  const entries: ChainedEntry[] = [];
  for (const line of lines) {
    const [, kind = '', version, from] = /^(\w+)(?: (\d+))?(?: from (\d+))?$/.exec(line) ?? [];
    const number = version === undefined ? null : Number(version);
    entries.push(
      chain(
        {
          schemaVersion: 1,
          model: 'm',
          kind,
          at: minute(entries.length + 1),
          actor: 'grace',
          authority: 'approval',
          reason: 'r',
          decisionId: `d${entries.length}`,
          runId: null,
          commit: null,
          version: number,
          sha256: number === null ? null : hashOf(number),
          previousVersion: from === undefined ? null : Number(from),
          evidence: null,
          charter: null,
        },
        entries.at(-1),
      ),
    );
  }
  return entries;
}
