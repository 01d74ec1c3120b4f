import type { AcceptedCharter } from '#domain/accepted-charter.ts';
import type { ChainedEntry } from '#domain/ledger.ts';
import type { Pointer, Slot } from '#domain/pointer.ts';
import type { Version } from '#domain/version.ts';

/** Pointers, ledger, versions and charters, to be read; `LedgerWriter` alone writes them. */
export interface ChampionRegistry {
  pointer(model: string, slot: Slot): Promise<Pointer | undefined>;
  head(model: string): Promise<{ readonly sequence: number; readonly hash: string } | undefined>;
  /** In order of sequence, all pages. */
  ledger(model: string): Promise<readonly ChainedEntry[]>;
  /** The entry that recorded this decision, if it was. */
  decision(model: string, decisionId: string): Promise<ChainedEntry | undefined>;
  version(model: string, version: number): Promise<Version | undefined>;
  versions(model: string): Promise<readonly Version[]>;
  charter(model: string): Promise<AcceptedCharter | undefined>;
}
